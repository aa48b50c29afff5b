"""Finding 2,000 new mails among 50,000, and which of 1,000 open enquiries each answers, against two usual ways.

    python -m benchmarks.mailbox [--json] [--messages 50000] [--new 2000] [--probes 1000] [--rounds 5]

One Dovecot, one mailbox (Maildir), one run; the contestants take turns, and each one's best round counts. Each logs in,
opens INBOX for reading, and must say of each new mail which enquiry it answers, from the headers alone: by the address
it was delivered to, or In-Reply-To, in one dictionary. Who misses a mail fails the run.

- ours: `probes.email.imap.Mailbox`: the UIDs above the watermark, and of these the two headers that the look-up reads,
  taken from their lines as they are. Dovecot has such headers at hand once they have been asked for, so from the second
  round on it need not open the messages; the first round is told besides.
- imap-tools incremental: `fetch(uid=watermark:*, headers_only=True)` as its documentation shows it, which asks for one
  message at a time and always for all headers; beside it the same with bulk=100.
- imaplib, header scan: all headers of every message in one FETCH, parsed by the standard library.

Beside that the whole way is timed: `Collector` and `Mailbag` as in a programme, each mail with its body kept on disk
(SQLite) before it counts, then read and matched by the full ladder; and imap-tools bringing whole messages over, one by
one, keeping and reading nothing. These are not the same work, and no ratio is made of them.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import imaplib
import json
import re
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.parser import BytesHeaderParser
from pathlib import Path

from imap_tools import AND, MailBoxUnencrypted, U

from benchmarks.letters import fill, letter
from probes.clock import RealClock
from probes.email import Account, Collector, Ladder, Sent, read
from probes.email.imap import open_mailbox
from results.database import Database
from results.mailbag import Mailbag
from tests.mailstack.stack import OURS, mail_stack

FIELDS = ("Delivered-To", "In-Reply-To")
BATCH = 2000
VALUES = re.compile(rb"^[\w-]+:[ \t]*(?:\r\n[ \t]+)?(\S+)", re.MULTILINE)
PARSER = BytesHeaderParser()
AT = dt.datetime(2026, 11, 17, 10, 0, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Work:
    """What every contestant is given. `seen`: the highest UID of the mails that were there before."""

    account: Account
    seen: int
    validity: int
    probes: int

    def tag(self, number: int) -> str:
        """The address of one enquiry."""
        return f"shopper+t{number % self.probes}@{OURS}"

    def message_id(self, number: int) -> str:
        """The Message-ID of one enquiry."""
        return f"<t{number % self.probes}.{number % self.probes}@{OURS}>"

    def ladder(self) -> Ladder:
        """All open enquiries, ready to be matched."""
        return Ladder(
            Sent(
                *(f"shop-{n}", self.account.name, self.tag(n), self.message_id(n), f"desk@c{n % 400}.council.test"),
                *("Old sofa", "How do I get rid of an old sofa?", AT),
                domains=frozenset({f"c{n % 400}.council.test"}),
            )
            for n in range(self.probes)
        )

    def table(self) -> dict[str, int]:
        """Address and Message-ID to enquiry: what the usual ways look up."""
        by_address = {self.tag(n): n for n in range(self.probes)}
        return by_address | {self.message_id(n): n for n in range(self.probes)}


async def _ours(work: Work) -> int:
    table, found = work.table(), 0
    async with open_mailbox(work.account) as mailbox:
        await mailbox.examine("INBOX")
        uids = await mailbox.uids_after(work.seen)
        for start in range(0, len(uids), BATCH):
            for raw in (await mailbox.headers(uids[start : start + BATCH], FIELDS)).values():
                found += any(value.decode("ascii", "replace") in table for value in VALUES.findall(raw))
    return found


def _matches(raw: bytes, table: dict[str, int]) -> bool:
    message = PARSER.parsebytes(raw)
    return message["Delivered-To"] in table or message["In-Reply-To"] in table


def ours(work: Work) -> int:
    """The UIDs above the watermark, their headers in batches."""
    return asyncio.run(_ours(work))


def imap_tools(work: Work, bulk: bool | int = False, headers_only: bool = True) -> int:
    """The same UIDs by imap-tools."""
    table, found = work.table(), 0
    account = work.account
    with MailBoxUnencrypted(account.imap_host, account.imap_port).login(
        account.username, account.password, initial_folder=None
    ) as mailbox:
        mailbox.folder.set("INBOX", readonly=True)
        above = AND(uid=U(str(work.seen + 1), "*"))
        for message in mailbox.fetch(above, mark_seen=False, headers_only=headers_only, bulk=bulk):
            found += any(key in table for key in (*message.to, message.obj["In-Reply-To"]))
    return found


def imaplib_scan(work: Work) -> int:
    """The headers of every message."""
    table, found = work.table(), 0
    connection = imaplib.IMAP4(work.account.imap_host, work.account.imap_port)
    connection.login(work.account.username, work.account.password)
    connection.select("INBOX", readonly=True)
    for part in connection.fetch("1:*", "(BODY.PEEK[HEADER])")[1]:
        if isinstance(part, tuple):
            found += _matches(part[1], table)
    connection.logout()
    return found


async def _whole(work: Work, folder: Path) -> int:
    database = await Database.open(f"sqlite:///{folder}/doorstep.db")
    try:
        bag, ladder = Mailbag(database), work.ladder()
        await bag.advance(work.account.name, "INBOX", work.validity, work.seen)
        new = await Collector(work.account, bag, RealClock()).collect()
        mails = await bag.unread(new)
        return sum(ladder.match(read(mail.raw), mail.account, mail.received) is not None for mail in mails)
    finally:
        await database.close()


def whole(work: Work) -> int:
    """The whole way: kept on disk, read, matched."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_whole(work, Path(folder)))


