"""Writes the raw shops of the wave of 2006 beside this file: members.csv, calls.csv, e-mails.csv and websites.csv.

What Derbyshire's partnership published of South Derbyshire in 2006 is known; the shops behind it are not. They are made
up here so that they come to the published figures. The ten other members are invented altogether.
"""

from __future__ import annotations

import csv
import datetime as dt
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

from results.calendar import Calendar
from tests.data.derbyshire_2006.members import MEMBERS, Calls, Mails, Site

FOLDER = Path(__file__).parent
OFFICE = Calendar()
ENQUIRIES = ("missed-bin", "council-tax-band", "planning-application", "pest-control", "electoral-register")

HANDLING = (
    *("courteous", "listened", "ownership", "rapport", "fully answered", "further help", "transfers", "told where"),
    *("briefed", "elsewhere: accepted", "elsewhere: right number"),
)

Row = dict[str, str]


def write(folder: Path) -> list[Path]:
    """The four files; the same every time."""
    tables: dict[str, list[Row]] = {
        "members": [
            {"organisation": key, "name": one.name, "code": one.code, "switchboard": _number(place, 0)}
            for place, (key, one) in enumerate(MEMBERS.items())
        ],
        "calls": [row for place, (key, one) in enumerate(MEMBERS.items()) for row in _calls(place, key, one.calls)],
        "e-mails": [row for key, one in MEMBERS.items() for row in _mails(key, one.mails)],
        "websites": [_website(place, key, one.site) for place, (key, one) in enumerate(MEMBERS.items())],
    }
    return [_written(folder / f"{name}.csv", rows) for name, rows in tables.items()]


# ------------------------------------------------------------------------------------------------ calls


def _calls(place: int, key: str, made: Calls) -> Iterator[Row]:
    chance = random.Random(f"calls to {key}")
    people = made.switchboard[0] + made.others[0]
    greetings = [iter(_yes(chance, yes, people)) for yes in (made.salutation, made.named, made.own_name)]
    handled = iter(_handled(chance, made, people))
    returned = iter(_yes(chance, made.returned, made.switchboard[1] + made.others[1]))
    rows = []
    for outcomes, mean, spread, first_line in (
        (made.switchboard, made.seconds[0], 5.8, 0),
        (made.others, made.seconds[1], 3.4, 1),
    ):
        seconds = iter(_around(chance, mean, spread, outcomes[0] + outcomes[1]))
        happened = [
            outcome
            for outcome, times in zip(("person", "voicemail", "engaged", "no reply"), outcomes, strict=True)
            for _ in range(times)
        ]
        chance.shuffle(happened)
        for count, outcome in enumerate(happened):
            answered = outcome in ("person", "voicemail")
            rows.append(
                {
                    "number": _number(place, first_line + (count % 3 if first_line else 0)),
                    "outcome": outcome,
                    "seconds": f"{next(seconds):.1f}" if answered else "",
                    "salutation": next(greetings[0]) if outcome == "person" else "",
                    "organisation named": next(greetings[1]) if outcome == "person" else "",
                    "own name": next(greetings[2]) if outcome == "person" else "",
                    **(next(handled) if outcome == "person" else dict.fromkeys(HANDLING, "")),
                    "message returned": next(returned) if outcome == "voicemail" else "",
                }
            )
    chance.shuffle(rows)
    for count, row in enumerate(rows):
        at = _working_moment(count, len(rows))
        yield {"organisation": key, "at": _said(at), "enquiry": ENQUIRIES[count % len(ENQUIRIES)], **row}


