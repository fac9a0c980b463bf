"""Writes packets to the journal and hands them out, to those who may read them and on record."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from assistant.handoff.access import may_read_handoff
from assistant.handoff.ground import Ground, append, conversation_of, handoff_of, no_such_handoff
from assistant.handoff.handoffs import OFFERED, QUEUED, Handoff
from assistant.handoff.packet import Packet, Reason
from assistant.handoff.packet_contents import AttemptRow, PacketSource, RoutingFacts, build_packet
from assistant.handoff.rules import eta_seconds, is_open, place_in_line
from assistant.journal import views
from assistant.journal.database import Transaction
from assistant.journal.events import SYSTEM, MessageSent, PacketWritten, Recorded
from assistant.journal.tables import attempts, handoffs
from assistant.staff.access import Principal
from assistant.staff.audit import record
from assistant.web import ApiError

MOST_EARLIER = 20
# What differs between two revisions that say the same.
STAMPS = frozenset({"revision", "created_at", "routing"})


def write_packet(
    tx: Transaction, ground: Ground, handoff_id: str, *, reason: str | None = None, note: str | None = None
) -> int:
    """Writes the next revision and gives its number. `reason` and `note` when this revision has its own."""
    handoff = handoff_of(tx, handoff_id)
    packet = _build(tx, ground, handoff, latest(tx, handoff), reason=reason, note=note)
    _append(tx, handoff, packet)
    return packet.revision


def revise_packet(tx: Transaction, ground: Ground, handoff_id: str) -> int:
    """Writes a new revision if anything was said or found out since the last; gives the present number."""
    handoff = handoff_of(tx, handoff_id)
    former = latest(tx, handoff)
    if former is None or not former.packet:
        return write_packet(tx, ground, handoff_id)
    reason = Reason.model_validate(former.packet["reason"])
    packet = _build(tx, ground, handoff, former, former_reason=reason)
    now = packet.to_wire()
    if all(former.packet.get(part) == now[part] for part in now if part not in STAMPS):
        return former.revision
    _append(tx, handoff, packet)
    return packet.revision


def latest(tx: Transaction, handoff: Handoff, revision: int | None = None) -> PacketWritten | None:
    """The newest revision (or that one) of a handoff's packet."""
    for each in tx.events(handoff.conversation_id, names={PacketWritten.name}, newest_first=True):
        event = each.event
        if not isinstance(event, PacketWritten) or event.handoff_id != handoff.handoff_id:
            continue
        if revision in (None, event.revision):
            return event
    return None


def packet_for(
    tx: Transaction, principal: Principal, handoff_id: str, revision: int | None = None
) -> dict[str, Any]:
    """The one door to packets: who may not read it sees a 404, and every read is on record.

    Raises ApiError 404 `handoff_unknown`, 404 `packet_unknown` for a revision that is not there, 410
    `erased` when the customer had their data deleted.
    """
    handoff = views.handoff(tx, handoff_id)
    if handoff is None or not may_read_handoff(principal, handoff):
        raise no_such_handoff()
    written = latest(tx, handoff, revision)
    if written is None:
        raise ApiError(404, "packet_unknown", "There is no such revision of this packet.")
    record(tx, principal, "read packet", handoff_id, revision=written.revision)
    if not written.packet:
        raise ApiError(410, "erased", "This customer's data has been deleted.")
    return dict(written.packet)


def routing_facts(tx: Transaction, ground: Ground, handoff: Handoff) -> RoutingFacts:
    """The place in the queue, an estimate of the wait and whether the skill is open, as of now."""
    policy = ground.policy
    hours_open = is_open(policy.skill(handoff.skill).hours, tx.now)
    waiting = views.open_handoffs(tx, (QUEUED, OFFERED))
    position = place_in_line(handoff, waiting, policy.priorities)
    if position is None:
        return RoutingFacts(None, None, hours_open)
    waited = (tx.now - handoff.requested_at).total_seconds()
    eta = eta_seconds(_recent_waits(tx, ground, handoff), waited, needs=policy.estimate_needs)
    return RoutingFacts(position, eta, hours_open)


def _recent_waits(tx: Transaction, ground: Ground, handoff: Handoff) -> list[float]:
    """Seconds from request to acceptance in the recent past of that queue (same skill and language)."""
    rows = tx.connection.execute(
        sa.select(handoffs.c.requested_at, handoffs.c.accepted_at).where(
            handoffs.c.skill == handoff.skill,
            handoffs.c.language == handoff.language,
            handoffs.c.accepted_at > tx.now - ground.policy.estimate_from,
        )
    )
    return [(row.accepted_at - row.requested_at).total_seconds() for row in rows]


def _append(tx: Transaction, handoff: Handoff, packet: Packet) -> None:
    written = PacketWritten(
        handoff_id=handoff.handoff_id,
        packet_id=packet.packet_id,
        revision=packet.revision,
        packet=packet.to_wire(),
    )
    append(tx, handoff.conversation_id, [written], SYSTEM)


def _build(
    tx: Transaction,
    ground: Ground,
    handoff: Handoff,
    former: PacketWritten | None,
    *,
    reason: str | None = None,
    note: str | None = None,
    former_reason: Reason | None = None,
) -> Packet:
    conversation = conversation_of(tx, handoff.conversation_id)
    attempt = views.attempt(tx, handoff.attempt_id) if handoff.attempt_id else None
    recorded = tx.events(handoff.conversation_id)
    source = PacketSource(
        packet_id=former.packet_id if former else tx.ids("p"),
        revision=former.revision + 1 if former else 1,
        created_at=tx.now,
        recorded=recorded,
        conversation=conversation,
        handoff=handoff,
        attempt=attempt,
        earlier=_earlier_attempts(tx, conversation.conversation_id, conversation.customer_id),
        outline=ground.outline(
            attempt.intent if attempt else handoff.intent,
            attempt.definition if attempt else None,
            conversation.language,
        ),
        routing=routing_facts(tx, ground, handoff),
        told_customer=_last_told(recorded),
        mood_words=ground.policy.mood_words,
        reason=reason,
        note=note,
        former_reason=former_reason,
    )
    return build_packet(source, ground.render)


def _last_told(recorded: list[Recorded]) -> str:
    """What the customer was told last by the system: that they wait, or by when they are called."""
    for each in reversed(recorded):
        if isinstance(each.event, MessageSent) and each.event.sender == "system":
            return each.event.text
    return ""


def _earlier_attempts(tx: Transaction, conversation_id: str, customer_id: str | None) -> list[AttemptRow]:
    """Newest first: others in this conversation, and the verified customer's in any other."""
    here = attempts.c.conversation_id == conversation_id
    mine = sa.or_(here, attempts.c.customer_id == customer_id) if customer_id else here
    ids = tx.connection.execute(
        sa.select(attempts.c.attempt_id)
        .where(mine)
        .order_by(attempts.c.opened_at.desc())
        .limit(MOST_EARLIER + 1)
    ).scalars()
    found = [views.attempt(tx, attempt_id) for attempt_id in ids.all()]
    return [each for each in found if each is not None]
