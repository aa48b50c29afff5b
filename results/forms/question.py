"""One question of a form: what may be answered, in words, and how what was written is read. Pure.

People write as they do: dd/mm/yyyy, 14:05, "yes", "80%". Whatever is no answer is told with what would be right.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from results.calendar import LONDON
from results.filled import Given
from results.marking import is_moment
from results.schema import Criterion, Fact

Cell = str | int | float | bool | dt.datetime | dt.date | dt.time | dt.timedelta | None
Kind = Literal[
    "list", "whole number", "per cent", "seconds", "minutes", "hours", "working days", "day and time", "text"
]

NOT_APPLICABLE = "N/A"
CANNOT_TELL = "Cannot tell"
NEVER = "Never"
NOT_FOUND = "Not found"
_WORDS: Mapping[str, Given] = {
    NOT_APPLICABLE.lower(): Given(said="not applicable"),
    "na": Given(said="not applicable"),
    "not applicable": Given(said="not applicable"),
    CANNOT_TELL.lower(): Given(said="cannot tell"),
    "can't tell": Given(said="cannot tell"),
    "don't know": Given(said="cannot tell"),
}
_MOST: Mapping[Kind, float] = {
    "whole number": 100_000,
    "per cent": 100,
    "seconds": 86_400,
    "minutes": 1_440,
    "hours": 10_000,
    "working days": 1_000,
}
_LONGEST_TEXT = 2000


class NoAnswer(Exception):
    """What stands in a cell is no answer to its question. The message says what it is and what would be right."""


@dataclass(frozen=True)
class Question:
    """One question. `options`: {words: value} for a list; `words`: which of N/A, Cannot tell, Never and Not found may
    be written as well. `help`: how to judge, and how to answer.
    """

    criterion: str
    asks: str
    help: str
    kind: Kind
    options: Mapping[str, Fact]
    words: tuple[str, ...]

    @property
    def choices(self) -> tuple[str, ...]:
        """Everything that may be picked, for a list; else the words that may stand for a value."""
        return (*self.options, *self.words)

    @property
    def right(self) -> str:
        """What would be a right answer."""
        other = f", or {_either(self.words)}"
        match self.kind:
            case "list":
                return f"choose {_either(self.choices)}"
            case "whole number":
                return f"write a whole number, as 3{other}"
            case "per cent":
                return f"write a whole number from 0 to 100, as 80 for 80 per cent{other}"
            case "seconds":
                return f"write seconds, as 12, or minutes and seconds, as 1:05{other}"
            case "minutes":
                return f"write minutes, as 15{other}"
            case "hours" | "working days":
                return f"write {self.kind}, as 2.5{other}"
            case "day and time":
                return f"write the day and the time, as 09/11/2026 14:05{other}"
            case "text":
                return f"write it in a few words{other}"


def question(criterion: Criterion) -> Question:
    """A criterion as a person is asked it."""
    kind = _kind(criterion)
    last: tuple[str, ...] = ()
    if kind == "day and time":
        last = (NEVER,)
    elif criterion.fails_if_not is not None and kind != "text":
        last = (NOT_FOUND,)
    standard = f"Standard: {criterion.standard.rstrip('.')}." if criterion.weight else ""
    na = f"N/A: {criterion.na_when.rstrip('.')}." if criterion.na_when else ""
    scale = "5 is best, 1 is worst." if criterion.answer == "scale5" else ""
    return Question(
        criterion=criterion.id,
        asks=criterion.question,
        help=" ".join(part for part in (criterion.guidance, scale, standard, na) if part),
        kind=kind,
        options=_options(criterion),
        words=(*last, NOT_APPLICABLE, CANNOT_TELL),
    )


def settled(criterion: Criterion) -> Question:
    """A criterion as whoever reviews an answer gives the right one: times as numbers, in the question's own unit."""
    timed: Mapping[str, Kind] = {"duration_s": "seconds", "elapsed_h": "hours", "working_days": "working days"}
    return replace(question(criterion), kind=timed.get(criterion.answer) or _kind(criterion), words=(NOT_APPLICABLE,))


def _kind(criterion: Criterion) -> Kind:
    if is_moment(criterion):
        return "day and time"
    match criterion.answer:
        case "yes_no" | "choice" | "scale5":
            return "list"
        case "percent":
            return "per cent"
        case "count":
            return "whole number"
        case "duration_s":
            return "seconds"
        case "duration_min":
            return "minutes"
    return "text"


def _options(criterion: Criterion) -> dict[str, Fact]:
    match criterion.answer:
        case "yes_no":
            return {"Yes": True, "No": False}
        case "scale5":
            return {str(rating): rating for rating in (5, 4, 3, 2, 1)}
        case "choice":
            return {key.replace("_", " ").capitalize(): key for key in criterion.marks}
    return {}


# ------------------------------------------------------------------------------------------------ reading an answer


