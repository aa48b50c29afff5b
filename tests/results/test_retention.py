"""What was kept for long enough goes, by kind; hashes and facts stay; and what is still needed is left."""

import datetime as dt
import hashlib
from dataclasses import dataclass
from pathlib import Path

import pytest

from results.database import Database
from results.evidence import EvidenceFolder
from results.mailbag import Mailbag, Settled
from results.retention import Forgetting, Held, Retention, expired, last_day, removed
from results.schema import Evidence, Observation, Points
from results.store import Store
from tests.results.test_store import FROZEN, NOW, SCHEME, row

TODAY = NOW.date()


def evidence(kind: str, content: str = "x", until: dt.date = dt.date(2027, 11, 23)) -> Evidence:
    digest = hashlib.sha256(content.encode()).hexdigest()
    return Evidence(kind=kind, name="e", media_type="text/plain", sha256=digest, size=1, keep_until=until)


@pytest.mark.parametrize(
    ("kind", "days"), [("recording", 30), ("transcript", 30), ("heard", 30), ("mail", 90), ("screenshot", 365)]
)
def test_each_kind_is_kept_as_long_as_the_default_says(kind: str, days: int) -> None:
    held = [Held("amber", "s", TODAY, evidence(kind))]

    last = TODAY + dt.timedelta(days=days)

    assert expired(held, Retention(), last) == set()
    assert expired(held, Retention(), last + dt.timedelta(days=1)) == {held[0].evidence.sha256}


def test_a_programme_may_shorten_what_was_promised_and_never_lengthens_it() -> None:
    held = Held("amber", "s", TODAY, evidence("screenshot", until=TODAY + dt.timedelta(days=365)))

    assert last_day(held, Retention(other=10)) == TODAY + dt.timedelta(days=10)
    assert last_day(held, Retention(other=3000)) == TODAY + dt.timedelta(days=365)


def test_a_file_that_a_later_contact_refers_to_is_kept_for_that_one() -> None:
    first = Held("amber", "s1", TODAY, evidence("mail"))
    second = Held("birch", "s2", TODAY + dt.timedelta(days=60), evidence("mail"))

    assert expired([first, second], Retention(), TODAY + dt.timedelta(days=100)) == set()


@dataclass(frozen=True)
class Letter:
    uid: int
    raw: bytes
    received: dt.datetime = NOW
    account: str = "main"
    folder: str = "INBOX"
    uidvalidity: int = 1
    truncated: bool = False


@dataclass
class Kept:
    """A closed and an open contact, each with a mail, and the first with a recording."""

    store: Store
    bag: Mailbag
    folder: EvidenceFolder
    forgetting: Forgetting
    recording: Evidence


async def kept(database: Database, place: Path) -> Kept:
    store, bag = Store(database), Mailbag(database)
    closed, waiting = row(0), row(1)
    await store.freeze(FROZEN, [closed, waiting])
    folder = EvidenceFolder(place, lambda: TODAY, Retention())
    recording = await folder.keep("recording", "call.wav", "audio/wav", b"Hello")
    seen = Observation(facts={"phone.answered": True}, evidence=(recording,))
    await store.close(closed.id, seen, (), Points(), Points(), SCHEME.digest, NOW)
    await store.about_to(waiting.id, "<a@b>", NOW)
    await store.done(waiting.id, "<a@b>", NOW)
    await bag.keep([Letter(1, b"Dear Ms Clarke"), Letter(2, b"We are looking into it"), Letter(3, b"Advertisement")])
    await bag.settle(
        [
            Settled(1, closed.id, "its address", "final reply"),
            Settled(2, waiting.id, "its address", "interim reply"),
            Settled(3, None, None, "unclear"),
        ]
    )
    await bag.mark_read([1, 2, 3])
    return Kept(store, bag, folder, Forgetting(database, folder, Retention()), recording)


