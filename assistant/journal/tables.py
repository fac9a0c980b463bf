"""Every table of the assistant's own database, for SQLite and PostgreSQL alike.

Three sorts: the journal itself (append-only), projections (worked out from it, never edited by hand)
and work in hand (operational rows that are not rebuilt).
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine


def dump_json(value: Any) -> str:
    """Compact JSON in plain ASCII, so that lone surrogates and NUL survive in any database."""
    return json.dumps(value, separators=(",", ":"))


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime: `timestamptz` on PostgreSQL, sortable ISO 8601 text on SQLite."""

    impl = sa.String(32)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The type the database itself knows."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(sa.DateTime(timezone=True))
        return dialect.type_descriptor(sa.String(32))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Refuses naive datetimes: which hour they mean would be a guess."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a time zone cannot be stored")
        utc = value.astimezone(UTC)
        return utc if dialect.name == "postgresql" else utc.isoformat(timespec="microseconds")

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Always aware, always UTC."""
        if value is None:
            return None
        if isinstance(value, str):
            return datetime.fromisoformat(value)
        moment: datetime = value
        return moment.astimezone(UTC)


metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_Position = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _text(name: str, **kwargs: Any) -> sa.Column[str]:
    return sa.Column(name, sa.Text, **kwargs)


def _when(name: str, **kwargs: Any) -> sa.Column[datetime]:
    return sa.Column(name, Instant(), **kwargs)


# --- the journal ---------------------------------------------------------------------------------

streams = sa.Table(
    "streams",
    metadata,
    _text("stream_id", primary_key=True),
    sa.Column("last_sequence", sa.Integer, nullable=False),
)

events = sa.Table(
    "events",
    metadata,
    sa.Column("position", _Position, primary_key=True, autoincrement=True),
    _text("stream_id", nullable=False),
    sa.Column("sequence", sa.Integer, nullable=False),
    _text("event_id", nullable=False, unique=True),
    _when("at", nullable=False),
    _text("actor", nullable=False),
    _text("channel"),
    _text("name", nullable=False),
    _text("data", nullable=False),  # JSON of the open fields
    _text("key_id"),
    sa.Column("sealed", sa.LargeBinary),  # JSON of the personal fields, encrypted with that key
    sa.UniqueConstraint("stream_id", "sequence"),
)

# `secret` is emptied when the person is erased; the row stays, so that the id is never used again.
keys = sa.Table(
    "keys",
    metadata,
    _text("key_id", primary_key=True),
    _text("owner", nullable=False, index=True),  # person:<customer_id> or conversation:<id>
    sa.Column("secret", sa.LargeBinary),
    _when("created_at", nullable=False),
    _when("erased_at"),
)

# --- projections ---------------------------------------------------------------------------------

conversations = sa.Table(
    "conversations",
    metadata,
    _text("conversation_id", primary_key=True),
    _text("channel", nullable=False),
    _text("language", nullable=False),
    _text("browser_id", index=True),
    _text("opened_by"),
    sa.Column("staff_test", sa.Boolean, nullable=False),
    _text("customer_id", index=True),
    _text("verification", nullable=False),
    _text("owner", nullable=False),
    sa.Column("owner_epoch", sa.Integer, nullable=False),
    _text("agent_id"),
    _text("agent_name"),
    _text("handoff_id"),
    _when("opened_at", nullable=False),
    _when("last_activity_at", nullable=False),
    _when("last_customer_at"),
    sa.Column("last_sequence", sa.Integer, nullable=False),
)

attempts = sa.Table(
    "attempts",
    metadata,
    _text("attempt_id", primary_key=True),
    _text("conversation_id", nullable=False, index=True),
    _text("customer_id"),
    _text("browser_id"),
    _text("journey_id"),
    _text("intent", nullable=False),
    _text("first_intent"),
    _text("title", nullable=False),
    sa.Column("confidence", sa.Float),
    _text("language", nullable=False),
    _text("channel", nullable=False),
    _text("definition"),
    _text("model"),
    sa.Column("eligible", sa.Boolean, nullable=False),
    _when("opened_at", nullable=False),
    _text("opened_by", nullable=False),
    _when("told_at"),
    _when("closed_at"),
    _text("outcome", nullable=False),
    _text("evidence", nullable=False),
    _text("by"),
    _text("reason"),
    _text("step"),
    _when("step_entered_at"),
    _text("subject"),
    _text("came_back_to"),
    _text("came_back_by"),
    _when("came_back_at"),
    _text("handoff_id"),
    sa.Column("assisted", sa.Boolean, nullable=False),
    sa.Column("value", sa.Float),
    _when("last_activity_at", nullable=False),
    _text("first_outcome"),
    _text("first_evidence"),
    _text("first_by"),
    sa.Column("history", sa.JSON, nullable=False),
    _text("linked_to", index=True),  # a customer, by the browser; never a right to see anything
    _when("disputed_at"),
    sa.Column("taken_back", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Index(None, "browser_id"),
    sa.Index(None, "customer_id", "intent"),
    sa.Index(None, "opened_at", "attempt_id"),
    sa.Index(None, "outcome", "last_activity_at"),
)

attempt_steps = sa.Table(
    "attempt_steps",
    metadata,
    _text("attempt_id", primary_key=True),
    _text("step", primary_key=True),
    _text("title", nullable=False),
    _text("kind", nullable=False),
    _when("entered_at", nullable=False),
    _when("left_at"),
    _text("result"),
    sa.Column("times", sa.Integer, nullable=False),
)

handoffs = sa.Table(
    "handoffs",
    metadata,
    _text("handoff_id", primary_key=True),
    _text("conversation_id", nullable=False, index=True),
    _text("customer_id"),
    _text("state", nullable=False),
    _text("reason", nullable=False),
    _text("trigger", nullable=False),
    _text("intent"),
    _text("attempt_id"),
    _text("step"),
    _text("skill", nullable=False),
    _text("language", nullable=False),
    _text("priority", nullable=False),
    _when("requested_at", nullable=False),
    _when("due"),
    _text("offered_to"),
    _when("offered_until"),
    _text("agent_id"),
    _text("agent_name"),
    _when("accepted_at"),
    _when("ended_at"),
    sa.Column("packet_revision", sa.Integer, nullable=False),
    _when("last_change_at", nullable=False),
    sa.Index(None, "state", "requested_at"),
)

PROJECTIONS: tuple[sa.Table, ...] = (conversations, attempts, attempt_steps, handoffs)

# --- work in hand --------------------------------------------------------------------------------

pending_turns = sa.Table(
    "pending_turns",
    metadata,
    _text("conversation_id", primary_key=True),
    sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=False),
    _when("received_at", nullable=False),
    _text("secret"),  # the one-time code, for the turn alone; goes with the row
)

turn_leases = sa.Table(
    "turn_leases",
    metadata,
    _text("conversation_id", primary_key=True),
    _text("worker", nullable=False),
    _when("expires_at", nullable=False),
)

received_ids = sa.Table(
    "received_ids",
    metadata,
    _text("conversation_id", primary_key=True),
    _text("client_id", primary_key=True),
    sa.Column("sequence", sa.Integer, nullable=False),
)

visitor_sessions = sa.Table(
    "visitor_sessions",
    metadata,
    _text("session_hash", primary_key=True),
    _text("conversation_id", nullable=False, index=True),
    _text("browser_id"),
    _when("created_at", nullable=False),
    _when("last_seen_at", nullable=False),
    _when("expires_at", nullable=False, index=True),
)

received_webhooks = sa.Table(
    "received_webhooks",
    metadata,
    _text("webhook_id", primary_key=True),
    _when("received_at", nullable=False),
)

definitions = sa.Table(
    "definitions",
    metadata,
    _text("hash", primary_key=True),
    _text("name", nullable=False),
    _text("body", nullable=False),
)

metric_definitions = sa.Table(
    "metric_definitions",
    metadata,
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    _text("name", primary_key=True),
    _text("formula", nullable=False),
)

presence = sa.Table(
    "presence",
    metadata,
    _text("staff_id", primary_key=True),
    _text("state", nullable=False),
    _when("seen_at", nullable=False),
)

staff = sa.Table(
    "staff",
    metadata,
    _text("staff_id", primary_key=True),
    _text("name", nullable=False),
    _text("email", nullable=False, unique=True),  # lower case
    _text("role", nullable=False),
    sa.Column("skills", sa.JSON, nullable=False),
    sa.Column("languages", sa.JSON, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False),
    _text("password_hash"),
    _when("created_at", nullable=False),
)

staff_tokens = sa.Table(
    "staff_tokens",
    metadata,
    _text("token_id", primary_key=True),
    _text("token_hash", nullable=False, unique=True),
    _text("role", nullable=False),
    _text("name", nullable=False),
    sa.Column("skills", sa.JSON, nullable=False),
    sa.Column("languages", sa.JSON, nullable=False),
    _text("created_by"),
    _when("created_at", nullable=False),
    _when("last_used_at"),
    _when("revoked_at"),
)

staff_sessions = sa.Table(
    "staff_sessions",
    metadata,
    _text("session_hash", primary_key=True),
    sa.Column("staff_id", sa.Text, sa.ForeignKey("staff.staff_id"), nullable=False, index=True),
    _text("csrf", nullable=False),
    _when("created_at", nullable=False),
    _when("last_seen_at", nullable=False),
    _when("expires_at", nullable=False),
)

staff_links = sa.Table(
    "staff_links",
    metadata,
    _text("link_hash", primary_key=True),
    sa.Column("staff_id", sa.Text, sa.ForeignKey("staff.staff_id"), nullable=False, index=True),
    _text("purpose", nullable=False),  # set_password, reset
    _when("expires_at", nullable=False),
    _when("used_at"),
)
