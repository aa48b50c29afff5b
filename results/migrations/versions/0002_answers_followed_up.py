"""answers followed up: accounts and personas, editions of a wave's scores, links, replies by hand, closing mails"""

import hashlib

import sqlalchemy as sa
from alembic import op

from results.tables import Utc

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "editions",
        sa.Column("wave", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", Utc(timezone=True), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("scheme", sa.JSON(), nullable=False),
        sa.Column("organisations", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["wave"], ["waves.id"], name=op.f("fk_editions_wave")),
        sa.PrimaryKeyConstraint("wave", "number", name=op.f("pk_editions")),
    )
    op.create_table(
        "links",
        sa.Column("mail", sa.Integer(), nullable=False),
        sa.Column("url", sa.String(length=2000), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("at", Utc(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["mail"], ["mails.id"], name=op.f("fk_links_mail")),
        sa.PrimaryKeyConstraint("mail", "url", name=op.f("pk_links")),
    )
    op.create_table(
        "replies_by_hand",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("shop", sa.String(length=200), nullable=False),
        sa.Column("way", sa.String(length=16), nullable=False),
        sa.Column("at", Utc(timezone=True), nullable=False),
        sa.Column("answers", sa.Boolean(), nullable=False),
        sa.Column("entered_at", Utc(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["shop"], ["shops.id"], name=op.f("fk_replies_by_hand_shop")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_replies_by_hand")),
    )
    op.create_index(op.f("ix_replies_by_hand_shop"), "replies_by_hand", ["shop"])
    op.create_table(
        "closings",
        sa.Column("shop", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("message_id", sa.String(length=300)),
        sa.Column("intent_at", Utc(timezone=True)),
        sa.Column("made_at", Utc(timezone=True)),
        sa.Column("why", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["shop"], ["shops.id"], name=op.f("fk_closings_shop")),
        sa.PrimaryKeyConstraint("shop", name=op.f("pk_closings")),
    )
    with op.batch_alter_table("shops") as batch_op:
        batch_op.add_column(sa.Column("account", sa.String(length=64)))
        batch_op.add_column(sa.Column("persona", sa.String(length=200)))
    with op.batch_alter_table("scores") as batch_op:
        batch_op.add_column(sa.Column("observation", sa.Integer()))
        batch_op.create_foreign_key(op.f("fk_scores_observation"), "observations", ["observation"], ["id"])
    with op.batch_alter_table("mails") as batch_op:
        batch_op.add_column(sa.Column("digest", sa.String(length=64)))
        batch_op.add_column(sa.Column("judged", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("cases", sa.String(length=400), server_default="", nullable=False))
        batch_op.add_column(sa.Column("suggested", sa.String(length=200)))
    _fill()
    with op.batch_alter_table("mails") as batch_op:
        batch_op.alter_column("digest", existing_type=sa.String(length=64), nullable=False)
    op.create_index(op.f("ix_mails_digest"), "mails", ["digest"])


def _fill() -> None:
    """What the first version kept gains what the second one asks for."""
    connection = op.get_bind()
    connection.execute(
        sa.text(
            "UPDATE scores SET observation = (SELECT max(id) FROM observations WHERE observations.shop = scores.shop)"
        )
    )
    connection.execute(sa.text("UPDATE shops SET account = 'main' WHERE channel = 'email' AND intent_at IS NOT NULL"))
    mails = sa.table("mails", sa.column("id"), sa.column("raw"), sa.column("digest"))
    for id in list(connection.scalars(sa.select(mails.c.id))):
        raw = connection.scalar(sa.select(mails.c.raw).where(mails.c.id == id))
        digest = hashlib.sha256(raw or b"").hexdigest()
        connection.execute(mails.update().where(mails.c.id == id).values(digest=digest))
