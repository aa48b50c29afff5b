"""Councils made for these tests: one manner or one fault each, with short rings, written as files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

JANE = {"name": "Jane Whitlock", "job_title": "Adviser", "department": "Enquiries", "phone": "0113 496 0012"}


def answered(after: float = 0.2, **more: Any) -> dict[str, Any]:
    return {"after": after, "greeting": "Good morning, Testing Council, Jane speaking.", **more}


MANNERS: dict[str, list[dict[str, Any]]] = {
    "replying": [
        {
            "acknowledgement": {"after_minutes": 30},
            "reply": {"after_working_hours": 10, "text": "good", "sender": JANE},
        }
    ],
    "ticketing": [
        {
            "acknowledgement": {"after_minutes": 2, "text": "ticket", "headers": "none", "thread": "new"},
            "reply": {"after_working_hours": 1, "text": "adequate", "thread": "new", "sender": JANE},
        }
    ],
    "junked": [
        {"reply": {"after_working_hours": 1, "text": "wrong-name", "sender": JANE, "folder": "Junk", "form": "html"}}
    ],
    "away": [{"out_of_office": {"text": "out-of-office"}}],
    "refusing": [{"bounce": {"kind": "refused"}}],
    "returning": [{"bounce": {"kind": "returned", "after_minutes": 4}}],
    "unwelcoming": [{"bounce": {"kind": "refused", "reason": "policy"}}],
    "conversing": [
        {"reply": {"after_working_hours": 10, "text": "good", "sender": JANE}},
        {"reply": {"after_working_hours": 10, "text": "adequate", "sender": JANE}},
    ],
    "linking": [
        {
            "reply": {
                "after_working_hours": 1,
                "text": "good",
                "sender": JANE,
                "links": ["works", "broken"],
                "quotes": False,
            }
        }
    ],
    "alternating": [{"share": 2, "silent": True}, {"share": 1, "bounce": {"kind": "refused"}}],
}

CALLS: list[list[dict[str, Any]]] = [
    [answered()],
    [{"outcome": "engaged"}],
    [{"outcome": "no reply"}],
    [{"outcome": "not in use"}],
    [{"share": 2, **answered()}, {"share": 1, "outcome": "engaged"}],
    [answered(hangs_up_after=1)],
    [answered(after=100)],
    [answered()],
    [answered(hangs_up_after=1, calls_back_after=1, calls_back_from="withheld")],
]

WEBSITES: dict[str, dict[str, Any]] = {
    "ticketing": {
        "look": "modern",
        "search": {"kind": "script", "rank": 2},
        "a_to_z": {"present": False},
        "jobs": "deep",
        "leisure": "deep",
        "robots_disallow": ["/search"],
    },
    "junked": {
        "look": "plain",
        "search": {"rank": 31, "results": 217, "summaries": False, "everyday_words": False, "helps_when_empty": False},
        "a_to_z": {"dead_letters": ["Q", "Z"], "everyday_words": False, "missing": ["jobs"]},
        "contact": {
            "hours": False,
            "numbers": "unspaced",
            "tel_links": False,
            "odd_numbers": [{"label": "Press", "shown": "01234 567890"}, {"label": "Fines", "shown": "0845 046 0000"}],
        },
        "broken_links": 7,
        "statement": "none",
    },
    "away": {"search": {"kind": "dead"}, "contact": {"present": False}, "statement": "thin"},
    "refusing": {"search": {"kind": "none"}, "contact": {"numbers": "no code"}},
}


def number(n: int) -> str:
    """The n-th line of the replying council."""
    return f"+44113496050{n}"


def council(name: str, **more: Any) -> dict[str, Any]:
    """A council file as data."""
    return {
        "id": name,
        "name": f"{name.capitalize()} Council",
        "about": "Made for a test.",
        "hours": {"opens": "09:00", "closes": "17:00"},
        "mail": {"addresses": [f"help@{name}.example"], "manners": MANNERS.get(name, MANNERS["away"])},
        "website": WEBSITES.get(name, {}),
        **more,
    }


def write(folder: Path) -> Path:
    """All of them as files; JSON is YAML."""
    kinds = ["switchboard", "contact_centre", *["direct_dial"] * 7]
    lines = [
        {"number": number(n), "label": f"Line {n}", "kind": kinds[n], "calls": calls} for n, calls in enumerate(CALLS)
    ]
    for k, name in enumerate(MANNERS):
        own = [{"number": f"+44113496060{k}", "label": "Switchboard", "kind": "switchboard", "calls": [answered()]}]
        data = council(name, lines=lines if name == "replying" else own)
        (folder / f"{name}.yaml").write_text(json.dumps(data, indent=1))
    return folder