CONTESTANTS: dict[str, Callable[[Work], int]] = {
    "ours": ours,
    "imap_tools": imap_tools,
    "imap_tools_bulk": lambda work: imap_tools(work, bulk=100),
    "imaplib_scan": imaplib_scan,
    "ours_whole": whole,
    "imap_tools_whole": lambda work: imap_tools(work, headers_only=False),
}


def main(messages: int, new: int, probes: int, rounds: int) -> dict[str, float]:
    """Fill the mailbox, let each contestant work in turn, and compare. Raises `SystemExit` when one missed a mail."""
    with mail_stack() as stack:
        stack.add("shopper")
        account = stack.account("shopper")
        fill(stack, "shopper", ((n, letter(n, f"shopper@{OURS}")) for n in range(messages)))
        seen, validity = asyncio.run(_highest(account))
        work = Work(account, seen, validity, probes)
        answers = ((n, letter(n, work.tag(n), work.message_id(n))) for n in range(messages, messages + new))
        fill(stack, "shopper", answers)
        asyncio.run(_highest(account))  # Dovecot takes note of its new files once, at nobody's expense
        best = dict.fromkeys(CONTESTANTS, float("inf"))
        first: dict[str, float] = {}
        for _ in range(rounds):
            for name, contestant in CONTESTANTS.items():
                began = time.perf_counter()
                found = contestant(work)
                took = time.perf_counter() - began
                first.setdefault(name, took)
                best[name] = min(best[name], took)
                if found != new:
                    raise SystemExit(f"{name} found {found} of {new}")
    return {
        "messages": messages,
        "new": new,
        "probes": probes,
        **{f"{name}_s": seconds for name, seconds in best.items()},
        "ours_first_round_s": first["ours"],
        "ratio_imap_tools": best["imap_tools"] / best["ours"],
        "ratio_imap_tools_bulk": best["imap_tools_bulk"] / best["ours"],
        "ratio_imaplib_scan": best["imaplib_scan"] / best["ours"],
    }


async def _highest(account: Account) -> tuple[int, int]:
    async with open_mailbox(account) as mailbox:
        validity = await mailbox.examine("INBOX")
        return max(await mailbox.uids_after(0), default=0), validity


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--json", action="store_true")
    for option, size in (("--messages", 50_000), ("--new", 2_000), ("--probes", 1_000), ("--rounds", 5)):
        parser.add_argument(option, type=int, default=size)
    arguments = parser.parse_args()
    result = main(arguments.messages, arguments.new, arguments.probes, arguments.rounds)
    if arguments.json:
        print(json.dumps({key: round(value, 3) for key, value in result.items()}))
    else:
        print(f"{result['new']:,} new mails among {result['messages']:,}, {result['probes']:,} open enquiries")
        for name in CONTESTANTS:
            print(f"{name:18} {result[f'{name}_s']:8.2f} s {result[f'{name}_s'] / result['ours_s']:8.1f} times ours")
        print(f"The first round of ours took {result['ours_first_round_s']:.2f} s.")
