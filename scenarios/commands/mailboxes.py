"""The mailboxes: `doorstep mail` signs in, tests, shows what belongs nowhere, and takes a person's word on it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Literal, get_args

import typer

from probes import email
from probes.email import self_test
from results.calendar import LONDON
from results.mailbag import HandEntry, StoredMail
from results.store import ShopRow
from scenarios import show
from scenarios.answers import UNSETTLED, Answers, every_wave
from scenarios.bench import Bench, opened
from scenarios.commands.common import AsJson, Folder, Wrong, app, do
from scenarios.programme import load

mail = typer.Typer(
    no_args_is_help=True,
    help="The mailboxes that answers come to, and the answers that a person must look at.",
    epilog="Example: doorstep mail test main",
)
app.add_typer(mail, name="mail")

AccountName = Annotated[str, typer.Argument(help="The account's name: the table [mail.NAME] of programme.toml.")]
MailNumber = Annotated[int | None, typer.Argument(help="One mail's number, to read it.")]
WithNames = Annotated[bool, typer.Option("--names", help="With the names of those who wrote, which are left out.")]
Way = Literal["telephone", "letter", "visit", "portal"]
_SETTLED: tuple[email.Kind, ...] = tuple(kind for kind in get_args(email.Kind) if kind not in UNSETTLED)
_FORMATS = ["%d/%m/%Y %H:%M", "%d/%m/%Y"]


# ------------------------------------------------------------------------------------------------ accounts


@mail.command(epilog="Example: doorstep mail login main")
def login(account: AccountName, folder: Folder = Path()) -> None:
    """Sign in to Microsoft 365 or Gmail, once. What comes of it is kept in this machine's keyring."""
    from scenarios import sign_in  # here, because its libraries take long to load

    accounts = load(folder).programme.mail
    if account not in accounts:
        raise Wrong(_no_account(account, list(accounts)))
    found = accounts[account]
    if found.sign_in == "password":
        raise Wrong(f'account {account} signs in with a password; set sign_in = "microsoft" or "google" for this')
    sign_in.sign_in(sign_in.service(account, found), lambda line: show.out.print(line, markup=False, soft_wrap=True))
    show.out.print(f"{account} is signed in. Now: doorstep mail test {account}", markup=False)


@mail.command("test", epilog="Example: doorstep mail test main")
def try_account(
    account: AccountName,
    folder: Folder = Path(),
    wait: Annotated[float, typer.Option(help="Seconds to wait for our own e-mails.")] = 120,
    as_json: AsJson = False,
) -> None:
    """Send this mailbox an e-mail from itself, find it again, and say in one line what to put right."""
    do(_try_account(folder, account, wait, as_json))


async def _try_account(folder: Path, name: str, wait: float, as_json: bool) -> None:
    async with opened(folder, to_work=False) as bench:
        accounts = bench.mail_accounts()
        if name not in accounts:
            raise Wrong(_no_account(name, list(accounts)))
        found = await self_test.self_test(accounts[name], bench.clock, bench.guard, wait)
    if as_json:
        show.json_out(
            {
                "account": name,
                "well": found.trouble is None,
                "remedy": found.remedy,
                "tagged_addresses_survive": found.tagged_survives,
                "clock_skew_seconds": found.skew,
                "junk_folders": found.junk_folders,
                "announces_new_mail": found.announces,
            }
        )
    else:
        for line in self_test.lines(found):
            show.out.print(line, markup=False, soft_wrap=True)
    if found.trouble is not None:
        raise typer.Exit(1)


def _no_account(name: str, there: list[str]) -> str:
    return f"there is no account {name!r}; there are: {', '.join(there) or 'none'}"


# ------------------------------------------------------------------------------------------------ for a person to see


@mail.command(epilog="Examples: doorstep mail unmatched · doorstep mail unmatched 17 --assign SHOP")
def unmatched(
    number: MailNumber = None,
    assign: Annotated[str | None, typer.Option(help="The shop that this mail answers.")] = None,
    folder: Folder = Path(),
    names: WithNames = False,
    as_json: AsJson = False,
) -> None:
    """List the mails that belong to no enquiry, read one, or say which enquiry it answers."""
    do(_unmatched(folder, number, assign, names, as_json))