def _handled(chance: random.Random, made: Calls, people: int) -> Iterator[Row]:
    """How the call went once a person was reached. Every third was transferred, one of them twice; every seventh asked
    for what another authority does.
    """
    moved, elsewhere = people // 3, people // 7
    fully, not_at_all = round(people * (made.skill + 0.1)), round(people * (0.8 - made.skill) / 2)
    answered = ["fully"] * fully + ["not"] * max(0, not_at_all)
    columns = {
        "courteous": [("4", "5")[one == "yes"] for one in _yes(chance, round(people * made.care), people)],
        "listened": _yes(chance, min(people, round(people * (made.care + 0.03))), people),
        "ownership": _yes(chance, round(people * made.care), people),
        "rapport": _yes(chance, round(people * (made.care - 0.12)), people),
        "fully answered": _shuffled(chance, (answered + ["partly"] * people)[:people]),
        "further help": _yes(chance, round(people * (made.skill - 0.1)), people),
        "transfers": ["2"] + ["1"] * (moved - 1) + ["0"] * (people - moved),
        "told where": _yes(chance, round(moved * made.skill), moved) + [""] * (people - moved),
        "briefed": _yes(chance, round(moved * (made.skill - 0.1)), moved) + [""] * (people - moved),
        "elsewhere: accepted": ["yes"] * elsewhere + [""] * (people - elsewhere),
        "elsewhere: right number": _yes(chance, -(-elsewhere * 4 // 5), elsewhere) + [""] * (people - elsewhere),
    }
    assert tuple(columns) == HANDLING
    for values in zip(*columns.values(), strict=True):
        yield dict(zip(columns, values, strict=True))


# ------------------------------------------------------------------------------------------------ e-mails


def _mails(key: str, made: Mails) -> Iterator[Row]:
    chance = random.Random(f"e-mails to {key}")
    automatic = _yes(chance, made.automatic, made.sent)
    replied = _yes(chance, made.replied, made.sent)
    days = iter(_waits(chance, made.days, made.replied))
    signed = {
        name: iter(_yes(chance, yes, made.replied))
        for name, yes in zip(("name used", "name", "telephone", "job title", "department"), made.signed, strict=True)
    }
    answered = ["fully"] * made.fully + ["partly"] * made.partly
    answered += ["not"] * (made.replied - len(answered))
    chance.shuffle(answered)
    fully = iter(answered)
    for count in range(made.sent):
        sent = _working_moment(count, made.sent)
        row = {
            "organisation": key,
            "sent": _said(sent),
            "enquiry": ENQUIRIES[count % len(ENQUIRIES)],
            "automatic": _said(sent + dt.timedelta(minutes=1)) if automatic[count] == "yes" else "",
            "replied": "",
            **dict.fromkeys(signed, ""),
            **dict.fromkeys(("layout", "courtesy", "clarity", "language", "efficiency"), ""),
            "fully answered": "",
        }
        if replied[count] == "yes":
            row |= {name: next(each) for name, each in signed.items()}
            row["replied"] = _said(_after(sent, next(days)))
            row["layout"] = str(chance.choice(made.layout))
            row |= {name: chance.choice("4555") for name in ("courtesy", "clarity", "language")}
            row["efficiency"] = str(chance.choice(made.efficiency))
            row["fully answered"] = next(fully)
        yield row


def _waits(chance: random.Random, mean: float, replies: int) -> list[float]:
    """Working days, many short and few long, in steps of a twentieth; their mean is exact."""
    steps = [max(1, round(20 * mean * chance.expovariate(1))) for _ in range(replies)]
    while difference := round(20 * mean * replies) - sum(steps):
        longest = steps.index(max(steps))
        steps[longest] += max(difference, 1 - steps[longest])
    return [step / 20 for step in steps]


def _after(sent: dt.datetime, days: float) -> dt.datetime:
    """The moment so many working days later, during office hours."""
    left = dt.timedelta(hours=8 * days)
    now = sent
    while left > (until := OFFICE.add_working_days(now, 0) - now):
        left -= until
        now = OFFICE.next_opening(now + until)
    return now + left


# ------------------------------------------------------------------------------------------------ websites


def _website(place: int, key: str, site: Site) -> Row:
    yes_no = {True: "yes", False: "no"}
    return {
        "organisation": key,
        "at": _said(_working_moment(place, len(MEMBERS))),
        "A to Z": "yes",
        "A to Z leads right, per cent": str(site.az_right),
        "A to Z common words, per cent": str(site.az_words),
        "search on home page": "yes",
        "place of right page": str(site.best_rank),
        "pages found": str(site.results),
        "search common words, per cent": str(site.search_words),
        "search structured": yes_no[site.structured],
        "clicks to jobs": str(site.clicks[0]),
        "clicks to leisure centre": str(site.clicks[1]),
        "numbers valid, per cent": str(site.numbers),
        "contrast option": yes_no[site.contrast],
        "large text": yes_no[site.large_text],
        "standards published": yes_no[site.standards],
    }


# ------------------------------------------------------------------------------------------------ small parts


def _yes(chance: random.Random, yes: int, of: int) -> list[str]:
    return _shuffled(chance, ["yes"] * yes + ["no"] * (of - yes))


def _shuffled(chance: random.Random, values: list[str]) -> list[str]:
    chance.shuffle(values)
    return values


def _around(chance: random.Random, mean: float, spread: float, count: int) -> list[float]:
    """Seconds in pairs as far above the mean as below it, so that the mean is exact."""
    found = [mean] * (count % 2)
    for _ in range(count // 2):
        off = round(chance.uniform(0.2, spread), 1)
        found += [mean - off, mean + off]
    chance.shuffle(found)
    return found


def _working_moment(count: int, of: int) -> dt.datetime:
    """Contacts spread evenly over the office hours of six weeks from 16 January 2006."""
    start = dt.datetime(2006, 1, 16, 9, 30, tzinfo=dt.UTC)
    day = OFFICE.add_working_days(start, 29 * count // of) - dt.timedelta(hours=7, minutes=30)
    return day + dt.timedelta(minutes=7 * (count * 11 % 50))


def _said(at: dt.datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%MZ}"


def _number(place: int, line: int) -> str:
    """Leeds numbers that Ofcom keeps for drama."""
    return f"+441134960{place:02d}{line}"


def _written(path: Path, rows: Sequence[Row]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
    return path


if __name__ == "__main__":
    for each in write(FOLDER):
        print(each.relative_to(FOLDER.parents[2]))
