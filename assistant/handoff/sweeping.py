"""What time alone does to handoffs: offers run out, agents are lost, waits and promises come to an end."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from assistant.handoff.assignment import lose_agent
from assistant.handoff.ground import Ground, append, locked_handoff, reference_of, system_line
from assistant.handoff.handoffs import OFFERED, QUEUED, WITH_AGENT, Handoff
from assistant.handoff.presence import seen_since
from assistant.handoff.queueing import end_offer, promise_callback
from assistant.handoff.rules import Callback, is_open, promise
from assistant.journal import views
from assistant.journal.attempts import settle
from assistant.journal.database import Transaction
from assistant.journal.events import SYSTEM, HandoffClosed, HandoffReleased, HandoffRequested
from assistant.journeys.outcomes import HandoffUnanswered

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Swept:
    """How many of each a sweep did."""

    offers_ended: int = 0
    agents_lost: int = 0
    callbacks_promised: int = 0
    unanswered: int = 0

    def __add__(self, other: Swept) -> Swept:
        return Swept(
            self.offers_ended + other.offers_ended,
            self.agents_lost + other.agents_lost,
            self.callbacks_promised + other.callbacks_promised,
            self.unanswered + other.unanswered,
        )


NOTHING = Swept()


def sweep(tx: Transaction, ground: Ground) -> Swept:
    """Does all that is due now; done again at the same moment it does nothing.

    Safe beside other workers' sweeps: each handoff is looked at under its conversation's lock.
    """
    done = NOTHING
    # In the order of streams: two workers that sweep at once lock them in the same order.
    for seen in sorted(views.open_handoffs(tx), key=lambda each: each.conversation_id):
        if _is_due(tx, ground, seen):
            done += _sweep_one(tx, ground, locked_handoff(tx, seen.handoff_id))
    return done


def _is_due(tx: Transaction, ground: Ground, handoff: Handoff) -> bool:
    policy = ground.policy
    match handoff.state:
        case "offered":
            offer_over = handoff.offered_until is None or handoff.offered_until <= tx.now
            return offer_over or _gone(tx, ground, handoff.offered_to)
        case "with_agent":
            return _gone(tx, ground, handoff.agent_id)
        case "queued":
            return _waited_too_long(tx, ground, handoff) or not is_open(
                policy.skill(handoff.skill).hours, tx.now
            )
        case "callback":
            return handoff.due is None or handoff.due + policy.callback_grace <= tx.now
    return False


def _sweep_one(tx: Transaction, ground: Ground, handoff: Handoff) -> Swept:
    if not _is_due(tx, ground, handoff):  # somebody was quicker
        return NOTHING
    if handoff.state == OFFERED:
        end_offer(tx, handoff, "agent_gone" if _gone(tx, ground, handoff.offered_to) else "expired")
        return Swept(offers_ended=1)
    if handoff.state == WITH_AGENT:
        lose_agent(tx, ground, handoff)
        return Swept(agents_lost=1)
    if handoff.state == QUEUED:
        skill = ground.policy.skill(handoff.skill)
        reason = "nobody_in_time" if is_open(skill.hours, tx.now) else "closed_hours"
        due = promise(ground.policy.promised_in(skill), tx.now, ground.policy.callback_within)
        promise_callback(tx, ground, handoff, Callback(due, reason))
        return Swept(callbacks_promised=1)
    _unanswered(tx, ground, handoff)
    return Swept(unanswered=1)


def _unanswered(tx: Transaction, ground: Ground, handoff: Handoff) -> None:
    """The promise was broken beyond grace: closed as such, and the attempt with it. Never in silence."""
    closed = HandoffClosed(handoff_id=handoff.handoff_id, reason="handoff_unanswered")
    append(tx, handoff.conversation_id, [closed], SYSTEM)
    if handoff.attempt_id:
        settle(tx, handoff.attempt_id, HandoffUnanswered())
    reference = reference_of(handoff.handoff_id)
    system_line(tx, ground, handoff.conversation_id, "utter_handoff_unanswered", reference=reference)
    tx.wake("alarm", handoff_id=handoff.handoff_id)
    log.error("handoff.unanswered", handoff_id=handoff.handoff_id, skill=handoff.skill)


def _waited_too_long(tx: Transaction, ground: Ground, handoff: Handoff) -> bool:
    if tx.now - handoff.requested_at < ground.policy.wait_limit:
        return False
    # Offers in between do not begin the wait anew; losing the agent or a transfer does.
    names = {HandoffRequested.name, HandoffReleased.name}
    since = max(
        each.at
        for each in tx.events(handoff.conversation_id, names=names)
        if getattr(each.event, "handoff_id", None) == handoff.handoff_id
    )
    return tx.now - since >= ground.policy.wait_limit


def release_lost(tx: Transaction, ground: Ground, agent_id: str) -> int:
    """Gives back everything that this agent holds or is being offered; how many that was."""
    concerned = [each for each in views.open_handoffs(tx) if agent_id in (each.agent_id, each.offered_to)]
    count = 0
    for seen in sorted(concerned, key=lambda each: each.conversation_id):
        handoff = locked_handoff(tx, seen.handoff_id)
        if handoff.state == WITH_AGENT and handoff.agent_id == agent_id:
            lose_agent(tx, ground, handoff)
            count += 1
        elif handoff.state == OFFERED and handoff.offered_to == agent_id:
            end_offer(tx, handoff, "agent_gone")
            count += 1
    return count


def _gone(tx: Transaction, ground: Ground, agent_id: str | None) -> bool:
    return agent_id is None or not seen_since(tx, agent_id, tx.now - ground.policy.presence)
