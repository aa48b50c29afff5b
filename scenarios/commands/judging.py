"""Answers that need a person: `doorstep review` lists them, settles them, and tells how far people agree."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from results import whole, words
from results.findings import said
from results.forms import review_sheet
from results.forms.incoming import LARGEST, Mistake, Unreadable
from results.forms.question import settled
from results.schema import Fact, Organisation, Shop, Verdict
from results.store import FrozenWave
from scenarios import agreeing, reviewing, show
from scenarios.bench import Bench, opened
from scenarios.commands.common import AsJson, Folder, OneOrganisation, WaveId, Wrong, app, do, planned_wave
from scenarios.reviewing import CannotSettle, Waiting, Word

_LONGEST_REASON = 1800

review = typer.Typer(
    no_args_is_help=True,
    help="Settle the answers that need a person: confirm, correct, or say that nobody can tell.",
    epilog="Examples: doorstep review list first-wave · doorstep review confirm SHOP QUESTION --by QO",
)
app.add_typer(review, name="review")


def _role(by: str) -> str:
    if not 0 < len(by.strip()) <= 200:
        raise Wrong("--by is empty or very long; give a role or initials, as --by 'Quality officer'")
    return by.strip()


def _reason(why: str) -> str:
    if len(why) > _LONGEST_REASON:
        raise Wrong(f"--why is longer than {_LONGEST_REASON:,} characters; say it more briefly")
    return why.strip()


ShopId = Annotated[str, typer.Argument(help="The contact's id, as `doorstep review list` shows it.", metavar="SHOP")]
QuestionId = Annotated[str, typer.Argument(help="The question's id, as email.fully_answered.", metavar="QUESTION")]
By = Annotated[str, typer.Option(help="Who says so: a role or initials, not a name.", callback=_role)]
Why = Annotated[str, typer.Option(help="The reason.", callback=_reason)]


# ------------------------------------------------------------------------------------------------ reviews


@review.command("list", epilog="Example: doorstep review list first-wave --channel email")
def list_reviews(
    wave: WaveId,
    folder: Folder = Path(),
    organisation: OneOrganisation = None,
    channel: Annotated[str | None, typer.Option(help="phone, email, web, visit and so on.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the answers that wait for a person, with what is proposed, why, and where the evidence is."""
    do(_list_reviews(folder, wave, organisation, channel, as_json))


async def _list_reviews(folder: Path, wave: str, organisation: str | None, channel: str | None, as_json: bool) -> None:
    async with opened(folder, to_work=False) as bench:
        _, waiting = await _waiting(bench, wave, organisation, channel)
    if as_json:
        show.json_out(
            [
                {
                    "shop": one.shop.id,
                    "criterion": one.criterion.id,
                    "question": one.criterion.question,
                    "proposal": one.proposal or None,
                    "why": one.why,
                    "evidence": list(one.evidence),
                }
                for one in waiting
            ]
        )
        return
    if not waiting:
        show.out.print("No answer waits for a person.")
        return
    by_shop: defaultdict[str, list[Waiting]] = defaultdict(list)
    for one in waiting:
        by_shop[one.shop.id].append(one)
    for shop, own in by_shop.items():
        show.out.print(f"\n[bold]{escape(shop)}[/bold]  {own[0].shop.channel} to {escape(own[0].shop.target)}")
        for one in own:
            proposed = f" Proposed: {one.proposal}." if one.proposal else ""
            why = f" {one.why[:1].upper()}{one.why[1:]}." if one.why else ""
            line = f"  {one.criterion.id}  {one.criterion.question}{proposed}{why}"
            show.out.print(line, markup=False, highlight=False, soft_wrap=True)
        for place in own[0].evidence:
            show.out.print(f"  Evidence: {place}", markup=False, highlight=False, soft_wrap=True)
    count = words.count(len(waiting), "answer waits", "answers wait")
    show.out.print(f"\n{count} for a person, of {words.count(len(by_shop), 'contact')}.")


async def _waiting(
    bench: Bench, wave: str, organisation: str | None, channel: str | None
) -> tuple[FrozenWave, tuple[Waiting, ...]]:
    frozen = await planned_wave(bench, wave)
    shops = await bench.store.shops(frozen)
    return frozen, reviewing.queue(shops, frozen.scheme, organisation, channel)


@review.command(epilog="Example: doorstep review confirm SHOP email.fully_answered --by 'Quality officer'")
def confirm(shop: ShopId, question: QuestionId, by: By, why: Why = "", folder: Folder = Path()) -> None:
    """The proposed answer is right."""
    do(_settle(folder, shop, question, "confirmed", None, by, why))


