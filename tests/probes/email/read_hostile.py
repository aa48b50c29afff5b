"""Reads every mail in a bag, as the programme does, in no more room than it is given: started by a test, on its own.

python -m tests.probes.email.read_hostile DATABASE MEGABYTES
"""

from __future__ import annotations

import datetime as dt
import json
import resource
import sqlite3
import sys

from probes import email
from results.schema import Moment, Observation
from tests.probes.email.people import ADDRESS, COUNCIL, ENQUIRY, SENT_AT

SENT = Moment(lower=SENT_AT, upper=SENT_AT, source="our clock")
MARGIN = dt.timedelta(hours=1)


def judge(raw: bytes) -> tuple[email.Mail, email.Match | None, email.Verdict]:
    """What one mail is: read, matched, classified; and observed, also as a person's reply, which reads most of it."""
    mail = email.read(raw, ENQUIRY.words)
    ours = email.Sent(
        *("shop-1", "main", "a+k7f2q@host.example", "<k7f2q@host.example>", ADDRESS, ENQUIRY.subject, ENQUIRY.words),
        SENT_AT,
        domains=frozenset({"acorn.example"}),
    )
    matched = email.Ladder([ours]).match(mail, "main", SENT_AT + MARGIN)
    verdict = email.classify(mail, MARGIN.total_seconds(), ENQUIRY.answer_key.points)
    for each in (verdict, email.Verdict("final reply", 1.0, ())):
        observe(mail, each)
    return mail, matched, verdict


def observe(mail: email.Mail, verdict: email.Verdict) -> Observation:
    """What a shop has met with whose only answer this is."""
    return email.observe(
        SENT,
        [email.Answer(mail, verdict, SENT_AT + MARGIN, "INBOX")],
        persona=email.persona("k7f2q"),
        organisation=COUNCIL,
        enquiry=ENQUIRY,
        closes_at=None,
        closed=True,
    )


def main() -> None:
    """Print what kind each mail is, by UID. A mail that needs more room than there is ends it with an error."""
    database, megabytes = sys.argv[1], int(sys.argv[2])
    judge(b"Subject: hello\r\n\r\nhello\r\n")  # whatever is loaded at first use
    with open("/proc/self/statm") as statm:
        now = int(statm.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + megabytes * 1024 * 1024,) * 2)
    rows = sqlite3.connect(database).execute("select uid, raw from mails order by uid")
    print(json.dumps({uid: judge(raw)[2].kind for uid, raw in rows}))


if __name__ == "__main__":
    main()
