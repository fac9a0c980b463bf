"""Takes in the company's business events: each once, on record, and as evidence where it is some."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

import sqlalchemy as sa
from pydantic import AwareDatetime, ConfigDict, Field, JsonValue, StringConstraints
from sqlalchemy.dialects import postgresql, sqlite

from assistant.handoff.moments import to_iso
from assistant.journal.attempts import KnowsTerms, apply_business_event
from assistant.journal.database import Transaction
from assistant.journal.events import COMPANY, BusinessReceived
from assistant.journal.tables import received_webhooks
from assistant.web import Body

# The company repeats an event for three days; after that an id cannot come again.
REMEMBERED = timedelta(days=7)
Word = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]


class BusinessEvent(Body):
    """What the company's systems say happened. Fields that it adds later are no reason to refuse it."""

    model_config = ConfigDict(extra="ignore")

    id: Word
    type: Annotated[str, StringConstraints(max_length=100, pattern=r"^[a-z][a-z_]*(\.[a-z_]+)+$")]
    at: AwareDatetime
    customer_id: Word
    subject: Word | None = None
    key: Word | None = None
    data: dict[str, JsonValue] = Field(default_factory=dict)


def take_in(tx: Transaction, webhook_id: str, event: BusinessEvent, terms: KnowsTerms) -> list[str] | None:
    """Keeps the event in the customer's stream and lets it count; the ids of the attempts it changed.

    None when this webhook was here before, or this event in another webhook: nothing is written then.
    """
    if not _first_time(tx, webhook_id) or _is_known(tx, event):
        return None
    received = BusinessReceived(
        business_event_id=event.id,
        type=event.type,
        occurred_at=to_iso(event.at),
        subject=event.subject,
        key=event.key,
        data=dict(event.data),
    )
    recorded = tx.append(f"customer:{event.customer_id}", [received], actor=COMPANY)
    return apply_business_event(tx, recorded[0], terms)


def _is_known(tx: Transaction, event: BusinessEvent) -> bool:
    stream = f"customer:{event.customer_id}"
    tx.lock(stream)  # the same event may come in two webhooks at once
    return any(
        isinstance(each.event, BusinessReceived) and each.event.business_event_id == event.id
        for each in tx.events(stream, names=[BusinessReceived.name])
    )


def _first_time(tx: Transaction, webhook_id: str) -> bool:
    old = received_webhooks.c.received_at < tx.now - REMEMBERED
    tx.connection.execute(sa.delete(received_webhooks).where(old))
    insert: Any = postgresql.insert if tx.connection.dialect.name == "postgresql" else sqlite.insert
    added = tx.connection.execute(
        insert(received_webhooks)
        .values(webhook_id=webhook_id, received_at=tx.now)
        .on_conflict_do_nothing(index_elements=[received_webhooks.c.webhook_id])
    )
    return bool(added.rowcount)
