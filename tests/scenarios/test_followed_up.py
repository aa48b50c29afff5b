"""What is followed up after an e-mail was sent: answers of every kind, late ones, those entered by hand, last e-mails,
and judging it all anew. The council here is silent, so that every answer is one that the test has sent it itself, over
SMTP to the programme's own mailbox.
"""

import datetime as dt
import json
import re
import smtplib
import subprocess
import tomllib
from collections.abc import AsyncIterator
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from probes.clock import PracticeClock
from probes.email.imap import MailboxUnreachable
from results.calendar import LONDON
from results.schema import Failure, Observation, Shop
from results.store import ShopRow
from results.tables import mails, shops, watermarks
from scenarios.bench import Bench, opened
from scenarios.commands.common import planned_wave
from scenarios.demo import practice, write_programme
from tests.scenarios.shopping import WAVE, change, collect, run
from tests.scenarios.typed import console

MONDAY = dt.date(2026, 11, 23)
DAY = 86_400.0
SILENT = """
id: quietham
name: Quietham Council
about: Nobody ever answers here.
aliases: [Quietham]
hours: {opens: "09:00", closes: "17:00"}
mail:
  addresses: [enquiries@quietham.example]
  manners: [{silent: true}]
"""
ANSWER = """Dear {name}

Thank you for your e-mail. I have spoken to our crew and they will return for your bin on Thursday. Your next collection
is on Monday 7 December; the collection calendar is on our website.

Kind regards

Margaret Holroyd
Waste Officer, Quietham Council
0113 496 0001
"""


@pytest.fixture
async def folder(tmp_path: Path) -> AsyncIterator[Path]:
    """A programme that writes one enquiry to a silent council."""
    councils = tmp_path / "councils"
    councils.mkdir()
    (councils / "quietham.yaml").write_text(SILENT)
    async with practice(["--councils", str(councils), "--start", "2026-11-23T10:00"]) as partnership:
        where = tmp_path / "programme"
        write_programme(where, partnership, MONDAY, mails=1)
        change(where / "waves" / f"{WAVE}.yaml", lambda wave: wave.update(scenarios=["email"]))
        change(where / "scenarios" / "email.yaml", lambda it: it.update(enquiries=["missed-bin"], contacts=1))
        yield where


def doorstep(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command, as a user types it."""
    return console(*arguments, "--folder", str(folder))


async def the_row(folder: Path) -> ShopRow:
    async with opened(folder, to_work=False) as bench:
        (row,) = await bench.store.rows()
        return row


async def the_shop(folder: Path, edition: int | None = None) -> tuple[Shop, Observation]:
    async with opened(folder, to_work=False) as bench:
        (shop,) = await bench.store.shops(await planned_wave(bench, WAVE, edition))
        assert shop.observation is not None
        return shop, shop.observation


async def pass_time(folder: Path, seconds: float) -> None:
    """Let practice time go on."""
    async with opened(folder, to_work=False) as bench:
        assert isinstance(bench.clock, PracticeClock)
        await bench.clock.set_speed(500_000)
        await bench.clock.sleep(seconds)
        await bench.clock.set_speed(1)


def answer(folder: Path, row: ShopRow, *, to: str = "", subject: str = "", text: str = ANSWER, **headers: str) -> None:
    """Somebody at the council writes to the programme's mailbox."""
    programme = tomllib.loads((folder / "programme.toml").read_text())["mail"]["main"]
    mailbox = programme["mailbox"]
    mail = EmailMessage()
    mail["From"] = headers.pop("sender", "Margaret Holroyd <m.holroyd@quietham.example>")
    mail["To"] = to or mailbox.replace("@", f"+{row.reference}@")
    mail["Subject"] = subject or "Re: My bin was not emptied"
    mail["Message-ID"] = f"<{abs(hash((text, subject, to, str(headers))))}@quietham.example>"
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text.format(name=row.persona))
    with smtplib.SMTP(programme["smtp_host"], programme["smtp_port"]) as server:
        server.send_message(mail)


