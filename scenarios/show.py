"""What the command prints for people: tables, progress, one shop in full. What is printed for machines is JSON."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from probes import email
from results.calendar import LONDON, Calendar
from results.mailbag import StoredMail
from results.schema import Channel, Moment, Shop, State
from results.store import FrozenWave

if TYPE_CHECKING:
    from results.benchmark import Benchmark
    from results.report import WaveReport
    from scenarios.closing import Said
    from scenarios.demo import Partnership
    from scenarios.plan import Foreseen
    from scenarios.run import Outcome

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

_DOING = {"phone": "Telephone calls", "email": "E-mails sent", "web": "Website visits"}
_MADE: dict[Channel, str] = {"phone": "calls", "email": "e-mails", "web": "website visits"}
_NAMED = 5  # contacts that are named for each reason
_ALSO_MADE = (("closing", "last e-mails"),)


def json_out(document: object) -> None:
    """One JSON document on standard output."""
    out.print(json.dumps(document, indent=1, ensure_ascii=False, default=str), soft_wrap=True, markup=False)


@contextmanager
def progress() -> Iterator[Progress]:
    """Bars on standard error, so that standard output stays clean."""
    columns = (TextColumn("{task.description:<20}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err) as bars:
        yield bars


class Bars:
    """One bar for each thing that is told of."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._tasks: dict[str, int] = {}

    def __call__(self, what: str, done: int, total: int) -> None:
        if what not in self._tasks:
            name = _DOING.get(what, what.capitalize())
            self._tasks[what] = self._bars.add_task(name, total=total)
        self._bars.update(self._tasks[what], completed=done, total=total)  # type: ignore[arg-type]


def plan(frozen: FrozenWave, foreseen: Sequence[Foreseen]) -> None:
    """A dry run: every address, number and host, how often, and what the guard says."""
    table = Table(title=f"{frozen.wave.title}: what would be contacted", title_justify="left")
    for heading in ("Organisation", "Channel", "Contact", "Times", "The guard says"):
        table.add_column(heading, overflow="fold")
    times = Counter((each.row.organisation, each.row.channel, each.row.target) for each in foreseen)
    said = {(each.row.organisation, each.row.channel, each.row.target): each.refusal for each in foreseen}
    for key, count in sorted(times.items()):
        organisation, channel, target = key
        refusal = said[key]
        if refusal is None:
            word = "[green]yes[/green]"
        elif refusal.retry_at is not None:
            word = (
                f"[yellow]not before {refusal.retry_at.astimezone(LONDON):%a %d/%m/%Y %H:%M}[/yellow]: {refusal.reason}"
            )
        else:
            word = f"[red]no[/red] ({refusal.rule}): {escape(refusal.reason)}"
        name = frozen.organisations[organisation].name
        table.add_row(escape(name), channel, escape(target), str(count), word)
    out.print(table)
    total = Counter(each.row.channel for each in foreseen if each.refusal is None or each.refusal.retry_at)
    refused = sum(each.refusal is not None and each.refusal.retry_at is None for each in foreseen)
    parts = [f"{total[channel]} {_MADE[channel]}" for channel in _MADE if total[channel]]
    out.print(f"{', '.join(parts) or 'No contacts'}; {refused} refused. Nothing was sent, dialled or fetched.")


def outcome(result: Outcome) -> None:
    """What a run did and left."""
    parts = [f"{result.made[what]} {words}" for what, words in (*_MADE.items(), *_ALSO_MADE) if result.made[what]]
    out.print(f"Made: {', '.join(parts) or 'nothing'}.")
    for rule, count in result.refused.most_common():
        out.print(f"Refused by the guard: {count} x {rule}.")
    if result.waiting_until is not None:
        out.print(f"More falls due on {result.waiting_until.astimezone(LONDON):%A %d %B %Y at %H:%M}; run again then.")
    for note in result.notes:
        out.print(escape(note))
    failed(result.failed, err)


def failed(failed: Mapping[str, str], to: Console) -> None:
    """The contacts that failed for a fault of ours, by reason."""
    if not failed:
        return
    many, them = ("1 contact", "it") if len(failed) == 1 else (f"{len(failed)} contacts", "them")
    again = f"`doorstep run` tries {them} again, and repeats nothing that was done"
    to.print(f"{many} failed for a fault on our side; {again}:", style="red", soft_wrap=True)
    by_reason: defaultdict[str, list[str]] = defaultdict(list)
    for shop, why in failed.items():
        by_reason[why].append(shop)
    for why, shops in by_reason.items():
        more = f" and {len(shops) - _NAMED} more" if len(shops) > _NAMED else ""
        line = f"  {why or 'no reason was given'}: {', '.join(shops[:_NAMED])}{more}"
        to.print(line, style="red", markup=False, soft_wrap=True)