def read(asked: Question, cell: Cell) -> Given | None:
    """What was answered; None where nothing was. Raises `NoAnswer`."""
    text = cell.strip() if isinstance(cell, str) else cell
    if text is None or text == "":
        return None
    if isinstance(text, str):
        word = re.sub(r"\s+", " ", text.replace("’", "'")).casefold()
        if word in _WORDS:
            return _WORDS[word]
        if word in (NEVER.casefold(), NOT_FOUND.casefold()) and {NEVER, NOT_FOUND} & set(asked.words):
            return Given(said="never")
    value = _value(asked, text)
    if value is None:
        raise NoAnswer(f"is “{shown(cell)}”; {asked.right}")
    return Given(said="value", value=value)


def shown(cell: Cell) -> str:
    """A cell as a message quotes it, cut short."""
    if isinstance(cell, dt.datetime):
        return f"{cell:%d/%m/%Y %H:%M}"
    if isinstance(cell, dt.date):
        return f"{cell:%d/%m/%Y}"
    text = "".join(character if character.isprintable() else " " for character in str(cell))
    return text if len(text) <= 60 else f"{text[:60]}…"


def _value(asked: Question, cell: Cell) -> Fact:
    match asked.kind:
        case "list":
            return _picked(asked, cell)
        case "text":
            return "".join(one if one.isprintable() else " " for one in str(cell))[:_LONGEST_TEXT]
        case "day and time":
            moment = day_and_time(cell)
            return moment.isoformat() if moment else None
    number = _number(cell, asked.kind)
    if number is None or not 0 <= number <= _MOST[asked.kind]:
        return None
    if asked.kind == "per cent" and 0 < number < 1:  # 80% typed into a cell of plain numbers is kept as 0.8
        return None
    if asked.kind in ("whole number", "per cent"):
        return int(number) if number == int(number) else None
    return number


def _picked(asked: Question, cell: Cell) -> Fact:
    if isinstance(cell, bool):
        cell = "Yes" if cell else "No"
    if isinstance(cell, float) and cell == int(cell):
        cell = int(cell)
    word = re.sub(r"\s+", " ", str(cell)).casefold()
    word = {"y": "yes", "n": "no"}.get(word, word)
    return next((value for words, value in asked.options.items() if words.casefold() == word), None)


def _number(cell: Cell, kind: Kind) -> float | None:
    if isinstance(cell, bool):
        return None
    if isinstance(cell, int | float):
        return float(cell) if abs(cell) < 1e9 else None  # neither infinite nor absurd; NaN fails every comparison
    if isinstance(cell, dt.time) and kind == "seconds":  # 1:05 typed into a cell becomes five past one
        return cell.hour * 60.0 + cell.minute
    if not isinstance(cell, str):
        return None
    text = re.sub(r"\s*(s|secs?|seconds?|min|mins|minutes?|%|per cent)$", "", cell.strip().casefold())
    if kind == "seconds" and (clock := re.fullmatch(r"(\d{1,3}):([0-5]\d)", text)):
        return int(clock[1]) * 60.0 + int(clock[2])
    return float(text) if re.fullmatch(r"\d{1,7}(\.\d{1,6})?", text) else None


# ------------------------------------------------------------------------------------------------ days and times


def day_and_time(cell: Cell) -> dt.datetime | None:
    """A day with a time, as London's clocks show it."""
    if isinstance(cell, dt.datetime):
        return at(cell.date(), cell.time())
    if not isinstance(cell, str):
        return None
    date, _, time = cell.strip().replace(",", " ").partition(" ")
    on, when = day(date), time_of_day(time.strip().removeprefix("at ").strip())
    return at(on, when) if on and when else None


def day(cell: Cell) -> dt.date | None:
    """dd/mm/yyyy, as British people write it; or with two figures for the year, or with dots or hyphens."""
    if isinstance(cell, dt.datetime):
        return cell.date()
    if isinstance(cell, dt.date):
        return cell
    found = re.fullmatch(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})", cell.strip()) if isinstance(cell, str) else None
    iso = re.fullmatch(r"(\d{4})-(\d{2})-(\d{2})", cell.strip()) if isinstance(cell, str) else None
    try:
        if found:
            year = int(found[3]) + (2000 if len(found[3]) == 2 else 0)
            return dt.date(year, int(found[2]), int(found[1]))
        return dt.date(int(iso[1]), int(iso[2]), int(iso[3])) if iso else None
    except ValueError:
        return None


def time_of_day(cell: Cell) -> dt.time | None:
    """14:05, 14.05, 2.05pm."""
    if isinstance(cell, dt.datetime):
        return cell.time()
    if isinstance(cell, dt.time):
        return cell
    text = cell.strip().casefold() if isinstance(cell, str) else ""
    found = re.fullmatch(r"(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?\s*(am|pm)?", text)
    if not found:
        return None
    hour, half = int(found[1]), found[4]
    if half and not 1 <= hour <= 12:
        return None
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    try:
        return dt.time(hour, int(found[2]), int(found[3] or 0))
    except ValueError:
        return None


def at(date: dt.date, time: dt.time) -> dt.datetime:
    """A day and a time by London's clocks, in UTC."""
    return dt.datetime.combine(date, time.replace(tzinfo=None), tzinfo=LONDON).astimezone(dt.UTC)


def _either(words: tuple[str, ...]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
