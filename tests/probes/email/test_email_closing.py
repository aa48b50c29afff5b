"""The last e-mail of an enquiry: in its thread, once, past the guard, in a resident's words."""

from __future__ import annotations

import pytest

from probes.email import EmailProbe, Uncertain, read
from probes.email.closing import Closing
from probes.guard import Refused
from tests.probes.email.house import MailHouse
from tests.probes.email.people import ADDRESS, Journal, Ledger, errand

ENQUIRY = "<k7f2q@host.example>"
CLOSING = "<k7f2q.2@host.example>"


@pytest.mark.parametrize(
    ("kind", "words"), [("thanks", "Thank you for your reply"), ("withdrawal", "no further action")]
)
async def test_the_last_e_mail_answers_in_the_enquirys_own_thread(
    house: MailHouse, probe: EmailProbe, kind: Closing, words: str
) -> None:
    await probe.knock(errand())
    told = await probe.close(errand(), kind, Journal())

    first, last = (read(sent.content) for sent in house.transactions)
    assert told is None
    assert last.message_id == CLOSING
    assert last.references == (ENQUIRY,)
    assert last.subject == f"Re: {first.subject}"
    assert last.header("from") == first.header("from")
    assert last.header("to") == ADDRESS
    assert words in " ".join(last.text.split())
    assert last.text.endswith(first.header("from").partition(" <")[0])
    assert "?" not in last.text


async def test_the_last_e_mail_looks_like_a_residents(house: MailHouse, probe: EmailProbe) -> None:
    await probe.close(errand(), "thanks", Journal())

    names = set(read(house.transactions[0].content).headers)
    assert house.transactions[0].mail_from == "shopper+k7f2q@host.example"
    assert not names & {"auto-submitted", "precedence", "x-auto-response-suppress", "bcc", "sender", "reply-to"}
    assert not [name for name in names if name.startswith("list-")]


async def test_our_own_copy_of_the_last_e_mail_proves_that_it_went(house: MailHouse, probe: EmailProbe) -> None:
    await probe.close(errand(), "thanks", Journal())

    assert house.transactions[0].recipients == (ADDRESS, "shopper+k7f2q.sent@host.example")


async def test_last_e_mails_are_written_down_apart_from_enquiries(probe: EmailProbe, journal: Journal) -> None:
    closings = Journal()

    await probe.close(errand(), "withdrawal", closings)

    assert closings.entries == [("about to", "w1-acorn-1", CLOSING), ("done", "w1-acorn-1", CLOSING)]
    assert not journal.entries


async def test_the_guard_is_asked_before_a_last_e_mail(house: MailHouse, probe: EmailProbe, ledger: Ledger) -> None:
    ledger.paused["acorn"] = "flooding"
    closings = Journal()

    with pytest.raises(Refused):
        await probe.close(errand(), "thanks", closings)

    assert not closings.entries
    assert not house.connections


async def test_a_last_e_mail_that_is_not_taken_says_why(house: MailHouse, probe: EmailProbe) -> None:
    house.refusals[ADDRESS] = "550 5.1.1 mailbox unavailable"

    told = await probe.close(errand(), "thanks", Journal())

    assert told == "the address was refused: 550 5.1.1 mailbox unavailable"
    assert not house.transactions


async def test_a_last_e_mail_that_may_have_gone_is_uncertain(house: MailHouse, probe: EmailProbe) -> None:
    house.drop_at_data = True
    closings = Journal()

    with pytest.raises(Uncertain):
        await probe.close(errand(), "thanks", closings)

    assert [step for step, _, _ in closings.entries] == ["about to"]