async def _unmatched(folder: Path, number: int | None, assign: str | None, names: bool, as_json: bool) -> None:
    async with opened(folder, to_work=assign is not None) as bench:
        waiting = await bench.mailbag.unmatched()
        if number is None:
            if assign is not None:
                raise Wrong("say which mail: doorstep mail unmatched NUMBER --assign SHOP")
            show.mails(waiting, "belongs to no enquiry", as_json, names)
            return
        stored = _of(waiting, number, "unmatched")
        if assign is None:
            show.one_mail(stored, email.read(stored.raw), None, as_json, names)
            return
        row = await _email_shop(bench, assign)
        answers = Answers(bench, await every_wave(bench))
        _, verdict = answers.read(row, stored)
        await bench.mailbag.assign(stored.id, row.id, verdict.kind)
        await answers.look_again(row)
    show.out.print(f"Mail {number} now belongs to {row.id}: {verdict.kind}.", markup=False)


@mail.command(epilog="Examples: doorstep mail unclear · doorstep mail unclear 17 --kind 'final reply'")
def unclear(
    number: MailNumber = None,
    kind: Annotated[str | None, typer.Option(help=f"What it is: {', '.join(_SETTLED)}.")] = None,
    folder: Folder = Path(),
    names: WithNames = False,
    as_json: AsJson = False,
) -> None:
    """List the answers whose kind a person must settle, read one, or say what it is."""
    do(_unclear(folder, number, kind, names, as_json))


async def _unclear(folder: Path, number: int | None, kind: str | None, names: bool, as_json: bool) -> None:
    if kind is not None and kind not in _SETTLED:
        raise Wrong(f"{kind!r} is no kind of answer; say one of: {', '.join(_SETTLED)}")
    async with opened(folder, to_work=kind is not None) as bench:
        waiting = await bench.mailbag.of_kinds(UNSETTLED)
        if number is None:
            if kind is not None:
                raise Wrong("say which mail: doorstep mail unclear NUMBER --kind KIND")
            show.mails(waiting, "waits for a person to say what it is", as_json, names)
            return
        stored = _of(waiting, number, "unclear")
        row = await _email_shop(bench, stored.shop or "")
        answers = Answers(bench, await every_wave(bench))
        if kind is None:
            show.one_mail(stored, *answers.read(row, stored), as_json, names)
            return
        await bench.mailbag.judge(stored.id, kind)
        await answers.look_again(row)
    show.out.print(f"Mail {number} of {row.id} is now: {kind}.", markup=False)


@mail.command(epilog="Example: doorstep mail reply SHOP --by telephone --on '24/11/2026 14:05'")
def reply(
    shop: Annotated[str, typer.Argument(help="The shop that was answered: its id, from doorstep shops.")],
    by: Annotated[Way, typer.Option(help="How the answer came.")],
    on: Annotated[dt.datetime, typer.Option(formats=_FORMATS, help="When it came, British time.")],
    interim: Annotated[bool, typer.Option("--interim", help="It only promised an answer.")] = False,
    folder: Folder = Path(),
) -> None:
    """Enter a reply that came by telephone, by letter or otherwise: it counts as an e-mail would."""
    do(_reply(folder, shop, by, on, interim))


async def _reply(folder: Path, shop: str, by: Way, on: dt.datetime, interim: bool) -> None:
    at = on.replace(tzinfo=LONDON).astimezone(dt.UTC)
    async with opened(folder, to_work=True) as bench:
        row = await _email_shop(bench, shop)
        if row.made_at is None or at < row.made_at.replace(second=0, microsecond=0):
            when = f"{row.made_at.astimezone(LONDON):%d/%m/%Y at %H:%M}" if row.made_at else "not yet"
            raise Wrong(f"{shop} was written to {when}; a reply cannot have come before that")
        if at > bench.clock.now():
            raise Wrong(f"{on:%d/%m/%Y %H:%M} has not come yet; give the moment when the reply came")
        if not await bench.mailbag.enter(row.id, HandEntry(by, at, not interim), bench.clock.now()):
            show.out.print("That reply had been entered before; nothing was changed.")
            return
        await Answers(bench, await every_wave(bench)).look_again(row)
    show.out.print(f"A reply by {by} was entered for {row.id}.", markup=False)


def _of(waiting: tuple[StoredMail, ...], number: int, what: str) -> StoredMail:
    for stored in waiting:
        if stored.id == number:
            return stored
    raise Wrong(f"no mail {number} is {what}; `doorstep mail {what}` lists those that are")


async def _email_shop(bench: Bench, shop: str) -> ShopRow:
    """A contact by e-mail that has been made. Raises `Wrong`."""
    try:
        row = await bench.store.row(shop)
    except KeyError:
        raise Wrong(f"there is no shop {shop!r}; `doorstep shops WAVE --channel email` lists them") from None
    if row.channel != "email" or row.state not in ("open", "closed"):
        raise Wrong(f"{shop} is a contact by {row.channel} that is {row.state}; an e-mail that was sent is needed")
    return row
