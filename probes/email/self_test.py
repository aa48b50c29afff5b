"""A mailbox's test of itself: two e-mails to ourselves, and what became of them. `doorstep mail test` shows it.

Nothing is stored and no organisation is contacted. What each trouble means for the programme, and what to do about it,
is decided by `SelfTest.remedy`, which is pure.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime, formataddr, parseaddr

import aiosmtplib

from probes.clock import Clock
from probes.email.account import Account, SignInNeeded
from probes.email.imap import FolderRefused, Listed, Mailbox, MailboxUnreachable, open_mailbox
from probes.email.parse import Mail, read
from probes.email.persona import Persona, persona
from probes.email.send import connect, plain
from probes.guard import Guard
from results.calendar import LONDON

TOLERABLE_SKEW = 5.0
"""Seconds that the two clocks may differ. Replies are timed in minutes, and automatic ones in seconds."""

_MARK = "<self-test."  # begins the Message-ID of each such e-mail
_SIGN_IN, _LOGIN_REFUSED = "doorstep mail login", "refused the login"  # how the ways in say what is wrong
_LOOK_EVERY = 2.0  # real seconds between looks at all folders
_BATCH = 100


@dataclass(frozen=True)
class Trip:
    """What became of one e-mail to ourselves.

    `refused`: the mail server's words when it took no such mail. `folder`: where it arrived; None while it has not.
    `came_back`: a delivery report came instead. `sender_kept`: its From is as we wrote it. `recipient_kept`: the
    address it was for can still be read from it. `skew`: bounds, in seconds, of how far the mail server's clock is
    ahead of ours.
    """

    to: str
    refused: str | None = None
    folder: str | None = None
    came_back: bool = False
    sender_kept: bool = False
    recipient_kept: bool = False
    skew: tuple[float, float] | None = None


@dataclass(frozen=True)
class SelfTest:
    """What a mailbox's test of itself found. `smtp`, `imap`: why there is no way in; None when there is one.

    `plain`: the e-mail to the mailbox itself; `tagged`: the one to a contact's own address, None where there are no
    such addresses. `junk_folders`: those that the server has. `announces`: whether it tells when mail has come (IDLE).
    `seconds`: real ones that the whole test took.
    """

    account: Account
    smtp: str | None = None
    imap: str | None = None
    plain: Trip | None = None
    tagged: Trip | None = None
    junk_folders: tuple[str, ...] = ()
    announces: bool = False
    seconds: float = 0.0

    @property
    def tagged_survives(self) -> bool | None:
        """Whether a contact's own address arrives and is left as it was; None when that was not to be found out."""
        if self.tagged is None or self.smtp or self.imap:
            return None
        return self.tagged.folder is not None and self.tagged.sender_kept and self.tagged.recipient_kept

    @property
    def skew(self) -> tuple[float, float] | None:
        """Bounds, in seconds, of how far the mail server's clock is ahead of ours; None if no e-mail came.

        INTERNALDATE has whole seconds, and an e-mail arrived between its hand-over and when we first saw it.
        """
        bounds = [trip.skew for trip in (self.plain, self.tagged) if trip and trip.skew]
        if not bounds:
            return None
        lower, upper = max(each[0] for each in bounds), min(each[1] for each in bounds)
        return (lower, upper) if lower <= upper else bounds[0]

    @property
    def off_by(self) -> float:
        """The least number of seconds, ahead (+) or behind (-), by which the mail server's clock must differ."""
        lower, upper = self.skew or (0.0, 0.0)
        return max(lower, 0.0) or min(upper, 0.0)

    @property
    def trouble(self) -> str | None:
        """The one thing to put right first, with its cause; None when the account can be used as it is set up."""
        return _access(self) or _delivery(self) or _finding(self)

    @property
    def remedy(self) -> str:
        """One line: what to put right first, or that all is well."""
        return self.trouble or (_FINE if self.junk_folders else _FINE_BUT_NO_JUNK)


_FINE = "All is well: this mailbox can be used."
_FINE_BUT_NO_JUNK = (
    "This mailbox can be used; but no junk folder was found: if the provider has one, let it be seen over IMAP, or "
    "answers in it are missed."
)
_OTHER_WAYS = 'set addresses = "catch-all" if every address of the domain arrives in this mailbox, or else "one"'


async def self_test(account: Account, clock: Clock, guard: Guard, wait_seconds: float = 120.0) -> SelfTest:
    """Send e-mails to ourselves and look for them until both have come, for at most so many real seconds.

    Raises `Refused` when everything is paused.
    """
    began = clock.stopwatch()
    try:
        async with open_mailbox(account) as mailbox:
            result = await _round_trip(account, clock, guard, mailbox, wait_seconds)
    except (MailboxUnreachable, SignInNeeded) as problem:
        smtp, _ = await _send_all(account, clock, guard, [])
        result = SelfTest(account, smtp=smtp, imap=str(problem))
    return replace(result, seconds=clock.stopwatch() - began)


