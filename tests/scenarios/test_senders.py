"""Mailboxes take turns, and one that shows everybody the same address rests for seven days with each organisation."""

import datetime as dt
import itertools

from hypothesis import given
from hypothesis import strategies as st

from scenarios.programme import MailAccount
from scenarios.senders import REST, Senders

NOW = dt.datetime(2026, 11, 23, 10, tzinfo=dt.UTC)


def account(name: str, addresses: str = "plus", persona: str | None = None) -> MailAccount:
    return MailAccount.model_validate(
        {
            "mailbox": f"{name}@p.example",
            "username": name,
            "smtp_host": "localhost",
            "imap_host": "localhost",
            "addresses": addresses,
            "persona": persona,
        }
    )


def one(name: str) -> MailAccount:
    return account(name, "one", "Alison Bennett")


def test_mailboxes_take_turns_with_each_organisation() -> None:
    senders = Senders({"first": account("first"), "second": account("second")}, ())
    chosen = []

    for hour in range(4):
        at = NOW + dt.timedelta(hours=hour)
        chosen.append(senders.choose("amber", at))
        senders.wrote(str(chosen[-1]), "amber", at)

    assert chosen == ["first", "second", "first", "second"]
    assert senders.choose("ochre", NOW) == "first"


def test_a_mailbox_with_one_address_waits_seven_days() -> None:
    senders = Senders({"only": one("only")}, ())
    senders.wrote("only", "amber", NOW)

    assert senders.choose("amber", NOW + REST - dt.timedelta(seconds=1)) == NOW + REST
    assert senders.choose("amber", NOW + REST) == "only"
    assert senders.choose("ochre", NOW) == "only"


def test_while_one_rests_the_other_writes_and_then_the_earlier_of_both() -> None:
    senders = Senders({"a": one("a"), "b": one("b")}, ())
    senders.wrote("a", "amber", NOW)
    later = NOW + dt.timedelta(days=2)

    assert senders.choose("amber", later) == "b"
    senders.wrote("b", "amber", later)
    assert senders.choose("amber", later) == NOW + REST


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 400)), max_size=60))
def test_no_organisation_meets_one_address_twice_within_seven_days(tries: list[tuple[int, int]]) -> None:
    senders = Senders({"a": one("a"), "b": one("b")}, ())
    wrote: dict[tuple[str, str], list[dt.datetime]] = {}

    for which, hour in sorted(tries, key=lambda each: each[1]):
        at, organisation = NOW + dt.timedelta(hours=hour), f"council-{which}"
        chosen = senders.choose(organisation, at)
        if isinstance(chosen, str):
            senders.wrote(chosen, organisation, at)
            wrote.setdefault((chosen, organisation), []).append(at)
        else:
            assert chosen > at

    for moments in wrote.values():
        assert all(later - earlier >= REST for earlier, later in itertools.pairwise(moments))


def test_the_name_is_the_mailboxs_or_one_of_the_programmes_or_left_to_doorstep() -> None:
    names = ("Nadia Kaur", "Colin Walsh")
    senders = Senders({"a": one("a"), "b": account("b")}, names)

    assert senders.persona("a", "k7f2q") == "Alison Bennett"
    assert {senders.persona("b", f"reference-{number}") for number in range(20)} == set(names)
    assert senders.persona("b", "k7f2q") == senders.persona("b", "k7f2q")
    assert Senders({"b": account("b")}, ()).persona("b", "k7f2q") is None