@review.command(epilog="Example: doorstep review correct SHOP email.fully_answered Partly --by 'Quality officer'")
def correct(
    shop: ShopId,
    question: QuestionId,
    value: Annotated[str, typer.Argument(help="The right answer: Yes, No, 4, Partly, 12 … or N/A.", metavar="ANSWER")],
    by: By,
    why: Why = "",
    folder: Folder = Path(),
) -> None:
    """Another answer is right. What was proposed is kept."""
    do(_settle(folder, shop, question, "corrected", value, by, why))


@review.command("cannot-tell", epilog="Example: doorstep review cannot-tell SHOP email.layout --by 'Quality officer'")
def cannot_tell(shop: ShopId, question: QuestionId, by: By, why: Why = "", folder: Folder = Path()) -> None:
    """Nobody can tell from the evidence: it counts neither for nor against."""
    do(_settle(folder, shop, question, "cannot tell", None, by, why))


async def _settle(
    folder: Path, shop: str, question: str, verdict: Verdict, value: str | None, by: str, why: str
) -> None:
    async with opened(folder, to_work=True) as bench:
        frozen, found = await closed(bench, shop)
        right = right_of(frozen, question, value) if value is not None else None
        await reviewing.settle(bench, frozen, found, [Word(question, verdict, right, why)], by)
        after = next(one for one in await bench.store.shops(frozen) if one.id == shop)
    show.out.print(f"{question} of {shop}: {_now(frozen, after, question)}.", markup=False, soft_wrap=True)


async def closed(bench: Bench, shop: str) -> tuple[FrozenWave, Shop]:
    """A shop with its wave, as both are judged now. Raises `Wrong` where there is no such shop."""
    try:
        row = await bench.store.row(shop)
    except KeyError:
        raise Wrong(f"there is no shop {shop!r}; `doorstep shops WAVE` lists them") from None
    frozen = await planned_wave(bench, row.wave)
    return frozen, next(one for one in await bench.store.shops(frozen) if one.id == shop)


def right_of(frozen: FrozenWave, question: str, value: str) -> Fact:
    """The right answer to a question as somebody writes it. Raises `Wrong` or `CannotSettle`."""
    criterion = next((one for one in frozen.scheme.criteria if one.id == question), None)
    if criterion is None:
        raise Wrong(f"there is no question {question!r} in the wave's scheme")
    return reviewing.right_value(criterion, value)


def _now(frozen: FrozenWave, shop: Shop, question: str) -> str:
    """What is held of an answer now, in words."""
    criterion = next(one for one in frozen.scheme.criteria if one.id == question)
    answer = next(one for one in shop.answers if one.criterion == question)
    if answer.reviewed is None:
        return answer.state.value
    held = said(criterion, answer.value) if answer.value is not None else "not applicable"
    return answer.reviewed if answer.reviewed == "cannot tell" else f"{answer.reviewed}, {held}"


@review.command(epilog="Example: doorstep review export first-wave --to reviews.xlsx")
def export(
    wave: WaveId,
    folder: Folder = Path(),
    organisation: OneOrganisation = None,
    channel: Annotated[str | None, typer.Option(help="phone, email, web, visit and so on.")] = None,
    to: Annotated[Path | None, typer.Option(help="The file, .xlsx or .csv; else reviews-WAVE.xlsx.")] = None,
) -> None:
    """Write the queue as one sheet, to settle many answers at once."""
    do(_export(folder, wave, organisation, channel, to))


async def _export(folder: Path, wave: str, organisation: str | None, channel: str | None, to: Path | None) -> None:
    async with opened(folder, to_work=False) as bench:
        frozen, waiting = await _waiting(bench, wave, organisation, channel)
    path = to or folder / f"reviews-{wave}.xlsx"
    if path.suffix not in (".xlsx", ".csv"):
        raise Wrong(f"{path} is neither .xlsx nor .csv; name it one of the two")
    if path.exists():
        raise Wrong(f"{path} is there already and may be filled in; move it away, or name another file with --to")
    rows = [_row(one, frozen.organisations[one.shop.organisation]) for one in waiting]
    title = f"{frozen.wave.title}: answers that wait for a person"
    whole.content(path, review_sheet.table(rows) if path.suffix == ".csv" else review_sheet.workbook(title, rows))
    show.out.print(f"{path}: {words.count(len(rows), 'answer')} to settle", markup=False, soft_wrap=True)


def _row(one: Waiting, organisation: Organisation) -> review_sheet.Row:
    asked = settled(one.criterion)
    made = words.moment(one.shop.made_at) if one.shop.made_at else ""
    shown = (
        organisation.name,
        f"{one.shop.channel} {made}",
        one.criterion.question,
        asked.help,
        one.proposal,
        one.why,
        "; ".join(one.evidence),
        asked.right,
    )
    return review_sheet.Row(shown, one.shop.id, one.criterion.id, one.seen)