def bare(folder: Path) -> str:
    return str(tomllib.loads((folder / "programme.toml").read_text())["mail"]["main"]["mailbox"])


# ------------------------------------------------------------------------------------------------ matching


async def test_a_reply_in_a_thread_of_its_own_by_another_person_is_found_by_the_subject(folder: Path) -> None:
    await run(folder)
    await pass_time(folder, DAY)
    row = await the_row(folder)

    answer(
        folder, row, to=bare(folder), subject="[Case 104233] My bin was not emptied", sender="casework@quietham.example"
    )
    await collect(folder)

    _, seen = await the_shop(folder)
    assert seen.facts["email.replied"] is True


async def test_a_mail_that_fits_nothing_waits_in_the_tray_until_a_person_assigns_it(folder: Path) -> None:
    await run(folder)
    await pass_time(folder, DAY)
    row = await the_row(folder)
    answer(folder, row, to=bare(folder), subject="Your call of last week \x1b[31m<script>")

    await collect(folder)
    listed = doorstep(folder, "mail", "unmatched")
    for_machines = json.loads(doorstep(folder, "mail", "unmatched", "--json").stdout)
    read = doorstep(folder, "mail", "unmatched", "2")
    assigned = doorstep(folder, "mail", "unmatched", "2", "--assign", row.id)

    assert "1 mail, each of which belongs to no enquiry." in listed.stdout
    assert for_machines[0]["suggested"] == row.id  # the only open enquiry
    assert "Your next collection" in read.stdout
    assert "\x1b" not in listed.stdout + read.stdout
    assert assigned.stdout.strip() == f"Mail 2 now belongs to {row.id}: final reply."
    _, seen = await the_shop(folder)
    assert seen.facts["email.replied"] is True
    assert doorstep(folder, "mail", "unmatched").stdout.strip() == "No mail belongs to no enquiry."


async def test_what_a_person_says_of_an_unclear_mail_counts_and_stays(folder: Path) -> None:
    await run(folder)
    await pass_time(folder, DAY)
    row = await the_row(folder)
    answer(folder, row, text="Done.")
    await collect(folder)

    before = (await the_shop(folder))[1]
    listed = doorstep(folder, "mail", "unclear", "--json")
    wrong = doorstep(folder, "mail", "unclear", "2", "--kind", "nonsense")
    settled = doorstep(folder, "mail", "unclear", "2", "--kind", "final reply")
    after = (await the_shop(folder))[1]

    assert before.facts["email.replied"] is None
    assert '"mail": 2' in listed.stdout
    assert "say one of" in wrong.stderr
    assert settled.returncode == 0, settled.stderr
    assert after.facts["email.replied"] is True
    assert any("a person said so" in note for note in after.notes)


async def test_the_same_mail_under_a_new_uidvalidity_counts_once(folder: Path) -> None:
    await run(folder)
    await pass_time(folder, DAY)
    answer(folder, await the_row(folder))
    await collect(folder)
    async with opened(folder, to_work=True) as bench:
        (reply,) = [each for each in await bench.mailbag.of((await the_row(folder)).id) if each.kind == "final reply"]
        again = _Again(reply.account, reply.folder, 77, 5, reply.received, reply.truncated, reply.raw)
        await bench.mailbag.keep([again])
    await collect(folder)

    _, seen = await the_shop(folder)
    assert seen.facts["email.replies_count"] == 1
    assert doorstep(folder, "mail", "unmatched").stdout.strip() == "No mail belongs to no enquiry."


