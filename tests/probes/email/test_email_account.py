"""A mailbox of ours and its addresses: one for each contact, none that another could break out of."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.email import Persona
from probes.email.account import Account, Addresses

USER = "shopper@host.example"
ACCOUNT = Account("main", USER, "mail.host.example", 587, "mail.host.example", 993, USER, "secret")
TAGS = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=48).filter(lambda tag: tag != "shopper")


@pytest.mark.parametrize(
    ("addresses", "address"),
    [("plus", "shopper+k7f2q@host.example"), ("catch-all", "k7f2q@host.example"), ("one", "shopper@host.example")],
)
def test_a_contact_has_an_address_of_its_own_as_far_as_the_mailbox_has_any(addresses: Addresses, address: str) -> None:
    assert replace(ACCOUNT, addresses=addresses, persona="Alison Bennett").address("k7f2q") == address


@given(TAGS, st.sampled_from(["plus", "catch-all"]))
def test_a_tag_is_read_back_from_its_address_in_any_case(tag: str, addresses: Addresses) -> None:
    account = replace(ACCOUNT, addresses=addresses)

    assert account.tag(account.address(tag).upper()) == tag


@pytest.mark.parametrize(
    "address", [USER, "shopper+k7f2q@other.example", "shopper@host.example.evil.example", "shopper+@host.example", ""]
)
@pytest.mark.parametrize("addresses", ["plus", "one"])
def test_an_address_that_is_no_contacts_has_no_tag(addresses: Addresses, address: str) -> None:
    assert not replace(ACCOUNT, addresses=addresses, persona="Alison Bennett").tag(address)


def test_an_account_owns_its_mailbox_and_its_contacts_addresses_alone() -> None:
    assert ACCOUNT.owns(USER)
    assert ACCOUNT.owns("Shopper+k7f2q@Host.example")
    assert not ACCOUNT.owns("customer.services@acorn.example")
    assert not ACCOUNT.owns("somebody@host.example")
    assert replace(ACCOUNT, addresses="catch-all").owns("somebody@host.example")


def test_one_address_is_one_persons() -> None:
    with pytest.raises(ValueError, match="persona must name somebody"):
        replace(ACCOUNT, addresses="one")


@pytest.mark.parametrize("name", ["Alison", "Alison Jane Bennett", "", "A\r\nBcc: x@y.example B", "<b> Bennett"])
def test_a_person_has_a_first_name_and_a_last_name(name: str) -> None:
    with pytest.raises(ValueError, match="must be a first name and a last name"):
        Persona.named(name)


def test_a_person_is_named_as_signed() -> None:
    assert Persona.named("Siân O’Neill-Jones").name == "Siân O’Neill-Jones"


def test_a_password_never_crosses_a_network_in_the_clear() -> None:
    with pytest.raises(ValueError, match=r"account main: mail\.host\.example is not this machine"):
        replace(ACCOUNT, tls=False)


@pytest.mark.parametrize("tag", ["", "a b", "a@b", "a\r\nRCPT TO:<x@y.example>", "x" * 49])
def test_a_tag_cannot_break_out_of_its_address(tag: str) -> None:
    with pytest.raises(ValueError, match="cannot stand in an address"):
        ACCOUNT.address(tag)


def test_neither_password_nor_token_is_shown() -> None:
    async def token() -> str:
        return "secret"

    assert "secret" not in repr(replace(ACCOUNT, token=token))
    assert "token" not in repr(replace(ACCOUNT, token=token))


def test_the_address_of_an_account_must_be_plain() -> None:
    with pytest.raises(ValueError, match="must be a plain address"):
        replace(ACCOUNT, mailbox="shopper+tag@host.example")
