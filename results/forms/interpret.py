"""What the cells of a form mean: the form as filled in, and every mistake with its place. Pure.

A wrong cell takes nothing else with it: the other answers stand, and that one waits for a person with what was written.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from results import words
from results.filled import Filled, Given
from results.forms.incoming import Entry, Mistake, RawTask
from results.forms.question import Cell, NoAnswer, Question, at, day, read, shown, time_of_day
from results.forms.sheet import COMMENT, DAY, MADE, TIME

_FORMULA = "holds a formula, which is not worked out; type the answer itself"
Part = TypeVar("Part", dt.date, dt.time)
_OWN = {MADE, DAY, TIME, COMMENT}


def filled(
    raw: RawTask, questions: Sequence[Question], handed_out: dt.date | None, now: dt.datetime
) -> tuple[Filled | None, list[Mistake]]:
    """The task as it was filled in, None where nothing was, and the mistakes in it.

    `handed_out`: no contact was made before that day; None for a contact that somebody else had made.
    """
    reader = _Reader(raw)
    made = reader.made()
    made_at = reader.made_at(handed_out, now) if made else None
    answers = {one.criterion: given for one in questions if (given := reader.answer(one, made_at, now)) is not None}
    known = {one.criterion for one in questions} | _OWN
    for id, entry in raw.entries.items():
        if id not in known and _text(entry.answer):
            reader.wrong(entry, f"is an answer to {shown(id)}, which this task does not ask; take it out")
    for _, entry in raw.twice:
        if _text(entry.answer):
            reader.wrong(entry, "answers a question that stands above already; take one of the two out")
    comment = _text(raw.entries[COMMENT].answer)[:4000] if COMMENT in raw.entries else ""
    why = _text(raw.entries[MADE].comment) if MADE in raw.entries else ""
    if not made:
        form = Filled(**reader.whose(), made=False, comment=(why or comment)[:4000])
        return form, reader.mistakes
    # The day of another's contact stands on the form already, so it says nothing.
    if not (answers or comment or reader.mistakes) and (made_at is None or handed_out is None):
        return None, []
    return Filled(**reader.whose(), made_at=made_at, answers=answers, comment=comment), reader.mistakes


class _Reader:
    """One task's cells, and the mistakes found in them so far."""

    def __init__(self, raw: RawTask) -> None:
        self.raw = raw
        self.mistakes: list[Mistake] = []

    def whose(self) -> Mapping[str, str]:
        marks = self.raw.marks
        return {"shop": marks["shop"], "shopper": marks["shopper"], "scheme": marks.get("scheme", "")[:64]}

    def wrong(self, entry: Entry | None, what: str) -> None:
        row, column = (entry.row, entry.column) if entry else (0, "")
        self.mistakes.append(Mistake(self.raw.file, self.raw.sheet, row, column, what))

    def made(self) -> bool:
        """Whether the contact was made. Where nothing or nonsense is said, a form that is filled in says so itself."""
        entry = self.raw.entries.get(MADE)
        text = _text(entry.answer).casefold() if entry else ""
        if text not in ("", "yes", "y", "no", "n", "true", "false"):
            self.wrong(entry, f"is “{shown(text)}”; choose Yes or No")
        return text not in ("no", "n", "false")

    def made_at(self, handed_out: dt.date | None, now: dt.datetime) -> dt.datetime | None:
        """When the contact was made, in UTC; None where the form does not say it rightly."""
        on = self._moment(DAY, day, "the day", "write it as 09/11/2026")
        when = self._moment(TIME, time_of_day, "the time", "write it as 14:05")
        if on is None or when is None:
            return None
        moment, entry = at(on, when), self.raw.entries.get(DAY)
        if moment > now:
            self.wrong(entry, f"is {on:%d/%m/%Y} {when:%H:%M}, which is still to come; write when it was made")
        elif handed_out is not None and on < handed_out:
            told = f"is {on:%d/%m/%Y}, before the task was handed out on {handed_out:%d/%m/%Y}; write the right day"
            self.wrong(entry, told)
        else:
            return moment
        return None

    def _moment(self, id: str, read_part: Callable[[Cell], Part | None], what: str, right: str) -> Part | None:
        entry = self.raw.entries.get(id)
        text = _text(entry.answer) if entry else ""
        if entry is not None and entry.formula:
            self.wrong(entry, _FORMULA)
            return None
        if not text:
            if any(_text(one.answer) for key, one in self.raw.entries.items() if key not in _OWN):
                self.wrong(entry, f"{what} of the contact is missing; {right}")
            return None
        part = read_part(entry.answer if entry else None)
        if part is None:
            self.wrong(entry, f"is “{shown(text)}”; {right}")
        return part

    def answer(self, one: Question, made_at: dt.datetime | None, now: dt.datetime) -> Given | None:
        entry = self.raw.entries.get(one.criterion)
        if entry is None:
            return None
        comment = _text(entry.comment)[:2000]
        try:
            if entry.formula:
                raise NoAnswer(_FORMULA)
            given = read(one, entry.answer)
            if given is not None and given.said == "value" and one.kind == "day and time":
                _in_order(dt.datetime.fromisoformat(str(given.value)), made_at, now)
        except NoAnswer as error:
            self.wrong(entry, f"{error}")
            written = "a formula" if entry.formula else shown(entry.answer)
            return Given(said="wrong", written=written, comment=comment)
        if given is None:
            return Given(comment=comment) if comment else None
        return given.model_copy(update={"comment": comment}) if comment else given


def _in_order(came: dt.datetime, made_at: dt.datetime | None, now: dt.datetime) -> None:
    if came > now:
        raise NoAnswer(f"is {words.moment(came)}, which is still to come; write when it came, or Never")
    if made_at is not None and came < made_at:
        told = f"is {words.moment(came)}, before the contact was made ({words.moment(made_at)})"
        raise NoAnswer(f"{told}; write when it came, or Never")


def _text(cell: Cell) -> str:
    """A cell as text, without what cannot be printed."""
    if cell is None:
        return ""
    if isinstance(cell, dt.datetime | dt.date):
        return shown(cell)
    return "".join(one if one.isprintable() or one == "\n" else " " for one in str(cell)).strip()