def collected(waiting: int, unmatched: int, unclear: int, said: Said, next_closing: dt.datetime | None) -> None:
    """What the mailboxes hold, and what a person should look at."""
    out.print(f"{waiting} {'enquiry awaits' if waiting == 1 else 'enquiries await'} replies.")
    if unmatched:
        out.print(
            f"{unmatched} {'mail belongs' if unmatched == 1 else 'mails belong'} to none: doorstep mail unmatched"
        )
    if unclear:
        out.print(f"{unclear} {'answer waits' if unclear == 1 else 'answers wait'} for a person: doorstep mail unclear")
    if said.sent:
        out.print(f"{said.sent} last {'e-mail' if said.sent == 1 else 'e-mails'} sent.")
    for rule, count in said.refused.most_common():
        out.print(f"Refused by the guard: {count} x {rule}.")
    for note in said.notes:
        out.print(escape(note))
    if next_closing is not None:
        out.print(f"The next window closes on {next_closing.astimezone(LONDON):%A %d %B %Y at %H:%M}.")


def shop_list(shops: Sequence[Shop]) -> None:
    """Shops, one a line."""
    table = Table()
    for heading in ("Shop", "When", "Contact", "State", "Access", "Quality", "What happened"):
        table.add_column(heading, overflow="fold")
    for shop in shops:
        seen = shop.observation
        when = f"{shop.made_at.astimezone(LONDON):%d/%m/%Y %H:%M}" if shop.made_at else ""
        what = (seen.error or (seen.failure.value.replace("_", " ") if seen.failure else "")) if seen else ""
        what = "set aside on appeal" if shop.disputed else f"shopper {shop.by.upper()}" if shop.by else what
        table.add_row(
            shop.id,
            when,
            escape(shop.target),
            shop.state,
            _share(shop.access.share),
            _share(shop.quality.share),
            escape(what),
        )
    out.print(table)


def one_shop(
    shop: Shop,
    scheme_questions: dict[str, str],
    calendar: Calendar,
    gone: Mapping[str, dt.datetime] = MappingProxyType({}),
) -> None:
    """One shop in full: moments, answers with their reasons, notes, evidence. `calendar`: the organisation's.

    `gone`: digest to moment, for evidence that was removed because it had been kept for long enough.
    """
    out.print(f"[bold]{shop.id}[/bold]  {shop.channel} to {escape(shop.target)}, {shop.state}")
    seen = shop.observation
    if seen is None and not shop.scheme:
        out.print("Nothing has been seen yet.")
        return
    if shop.by and shop.made_at:
        out.print(f"  Shopper {shop.by.upper()}, {shop.made_at.astimezone(LONDON):%d/%m/%Y %H:%M}", markup=False)
    for name, moment in seen.moments.items() if seen else ():
        local = moment.middle.astimezone(LONDON)
        spread = f"± {moment.uncertainty / 2:.2f} s"
        after = _after(seen.moments.get("sent"), moment, calendar) if seen and shop.channel == "email" else ""
        out.print(f"  {name:<15} {local:%d/%m/%Y %H:%M:%S} {spread}  ({escape(moment.source)}){after}")
    table = Table()
    for heading in ("Question", "Answer", "Marks", "State", "Why"):
        table.add_column(heading, overflow="fold")
    for given in shop.answers:
        value = {True: "Yes", False: "No", None: ""}.get(given.value, str(given.value))  # type: ignore[arg-type]
        marks = "" if given.marks is None else f"{given.marks:g}"
        state = "" if given.state is State.ANSWERED else given.state.value
        state = f"{state} ({given.reviewed})".strip() if given.reviewed else state
        table.add_row(
            escape(scheme_questions.get(given.criterion, given.criterion)),
            escape(value),
            marks,
            state,
            escape(given.why),
        )
    out.print(table)
    for note in (*shop.comments, *(seen.notes if seen else ())):
        out.print(f"  {escape(note)}")
    for one in shop.appeals:
        out.print(f"  Appeal by {one.by} ({one.outcome}): {one.why}", markup=False)
    for evidence in seen.evidence if seen else ():
        place = f"evidence/{evidence.sha256[:2]}/{evidence.sha256}"
        out.print(f"  Evidence: {evidence.kind} {evidence.name}", markup=False)
        if evidence.sha256 in gone:
            removed = gone[evidence.sha256].astimezone(LONDON)
            out.print(f"    removed on {removed:%d/%m/%Y}; its SHA-256 was {evidence.sha256}", soft_wrap=True)
        else:
            out.print(f"    {place}, kept until {evidence.keep_until:%d/%m/%Y}", soft_wrap=True)