async def _round_trip(account: Account, clock: Clock, guard: Guard, mailbox: Mailbox, wait_seconds: float) -> SelfTest:
    folders = await mailbox.folders()
    marks = {folder: await _last_uid(mailbox, folder) for folder in folders}
    smtp, posted = await _send_all(account, clock, guard, _letters(account, clock.now()))
    search = _Search(mailbox, clock, marks, {each.id: each for each in posted})
    await search.until_found(wait_seconds)
    trips = [each.trip for each in search.posted.values()]
    return SelfTest(
        account,
        smtp=smtp,
        plain=trips[0] if trips else None,
        tagged=trips[1] if len(trips) > 1 else None,
        junk_folders=tuple(folders[1:]),
        announces=mailbox.announces,
    )


def is_of_self_test(mail: Mail) -> bool:
    """Whether a message in the mailbox is an e-mail of such a test, or a report about one: no organisation's answer."""
    return mail.message_id.startswith(_MARK) or bool(mail.report and mail.report.original_id.startswith(_MARK))


def lines(result: SelfTest) -> tuple[str, ...]:
    """What was found, one line each, and what to do about it last. For a screen."""
    return (
        f"Sending: {result.smtp or 'signed in'}",
        f"Reading: {result.imap or 'signed in'}",
        *(_told(trip) for trip in (result.plain, result.tagged) if trip),
        *_of_the_mailbox(result),
        result.remedy,
    )


# ------------------------------------------------------------------------------------------------ sending


@dataclass(frozen=True)
class _Posted:
    """An e-mail to ourselves. `at`: before it was handed over."""

    id: str
    sender: str
    content: bytes = field(repr=False)
    trip: Trip
    at: dt.datetime


def _letters(account: Account, now: dt.datetime) -> list[_Posted]:
    """One to the mailbox itself, and one from and to a contact's own address, where contacts have their own."""
    tag = f"test{secrets.token_hex(4)}"
    addresses = [account.mailbox] if account.addresses == "one" else [account.mailbox, account.address(tag)]
    return [_letter(account, address, tag, now) for address in addresses]


def _letter(account: Account, address: str, tag: str, now: dt.datetime) -> _Posted:
    who = Persona.named(account.persona) if account.persona else persona(tag)
    identity = f"{_MARK}{secrets.token_hex(8)}@{account.domain}>"
    mail = EmailMessage(policy=SMTP_POLICY)
    mail["From"] = formataddr((who.name, address))
    mail["To"] = address
    mail["Subject"] = "Test of this mailbox"
    mail["Date"] = format_datetime(now.astimezone(LONDON))
    mail["Message-ID"] = identity
    mail.set_content("This e-mail tests the mailbox that it came from. Nothing needs to be done about it.\n")
    return _Posted(identity, address, mail.as_bytes(), Trip(to=address), now)


async def _send_all(
    account: Account, clock: Clock, guard: Guard, letters: Sequence[_Posted]
) -> tuple[str | None, list[_Posted]]:
    """Why there is no way in, or None; and what became of the e-mails so far."""
    sent: list[_Posted] = []
    try:
        async with connect(account) as connection:
            for letter in letters:
                await guard.permit_own(letter.trip.to, account.owns)
                sent.append(await _send(connection, clock, letter))
    except SignInNeeded as needed:
        return str(needed), sent
    except aiosmtplib.SMTPAuthenticationError as refused:
        return f"the mail server refused the login: {plain(refused)}", sent
    except (aiosmtplib.SMTPException, OSError) as problem:
        return plain(problem), sent
    return None, sent


async def _send(connection: aiosmtplib.SMTP, clock: Clock, letter: _Posted) -> _Posted:
    before = clock.now()
    try:
        await connection.mail(letter.sender)
        await connection.rcpt(letter.trip.to)
        await connection.data(letter.content)
    except aiosmtplib.SMTPResponseException as refused:
        await connection.rset()
        return replace(letter, trip=replace(letter.trip, refused=plain(refused)))
    return replace(letter, at=before)


# ------------------------------------------------------------------------------------------------ looking


async def _last_uid(mailbox: Mailbox, folder: str) -> int:
    try:
        await mailbox.examine(folder)
    except FolderRefused:
        return 0
    return max(await mailbox.uids_after(0), default=0)


