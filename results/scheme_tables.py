"""The scheme as tables in Markdown: every criterion, what it suggests, and every standards profile. Pure.

`docs/criteria.md` is written by it. How an answer becomes a score is told in `docs/scoring.md`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from results import words
from results.channels import ABOUT
from results.difference import promise
from results.findings import suggestions
from results.schema import CHANNELS, Band, Criterion, Profile, Scheme
from results.scoring import standard_words

_UNITS = {
    "yes_no": "yes or no",
    "scale5": "1 to 5",
    "percent": "per cent",
    "count": "number",
    "duration_s": "seconds",
    "duration_min": "minutes",
    "elapsed_h": "hours",
    "working_days": "working days",
    "text": "text",
}


def answer_words(criterion: Criterion) -> str:
    """What is answered and what earns marks: 'number: up to 20 earns 1, up to 60 0.5'."""
    if criterion.answer == "choice":
        return ", ".join(
            f"{name.replace('_', ' ')} {words.number(marks, 2)}" if criterion.weight else name.replace("_", " ")
            for name, marks in criterion.marks.items()
        )
    unit = _UNITS[criterion.answer]
    if criterion.answer == "yes_no" and criterion.weight:
        return f"{unit}; {'Yes' if criterion.good else 'No'} earns 1"
    if criterion.bands:
        return f"{unit}; {', '.join(_earns(band) for band in criterion.bands)}"
    return unit


def _earns(band: Band) -> str:
    return f"{f'up to {words.number(band.up_to)}' if band.up_to else 'none'} earns {words.number(band.marks)}"


def markdown(scheme: Scheme, profiles: Sequence[Profile]) -> str:
    """The whole scheme as one page."""
    return "\n".join(_page(scheme, profiles)) + "\n"


def _page(scheme: Scheme, profiles: Sequence[Profile]) -> Iterator[str]:
    scored = sum(1 for each in scheme.criteria if each.weight)
    yield "# The scheme: every criterion and every standards profile"
    yield ""
    yield "Written by `doorstep scheme show --markdown`; change the files in `results/scheme/` and write it anew."
    yield ""
    yield (
        f"Version {scheme.version}: {len(scheme.criteria)} criteria, {scored} of them scored. Standards that a profile "
        f"sets are shown as in {scheme.profile.title}. [scoring.md](scoring.md) tells how an answer becomes a score."
    )
    yield ""
    yield "- **Who**: *either* a probe or a person; a *person* only; a *probe* only, or the programme's own record."
    yield "- **Weight**: 3 key, 2 important, 1 minor, 0 diagnostic: told, never scored."
    yield "- **Source**: S found by Derbyshire's wave of 2006, S* promised in its standards, M practice since then."
    for channel in (*CHANNELS, "any"):
        own = [each for each in scheme.criteria if each.channel == channel]
        if not own:
            continue
        name = next((ABOUT[one].name for one in CHANNELS if one == channel), "On every channel")
        yield ""
        yield f"## {name}"
        yield ""
        yield from _row("Criterion", "Question", "Who", "Stage", "Answer", "Weight", "Standard", "N/A when", "Source")
        yield from _row(*["---"] * 9)
        for each in own:
            yield from _row(
                f"`{each.id}`",
                each.question,
                each.who,
                each.stage,
                answer_words(each),
                str(each.weight),
                standard_words(each, scheme),
                each.na_when,
                each.source,
            )
    yield ""
    yield "## What each criterion suggests for the action plan"
    yield ""
    yield "A criterion under nine marks in ten puts these rows into the plan; managers write over what they know."
    yield ""
    yield from _row("Criterion", "When", "Issue", "Details of action", "Who", "Result", "Future action")
    yield from _row(*["---"] * 7)
    for each in scheme.criteria:
        for one in suggestions(each) if each.weight else ():
            yield from _row(
                f"`{each.id}`", one.horizon, one.issue or each.however, one.details, one.who, one.result, one.future
            )
    yield ""
    yield "## Standards profiles"
    for profile in profiles:
        yield ""
        yield f"### `{profile.id}`: {profile.title}"
        yield ""
        yield f"{profile.source}."
        yield ""
        yield from (f"- {promise(key, figure)} (`{key}`)" for key, figure in profile.figures.items())


def _row(*cells: str) -> Iterator[str]:
    yield f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"