def mails(found: Sequence[StoredMail], why: str, as_json: bool, names: bool = False) -> None:
    """Mails that a person must see to, one a line. What a stranger wrote is shown as text and nothing else.

    Whose name stands in it is left out unless `names`.
    """
    read = [(stored, email.shown(email.read(stored.raw), names)) for stored in found]
    if as_json:
        json_out([_mail(stored, mail) for stored, mail in read])
        return
    if not read:
        out.print(f"No mail {why}.")
        return
    table = Table()
    for heading in ("Mail", "Received", "From", "Subject", "It seems to be", "May belong to"):
        table.add_column(heading, overflow="fold")
    for stored, mail in read:
        received = f"{stored.received.astimezone(LONDON):%d/%m/%Y %H:%M}"
        cells = (mail.sender[:80], mail.subject[:80], stored.kind or "", stored.suggested or stored.shop or "")
        table.add_row(str(stored.id), received, *map(escape, cells))
    out.print(table)
    out.print(f"{len(read)} {'mail' if len(read) == 1 else 'mails'}, each of which {why}.")


def one_mail(stored: StoredMail, read: email.Mail, verdict: email.Verdict | None, as_json: bool, names: bool) -> None:
    """One mail as plain text, and why it is held to be what it is. Names are left out of it unless `names`."""
    mail = email.shown(read, names)
    if as_json:
        document = _mail(stored, mail) | {"text": mail.text, "attachments": mail.attachments}
        json_out(document | ({"reasons": verdict.reasons, "confidence": verdict.confidence} if verdict else {}))
        return
    for name, value in (
        ("Mail", str(stored.id)),
        ("Received", f"{stored.received.astimezone(LONDON):%d/%m/%Y %H:%M} in {stored.folder}"),
        ("From", mail.sender),
        ("To", ", ".join(mail.recipients)),
        ("Subject", mail.subject),
        ("Attachments", ", ".join(mail.attachments)),
        ("Seems to be", verdict.kind if verdict else stored.kind or ""),
        ("Because", "; ".join(verdict.reasons) if verdict else ""),
    ):
        if value:
            out.print(f"{name:<12} {value}", markup=False, soft_wrap=True)
    out.print()
    out.print(mail.text or "(It has no text that can be read.)", markup=False, soft_wrap=True)


def _mail(stored: StoredMail, mail: email.Shown) -> dict[str, object]:
    return {
        "mail": stored.id,
        "received": stored.received.isoformat(),
        "account": stored.account,
        "folder": stored.folder,
        "from": mail.sender,
        "subject": mail.subject,
        "kind": stored.kind,
        "shop": stored.shop,
        "suggested": stored.suggested,
    }


def _after(sent: Moment | None, moment: Moment, calendar: Calendar) -> str:
    """How long after the e-mail, by the clock and in the organisation's working time."""
    if sent is None or moment is sent:
        return ""
    hours = (moment.middle - sent.middle).total_seconds() / 3600
    working = calendar.working_seconds(sent.middle, moment.middle) / 3600
    return f"; {hours:.1f} hours after it was sent, {working:.1f} of them working hours"


def partnership(found: Partnership, folder: Path | None) -> None:
    """The practice partnership's addresses."""
    smtp, imap = found["smtp"], found["imap"]
    out.print(f"House and clock  {found['house']}")
    out.print(
        f"Mail             {found['mailbox']}  SMTP {smtp['host']}:{smtp['port']}  IMAP {imap['host']}:{imap['port']}"
    )
    out.print(f"Telephone        {found['carrier']}  caller {found['caller']}")
    table = Table()
    for heading in ("Council", "Website", "E-mail", "Telephone"):
        table.add_column(heading, overflow="fold")
    for council in found["councils"]:
        lines = f"{council['lines'][0]['number']} and {len(council['lines']) - 1} more"
        table.add_row(council["name"], council["site"], ", ".join(council["addresses"]), lines)
    out.print(table)
    if folder is not None:
        out.print(f"A programme that shops it is in {folder}/; try: doorstep plan practice-wave --folder {folder}")
    out.print("It stays up until Ctrl-C.")


def ranks(report: WaveReport) -> None:
    """The report's first table, short: each organisation's place in each channel."""
    table = Table(title=report.title, title_justify="left")
    table.add_column("Organisation")
    for part in report.channels:
        table.add_column(part.name)
    for organisation in report.organisations:
        cells = [_place(part.benchmark, organisation.id) for part in report.channels]
        table.add_row(escape(organisation.name), *cells)
    out.print(table)


def _place(benchmark: Benchmark, organisation: str) -> str:
    """Score and place, as `72% =3rd of 11`."""
    score = benchmark.scores.get(organisation)
    if score is None or score.score is None or not score.reportable:
        return "-"
    rank = benchmark.ranks.get(organisation)
    return f"{score.score:.0%}  {rank.words if rank else 'not ranked'}"


def _share(share: float | None) -> str:
    return "-" if share is None else f"{share:.0%}"
