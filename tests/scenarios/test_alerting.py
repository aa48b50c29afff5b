"""Who is told what fails: by a real mail server and a real webhook, once when it begins and once when it is over."""

import asyncio
import datetime as dt
import email
import email.policy
import io
import json
import threading
import zipfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import structlog

from probes.clock import RealClock
from probes.email.notice import send_notice
from probes.guard import Guard, Refused
from results.alerts import Alerts
from results.database import Database
from results.ledger import DatabaseLedger
from results.nights import Troubles
from results.schema import Failure, Observation, Points
from results.store import Store, planned
from scenarios import alerting, logs
from scenarios.alerting import Lookout, look_out
from scenarios.bench import database_url
from scenarios.operators import WEBHOOK
from scenarios.programme import load
from scenarios.reading import Invalid
from scenarios.sight import Sight
from tests.probes.email.house import PASSWORD, USER, MailHouse, mail_house
from tests.results.test_store import FROZEN, SCENARIO
from tests.scenarios.typed import ORGANISATION, doorstep, machine, programme

OPERATOR = "operator@partnership.example"
OTHER = "other-council"
SILENT = Observation(facts={}, failure=Failure.SILENT)
WELL = Observation(facts={})


@dataclass
class Hook:
    """A webhook on loopback. `status`: what it answers with."""

    address: str = ""
    status: int = 200
    told: list[dict[str, object]] = field(default_factory=list)

    async def has_been_told(self, times: int) -> None:
        """Wait for that."""
        async with asyncio.timeout(60):
            while len(self.told) < times:  # noqa: ASYNC110 - it is told in another thread
                await asyncio.sleep(0.02)


@contextmanager
def webhook() -> Iterator[Hook]:
    hook = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if hook.status == 200:
                hook.told.append({"path": self.path, **json.loads(body)})
            self.send_response(hook.status)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        hook.address = f"http://127.0.0.1:{server.server_port}/hooks/doorstep"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield hook
        finally:
            server.shutdown()
            thread.join()


@dataclass
class Watched:
    """A programme of two organisations whose operator is told, its store, and those who are told."""

    path: Path
    database: Database
    house: MailHouse
    hook: Hook
    told: io.StringIO
    number: int = 0

    async def close(self, organisation: str, seen: Observation) -> None:
        """One more contact with an organisation is over."""
        self.number += 1
        at, store = dt.datetime.now(dt.UTC), Store(self.database)
        row = planned("w1", organisation, SCENARIO, "bins", f"hello@{organisation}.example", self.number, at)
        await store.add([row])
        await store.assign(row.id, "main")
        await store.about_to(row.id, f"<{row.id}>", at)
        await store.done(row.id, f"<{row.id}>", at)
        await store.close(row.id, seen, (), Points(), Points(), "d", at)

    async def fails(self) -> None:
        """One organisation is silent three times while the other answers."""
        for _ in range(3):
            await self.close(ORGANISATION, SILENT)
        await self.close(OTHER, WELL)

    async def look(self) -> None:
        """As a server that has just begun does it."""
        await Lookout(self.database, structlog.get_logger()).look(load(self.path))

    def mails(self) -> list[str]:
        """Subjects of the e-mails that went out."""
        return [str(email.message_from_bytes(one.content)["Subject"]) for one in self.house.transactions]


@asynccontextmanager
async def _watched(path: Path) -> AsyncIterator[Watched]:
    await asyncio.to_thread(programme, path)
    second = (path / "register" / f"{ORGANISATION}.yaml").read_text()
    (path / "register" / f"{OTHER}.yaml").write_text(second.replace(ORGANISATION, OTHER).replace("Example", "Other"))
    told = io.StringIO()
    logs.configure(as_json=True, to=told)
    async with mail_house() as house:
        with webhook() as hook:
            (path / "programme.toml").write_text(_settings(house, f'webhook = "{hook.address}"'))
            database = await Database.open(database_url(load(path)))
            await Store(database).freeze(replace(FROZEN, organisations={}), ())
            try:
                yield Watched(path, database, house, hook, told)
            finally:
                await database.close()