class _Search:
    """Looks through the folders, above each one's mark, for the e-mails that were posted."""

    def __init__(self, mailbox: Mailbox, clock: Clock, marks: Mapping[str, int], posted: dict[str, _Posted]) -> None:
        self._mailbox = mailbox
        self._clock = clock
        self._marks = dict(marks)
        self.posted = posted

    async def until_found(self, seconds: float) -> None:
        """Look until nothing more can come, for about so many real seconds at most."""
        until = self._clock.stopwatch() + seconds
        while await self._look() and (left := until - self._clock.stopwatch()) > 0:
            await self._mailbox.wait_for_mail(min(left, _LOOK_EVERY))

    async def _look(self) -> bool:
        """Whether anything is still to come. INBOX last, so that it is the folder whose news is told."""
        for folder in sorted(self._marks, key="INBOX".__eq__):
            try:
                await self._mailbox.examine(folder)
            except FolderRefused:
                continue
            uids = await self._mailbox.uids_after(self._marks[folder])
            for start in range(0, len(uids), _BATCH):
                listed = {each.uid: each for each in await self._mailbox.list_messages(uids[start : start + _BATCH])}
                for uid, raw in (await self._mailbox.contents(list(listed))).items():
                    self._found(read(raw), listed[uid], folder)
                self._marks[folder] = uids[min(start + _BATCH, len(uids)) - 1]
        trips = [each.trip for each in self.posted.values()]
        return any(trip.folder is None and not trip.refused and not trip.came_back for trip in trips)

    def _found(self, mail: Mail, listed: Listed, folder: str) -> None:
        if posted := self.posted.get(mail.message_id):
            now = self._clock.now()
            trip = replace(
                posted.trip,
                folder=folder,
                sender_kept=parseaddr(mail.header("from"))[1].casefold() == posted.sender.casefold(),
                recipient_kept=posted.trip.to.casefold() in mail.recipients,
                skew=((listed.received - now).total_seconds(), (listed.received - posted.at).total_seconds() + 1),
            )
            self.posted[posted.id] = replace(posted, trip=trip)
        elif mail.report and (posted := self.posted.get(mail.report.original_id)):
            self.posted[posted.id] = replace(posted, trip=replace(posted.trip, came_back=True))


# ------------------------------------------------------------------------------------------------ saying it


def _access(result: SelfTest) -> str | None:
    """Whether we can get in at all."""
    for what, host, why in (
        ("sending", result.account.smtp_host, result.smtp),
        ("reading", result.account.imap_host, result.imap),
    ):
        if why is None:
            continue
        if _SIGN_IN in why:
            return f"Sign in: {why}."
        if _LOGIN_REFUSED in why:
            return f"Put user name and password for {what} right, or let programs in at the provider: {why}."
        return f"Put {what}'s host, port and tls right in programme.toml, or try later: {host}: {why}."
    return None


def _delivery(result: SelfTest) -> str | None:
    """Whether what we send arrives as it was sent."""
    ours, tagged = result.plain, result.tagged
    if ours is None:
        return "Try again: nothing could be sent."
    if ours.refused:
        return f"Let {result.account.username} send as {ours.to} at the provider: {ours.refused}."
    if ours.folder is None:
        how = "came back" if ours.came_back else "never arrived"
        return f"Find out where mail to {ours.to} goes: it was sent and {how}."
    if not ours.sender_kept:
        return f"Let {result.account.username} send as {ours.to} at the provider: its server rewrites the sender."
    if tagged is None:
        return None
    if tagged.refused:
        return f"The mail server takes no mail for a contact's own address ({tagged.refused}): {_OTHER_WAYS}."
    if tagged.folder is None:
        return f"Mail to a contact's own address such as {tagged.to} does not arrive: {_OTHER_WAYS}."
    if not tagged.sender_kept:
        return f"The mail server rewrites the sender {tagged.to}, so each contact looks the same: {_OTHER_WAYS}."
    if not tagged.recipient_kept:
        return f"The mail server hides that mail was for {tagged.to}, so contacts look the same: {_OTHER_WAYS}."
    return None


def _finding(result: SelfTest) -> str | None:
    """Whether what arrives is rightly timed, and whether the provider thinks ill of us."""
    for trip in (result.plain, result.tagged):
        if trip and trip.folder in result.junk_folders:
            return f"Mark it as no junk, or ask the provider why: our own e-mail landed in {trip.folder}."
    if abs(result.off_by) > TOLERABLE_SKEW:
        which = "ahead of" if result.off_by > 0 else "behind"
        return (
            f"Set this machine's clock (NTP): the mail server's is {abs(result.off_by):.0f} s {which} it, and replies "
            "would be timed wrongly."
        )
    return None


def _told(trip: Trip) -> str:
    what = f"E-mail to {trip.to}"
    if trip.refused:
        return f"{what}: refused, {trip.refused}"
    if trip.folder is None:
        return f"{what}: came back as undeliverable" if trip.came_back else f"{what}: has not arrived"
    kept = "" if trip.sender_kept and trip.recipient_kept else ", but not with the addresses it was sent with"
    return f"{what}: arrived in {trip.folder}{kept}"


def _of_the_mailbox(result: SelfTest) -> tuple[str, ...]:
    if result.imap:
        return ()
    clock = "Clock: not compared"
    if result.skew:
        clock = f"Clock: the mail server's is {result.skew[0]:+.1f} to {result.skew[1]:+.1f} s ahead of this machine's"
    return (
        f"Junk folder: {', '.join(result.junk_folders) or 'none found'}",
        f"New mail: {'told at once (IDLE)' if result.announces else 'looked for every minute (no IDLE)'}",
        clock,
        f"The test took {result.seconds:.0f} s",
    )
