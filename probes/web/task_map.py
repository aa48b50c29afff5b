"""The map of a site: how a resident gets, or fails to get, to each task, as one SVG picture. Pure.

Home is at the left and each click a column to the right. A full line is the shortest way, a broken line the way of
somebody who follows the words; words and shapes say what the colours say. Everything that comes from the site is
escaped, and the picture needs no other file.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from urllib.parse import unquote, urlsplit
from xml.sax.saxutils import escape

from probes.web.scent import BACK, Step
from probes.web.top_tasks import Ways

_WIDTH, _HOME, _END, _TASKS = 1200, 84, 838, 878  # pixels: the picture, where lines begin and end, the tasks
_MOST = 5  # columns; a longer way is cut, and says so
_ROW, _SECOND, _HEADING, _TOP = 36, 34, 44, 118
_GREEN, _AMBER, _RED, _INK, _PALE = "#00602b", "#8a4b00", "#a30d1c", "#1d2327", "#d5dade"
_LONGER = 2  # clicks by which the way of the words must be longer to be drawn
_NEAR = 3
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_PER_LETTER = 6.1  # pixels of a letter of the ways' words, about


def draw(home: str, ways: Sequence[Ways], day: dt.date) -> str:
    """The map as SVG. `home`: the site's address. `day`: of the visit."""
    groups = _groups(ways)
    columns = max([_NEAR, *(min(len(_shown(one)), _MOST) for one in ways)])
    body, y = list[str](), float(_TOP)
    for heading, colour, members in groups:
        if members:
            body.append(_text(_HOME + 12, y + 28, heading, 16, colour, bold=True))
            y += _HEADING
            for one in members:
                body.append(_row(one, home, y, columns, colour))
                y += _ROW + _SECOND * _differs(one)
    site = urlsplit(home).netloc
    title = f"How people get to what they come for: {site}"
    near = sum(one.clicks is not None and one.clicks <= _NEAR for one in ways)
    told = f"{near} of {len(ways)} tasks are within three clicks of the home page. Visited on {day:%d/%m/%Y}."
    height = y + 20
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height:g}" width="{_WIDTH}" '
            f'height="{height:g}" role="img" aria-labelledby="map-title map-desc" font-family="Arial, sans-serif">',
            f'<title id="map-title">{_safe(title)}</title>',
            f'<desc id="map-desc">{_safe(" ".join([told, *map(_spoken, ways)]))}</desc>',
            f'<rect width="{_WIDTH}" height="{height:g}" fill="#ffffff"/>',
            _text(24, 34, title, 21, _INK, bold=True),
            _text(24, 58, told, 15, _INK),
            *_legend(),
            *_columns(columns, height),
            *body,
            "</svg>",
        ]
    )


def _groups(ways: Sequence[Ways]) -> list[tuple[str, str, list[Ways]]]:
    """The tasks by how they fare, the worst first."""
    unknown = [one for one in ways if not one.known]
    lost = [one for one in ways if one.known and one.clicks is None]
    astray = [one for one in ways if one.clicks is not None and _differs(one)]
    rest = [one for one in ways if one.clicks is not None and not _differs(one)]
    far = [one for one in rest if one.clicks is not None and one.clicks > _NEAR]
    return [
        (f"Not found: {len(lost)}", _RED, lost),
        (f"Found, but the words lead people astray: {len(astray)}", _AMBER, astray),
        (f"Found, more than three clicks away: {len(far)}", _AMBER, far),
        (f"Found straight away: {len(rest) - len(far)}", _GREEN, [one for one in rest if one not in far]),
        (f"Not known, for the visit could not read every page on the way: {len(unknown)}", _INK, unknown),
    ]


def _differs(one: Ways) -> bool:
    """Whether the way of the words is worth a line of its own."""
    if one.clicks is None or one.walk.unread is not None:
        return False
    return not one.walk.found or one.walk.clicks >= one.clicks + _LONGER


def _shown(one: Ways) -> Sequence[Step]:
    """The longer of a row's lines."""
    walk = one.walk.steps if one.shortest is None or _differs(one) else ()
    return max(one.shortest or (), walk, key=len)


# ------------------------------------------------------------------------------------------------ parts of the picture


def _row(one: Ways, home: str, y: float, columns: int, colour: str) -> str:
    """One task: its lines, its mark, its name and what came of it."""
    parts = [f"<g><title>{_safe(_spoken(one))}</title>"]
    if one.shortest is not None:
        parts += _line(one.shortest, y + 22, columns, _GREEN, dashed=False)
        parts += [_tick(_TASKS - 12, y + 22), _text(_TASKS + 8, y + 27, one.task.name, 15, _INK, bold=True)]
        parts.append(_text(_WIDTH - 24, y + 27, _clicks(one.clicks or 0), 13, _INK, end=True))
    else:
        lost = _RED if one.known else _INK
        parts += _line(one.walk.steps, y + 22, columns, lost, dashed=True)
        parts += [_cross(_TASKS - 12, y + 22, lost), _text(_TASKS + 8, y + 18, one.task.name, 15, _INK, bold=True)]
        told = f"lost at {_page(one.walk.lost_at(home))}" if one.known else "not known"
        parts.append(_text(_TASKS + 8, y + 33, told, 12, lost, most=44))
    if _differs(one):
        parts += _line(one.walk.steps, y + 22 + _SECOND, columns, colour, dashed=True)
        parts.append(_detour(one, home, y + 22 + _SECOND))
    return "\n".join([*parts, "</g>"])