async def test_an_answer_read_together_with_the_proof_that_we_wrote_is_judged_by_its_speed_too(folder: Path) -> None:
    await run(folder)
    answer(folder, await the_row(folder))  # a letter like a person's, within seconds
    async with opened(folder, to_work=True) as bench, bench.store._db.write() as connection:
        for table in (mails, watermarks):  # killed after sending: nothing of it is known but the intent
            await connection.execute(table.delete())
        await connection.execute(shops.update().values(state="intent", made_at=None, closes_at=None))

    await collect(folder)

    _, seen = await the_shop(folder)
    assert seen.facts["email.replied"] is None
    assert '"kind": "unclear"' in doorstep(folder, "mail", "unclear", "--json").stdout


class _Again:
    """A mail as the collector would hand it over a second time."""

    def __init__(self, *of: Any) -> None:
        self.account, self.folder, self.uidvalidity, self.uid, self.received, self.truncated, self.raw = of


# ------------------------------------------------------------------------------------------------ by hand, late


async def test_a_reply_by_telephone_is_entered_by_hand_and_counts(folder: Path) -> None:
    await run(folder)
    row = await the_row(folder)
    await pass_time(folder, 2 * DAY)

    early = doorstep(folder, "mail", "reply", row.id, "--by", "telephone", "--on", "20/11/2026 09:00")
    future = doorstep(folder, "mail", "reply", row.id, "--by", "telephone", "--on", "20/11/2027 09:00")
    entered = doorstep(folder, "mail", "reply", row.id, "--by", "telephone", "--on", "24/11/2026 14:05")
    twice = doorstep(folder, "mail", "reply", row.id, "--by", "telephone", "--on", "24/11/2026 14:05")
    await pass_time(folder, 40 * DAY)
    await collect(folder)

    assert "a reply cannot have come before that" in early.stderr
    assert "has not come yet" in future.stderr
    assert entered.stdout.strip() == f"A reply by telephone was entered for {row.id}."
    assert "had been entered before" in twice.stdout
    shop, seen = await the_shop(folder)
    assert (shop.state, seen.failure) == ("closed", None)
    assert (seen.facts["email.replied"], seen.facts["email.reply_channel"]) == (True, "telephone")
    assert f"{seen.moments['final_reply'].lower.astimezone(LONDON):%d/%m %H:%M}" == "24/11 14:05"
    assert seen.facts["email.used_name"] is None


async def test_a_late_reply_is_kept_and_shown_and_changes_no_score(folder: Path) -> None:
    await run(folder)
    await pass_time(folder, 40 * DAY)
    await collect(folder)
    before, silent = await the_shop(folder)

    answer(folder, await the_row(folder))
    await collect(folder)
    after, seen = await the_shop(folder)

    assert (silent.failure, seen.failure) == (Failure.SILENT, Failure.SILENT)
    assert (after.answers, after.access, after.quality) == (before.answers, before.access, before.quality)
    assert len(seen.evidence) == len(silent.evidence) + 1
    assert any("after the window had closed" in note for note in seen.notes)
    assert doorstep(folder, "report", WAVE).returncode == 0
    page = (folder / "reports" / WAVE / "wave-report.html").read_text()
    assert "after the window had closed" in page
    assert "Margaret" not in page


async def test_a_window_stays_open_while_its_mailbox_cannot_be_read(folder: Path) -> None:
    await run(folder)
    await pass_time(folder, 40 * DAY)
    toml = folder / "programme.toml"
    right = toml.read_text()
    toml.write_text(re.sub(r"imap_port = \d+", "imap_port = 1", right))

    with pytest.raises(MailboxUnreachable):
        await collect(folder)
    unread = await the_row(folder)
    toml.write_text(right)
    await collect(folder)

    assert (unread.state, (await the_row(folder)).state) == ("open", "closed")


