"""The customer's side: asking for a person, waiting, going on with the bot, changing their mind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog

from assistant.handoff.ground import (
    Ground,
    append,
    conversation_of,
    give_to,
    handoff_of,
    reference_of,
    system_line,
)
from assistant.handoff.handoffs import CALLBACK, OFFERED, QUEUED, WAITING_STATES, Handoff
from assistant.handoff.moments import maybe_iso, to_iso
from assistant.handoff.packets import revise_packet, routing_facts, write_packet
from assistant.handoff.presence import staffed
from assistant.handoff.rules import Callback, Queue, decide_availability
from assistant.handoff.ways_out import TITLES, WITHDRAW, is_open, way_of
from assistant.journal import views
from assistant.journal.database import Transaction
from assistant.journal.events import (
    CUSTOMER,
    SYSTEM,
    Actor,
    CallbackPromised,
    HandoffLanguageChanged,
    HandoffRequested,
    HandoffWithdrawn,
    OfferEnded,
    PromiseMade,
)
from assistant.web import ApiError

log = structlog.get_logger(__name__)

TRIGGER_ACTORS = {"customer": CUSTOMER, "bot": Actor("bot"), "policy": SYSTEM}


def open_handoff(tx: Transaction, conversation_id: str) -> Handoff | None:
    """The conversation's handoff that waits for, or is with, a person."""
    conversation = conversation_of(tx, conversation_id)
    handoff = views.handoff(tx, conversation.handoff_id) if conversation.handoff_id else None
    return handoff if handoff is not None and handoff.is_open else None


def request(tx: Transaction, ground: Ground, conversation_id: str, wish: Mapping[str, Any]) -> Handoff:
    """Makes the handoff that a turn decided on, in that turn's transaction, after its own events.

    `wish` is the engine's `{"reason", "trigger", "skill", "priority", "attempt_id", "step",
    "decided_on"}`. Somebody there: the customer is queued and the queue owns the conversation. Nobody
    there: it is a callback with a dated promise and the bot goes on owning it. Either way the packet is
    written and the customer is told. A wish while an earlier handoff is open adds to that one.
    """
    tx.lock(conversation_id)
    existing = open_handoff(tx, conversation_id)
    if existing is not None:
        return _ask_again(tx, ground, existing)
    conversation = conversation_of(tx, conversation_id)
    policy = ground.policy
    skill = policy.skill(wish.get("skill"))
    decision = availability(tx, ground, skill.name, conversation.language)
    due = decision.due if isinstance(decision, Callback) else None
    attempt = views.attempt(tx, wish["attempt_id"]) if wish.get("attempt_id") else None
    priority = wish.get("priority")
    requested = HandoffRequested(
        handoff_id=tx.ids("h"),
        reason=wish["reason"],
        trigger=wish.get("trigger", "customer"),
        skill=skill.name,
        language=conversation.language,
        priority=priority if priority in policy.priorities else policy.default_priority,
        state=CALLBACK if due else QUEUED,
        intent=attempt.intent if attempt else None,
        attempt_id=attempt.attempt_id if attempt else None,
        step=wish.get("step"),
        customer_id=conversation.customer_id,
        due=maybe_iso(due),
        decided_on={**wish.get("decided_on", {}), "availability": _availability(decision)},
    )
    append(tx, conversation_id, [requested], TRIGGER_ACTORS.get(requested.trigger, SYSTEM))
    if due is None:
        give_to(tx, conversation_id, "queue", requested.handoff_id)
    tell_waiting(tx, ground, requested.handoff_id)
    write_packet(tx, ground, requested.handoff_id)
    return handoff_of(tx, requested.handoff_id)


def availability(tx: Transaction, ground: Ground, skill: str, language: str) -> Queue | Callback:
    """Whether somebody is there now for that skill and language; else by when the customer hears."""
    wanted = ground.policy.skill(skill)
    here = staffed(tx, ground.policy, language)
    return decide_availability(
        wanted.name,
        wanted.hours,
        here,
        tx.now,
        callback_within=ground.policy.callback_within,
        callback_hours=ground.policy.promised_in(wanted),
    )


def _availability(decision: Queue | Callback) -> str:
    return decision.reason if isinstance(decision, Callback) else "somebody_there"


def _ask_again(tx: Transaction, ground: Ground, handoff: Handoff) -> Handoff:
    """Asked once more while waiting: back to the queue if the bot had gone on, and told how things stand."""
    if handoff.state in (QUEUED, OFFERED):
        give_to(tx, handoff.conversation_id, "queue", handoff.handoff_id)
    if handoff.state in WAITING_STATES:
        tell_waiting(tx, ground, handoff.handoff_id, promised=handoff.state == CALLBACK)
        revise_packet(tx, ground, handoff.handoff_id)
    return handoff_of(tx, handoff.handoff_id)


def follow_language(tx: Transaction, ground: Ground, conversation_id: str) -> None:
    """The conversation goes on in another language: who waits, waits for somebody who speaks that one.

    A chat that is with an agent, or none at all, stays as it is. With nobody there who speaks it, the timers
    make it a callback when its time has come, as any other.
    """
    handoff = open_handoff(tx, conversation_id)
    language = conversation_of(tx, conversation_id).language
    if handoff is None or handoff.state not in WAITING_STATES or handoff.language == language:
        return
    changed = HandoffLanguageChanged(handoff_id=handoff.handoff_id, language=language)
    append(tx, conversation_id, [changed], SYSTEM)
    revise_packet(tx, ground, handoff.handoff_id)