def _settings(house: MailHouse, more: str = "", to: str = OPERATOR) -> str:
    return f"""partnership = "Example Partnership"
contact = "mailto:x@partnership.example"
{_account("main", USER, house.smtp_port)}
[alerts]
email = ["{to}"]
{more}
"""


def _account(name: str, mailbox: str, port: int) -> str:
    return f"""[mail.{name}]
mailbox = "{mailbox}"
username = "{USER}"
smtp_host = "127.0.0.1"
smtp_port = {port}
imap_host = "127.0.0.1"
imap_port = 1
tls = false
"""


@pytest.fixture
async def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Watched]:
    monkeypatch.setenv("DOORSTEP_MAIL_PASSWORD", PASSWORD)
    async with _watched(tmp_path / "mine") as one:
        yield one


# ------------------------------------------------------------------------------------------------ once, and once more


async def test_an_alert_is_told_once_to_each_when_it_begins_and_once_when_it_is_over(watched: Watched) -> None:
    await watched.close(ORGANISATION, SILENT)
    await watched.look()
    before = (watched.mails(), list(watched.hook.told))
    await watched.fails()
    for _ in range(3):
        await watched.look()
    begun = (watched.mails(), list(watched.hook.told))
    await watched.close(ORGANISATION, WELL)
    for _ in range(2):
        await watched.look()

    assert before == ([], [])
    assert (begun[0], len(begun[1])) == (["Doorstep, Example Partnership: 1 alert"], 1)
    assert watched.mails()[1:] == ["Doorstep, Example Partnership: 1 over"]
    assert [one["alerts"][0]["turn"] for one in watched.hook.told] == ["begins", "over"]  # type: ignore[index]
    first = watched.house.transactions[0]
    mail = email.message_from_bytes(first.content, policy=email.policy.default)
    assert (first.mail_from, first.recipients, mail["Auto-Submitted"]) == (USER, (OPERATOR,), "auto-generated")
    assert "Example District Council, e-mail hello@example-council.example: the last 3 contacts failed" in " ".join(
        mail.get_content().split()
    )


async def test_a_route_that_fails_is_told_later_and_the_other_is_not_told_again(watched: Watched) -> None:
    watched.hook.status = 500
    await watched.fails()
    lookout = Lookout(watched.database, structlog.get_logger())
    for _ in range(3):
        await lookout.look(load(watched.path))
    tries = watched.told.getvalue().count("the webhook answers with status 500")
    watched.hook.status = 200
    await watched.look()

    assert tries == 1  # then it waits
    assert (len(watched.mails()), len(watched.hook.told)) == (1, 1)


async def test_while_everything_is_paused_nothing_goes_out_and_afterwards_it_does(watched: Watched) -> None:
    ledger = DatabaseLedger(watched.database)
    await ledger.pause("*", "flood", dt.datetime.now(dt.UTC))
    await watched.fails()
    await watched.look()
    paused = (watched.mails(), list(watched.hook.told), await ledger.refusals())
    await ledger.resume("*")
    await watched.look()

    assert paused == ([], [], ())
    assert (len(watched.mails()), len(watched.hook.told)) == (1, 1)


async def test_what_was_over_before_it_could_be_told_is_not_told(watched: Watched) -> None:
    await watched.fails()
    await DatabaseLedger(watched.database).pause("*", "flood", dt.datetime.now(dt.UTC))
    await watched.look()
    await watched.close(ORGANISATION, WELL)
    await watched.look()
    await DatabaseLedger(watched.database).resume("*")
    await watched.look()

    assert (watched.mails(), watched.hook.told) == ([], [])
    assert [one.over_at is not None for one in await Alerts(watched.database).last(9)] == [True]


# ------------------------------------------------------------------------------------------------ to whom, and by whom


