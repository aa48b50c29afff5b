"""Bringing filled-in forms in: each task's form is kept, marked and scored by itself, and every mistake is told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from results import marking
from results.calendar import LONDON
from results.filled import Filled
from results.forms import incoming
from results.forms.incoming import LARGEST, Mistake, RawTask, Unreadable
from results.forms.interpret import filled
from results.forms.question import question
from results.people import Task
from results.shops import scored
from results.store import FrozenWave, ShopRow
from scenarios.bench import Bench
from scenarios.settling import comments, of_form


@dataclass
class Imported:
    """What came of it. `superseded`: of the forms `entered`, those that took the place of an earlier one.

    `mistakes`: each with its place. `refused`: files that are no form, with why.
    """

    entered: int = 0
    superseded: int = 0
    known: int = 0
    empty: int = 0
    not_made: int = 0
    mistakes: list[Mistake] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


class Import:
    """One import of several files."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._waves: dict[str, tuple[FrozenWave, frozenset[str]]] = {}
        self.outcome = Imported()

    async def files(self, paths: Iterable[Path]) -> Imported:
        """Bring in every task of every file, in that order."""
        for path in paths:
            try:
                tasks = incoming.opened(path.name, _content(path))
            except Unreadable as error:
                self.outcome.refused.append(str(error))
                continue
            for task in tasks:
                await self._task(task)
        return self.outcome

    async def _task(self, raw: RawTask) -> None:
        bench, marks = self._bench, raw.marks
        try:
            row = await bench.store.row(marks.get("shop", ""))
        except KeyError:
            self._wrong(raw, f"is for a contact that is not known here ({marks.get('shop', '')[:80]}); export it anew")
            return
        tasks = await bench.people.tasks_of(row.id)
        task = next((one for one in tasks if one.shopper == marks.get("shopper")), None)
        if task is None:
            who = ", ".join(one.shopper for one in tasks) or "nobody"
            self._wrong(raw, f"{row.id} was handed to {who}, not to {marks.get('shopper', '')[:64]}; it is left out")
            return
        frozen, editions = await self._wave(row.wave)
        if marks.get("scheme") not in editions:
            self._wrong(raw, "asks the questions of another scheme than the wave's; export the form anew")
            return
        await self._enter(raw, row, task, frozen)

    async def _enter(self, raw: RawTask, row: ShopRow, task: Task, frozen: FrozenWave) -> None:
        now, outcome = self._bench.clock.now(), self.outcome
        criteria = marking.asked(frozen.scheme, frozen.scenarios[row.scenario], frozen.enquiries[row.enquiry])
        makes = task.role == "shop"
        handed_out = task.handed_out_at.astimezone(LONDON).date() if makes else None
        form, mistakes = filled(raw, [question(one) for one in criteria], handed_out, now)
        outcome.mistakes += mistakes
        if form is None:
            outcome.empty += 1
            return
        earlier = await self._bench.people.newest(form.shop, form.shopper) is not None
        if not await self._keep(form, raw, row, frozen, makes):
            outcome.known += 1
            return
        outcome.entered += 1
        outcome.superseded += earlier
        outcome.not_made += not form.made

    async def _keep(self, form: Filled, raw: RawTask, row: ShopRow, frozen: FrozenWave, makes: bool) -> bool:
        people, now = self._bench.people, self._bench.clock.now()
        if not makes:
            return await people.enter(form, raw.file, now, None)
        if not form.made:
            why = f"shopper {form.shopper.upper()} could not make it"
            return await people.enter(form, raw.file, now, None, f"{why}: {form.comment}" if form.comment else why)
        reviews = await self._bench.reviews.of(row.id)
        answers = marking.reviewed(of_form(frozen, row, form), reviews, frozen.scheme)
        return await people.enter(
            form, raw.file, now, scored(answers, frozen.scheme, frozen.basis, comments(frozen, form))
        )

    async def _wave(self, wave: str) -> tuple[FrozenWave, frozenset[str]]:
        """The wave in its newest edition, and the digests of all its editions."""
        if wave not in self._waves:
            newest = await self._bench.store.wave(wave)
            if newest is None:
                raise RuntimeError(f"wave {wave} has shops and is not planned")
            every = [await self._bench.store.wave(wave, number) for number in range(newest.edition + 1)]
            self._waves[wave] = newest, frozenset(one.basis for one in every if one)
        return self._waves[wave]

    def _wrong(self, raw: RawTask, what: str) -> None:
        self.outcome.mistakes.append(Mistake(raw.file, raw.sheet, 0, "", what))


def _content(path: Path) -> bytes:
    """A file's bytes, one more than may be at most. Raises `Unreadable`."""
    try:
        with path.open("rb") as file:
            return file.read(LARGEST + 1)
    except OSError as error:
        raise Unreadable(f"{path.name}: cannot be read: {error.strerror}") from None