def tell_waiting(tx: Transaction, ground: Ground, handoff_id: str, *, promised: bool = False) -> None:
    """Says to the customer that they wait, or by when they hear from us; a new promise goes on record.

    `promised` says that the promise is on record already.
    """
    handoff = handoff_of(tx, handoff_id)
    words: dict[str, Any] = {
        "skill": ground.policy.skill(handoff.skill).title(handoff.language),
        "reference": reference_of(handoff_id),
    }
    if handoff.state != CALLBACK or handoff.due is None:
        facts = routing_facts(tx, ground, handoff)
        words["position"] = facts.position
        _tell_place(tx, ground, handoff, facts.eta_seconds, words)
        return
    due = to_iso(handoff.due)
    text = system_line(
        tx, ground, handoff.conversation_id, "utter_callback_promised", waits=handoff, due=due, **words
    )
    if not promised:
        promise = PromiseMade(text=text, due=due, attempt_id=handoff.attempt_id, handoff_id=handoff_id)
        append(tx, handoff.conversation_id, [promise], SYSTEM)


def _tell_place(
    tx: Transaction, ground: Ground, handoff: Handoff, eta_seconds: int | None, words: dict[str, Any]
) -> None:
    chat = handoff.conversation_id
    if eta_seconds is None:
        try:
            system_line(tx, ground, chat, "utter_handoff_queued_no_estimate", waits=handoff, **words)
            return
        except LookupError:  # an older set of responses: a turn must not break on a missing wording
            log.error("handoff.response_missing", response="utter_handoff_queued_no_estimate")
    minutes = None if eta_seconds is None else max(1, round(eta_seconds / 60))
    system_line(tx, ground, chat, "utter_handoff_queued", waits=handoff, minutes=minutes, **words)


def promise_callback(tx: Transaction, ground: Ground, handoff: Handoff, decision: Callback) -> None:
    """Nobody in time: the queued handoff becomes a callback, and the bot owns the conversation again."""
    promised = CallbackPromised(
        handoff_id=handoff.handoff_id, due=to_iso(decision.due), reason=decision.reason
    )
    append(tx, handoff.conversation_id, [promised], SYSTEM)
    give_to(tx, handoff.conversation_id, "bot", handoff.handoff_id)
    tell_waiting(tx, ground, handoff.handoff_id)
    revise_packet(tx, ground, handoff.handoff_id)


def withdraw(
    tx: Transaction, ground: Ground, conversation_id: str, *, in_reply_to: int | None = None
) -> Handoff:
    """The customer no longer wants a person. An offer that runs is ended first.

    Raises ApiError 409 `not_waiting` when there is nothing to withdraw, or a person is there already.
    """
    handoff = _waiting(tx, conversation_id)
    if handoff.state == OFFERED:
        end_offer(tx, handoff, "withdrawn")
    append(tx, conversation_id, [HandoffWithdrawn(handoff_id=handoff.handoff_id)], CUSTOMER)
    give_to(tx, conversation_id, "bot", handoff.handoff_id)
    system_line(tx, ground, conversation_id, "utter_handoff_withdrawn", in_reply_to=in_reply_to)
    return handoff_of(tx, handoff.handoff_id)


def go_on_with_bot(
    tx: Transaction, ground: Ground, conversation_id: str, *, in_reply_to: int | None = None
) -> Handoff:
    """The customer keeps their place and the bot answers meanwhile; said again to who does so already.

    Raises ApiError 409 `not_waiting` as `withdraw` does.
    """
    handoff = _waiting(tx, conversation_id)
    give_to(tx, conversation_id, "bot", handoff.handoff_id, actor=CUSTOMER)
    system_line(
        tx, ground, conversation_id, "utter_with_bot_meanwhile", waits=handoff, in_reply_to=in_reply_to
    )
    return handoff


def way_out(tx: Transaction, ground: Ground, conversation_id: str, choice: str) -> str | None:
    """The title of that way out of waiting; None for a choice that is none, or is not open any more."""
    found = way_of(choice)
    if found is None or not is_open(*found, open_handoff(tx, conversation_id)):
        return None
    return ground.render(TITLES[found[0]], conversation_of(tx, conversation_id).language)


def take_way_out(
    tx: Transaction, ground: Ground, conversation_id: str, choice: str, received: int
) -> Handoff:
    """What the customer pressed, message `received`, is done. Raises ApiError 409 `not_waiting`."""
    way, handoff_id = way_of(choice) or ("", "")
    if not way or not is_open(way, handoff_id, open_handoff(tx, conversation_id)):
        raise _not_waiting()
    leave = withdraw if way == WITHDRAW else go_on_with_bot
    return leave(tx, ground, conversation_id, in_reply_to=received)


def end_offer(tx: Transaction, handoff: Handoff, reason: str) -> None:
    """Takes an offer back (expired, agent_gone, declined, withdrawn): the handoff is queued again."""
    ended = OfferEnded(handoff_id=handoff.handoff_id, agent_id=handoff.offered_to or "", reason=reason)
    append(tx, handoff.conversation_id, [ended], SYSTEM)


def _waiting(tx: Transaction, conversation_id: str) -> Handoff:
    tx.lock(conversation_id)
    handoff = open_handoff(tx, conversation_id)
    if handoff is None or handoff.state not in WAITING_STATES:
        raise _not_waiting()
    return handoff


def _not_waiting() -> ApiError:
    return ApiError(409, "not_waiting", "You are not waiting for a person at the moment.")
