"""The tables of the store, as the newest migration leaves them. Moments are UTC; documents are the nouns as JSON."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.engine import Dialect

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(column_0_N_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Utc(sa.types.TypeDecorator[dt.datetime]):
    """An aware moment, kept in UTC. SQLite would drop the zone and hand back a different moment; this does not."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        value = value.astimezone(dt.UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


waves = sa.Table(
    "waves",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("planned_at", Utc, nullable=False),
    sa.Column("document", sa.JSON, nullable=False),  # Wave
    sa.Column("scheme", sa.JSON, nullable=False),  # Scheme, frozen
    sa.Column("organisations", sa.JSON, nullable=False),  # {id: Organisation}, as they were
    sa.Column("scenarios", sa.JSON, nullable=False),  # {id: Scenario}
    sa.Column("enquiries", sa.JSON, nullable=False),  # {id: Enquiry}
)

plans = sa.Table(
    "plans",
    metadata,
    sa.Column("wave", sa.String(64), primary_key=True),  # no foreign key: promised before the wave is planned
    sa.Column("number", sa.Integer, primary_key=True),  # 1 and up; the highest holds
    sa.Column("at", Utc, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("document", sa.JSON, nullable=False),  # Plan; never changed, only followed by a newer one
)

editions = sa.Table(
    "editions",
    metadata,
    sa.Column("wave", sa.ForeignKey("waves.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),  # 1 and up; the wave as planned is edition 0
    sa.Column("at", Utc, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("scheme", sa.JSON, nullable=False),  # Scheme
    sa.Column("organisations", sa.JSON, nullable=False),  # {id: Organisation}
)

shops = sa.Table(
    "shops",
    metadata,
    sa.Column("id", sa.String(200), primary_key=True),
    sa.Column("wave", sa.ForeignKey("waves.id"), nullable=False),
    sa.Column("organisation", sa.String(64), nullable=False),
    sa.Column("scenario", sa.String(64), nullable=False),
    sa.Column("enquiry", sa.String(64), nullable=False),
    sa.Column("channel", sa.String(16), nullable=False),
    sa.Column("shopper", sa.String(16), nullable=False),
    sa.Column("target", sa.String(2000), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),  # which of the scenario's contacts
    sa.Column("attempt", sa.Integer, nullable=False),  # 0; more when it replaces one that was voided
    sa.Column("reference", sa.String(64), nullable=False, unique=True),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("due_at", Utc, nullable=False),
    sa.Column("intent_at", Utc),
    sa.Column("made_at", Utc),
    sa.Column("known_as", sa.String(300)),  # Message-ID or call SID
    sa.Column("closes_at", Utc),
    sa.Column("closed_at", Utc),
    sa.Column("account", sa.String(64)),  # which mailbox of ours wrote, or number of ours was shown
    sa.Column("persona", sa.String(200)),  # as whom
    sa.Column("why", sa.Text, nullable=False, server_default=""),  # why void or refused
    sa.UniqueConstraint("wave", "organisation", "scenario", "number", "attempt"),
    sa.Index(None, "wave", "state"),
    sa.Index(None, "organisation", "channel"),
    sa.Index(None, "shopper", "state", "channel", "due_at"),  # for whoever counts them every few seconds
    sa.Index(None, "closed_at"),
)

observations = sa.Table(
    "observations",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("shop", sa.ForeignKey("shops.id"), nullable=False, index=True),
    sa.Column("at", Utc, nullable=False),
    sa.Column("document", sa.JSON, nullable=False),  # Observation; never changed, only followed by a newer one
)

scores = sa.Table(
    "scores",
    metadata,
    sa.Column("shop", sa.ForeignKey("shops.id"), primary_key=True),
    sa.Column("scheme", sa.String(64), primary_key=True),  # the edition's digest: of its scheme and calendars
    sa.Column("at", Utc, nullable=False),
    sa.Column("observation", sa.ForeignKey("observations.id")),  # what was scored
    sa.Column("document", sa.JSON, nullable=False),  # answers, access, quality
)

mails = sa.Table(
    "mails",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("account", sa.String(100), nullable=False),
    sa.Column("folder", sa.String(200), nullable=False),
    sa.Column("uidvalidity", sa.BigInteger, nullable=False),
    sa.Column("uid", sa.BigInteger, nullable=False),
    sa.Column("received", Utc, nullable=False),
    sa.Column("truncated", sa.Boolean, nullable=False),
    sa.Column("raw", sa.LargeBinary, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False, index=True),  # SHA-256 of raw
    sa.Column("read", sa.Boolean, nullable=False),  # matched and classified
    sa.Column("shop", sa.String(200), index=True),  # None once read: unmatched
    sa.Column("matched_by", sa.String(40)),
    sa.Column("kind", sa.String(40)),
    sa.Column("judged", sa.Boolean, nullable=False, server_default=sa.false()),  # a person said what it is
    sa.Column("cases", sa.String(400), nullable=False, server_default=""),  # case numbers in its subject
    sa.Column("suggested", sa.String(200)),  # for unmatched mail: the shop it may belong to
    sa.Column("forgotten_at", Utc),  # when its text was removed: raw is then empty
    sa.UniqueConstraint("account", "folder", "uidvalidity", "uid"),
)

links = sa.Table(
    "links",
    metadata,
    sa.Column("mail", sa.ForeignKey("mails.id"), primary_key=True),
    sa.Column("url", sa.String(2000), primary_key=True),
    sa.Column("state", sa.String(16), nullable=False),  # works, broken, not checked
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("at", Utc, nullable=False),
)

replies_by_hand = sa.Table(
    "replies_by_hand",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("shop", sa.ForeignKey("shops.id"), nullable=False, index=True),
    sa.Column("way", sa.String(16), nullable=False),  # telephone, letter, visit, portal
    sa.Column("at", Utc, nullable=False),
    sa.Column("answers", sa.Boolean, nullable=False),
    sa.Column("entered_at", Utc, nullable=False),
)

call_backs = sa.Table(
    "call_backs",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("call", sa.String(100), nullable=False, unique=True),  # the carrier's id
    sa.Column("own", sa.String(20), nullable=False),  # which number of ours was rung
    sa.Column("caller", sa.String(20)),  # None: withheld
    sa.Column("at", Utc, nullable=False),  # begun in the second from then
    sa.Column("shop", sa.String(200), index=True),  # None once read: unmatched
    sa.Column("matched_by", sa.String(60)),
    sa.Column("suggested", sa.String(200)),
    sa.Column("read", sa.Boolean, nullable=False),  # matched, and its contact looked at again
)

closings = sa.Table(
    "closings",
    metadata,
    sa.Column("shop", sa.ForeignKey("shops.id"), primary_key=True),
    sa.Column("kind", sa.String(16), nullable=False),  # thanks, withdrawal
    sa.Column("state", sa.String(16), nullable=False),  # intent, sent, not sent
    sa.Column("message_id", sa.String(300)),
    sa.Column("intent_at", Utc),
    sa.Column("made_at", Utc),
    sa.Column("why", sa.Text, nullable=False, server_default=""),
)

watermarks = sa.Table(
    "watermarks",
    metadata,
    sa.Column("account", sa.String(100), primary_key=True),
    sa.Column("folder", sa.String(200), primary_key=True),
    sa.Column("uidvalidity", sa.BigInteger, primary_key=True),
    sa.Column("uid", sa.BigInteger, nullable=False),
)

effects = sa.Table(
    "effects",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("at", Utc, nullable=False),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("organisation", sa.String(64), nullable=False),
    sa.Column("target", sa.String(2000), nullable=False),
    sa.Column("shop", sa.String(200)),
    sa.Index(None, "organisation", "kind", "day", "at"),
)

busy_lines = sa.Table(
    "busy_lines",
    metadata,
    sa.Column("number", sa.String(20), primary_key=True),
    sa.Column("shop", sa.String(200), index=True),
    sa.Column("holder", sa.String(32), nullable=False),
    sa.Column("until", sa.Float(53), nullable=False),  # by the database's clock; after a kill nobody says it is over
)

call_paces = sa.Table(
    "call_paces",
    metadata,
    sa.Column("account", sa.String(100), primary_key=True),  # the carrier's
    sa.Column("next_at", sa.Float(53), nullable=False),  # when the next call may be placed, by the database's clock
)

spending = sa.Table(
    "spending",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("at", Utc, nullable=False),
    sa.Column("day", sa.Date, nullable=False, index=True),
    sa.Column("wave", sa.String(64), index=True),
    sa.Column("shop", sa.String(200)),
    sa.Column("run", sa.String(64), index=True),  # a run's own mark, or schedule and date of a night
    sa.Column("minutes", sa.Float, nullable=False),  # the most that one call may last and cost
    sa.Column("pence", sa.Float, nullable=False),
)

refusals = sa.Table(
    "refusals",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("at", Utc, nullable=False, index=True),
    sa.Column("shop", sa.String(200)),
    sa.Column("document", sa.JSON, nullable=False),  # Refusal
)

pauses = sa.Table(
    "pauses",
    metadata,
    sa.Column("scope", sa.String(64), primary_key=True),  # an organisation, or '*'
    sa.Column("since", Utc, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
)

actions = sa.Table(
    "actions",
    metadata,
    sa.Column("key", sa.String(300), primary_key=True),  # wave/organisation/criterion, or a digest of a row of its own
    sa.Column("wave", sa.ForeignKey("waves.id"), nullable=False),
    sa.Column("organisation", sa.String(64), nullable=False, index=True),
    sa.Column("criterion", sa.String(200)),  # None: a manager added it, and no criterion measures it
    sa.Column("channel", sa.String(16), nullable=False),
    sa.Column("part", sa.String(16), nullable=False),  # quick win, longer term, praise
    sa.Column("place", sa.Integer, nullable=False),  # in its part
    sa.Column("issue", sa.Text, nullable=False),
    sa.Column("details", sa.Text, nullable=False),
    sa.Column("figure", sa.Text, nullable=False),  # as measured, in words
    sa.Column("level", sa.Float),  # the same as mean marks 0..1
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("date", sa.Date),  # of the action
    sa.Column("due", sa.Date, nullable=False),
    sa.Column("status", sa.String(8), nullable=False),  # open, done
    sa.Column("result", sa.Text, nullable=False),  # what the manager says
    sa.Column("measured", sa.Text, nullable=False),  # what later waves measured
    sa.Column("future", sa.Text, nullable=False),
)

tasks = sa.Table(
    "tasks",
    metadata,
    sa.Column("shop", sa.ForeignKey("shops.id"), primary_key=True),
    sa.Column("shopper", sa.String(64), primary_key=True),
    sa.Column("role", sa.String(16), nullable=False),  # shop: makes the contact; judge: judges it too, for agreement
    sa.Column("handed_out_at", Utc, nullable=False),
    sa.Column("due", sa.Date, nullable=False),
)

forms = sa.Table(
    "forms",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("shop", sa.ForeignKey("shops.id"), nullable=False),
    sa.Column("shopper", sa.String(64), nullable=False),
    sa.Column("made_at", Utc),
    sa.Column("digest", sa.String(64), nullable=False),  # of the document
    sa.Column("document", sa.JSON, nullable=False),  # Filled; never changed, only followed by a newer one
    sa.Column("imported_at", Utc, nullable=False),
    sa.Column("source", sa.String(300), nullable=False),  # the file that it came in
    sa.UniqueConstraint("shop", "shopper", "digest"),
)

reviews = sa.Table(
    "reviews",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("shop", sa.ForeignKey("shops.id"), nullable=False, index=True),
    sa.Column("document", sa.JSON, nullable=False),  # Review; of several on one question the newest holds
)

appeals = sa.Table(
    "appeals",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("shop", sa.ForeignKey("shops.id"), nullable=False, index=True),
    sa.Column("document", sa.JSON, nullable=False),  # Appeal
)

forgotten = sa.Table(
    "forgotten",
    metadata,
    sa.Column("sha256", sa.String(64), primary_key=True),  # of a file of evidence that was removed
    sa.Column("at", Utc, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
)

consent_changes = sa.Table(
    "consent_changes",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("organisation", sa.String(64), nullable=False, index=True),
    sa.Column("at", Utc, nullable=False),  # when it was first seen
    sa.Column("document", sa.JSON(none_as_null=True)),  # Consent from then on; None: there is no entry
)

schedule_marks = sa.Table(
    "schedule_marks",
    metadata,
    sa.Column("schedule", sa.String(64), primary_key=True),
    sa.Column("until", Utc, nullable=False),  # every night up to then has been run, left out or missed
)

nights = sa.Table(
    "nights",
    metadata,
    sa.Column("schedule", sa.String(64), primary_key=True),
    sa.Column("day", sa.Date, primary_key=True),  # the local date; this is what keeps a night from running twice
    sa.Column("at", Utc, nullable=False),  # when it was to run
    sa.Column("handled_at", Utc, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),  # planned, caught up, left out, missed
    sa.Column("wave", sa.String(64), index=True),
    sa.Column("why", sa.Text, nullable=False),
)

leases = sa.Table(
    "leases",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("holder", sa.String(200), nullable=False),
    sa.Column("since", Utc, nullable=False),
    sa.Column("until", Utc, nullable=False),
)

troubles = sa.Table(
    "troubles",
    metadata,
    sa.Column("what", sa.String(200), primary_key=True),  # which part of the work
    sa.Column("since", Utc, nullable=False),
    sa.Column("last", Utc, nullable=False),
    sa.Column("count", sa.Integer, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
)

jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),  # in the order of submission
    sa.Column("id", sa.String(300), nullable=False, unique=True),
    sa.Column("task", sa.String(64), nullable=False),  # which handler does it
    sa.Column("channel", sa.String(16), nullable=False),
    sa.Column("organisation", sa.String(64), nullable=False),
    sa.Column("turn", sa.String(300), nullable=False),  # of those with the same, one is done at a time
    sa.Column("about", sa.JSON, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),  # waiting, running, done, failed, cancelled
    sa.Column("not_before", sa.Float(53), nullable=False),  # by the database's clock, as is `until`
    sa.Column("holder", sa.String(32)),  # who does it
    sa.Column("until", sa.Float(53)),  # when its holder is dead unless it says that it lives
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("outcome", sa.JSON),
    sa.Column("error", sa.Text, nullable=False, server_default=""),
    sa.Index(None, "state", "turn", "number"),
)

held_scopes = sa.Table(
    "held_scopes",
    metadata,
    sa.Column("scope", sa.String(64), primary_key=True),  # an organisation, a channel, or '*'
)

beats = sa.Table(
    "beats",
    metadata,
    sa.Column("what", sa.String(200), primary_key=True),  # schedules, sweep, at work, or mailbox NAME
    sa.Column("at", Utc, nullable=False),  # real time, also in a practice programme
)

alerts = sa.Table(
    "alerts",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("what", sa.Text, nullable=False),  # which thing fails; at most one alert of it is open
    sa.Column("whose", sa.String(16), nullable=False),  # ours, theirs
    sa.Column("organisation", sa.String(64)),  # None: it is about us
    sa.Column("begun_at", Utc, nullable=False),
    sa.Column("words", sa.Text, nullable=False),
    sa.Column("over_at", Utc),
    sa.Index(None, "over_at"),
)

alert_notices = sa.Table(
    "alert_notices",
    metadata,
    sa.Column("alert", sa.ForeignKey("alerts.id"), primary_key=True),
    sa.Column("turn", sa.String(8), primary_key=True),  # begins, over
    sa.Column("route", sa.String(300), primary_key=True),  # email ADDRESS, or webhook
    sa.Column("at", Utc, nullable=False),
)
