"""The mail servers, over real SMTP and IMAP with the fast clock."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import email
import email.policy
import uuid
from collections.abc import AsyncIterator
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from typing import Any

import aioimaplib
import aiosmtplib
import pytest

from probes.clock import PracticeClock
from results.calendar import Calendar
from scenarios.practice.catalogue import answer_for
from tests.practice.conftest import House

FAST = 200_000.0
OFFICE = Calendar()


class Shopper:
    """Writes from an address of its own, and reads what comes back to it."""

    def __init__(self, house: House, imap: Any) -> None:
        self._house = house
        self._imap = imap
        self.tag = uuid.uuid4().hex[:10]
        self.address = f"shopper+{self.tag}@doorstep-practice.example"

    async def write(self, council: str, subject: str = "Council tax - living on my own", **headers: str) -> str:
        """Send a mail to a council; its Message-ID."""
        message = EmailMessage()
        message["From"] = f"Sam Taylor <{self.address}>"
        message["To"] = self._house.council(council)["addresses"][0]
        message["Subject"] = subject
        message["Message-ID"] = f"<{uuid.uuid4().hex}@doorstep-practice.example>"
        for name, value in headers.items():
            message[name.replace("_", "-")] = value
        message.set_content("I live on my own now.\nWhat do I do?\n")
        await self.send(message.as_bytes(policy=email.policy.SMTP), str(message["To"]))
        return str(message["Message-ID"])

    async def send(self, content: bytes, to: str) -> None:
        smtp = self._house.partnership["smtp"]
        await aiosmtplib.send(
            content,
            sender=self.address,
            recipients=[to],
            hostname=smtp["host"],
            port=smtp["port"],
            username="practice",
            password="practice",
            start_tls=False,
        )

    async def receives(self, count: int, folder: str = "INBOX") -> list[Post]:
        """The first so many mails to this shopper's own address, waited for with IDLE, within a minute.

        IDLE follows a SELECT at once: what a server tells in answer to SEARCH it does not tell again. It is told
        nothing of a mail that comes just between the two: so nobody idles for longer than two seconds.
        """
        async with asyncio.timeout(60):
            return await self._received(count, folder)

    async def _received(self, count: int, folder: str) -> list[Post]:
        searched = -1
        while True:
            if (exists := await self._select(folder)) > searched:
                searched = exists
                if len(found := await self._found()) >= count:
                    return [await self._fetch(uid) for uid in found]
            else:
                idle = await self._imap.idle_start(timeout=30)
                with contextlib.suppress(TimeoutError):
                    await self._imap.wait_server_push(timeout=2)
                self._imap.idle_done()
                await asyncio.wait_for(idle, 30)

    async def _select(self, folder: str) -> int:
        """Open a folder; how many mails it holds."""
        answer = await self._imap.select(folder)
        return next(int(line.split()[0]) for line in answer.lines if line.endswith(b"EXISTS"))

    async def _found(self) -> list[str]:
        answer = await self._imap.uid_search("HEADER", "Delivered-To", self.tag, charset=None)
        return answer.lines[0].decode().split() if answer.lines[0] else []

    async def _fetch(self, uid: str) -> Post:
        answer = await self._imap.uid("fetch", uid, "(INTERNALDATE BODY.PEEK[])")
        stamp = answer.lines[0].decode().split('INTERNALDATE "')[1].split('"')[0]
        arrived = dt.datetime.strptime(stamp.strip(), "%d-%b-%Y %H:%M:%S %z")
        return Post(email.message_from_bytes(bytes(answer.lines[1]), policy=email.policy.default), arrived)


class Post:
    """A mail that came, with its INTERNALDATE."""

    def __init__(self, message: Any, arrived: dt.datetime) -> None:
        self.message = message
        self.arrived = arrived

    @property
    def text(self) -> str:
        return str(self.message.get_body(("plain", "html")).get_content())


@pytest.fixture
async def shopper(house: House) -> AsyncIterator[Shopper]:
    address = house.partnership["imap"]
    imap = aioimaplib.IMAP4(address["host"], address["port"], timeout=30)
    await imap.wait_hello_from_server()
    await imap.login("practice", "practice")
    clock = await PracticeClock.at(house.partnership["house"])
    await clock.set_speed(FAST)
    yield Shopper(house, imap)
    await clock.set_speed(1)
    await imap.logout()
    imap.protocol.transport.abort()  # a busy server may close it after this event loop has ended
    await asyncio.sleep(0)


def counted(house: House, message_id: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in house.get("/tally")["mails"] if one["message_id"] == message_id)
    return found


def moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


async def test_an_acknowledgement_and_a_reply_come_when_they_are_due(shopper: Shopper, house: House) -> None:
    sent = await shopper.write("replying")

    acknowledgement, reply = await shopper.receives(2)

    truth = counted(house, sent)
    at, (first, second) = moment(truth["at"]), truth["events"]
    assert truth["manner"] == "acknowledgement, reply good"
    assert (first["kind"], second["kind"]) == ("automatic acknowledgement", "final reply")
    assert moment(first["due"]) - at == dt.timedelta(minutes=30)
    assert OFFICE.working_seconds(at, moment(second["due"])) == pytest.approx(10 * 3600, abs=1)
    for post, event in ((acknowledgement, first), (reply, second)):
        assert abs((post.arrived - moment(event["due"])).total_seconds()) < 1
        assert abs((parsedate_to_datetime(post.message["Date"]) - moment(event["due"])).total_seconds()) < 1


async def test_an_acknowledgement_says_that_it_is_automatic_and_a_reply_does_not(shopper: Shopper) -> None:
    sent = await shopper.write("replying")

    acknowledgement, reply = await shopper.receives(2)

    assert acknowledgement.message["Auto-Submitted"] == "auto-replied"
    assert acknowledgement.message["Return-Path"] == "<>"
    assert acknowledgement.message["In-Reply-To"] == sent
    assert reply.message["Auto-Submitted"] is None
    assert reply.message["Return-Path"] == "<jane.whitlock@replying.example>"
    assert reply.message["References"] == sent


async def test_a_good_reply_has_the_name_the_answer_and_the_senders_details(shopper: Shopper) -> None:
    await shopper.write("replying", "Getting rid of a sofa")

    _, reply = await shopper.receives(2)

    own = reply.text.partition("\nOn ")[0]
    assert own.startswith("Dear Sam Taylor")
    assert answer_for("Getting rid of a sofa").full in own.replace("\n", " ")
    for detail in ("Jane Whitlock", "Adviser", "Enquiries", "Replying Council", "0113 496 0012"):
        assert detail in own
    assert "> I live on my own now." in reply.text


async def test_a_ticket_system_answers_in_new_threads_to_the_same_address(shopper: Shopper) -> None:
    await shopper.write("ticketing")

    received, reply = await shopper.receives(2)

    for post in (received, reply):
        assert post.message["In-Reply-To"] is None
        assert post.message["References"] is None
        assert "Council tax" not in post.message["Subject"]
        assert post.message["To"] == post.message["Delivered-To"] == shopper.address
    assert received.message["Auto-Submitted"] is None


async def test_one_councils_replies_land_in_junk_as_html(shopper: Shopper) -> None:
    await shopper.write("junked")

    (reply,) = await shopper.receives(1, "Junk")

    assert reply.message.get_content_type() == "text/html"
    assert "Dear Mr Pemberton-Ashworth" in reply.text


async def test_an_out_of_office_comes_at_once_and_nothing_follows(shopper: Shopper, house: House) -> None:
    sent = await shopper.write("away")

    (post,) = await shopper.receives(1)

    assert post.message["Subject"].startswith("Automatic reply:")
    assert [event["kind"] for event in counted(house, sent)["events"]] == ["out of office"]


async def test_a_refused_mail_is_a_5xx_at_rcpt(shopper: Shopper, house: House) -> None:
    with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as refused:
        await shopper.write("refusing")

    assert refused.value.recipients[0].code == 550
    assert house.get("/tally")["mails"][-1]["manner"] == "bounce refused"


async def test_a_refusal_by_policy_says_so_in_its_code(shopper: Shopper) -> None:
    with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as refused:
        await shopper.write("unwelcoming")

    assert refused.value.recipients[0].message.startswith("5.7.1 ")


async def test_a_closing_mail_is_counted_as_such_takes_no_turn_and_is_not_answered(
    shopper: Shopper, house: House
) -> None:
    first = await shopper.write("conversing")
    closing = await shopper.write("conversing", "Re: Council tax", In_Reply_To=first, References=first)
    another = await shopper.write("conversing")

    manners = {counted(house, each)["manner"]: counted(house, each)["events"] for each in (first, closing, another)}
    assert list(manners) == ["reply good", "closing", "reply adequate"]
    assert manners["closing"] == []


async def test_a_closing_mail_is_acknowledged_where_a_machine_acknowledges_everything(
    shopper: Shopper, house: House
) -> None:
    first = await shopper.write("replying")
    closing = await shopper.write("replying", "Re: Council tax", In_Reply_To=first)

    assert [each["kind"] for each in counted(house, closing)["events"]] == ["automatic acknowledgement"]


async def test_a_link_in_a_letter_leads_where_the_tally_says(shopper: Shopper, house: House) -> None:
    sent = await shopper.write("linking")

    (reply,) = await shopper.receives(1)

    (event,) = counted(house, sent)["events"]
    site = house.council("linking")["site"]
    found = {link: house.fetch("linking", link.removeprefix(site.rstrip("/"))).status_code for link in event["links"]}
    assert all(link in reply.text for link in event["links"])
    assert {event["links"][link]: status for link, status in found.items()} == {"works": 200, "broken": 404}


async def test_a_returned_mail_is_a_delivery_report(shopper: Shopper) -> None:
    sent = await shopper.write("returning")

    (report,) = await shopper.receives(1)

    _, status, original = report.message.iter_parts()
    assert report.message.get_content_type() == "multipart/report"
    assert report.message["Return-Path"] == "<>"
    assert status.get_content_type() == "message/delivery-status"
    assert status.get_payload()[1]["Action"] == "failed"
    assert status.get_payload()[1]["Final-Recipient"] == "rfc822; help@returning.example"
    assert original.get_payload()[0]["Message-ID"] == sent


async def test_mails_meet_a_councils_manners_in_turn(shopper: Shopper, house: House) -> None:
    for _ in range(6):
        try:
            await shopper.write("alternating")
        except aiosmtplib.SMTPException:
            continue

    manners = [mail["manner"] for mail in house.get("/tally")["mails"] if mail["council"] == "alternating"]
    assert manners == ["silent", "bounce refused", "silent"] * 2


async def test_a_copy_to_the_shopper_arrives_stamped_with_practice_time(shopper: Shopper, house: House) -> None:
    before = moment(house.get("/clock")["now"])
    await shopper.send(b"Subject: sent\r\n\r\nA copy.\r\n", shopper.address)
    after = moment(house.get("/clock")["now"])

    (copy,) = await shopper.receives(1)

    assert copy.message["Delivered-To"] == shopper.address
    assert before.replace(microsecond=0) <= copy.arrived <= after


async def test_nothing_answers_a_mail_that_says_it_is_automatic_but_a_person_does(
    shopper: Shopper, house: House
) -> None:
    sent = await shopper.write("replying", Auto_Submitted="auto-generated")

    assert [event["kind"] for event in counted(house, sent)["events"]] == ["final reply"]


async def test_nobody_but_the_shopper_is_ever_written_to(shopper: Shopper, house: House) -> None:
    sent = await shopper.write("replying", Reply_To="somebody@elsewhere.example")

    assert counted(house, sent)["events"] == []


@pytest.mark.parametrize("to", ["somebody@elsewhere.example", "nobody@replying.example", "shopper@replying.example"])
async def test_mail_for_anybody_else_is_refused(to: str, shopper: Shopper) -> None:
    with pytest.raises(aiosmtplib.SMTPRecipientsRefused):
        await shopper.send(b"Subject: lost\r\n\r\n", to)


HOSTILE = {
    "no headers": b"just words\r\n",
    "eight bits": b"From: \xff\xfe <%s>\r\nSubject: \xe9\xff\r\n\r\n\xff\r\n",
    "a bad charset": b"From: =?nonsense?b?!!!?= <%s>\r\nSubject: =?utf-8?q?a=0D=0ABcc:_x?=\r\n\r\n",
    "a brace": b"From: {name.__class__} <%s>\r\nSubject: {answer} %%s\r\n\r\n",
    "many headers": b"From: S <%s>\r\n" + b"References: <a@b>\r\n" * 2000 + b"\r\n",
    "half a multipart": b"From: S <%s>\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n",
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
async def test_a_hostile_mail_is_answered_like_any_other(content: bytes, shopper: Shopper) -> None:
    await shopper.send(content.replace(b"%s", shopper.address.encode(), 1), "help@replying.example")

    acknowledgement, reply = await shopper.receives(2)

    assert acknowledgement.message["Bcc"] is None
    assert reply.message["To"] == shopper.address