async def test_links_in_a_reply_are_followed_where_the_register_allows_it(folder: Path) -> None:
    await run(folder)
    await pass_time(folder, DAY)
    site = (await _site(folder)).rstrip("/")
    links = f"Our bins page: {site}/ and the calendar: {site}/no-such-page , or https://elsewhere.example/x"
    answer(folder, await the_row(folder), text=ANSWER.replace("Kind regards", f"{links}\n\nKind regards"))

    await collect(folder)

    _, seen = await the_shop(folder)
    assert seen.facts["email.links_work"] is False, seen.unknown
    row = await the_row(folder)
    async with opened(folder, to_work=False) as bench:
        (reply,) = [each for each in await bench.mailbag.of(row.id) if each.kind == "final reply"]
        assert await bench.mailbag.links_of(reply.id) == {
            f"{site}/": "works",
            f"{site}/no-such-page": "broken",
            "https://elsewhere.example/x": "not checked",
        }


async def _site(folder: Path) -> str:
    async with opened(folder, to_work=False) as bench:
        return bench.folder.register["quietham"].contacts.sites[0]


# ------------------------------------------------------------------------------------------------ the mailboxes


async def test_a_mailbox_tests_itself_and_its_test_is_nobodys_answer(folder: Path) -> None:
    await run(folder)

    done = doorstep(folder, "mail", "test", "main", "--wait", "30")
    unknown = doorstep(folder, "mail", "test", "other")
    await collect(folder)

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "All is well: this mailbox can be used."
    assert unknown.stderr.strip() == "there is no account 'other'; there are: main"
    assert doorstep(folder, "mail", "unmatched").stdout.strip() == "No mail belongs to no enquiry."


async def test_a_mailbox_with_a_wrong_port_is_told_in_one_line(folder: Path) -> None:
    toml = folder / "programme.toml"
    toml.write_text(re.sub(r"smtp_port = \d+", "smtp_port = 1", toml.read_text()))

    done = doorstep(folder, "mail", "test", "main", "--wait", "5")

    assert done.returncode == 1
    assert done.stdout.splitlines()[-1].startswith("Put sending's host, port and tls right in programme.toml")


async def test_signing_in_is_for_accounts_that_ask_for_it(folder: Path) -> None:
    done = doorstep(folder, "mail", "login", "main")

    assert done.returncode == 2
    assert "signs in with a password" in done.stderr


async def test_two_mailboxes_take_turns_and_each_reads_its_own_answers(folder: Path) -> None:
    change(folder / "scenarios" / "email.yaml", lambda it: it.update(contacts=4))
    toml = folder / "programme.toml"
    main = toml.read_text()
    second = main[main.index("[mail.main]") : main.index("[phone]")].replace("[mail.main]", "[mail.second]")
    names = 'personas = ["Nadia Kaur", "Colin Walsh"]\n'
    toml.write_text(names + main + second.replace("shopper@", "shopper-two@"))

    await run(folder)
    await pass_time(folder, DAY)
    for row in await _rows(folder):
        of = "shopper-two" if row.account == "second" else "shopper"
        answer(folder, row, to=bare(folder).replace("shopper@", f"{of}+{row.reference}@"))
    await collect(folder)

    rows = await _rows(folder)
    async with opened(folder, to_work=False) as bench:
        shops = await bench.store.shops(await planned_wave(bench, WAVE))
    assert {shop.observation.facts["email.replies_count"] for shop in shops if shop.observation} == {1}
    assert sorted(row.account or "" for row in rows) == ["main", "main", "second", "second"]
    assert {row.persona for row in rows} <= {"Nadia Kaur", "Colin Walsh"}
    senders = {mail["mail_from"].partition("+")[0] for mail in await tally(folder)}
    assert senders == {"shopper", "shopper-two"}


async def _rows(folder: Path) -> tuple[ShopRow, ...]:
    async with opened(folder, to_work=False) as bench:
        return await bench.store.rows()