def _detour(one: Ways, home: str, y: float) -> str:
    if one.walk.found:
        return _text(_TASKS + 8, y + 4, f"following the words: {_clicks(one.walk.clicks)}", 12, _AMBER)
    told = f"following the words: lost at {_page(one.walk.lost_at(home))}"
    return _cross(_TASKS - 12, y, _RED) + _text(_TASKS + 8, y + 4, told, 12, _RED, most=46)


def _line(steps: Sequence[Step], y: float, columns: int, colour: str, *, dashed: bool) -> Iterator[str]:
    """A line from home over a dot for each click, the words of each link above it."""
    wide = (_END - _HOME) / columns
    drawn = steps[:columns]
    end = _HOME + wide * len(drawn)
    dash, fill = (' stroke-dasharray="7 5"', "#ffffff") if dashed else ("", colour)
    yield f'<path d="M{end:g} {y:g}H{_TASKS - 26}" stroke="{_PALE}" stroke-width="1.5" stroke-dasharray="2 4"/>'
    yield f'<path d="M{_HOME} {y:g}H{end:g}" stroke="{colour}" stroke-width="2.5" fill="none"{dash}/>'
    for number, step in enumerate(drawn, 1):
        x = _HOME + wide * number
        yield f'<circle cx="{x:g}" cy="{y:g}" r="5" fill="{fill}" stroke="{colour}" stroke-width="2"/>'
        words = "back" if step.words == BACK else step.words or _page(step.url)
        yield _text(x - 9, y - 7, words, 12, colour, end=True, most=int((wide - 14) / _PER_LETTER))
    if len(steps) > len(drawn):
        yield _text(end - 8, y + 16, f"and {len(steps) - len(drawn)} more", 12, colour, end=True)


def _columns(columns: int, height: float) -> Iterator[str]:
    wide = (_END - _HOME) / columns
    yield f'<rect x="24" y="{_TOP - 6}" width="56" height="{height - _TOP - 8:g}" rx="6" fill="#e8eef4"/>'
    yield _text(52, _TOP - 14, "Home", 13, _INK, bold=True, middle=True)
    for number in range(1, columns + 1):
        x = _HOME + wide * number
        yield f'<path d="M{x:g} {_TOP - 4}V{height - 14:g}" stroke="{_PALE}" stroke-width="1"/>'
        yield _text(x, _TOP - 14, _clicks(number), 13, _INK, middle=True)


def _legend() -> Iterator[str]:
    x, y = 24, 80
    yield f'<path d="M{x} {y}h44" stroke="{_GREEN}" stroke-width="2.5"/>'
    yield f'<circle cx="{x + 44}" cy="{y}" r="5" fill="{_GREEN}"/>'
    yield _text(x + 58, y + 4, "shortest way", 13, _INK)
    x += 190
    yield f'<path d="M{x} {y}h44" stroke="{_AMBER}" stroke-width="2.5" stroke-dasharray="7 5"/>'
    yield f'<circle cx="{x + 44}" cy="{y}" r="5" fill="#ffffff" stroke="{_AMBER}" stroke-width="2"/>'
    yield _text(x + 58, y + 4, "way of somebody who follows the words of the links", 13, _INK)
    yield _tick(x + 440, y) + _text(x + 456, y + 4, "found", 13, _INK)
    yield _cross(x + 530, y, _RED) + _text(x + 546, y + 4, "not found", 13, _INK)


def _tick(x: float, y: float) -> str:
    return f'<path d="M{x - 7:g} {y:g}l5 6l10 -12" stroke="{_GREEN}" stroke-width="3.5" fill="none"/>'


def _cross(x: float, y: float, colour: str) -> str:
    return f'<path d="M{x - 6:g} {y - 6:g}l12 12m0 -12l-12 12" stroke="{colour}" stroke-width="3.5" fill="none"/>'


def _text(
    x: float,
    y: float,
    words: str,
    size: int,
    colour: str,
    *,
    bold: bool = False,
    end: bool = False,
    middle: bool = False,
    most: int = 200,
) -> str:
    anchor = ' text-anchor="end"' if end else ' text-anchor="middle"' if middle else ""
    weight = ' font-weight="bold"' if bold else ""
    cut = words if len(words) <= most else words[: max(1, most - 1)].rstrip() + "…"
    return f'<text x="{x:g}" y="{y:g}" font-size="{size}" fill="{colour}"{anchor}{weight}>{_safe(cut)}</text>'


# ------------------------------------------------------------------------------------------------ words


def _spoken(one: Ways) -> str:
    """A row in words."""
    if one.clicks is None:
        return f"{one.task.name}: {'not found' if one.known else 'not known'}."
    way = " then ".join(step.words or _page(step.url) for step in one.shortest or ())
    told = f"{one.task.name}: {_clicks(one.clicks)}, by {way}"
    if not _differs(one):
        return f"{told}."
    walk = f"needs {_clicks(one.walk.clicks)}" if one.walk.found else "gets lost"
    return f"{told}; somebody following the words {walk}."


def _clicks(number: int) -> str:
    return f"{number} click{'' if number == 1 else 's'}"


def _page(url: str) -> str:
    """An address as short as it can be said."""
    parts = urlsplit(url)
    return unquote(parts.path) if parts.path.strip("/") else "the home page"


def _safe(text: str) -> str:
    return escape(_NO_XML.sub("", text), {'"': "&quot;"})
