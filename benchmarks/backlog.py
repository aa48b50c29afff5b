"""A big programme after a day offline: what `doorstep collect` needs to catch up, and what it needs while it waits.

    python -m benchmarks.backlog [--json] [--organisations 400] [--enquiries 8000] [--mailboxes 20] [--idle 60]

Enquiries are open with every organisation, from so many mailboxes on one Dovecot (Maildir), and each has met with an
acknowledgement and a reply that nobody has fetched. The real command does the work on a real programme folder (SQLite):

- catching up: `doorstep collect` from its start to its end; every mail must have been fetched, kept, matched,
  classified and observed;
- waiting: `doorstep collect --until-closed`, once it has caught up, for so many seconds: the processor time it takes
  while it watches all mailboxes, and the memory it holds.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import json
import os
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from ruamel.yaml import YAML

from benchmarks.letters import fill, letter
from results.store import ShopRow
from results.tables import shops
from scenarios.bench import Bench, opened
from scenarios.finish import closing_time
from scenarios.plan import freeze, rows
from tests.mailstack.stack import OURS, PASSWORD, MailStack, mail_stack

WAVE = "backlog"
_TICKS = os.sysconf("SC_CLK_TCK")


def _box(number: int) -> str:
    return f"box{number:02}"


def write_programme(folder: Path, stack: MailStack, organisations: int, enquiries: int, mailboxes: int) -> None:
    """A programme folder with a wave of so many enquiries by e-mail."""
    yaml, today = YAML(), dt.date.today()  # noqa: DTZ011 - the day on this machine's wall
    boxes = "\n".join(
        f'[mail.{_box(n)}]\nmailbox = "{_box(n)}@{OURS}"\nusername = "{_box(n)}@{OURS}"\ntls = false\n'
        f'smtp_host = "127.0.0.1"\nsmtp_port = {stack.ports.smtp}\n'
        f'imap_host = "127.0.0.1"\nimap_port = {stack.ports.imap}\n'
        for n in range(mailboxes)
    )
    for room in ("register", "scenarios", "waves"):
        (folder / room).mkdir(parents=True)
    head = 'partnership = "The Benchmark Partnership"\ncontact = "mailto:nobody@shopper.test"\n\n'
    (folder / "programme.toml").write_text(head + boxes, "utf-8")
    for n in range(organisations):
        address = f"desk@c{n}.council.test"
        consent = {
            "agreed_by": "Head of Customer Services",
            "basis": "partnership_agreement",
            "valid_from": today - dt.timedelta(days=9),
            "until": today + dt.timedelta(days=365),
            "channels": ["email"],
            "addresses": [address],
        }
        organisation = {
            "id": f"c{n}",
            "name": f"Council {n}",
            "nation": "England",
            "contacts": {"addresses": [address]},
            "consent": consent,
        }
        _write(yaml, folder / "register" / f"c{n}.yaml", organisation)
    scenario = {"id": "mail", "channel": "email", "enquiries": ["missed-bin"], "contacts": enquiries // organisations}
    _write(yaml, folder / "scenarios" / "mail.yaml", scenario)
    wave = {
        "id": WAVE,
        "title": "Backlog",
        "partnership": "The Benchmark Partnership",
        "fieldwork_from": today - dt.timedelta(days=2),
        "fieldwork_until": today + dt.timedelta(days=2),
        "scenarios": ["mail"],
    }
    _write(yaml, folder / "waves" / f"{WAVE}.yaml", wave)


def _write(yaml: YAML, path: Path, document: Mapping[str, object]) -> None:
    with path.open("w", encoding="utf-8") as file:
        yaml.dump(document, file)


async def open_enquiries(bench: Bench, mailboxes: int) -> list[ShopRow]:
    """Plan the wave and enter every enquiry as sent yesterday, from the mailboxes in turn."""
    now = bench.clock.now()
    frozen = freeze(bench.folder, bench.folder.waves[WAVE], now)
    await bench.store.freeze(frozen, rows(frozen))
    sent_at = now - dt.timedelta(days=1)
    planned = await bench.store.rows(wave=WAVE)
    async with bench.store._db.write() as connection:  # as one step: sending is what other benchmarks measure
        for n, row in enumerate(planned):
            box = _box(n % mailboxes)
            known_as = f"<{row.reference}.{row.id}@{OURS}>"
            change = shops.update().where(shops.c.id == row.id)
            sent = {"state": "open", "intent_at": sent_at, "made_at": sent_at, "known_as": known_as, "account": box}
            await connection.execute(change.values(**sent))
    made = await bench.store.rows(wave=WAVE)
    closes_at = closing_time(made[0], frozen)
    async with bench.store._db.write() as connection:
        await connection.execute(shops.update().values(closes_at=closes_at))
    return list(made)


def deliver(stack: MailStack, made: Sequence[ShopRow], mailboxes: int) -> int:
    """Two answers to every enquiry, waiting in its mailbox."""
    waiting: dict[str, list[tuple[int, bytes]]] = {_box(n): [] for n in range(mailboxes)}
    count = 0
    for row in made:
        assert row.account
        for acknowledges in (True, False):
            raw = letter(count, f"{row.account}+{row.reference}@{OURS}", row.known_as or "")
            if acknowledges:
                raw = raw.replace(b"MIME-Version", b"Auto-Submitted: auto-replied\r\nMIME-Version", 1)
            waiting[row.account].append((count, raw))
            count += 1
    for box, letters in waiting.items():
        fill(stack, box, letters)
    return count


async def _doorstep(folder: Path, mailboxes: int, *arguments: str) -> asyncio.subprocess.Process:
    passwords = {f"DOORSTEP_MAIL_PASSWORD_{_box(n).upper()}": PASSWORD for n in range(mailboxes)}
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "scenarios.cli", *arguments, "--folder", str(folder)),
        env=os.environ | passwords,
        stdout=asyncio.subprocess.DEVNULL,
    )


async def main(organisations: int, enquiries: int, mailboxes: int, idle: float) -> dict[str, float]:
    """Set it up, catch up, wait."""
    with mail_stack() as stack, tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "programme"
        for n in range(mailboxes):
            stack.add(_box(n))
        write_programme(folder, stack, organisations, enquiries, mailboxes)
        os.environ |= {f"DOORSTEP_MAIL_PASSWORD_{_box(n).upper()}": PASSWORD for n in range(mailboxes)}
        async with opened(folder, to_work=True) as bench:
            made = await open_enquiries(bench, mailboxes)
        mails = deliver(stack, made, mailboxes)

        began = time.perf_counter()
        status = await (await _doorstep(folder, mailboxes, "collect")).wait()
        caught_up = time.perf_counter() - began
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        if status:
            raise SystemExit(f"`doorstep collect` ended with {status}")
        await _all_found(folder, mails)

        process = await _doorstep(folder, mailboxes, "collect", "--until-closed")
        try:
            await asyncio.sleep(15)  # until it has logged in everywhere and looked once
            before = cpu_seconds(process.pid)
            await asyncio.sleep(idle)
            share = (cpu_seconds(process.pid) - before) / idle
            memory = resident_mb(process.pid)
        finally:
            process.terminate()
            await process.wait()
    return {
        "organisations": organisations,
        "enquiries": len(made),
        "mailboxes": mailboxes,
        "mails": mails,
        "catch_up_s": caught_up,
        "mails_per_second": mails / caught_up,
        "catch_up_peak_mb": used.ru_maxrss / 1024,
        "idle_mb": memory,
        "idle_cpu_percent": share * 100,
    }


async def _all_found(folder: Path, mails: int) -> None:
    """Every mail belongs to its shop and was taken for what it is."""
    async with opened(folder, to_work=False) as bench:
        unmatched = await bench.mailbag.unmatched()
        kinds: Counter[str | None] = Counter()
        for row in await bench.store.rows(wave=WAVE):
            kinds.update(mail.kind for mail in await bench.mailbag.of(row.id))
    if unmatched or sum(kinds.values()) != mails or kinds["automatic acknowledgement"] != mails // 2:
        raise SystemExit(f"of {mails} mails {len(unmatched)} were not matched; kinds: {dict(kinds)}")


def cpu_seconds(pid: int) -> float:
    """Processor seconds that a process has taken so far."""
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / _TICKS


def resident_mb(pid: int) -> float:
    """Megabytes of memory that a process holds now."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize() / 1024 / 1024


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--json", action="store_true")
    for option, size in (("--organisations", 400), ("--enquiries", 8_000), ("--mailboxes", 20), ("--idle", 60)):
        parser.add_argument(option, type=int, default=size)
    arguments = parser.parse_args()
    found = asyncio.run(main(arguments.organisations, arguments.enquiries, arguments.mailboxes, arguments.idle))
    if arguments.json:
        print(json.dumps({key: round(value, 3) for key, value in found.items()}))
    else:
        print(
            f"{found['enquiries']:,} enquiries open with {found['organisations']} organisations in "
            f"{found['mailboxes']} mailboxes, {found['mails']:,} mails waiting\n"
            f"caught up in {found['catch_up_s']:.0f} s ({found['mails_per_second']:.0f} mails a second), "
            f"{found['catch_up_peak_mb']:.0f} MB at most\n"
            f"then waiting: {found['idle_mb']:.0f} MB, {found['idle_cpu_percent']:.1f} % of one processor"
        )