@review.command("import", epilog="Example: doorstep review import reviews-first-wave.xlsx --by 'Quality officer'")
def bring_in(
    file: Annotated[Path, typer.Argument(help="The sheet, filled in.")], by: By, folder: Folder = Path()
) -> None:
    """Bring in a sheet of reviews. What is wrong is told with its place; everything else is kept."""
    do(_bring_in(folder, file, by))


async def _bring_in(folder: Path, file: Path, by: str) -> None:
    try:
        with file.open("rb") as opened_file:
            rows = list(review_sheet.read(file.name, opened_file.read(LARGEST + 1)))
    except OSError as error:
        raise Wrong(f"{file}: cannot be read: {error.strerror}") from None
    except Unreadable as error:
        raise Wrong(str(error)) from None
    mistakes: list[Mistake] = []
    kept = known = 0
    async with opened(folder, to_work=True) as bench:
        by_shop: defaultdict[str, list[review_sheet.Settled]] = defaultdict(list)
        for row in rows:
            by_shop[row.shop].append(row)
        for shop, own in by_shop.items():
            try:
                frozen, found = await closed(bench, shop)
            except Wrong as error:
                mistakes += [row.wrong(file.name, "Shop", str(error)) for row in own]
                continue
            said_of_it = []
            for row in own:
                try:
                    word = _word(frozen, found, row)
                except CannotSettle as error:
                    mistakes.append(row.wrong(file.name, "Verdict", str(error)))
                    continue
                known += word is None
                said_of_it += [word] if word else []
            if said_of_it:
                await reviewing.settle(bench, frozen, found, said_of_it, by)
                kept += len(said_of_it)
    for mistake in mistakes:
        show.err.print(str(mistake), style="red", markup=False, soft_wrap=True)
    there = f"; {known} there already" if known else ""
    show.out.print(f"{words.count(kept, 'answer')} settled{there}.")
    if mistakes:
        raise typer.Exit(1)


def _word(frozen: FrozenWave, shop: Shop, row: review_sheet.Settled) -> Word | None:
    """A row as a word on an answer; None where the same has been said already. Raises `CannotSettle`."""
    answer = next((one for one in shop.answers if one.criterion == row.criterion), None)
    if answer is None:
        raise CannotSettle(f"{shop.id} has no answer to {row.criterion!r}; export the reviews anew")
    verdicts: dict[str, Verdict] = {"confirm": "confirmed", "correct": "corrected", "cannot tell": "cannot tell"}
    verdict = verdicts.get(row.verdict.casefold())
    if verdict is None:
        raise CannotSettle(f"is “{row.verdict[:60]}”; choose {words.listed(review_sheet.VERDICTS)}")
    if verdict == "corrected" and not row.value:
        raise CannotSettle("is Correct, but there is no right answer beside it; write it")
    value = right_of(frozen, row.criterion, row.value) if verdict == "corrected" else None
    if answer.reviewed == verdict and (verdict != "corrected" or answer.value == value):
        return None
    if row.seen != reviewing.fingerprint(answer):
        raise CannotSettle("the answer has changed since the sheet was written; look again and export anew")
    if verdict == "confirmed" and answer.value is None:
        raise CannotSettle("there is no proposal to confirm; choose Correct and write the right answer")
    return Word(row.criterion, verdict, value, row.why)


@review.command(epilog="Example: doorstep review agreement first-wave")
def agreement(wave: WaveId, folder: Folder = Path(), as_json: AsJson = False) -> None:
    """Tell how far those agree who judged the same contacts: two people, or a person and the probe."""
    do(_agreement(folder, wave, as_json))


async def _agreement(folder: Path, wave: str, as_json: bool) -> None:
    async with opened(folder, to_work=False) as bench:
        frozen = await planned_wave(bench, wave)
        found = await agreeing.of_wave(bench, frozen)
    if as_json:
        show.json_out([one.model_dump(mode="json") for one in found])
        return
    if not found:
        show.out.print("No contact has been judged twice; people.yaml says how many are to be (judged_twice).")
        return
    questions = {criterion.id: criterion.question for criterion in frozen.scheme.criteria}
    for one in found:
        heading = f"{one.between.capitalize()}, {words.count(one.contacts, 'contact')}: {one.overall.said}"
        show.out.print(heading, markup=False, highlight=False, soft_wrap=True)
        table = Table()
        for column in ("Question", "Agreement"):
            table.add_column(column, overflow="fold")
        for id, own in one.by_criterion.items():
            table.add_row(escape(questions[id]), own.said)
        show.out.print(table)