async def test_looking_what_is_due_removes_nothing(database: Database, tmp_path: Path) -> None:
    there = await kept(database, tmp_path)

    due = await there.forgetting.due(NOW + dt.timedelta(days=400))

    assert [one.kind for one in due.evidence] == ["recording"]
    assert [one.id for one in due.letters] == [1, 3]
    assert there.folder.path(there.recording.sha256).read_bytes() == b"Hello"


async def test_what_is_due_goes_and_its_hash_and_the_facts_stay(database: Database, tmp_path: Path) -> None:
    there = await kept(database, tmp_path)
    later = NOW + dt.timedelta(days=400)

    await there.forgetting.forget(await there.forgetting.due(later), later, "kept for long enough")

    (shop, _) = await there.store.shops(FROZEN)
    mail = await there.bag.mail(1)
    assert shop.observation is not None
    assert shop.observation.facts == {"phone.answered": True}
    assert shop.observation.evidence == (there.recording,)
    assert not there.folder.path(there.recording.sha256).exists()
    assert mail is not None
    assert (mail.raw, mail.digest, mail.forgotten_at) == (b"", hashlib.sha256(b"Dear Ms Clarke").hexdigest(), later)
    assert await removed(database) == {there.recording.sha256: later}
    assert await there.bag.unmatched() == ()
    again = await there.forgetting.due(later)
    assert (again.evidence, again.letters) == ((), ())


async def test_a_mail_of_a_contact_under_way_is_left_however_old(database: Database, tmp_path: Path) -> None:
    there = await kept(database, tmp_path)
    later = NOW + dt.timedelta(days=4000)

    await there.forgetting.forget(await there.forgetting.due(later), later, "old")

    mail = await there.bag.mail(2)
    assert mail is not None
    assert mail.raw == b"We are looking into it"


async def test_a_forgotten_mail_that_is_fetched_again_stays_forgotten(database: Database, tmp_path: Path) -> None:
    there = await kept(database, tmp_path)
    later = NOW + dt.timedelta(days=400)
    await there.forgetting.forget(await there.forgetting.due(later), later, "old")

    await there.bag.keep([Letter(1, b"Dear Ms Clarke", uidvalidity=2)])

    (again,) = await there.bag.unread(10)
    assert (again.raw, again.forgotten_at) == (b"", later)


async def test_a_kill_between_file_and_record_is_made_good_by_the_next_time(database: Database, tmp_path: Path) -> None:
    there = await kept(database, tmp_path)
    there.folder.path(there.recording.sha256).unlink()
    later = NOW + dt.timedelta(days=400)

    due = await there.forgetting.due(later)
    await there.forgetting.forget(due, later, "old")

    assert [one.kind for one in due.evidence] == ["recording"]
    assert await removed(database) == {there.recording.sha256: later}


async def test_all_of_one_organisation_goes_at_once_but_for_contacts_under_way(
    database: Database, tmp_path: Path
) -> None:
    there = await kept(database, tmp_path)

    due = await there.forgetting.everything("amber")
    nobody = await there.forgetting.everything("birch")

    assert ([one.kind for one in due.evidence], [one.id for one in due.letters], due.left) == (["recording"], [1], 1)
    assert (nobody.evidence, nobody.letters) == ((), ())


async def test_the_bytes_of_a_forgotten_mail_are_not_left_in_the_file(tmp_path: Path) -> None:
    database = await Database.open(f"sqlite:///{tmp_path / 'doorstep.db'}")
    there = await kept(database, tmp_path / "evidence")
    secret = b"Alison Bennett of the council" * 400
    await there.bag.keep([Letter(9, secret)])
    await there.bag.settle([Settled(4, None, None, "unclear")])
    await there.bag.mark_read([4])
    later = NOW + dt.timedelta(days=400)

    await there.forgetting.forget(await there.forgetting.due(later), later, "old")
    await database.close()

    assert not [path for path in tmp_path.glob("doorstep.db*") if b"Alison Bennett" in path.read_bytes()]