async def test_with_one_address_only_the_second_email_waits_seven_days(folder: Path) -> None:
    change(folder / "scenarios" / "email.yaml", lambda it: it.update(contacts=2))
    change(folder / "waves" / f"{WAVE}.yaml", lambda it: it.update(fieldwork_until=MONDAY + dt.timedelta(days=20)))
    toml = folder / "programme.toml"
    one = '[mail.main]\naddresses = "one"\npersona = "Alison Bennett"'
    toml.write_text(toml.read_text().replace("[mail.main]", one))

    first = await run(folder)
    await pass_time(folder, 7 * DAY + 60)
    second = await run(folder)

    assert (first.made["email"], second.made["email"]) == (1, 1)
    assert first.waiting_until is not None
    at = [dt.datetime.fromisoformat(mail["at"]) for mail in await tally(folder)]
    assert at[1] - at[0] >= dt.timedelta(days=7)
    async with opened(folder, to_work=False) as bench:
        assert {row.state for row in await bench.store.rows()} == {"open"}


# ------------------------------------------------------------------------------------------------ the last e-mail


async def tally(folder: Path) -> list[dict[str, Any]]:
    from probes import http

    house = tomllib.loads((folder / "programme.toml").read_text())["practice"]["house"]
    return list((await http.get_json(f"{house}/tally"))["mails"])


async def test_thanks_go_once_to_whoever_replied_and_in_the_same_thread(folder: Path) -> None:
    change(folder / "scenarios" / "email.yaml", lambda it: it.update(closure="thanks"))
    await run(folder)
    await pass_time(folder, DAY)
    row = await the_row(folder)
    answer(folder, row)
    await pass_time(folder, 40 * DAY)

    first, second = await run(folder), await run(folder)
    await collect(folder)

    assert (first.made["closing"], second.made["closing"]) == (1, 0)
    mails = await tally(folder)
    assert [mail["manner"] for mail in mails] == ["silent", "closing"]
    async with opened(folder, to_work=False) as bench:
        (closing,) = (await bench.closings.all()).values()
        assert (closing.state, closing.kind) == ("sent", "thanks")
        assert await bench.mailbag.unmatched() == ()


async def test_nobody_is_thanked_who_did_not_reply_but_all_are_told_that_it_is_settled(folder: Path) -> None:
    change(folder / "scenarios" / "email.yaml", lambda it: it.update(closure="thanks"))
    await run(folder)
    await pass_time(folder, 40 * DAY)
    await collect(folder)
    assert (await run(folder)).made["closing"] == 0

    async with opened(folder, to_work=True) as bench:
        await _closure(bench, "withdrawal")
    assert (await run(folder)).made["closing"] == 1


async def _closure(bench: Bench, closure: str) -> None:
    """The planned wave's scenario, as if it had asked for this from the beginning."""
    import sqlalchemy as sa

    from results.tables import waves

    frozen = await planned_wave(bench, WAVE)
    scenarios = {
        id: scenario.model_copy(update={"closure": closure}).model_dump(mode="json")
        for id, scenario in frozen.scenarios.items()
    }
    async with bench.store._db.write() as connection:
        await connection.execute(sa.update(waves).values(scenarios=scenarios))


async def test_a_last_email_that_was_begun_before_a_crash_is_never_sent_again(folder: Path) -> None:
    change(folder / "scenarios" / "email.yaml", lambda it: it.update(closure="withdrawal"))
    await run(folder)
    await pass_time(folder, 40 * DAY)
    await collect(folder)
    async with opened(folder, to_work=True) as bench:
        (row,) = await bench.store.rows()
        await bench.closings.begin(row.id, "withdrawal", "<begun@x>", bench.clock.now())

    assert (await run(folder)).made["closing"] == 0
    assert [mail["manner"] for mail in await tally(folder)] == ["silent"]


async def test_the_guard_is_asked_for_the_last_email_too(folder: Path) -> None:
    change(folder / "scenarios" / "email.yaml", lambda it: it.update(closure="withdrawal"))
    await run(folder)
    await pass_time(folder, 40 * DAY)
    await collect(folder)
    change(folder / "register" / "quietham.yaml", lambda it: it.pop("consent"))

    outcome = await run(folder)

    assert (outcome.made["closing"], outcome.refused["consent.absent"]) == (0, 1)
    assert len(await tally(folder)) == 1