async def test_another_mailbox_carries_it_where_one_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MAIN", "SECOND"):
        monkeypatch.setenv(f"DOORSTEP_MAIL_PASSWORD_{name}", PASSWORD)
    async with _watched(tmp_path / "mine") as watched:
        settings = _settings(watched.house).replace(f"smtp_port = {watched.house.smtp_port}", "smtp_port = 1")
        second = _account("second", "second@host.example", watched.house.smtp_port)
        (watched.path / "programme.toml").write_text(settings + second)
        now = dt.datetime.now(dt.UTC)
        for minutes in (10, 5, 0):
            await Troubles(watched.database).note("sending from main", "no answer", now - dt.timedelta(minutes=minutes))
        await watched.look()
        (sent,) = watched.house.transactions

    assert sent.mail_from == "second@host.example"
    assert b"Ours: sending from main has failed 3 times in a row" in sent.content


async def test_alerts_go_to_no_organisation_and_to_no_mailbox_of_answers(watched: Watched) -> None:
    council = load(watched.path).register[ORGANISATION].contacts.addresses[0]
    for to, why in (
        (
            council,
            f"{council} is an address of Example District Council, which is shopped; name an address of your own",
        ),
        (USER, f"{USER} is the mailbox main, where answers are looked for; name an address that somebody reads"),
    ):
        (watched.path / "programme.toml").write_text(_settings(watched.house, to=to))
        with pytest.raises(Invalid, match=r"alerts\.email") as told:
            load(watched.path)
        assert why in str(told.value)


async def test_the_guard_lets_a_notice_go_to_the_programmes_own_people_alone(watched: Watched) -> None:
    folder = load(watched.path)
    guard = Guard(folder.register, DatabaseLedger(watched.database), RealClock(), "real")
    account = watched.house.account

    with pytest.raises(Refused, match="is not an address of our own"):
        await send_notice(account, RealClock(), guard, "x@council.example", [OPERATOR], "s", "t", "id")
    await send_notice(account, RealClock(), guard, OPERATOR.upper(), [OPERATOR], "s\r\nBcc: y@z.example", "t", "id")

    assert [one.recipients for one in watched.house.transactions] == [(OPERATOR.upper(),)]
    assert watched.mails() == ["s Bcc: y@z.example"]