# ------------------------------------------------------------------------------------------------ judging anew


async def test_a_longer_closure_moves_the_window_and_both_editions_are_kept(folder: Path) -> None:
    await run(folder)
    await pass_time(folder, 32 * DAY)  # twenty working days are over
    await collect(folder)
    answer(folder, await the_row(folder))  # too late, as the calendar stands
    await collect(folder)
    closed = [(MONDAY + dt.timedelta(days=day)).isoformat() for day in range(1, 12)]
    change(folder / "register" / "quietham.yaml", lambda it: it["hours"].update(closures=closed))

    nothing = doorstep(folder, "rescore", WAVE)
    done = doorstep(folder, "rescore", WAVE, "--why", "the office was closed for a move")
    again = doorstep(folder, "rescore", WAVE, "--why", "once more")

    assert nothing.returncode == 2
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"Edition 1 of {WAVE}:")
    assert again.stdout.startswith("Nothing to do")
    (first, silent), (shop, seen) = await the_shop(folder, 0), await the_shop(folder)
    assert (silent.failure, silent.facts["email.replied"]) == (Failure.SILENT, False)
    assert seen.facts["email.replied"] is True
    assert first.counted
    # The window has grown beyond today: the contact waits again, and closes under the new calendar.
    assert shop.state == "open"
    await pass_time(folder, 20 * DAY)
    await collect(folder)
    shop, seen = await the_shop(folder)
    assert (shop.state, seen.failure) == ("closed", None)
    assert shop.access.earned > first.access.earned
    for edition, told in (("0", "fixed for the wave"), ("1", "the office was closed for a move")):
        assert doorstep(folder, "report", WAVE, "--edition", edition).returncode == 0
        page = folder / "reports" / f"{WAVE}-edition-{edition}" / "wave-report.html"
        assert told in page.read_text()
    assert "its editions are 0 to 1" in doorstep(folder, "report", WAVE, "--edition", "7").stderr


async def test_a_stricter_standards_profile_judges_the_same_reply_otherwise(folder: Path) -> None:
    await run(folder)
    await pass_time(folder, 5 * DAY)
    answer(folder, await the_row(folder))
    await pass_time(folder, 40 * DAY)
    await collect(folder)
    (folder / "profiles").mkdir()
    async with opened(folder, to_work=False) as bench:
        figures = dict((await planned_wave(bench, WAVE)).scheme.profile.figures)
    strict = {**figures, "email.reply_working_days": 2, "email.grace_working_days": 18}
    lines = "".join(f"  {key}: {value}\n" for key, value in strict.items())
    (folder / "profiles" / "strict.yaml").write_text(
        f'id: strict\ntitle: "Two days"\nsource: "Quietham\'s charter"\nfigures:\n{lines}'
    )
    change(folder / "waves" / f"{WAVE}.yaml", lambda it: it.update(profile="strict"))

    done = doorstep(folder, "rescore", WAVE, "--why", "the charter was published", "--json")

    assert done.returncode == 0, done.stderr
    marks = []
    for edition in (0, 1):
        shop, _ = await the_shop(folder, edition)
        marks.append({each.criterion: each.marks for each in shop.answers}["email.reply_time"])
    assert marks == [1, 0]


async def test_a_rescoring_that_was_killed_goes_on(folder: Path) -> None:
    from scenarios.rescore import edition

    await run(folder)
    await pass_time(folder, 40 * DAY)
    await collect(folder)
    change(folder / "register" / "quietham.yaml", lambda it: it["hours"].update(closes="18:00"))
    async with opened(folder, to_work=True) as bench:  # killed just after the edition was kept
        new = edition(bench.folder, await planned_wave(bench, WAVE), "longer hours")
        await bench.store.add_edition(replace(new), bench.clock.now())
    assert (await the_shop(folder))[0].scheme == ""

    doorstep(folder, "rescore", WAVE, "--why", "longer hours")

    assert (await the_shop(folder))[0].scheme != ""