async def test_a_webhooks_token_is_told_to_nobody_else(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "tok-12345"
    (watched.path / "programme.toml").write_text(_settings(watched.house))
    monkeypatch.setenv(WEBHOOK, f"{watched.hook.address}/{secret}?key={secret}")
    watched.hook.status = 403
    await watched.fails()
    await watched.look()
    monkeypatch.setenv(WEBHOOK, f"http://127.0.0.1:1/{secret}")
    await watched.look()
    monkeypatch.setenv(WEBHOOK, f"ftp://{secret}")
    await watched.look()
    failed = watched.told.getvalue()
    monkeypatch.setenv(WEBHOOK, f"{watched.hook.address}/{secret}")
    watched.hook.status = 200
    await watched.look()

    assert "the webhook answers with status 403" in failed
    assert "the webhook does not answer: ConnectError" in failed
    assert f"{WEBHOOK} is no web address" in failed
    assert secret not in watched.told.getvalue()
    assert [str(one["path"]).rpartition("/")[2] for one in watched.hook.told] == [secret]
    assert secret not in (watched.path / "doorstep.db").read_bytes().decode("latin-1")


@pytest.mark.parametrize(
    ("webhook_line", "why"),
    [
        ('webhook = "https://hooks.example/x?token=1"', f"put the whole address in {WEBHOOK}"),
        ('webhook = "https://me:secret@hooks.example/x"', f"put the whole address in {WEBHOOK}"),
        ('webhook = "http://hooks.example/x"', "use https://"),
    ],
)
async def test_a_webhook_that_holds_a_secret_or_sends_in_the_clear_is_refused(
    watched: Watched, webhook_line: str, why: str
) -> None:
    (watched.path / "programme.toml").write_text(_settings(watched.house, webhook_line))

    with pytest.raises(Invalid) as told:
        load(watched.path)

    assert "alerts.webhook" in str(told.value)
    assert why in str(told.value)


async def test_a_trial_tells_everybody_and_says_who_could_not_be(watched: Watched) -> None:
    well = await asyncio.to_thread(doorstep, watched.path, "alerts", "--try")
    watched.hook.status = 404
    ill = await asyncio.to_thread(doorstep, watched.path, "alerts", "--try", code=1)
    listed = await asyncio.to_thread(doorstep, watched.path, "alerts")

    assert well.splitlines() == [f"email {OPERATOR}: told", "webhook: told"]
    assert "webhook: the webhook answers with status 404" in ill
    assert watched.mails()[0] == "Doorstep, Example Partnership: a test"
    assert listed.strip() == "There have been no alerts."


async def test_an_open_alert_is_in_status_and_an_organisation_is_handed_its_own(watched: Watched) -> None:
    await watched.fails()
    await Troubles(watched.database).note("disk", "full", dt.datetime.now(dt.UTC))
    await watched.look()
    to = str(watched.path.parent / "all.zip")
    status = await asyncio.to_thread(doorstep, watched.path, "status")
    (listed,) = await asyncio.to_thread(machine, watched.path, "alerts")
    await asyncio.to_thread(doorstep, watched.path, "export-organisation", ORGANISATION, "--to", to)
    with zipfile.ZipFile(to) as archive:
        handed = json.loads(archive.read("alerts.json"))

    assert "Alert 1 since" in status
    assert (listed["whose"], listed["organisation"], listed["over_at"]) == ("theirs", ORGANISATION, None)
    assert [one["words"] for one in handed] == [listed["words"]]


# ------------------------------------------------------------------------------------------------ ourselves


async def test_a_full_disk_is_told_after_three_looks(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alerting, "LEAST_FREE", 1 << 60)
    now = dt.datetime.now(dt.UTC)
    await Troubles(watched.database).note("disk", "full", now - dt.timedelta(minutes=5))
    await watched.look()
    twice = watched.mails()
    await watched.look()
    thrice = watched.mails()
    monkeypatch.setattr(alerting, "LEAST_FREE", 0)
    await watched.look()

    assert (twice, len(thrice), len(watched.mails())) == ([], 1, 2)
    assert "Ours: disk has failed 3 times in a row" in str(watched.hook.told[0]["text"])


async def test_what_the_programme_has_no_more_fails_no_more(watched: Watched) -> None:
    now = dt.datetime.now(dt.UTC)
    for what in ("mailbox old", "sending from old", "wave w0", "mailbox main", "collecting"):
        await Troubles(watched.database).note(what, f"{what} failed", now)
    await watched.look()

    assert {one.what for one in await Troubles(watched.database).all()} == {"mailbox main", "collecting"}


async def test_a_database_that_fails_three_times_is_told_to_the_webhook_and_so_is_its_return(watched: Watched) -> None:
    sight = Sight(watched.database, load(watched.path), 0.05, dt.datetime.now(dt.UTC), "serve")
    await _rename(watched.database, "troubles", "lost")
    looking = asyncio.create_task(look_out(sight, lambda: True, structlog.get_logger()))
    await watched.hook.has_been_told(1)
    await _rename(watched.database, "lost", "troubles")
    await watched.hook.has_been_told(2)
    looking.cancel()

    assert watched.told.getvalue().count('"the database does not answer"') >= 3
    assert watched.mails() == []
    assert watched.hook.told[1]["text"] == "Doorstep, Example Partnership: the database answers again"
    assert watched.hook.told[0]["text"] == ("Doorstep, Example Partnership: the database has failed 3 times in a row")


async def _rename(database: Database, table: str, to: str) -> None:
    async with database.write() as connection:
        await connection.exec_driver_sql(f"ALTER TABLE {table} RENAME TO {to}")
