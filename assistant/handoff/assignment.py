"""The agent's side: taking a chat, talking, handing it back or on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from assistant.handoff.access import may_read_handoff, serves
from assistant.handoff.ground import (
    Ground,
    append,
    conversation_of,
    give_to,
    handoff_of,
    locked_handoff,
    no_such_handoff,
    system_line,
)
from assistant.handoff.handoffs import OFFERED, OPEN_STATES, WITH_AGENT, Handoff
from assistant.handoff.moments import to_iso
from assistant.handoff.packets import revise_packet, write_packet
from assistant.handoff.policy import HandoffPolicy
from assistant.handoff.presence import renew
from assistant.handoff.queueing import availability, end_offer, promise_callback
from assistant.handoff.rules import Callback
from assistant.journal.database import Transaction
from assistant.journal.events import (
    SYSTEM,
    FactLearned,
    HandoffAccepted,
    HandoffOffered,
    HandoffReleased,
    HandoffReturned,
    MessageSent,
)
from assistant.journal.tables import received_ids
from assistant.staff.access import Principal
from assistant.staff.audit import record
from assistant.web import ApiError


def accept(tx: Transaction, ground: Ground, principal: Principal, handoff_id: str) -> Handoff:
    """Gives the chat to this agent, once: a second accept, their own too, is refused.

    Raises ApiError 404 for what is not their kind of work, 409 `handoff_taken` (details: `yours`), 409
    `handoff_offered` while another agent's offer runs, 409 `handoff_ended`.
    """
    handoff = locked_handoff(tx, handoff_id)
    if not (may_read_handoff(principal, handoff) or serves(principal, handoff)):
        raise no_such_handoff()
    _check_free(tx, principal, handoff)
    if handoff.state == OFFERED and handoff.offered_to != principal.id:
        end_offer(tx, handoff, "expired")
    revise_packet(tx, ground, handoff_id)
    accepted = HandoffAccepted(handoff_id=handoff_id, agent_id=principal.id, agent_name=principal.name)
    append(tx, handoff.conversation_id, [accepted], principal.actor)
    give_to(
        tx, handoff.conversation_id, "agent", handoff_id,
        actor=principal.actor, agent_id=principal.id, agent_name=principal.name,
    )  # fmt: skip
    system_line(tx, ground, handoff.conversation_id, "utter_agent_joined", name=principal.name)
    renew(tx, principal.id)
    record(tx, principal, "accepted handoff", handoff_id, conversation_id=handoff.conversation_id)
    return handoff_of(tx, handoff_id)


def _check_free(tx: Transaction, principal: Principal, handoff: Handoff) -> None:
    if handoff.state == WITH_AGENT:
        yours = handoff.agent_id == principal.id
        message = "You have this chat already." if yours else "Another agent has this chat."
        raise ApiError(409, "handoff_taken", message, {"yours": yours})
    if handoff.state not in OPEN_STATES:
        raise ended(handoff)
    running = handoff.offered_until is not None and handoff.offered_until > tx.now
    if handoff.state == OFFERED and handoff.offered_to != principal.id and running:
        raise ApiError(409, "handoff_offered", "This chat is being offered to another agent.")


def ended(handoff: Handoff) -> ApiError:
    """The answer for a handoff that is over."""
    return ApiError(409, "handoff_ended", "This chat has ended.", {"state": handoff.state})


def own_chat(tx: Transaction, principal: Principal, handoff_id: str) -> Handoff:
    """The handoff, locked, when this agent holds it.

    Raises ApiError 404 for what they may not see, 409 `handoff_ended`, 409 `not_your_chat`.
    """
    handoff = locked_handoff(tx, handoff_id)
    if not (may_read_handoff(principal, handoff) or serves(principal, handoff)):
        raise no_such_handoff()
    if handoff.state not in OPEN_STATES:
        raise ended(handoff)
    if handoff.state != WITH_AGENT or handoff.agent_id != principal.id:
        raise ApiError(409, "not_your_chat", "You do not have this chat; accept it first.")
    return handoff


def offer(tx: Transaction, ground: Ground, handoff_id: str, agent_id: str) -> Handoff:
    """Reserves a queued handoff for one agent for a while. Raises IllegalMove, ApiError 404."""
    handoff = locked_handoff(tx, handoff_id)
    until = to_iso(tx.now + ground.policy.offer)
    offered = HandoffOffered(handoff_id=handoff_id, agent_id=agent_id, until=until)
    append(tx, handoff.conversation_id, [offered], SYSTEM)
    return handoff_of(tx, handoff_id)


def say(tx: Transaction, principal: Principal, handoff_id: str, client_id: str, text: str) -> int:
    """Writes the agent's message to the conversation and gives its sequence.

    The same `client_id` again gives the same sequence, also when the chat has ended meanwhile.
    Raises ApiError as `own_chat` does.
    """
    handoff = locked_handoff(tx, handoff_id)
    key = {"conversation_id": handoff.conversation_id, "client_id": f"{principal.id}/{client_id}"}
    before = tx.connection.execute(sa.select(received_ids.c.sequence).filter_by(**key)).scalar_one_or_none()
    if before is not None:
        return int(before)
    own_chat(tx, principal, handoff_id)
    conversation = conversation_of(tx, handoff.conversation_id)
    sent = MessageSent(
        sender="agent", text=text, agent_id=principal.id, agent_name=principal.name, client_id=client_id
    )
    recorded = tx.append(handoff.conversation_id, [sent], actor=principal.actor, channel=conversation.channel)
    tx.connection.execute(sa.insert(received_ids).values(**key, sequence=recorded[0].sequence))
    record(tx, principal, "wrote to the customer", handoff_id, sequence=recorded[0].sequence)
    return recorded[0].sequence


def give_back(
    tx: Transaction,
    ground: Ground,
    principal: Principal,
    handoff_id: str,
    note: str | None = None,
    facts: Sequence[Mapping[str, Any]] = (),
) -> Handoff:
    """Back to the bot, with what the agent found out.

    `facts` are `{"name", "value", "label"?}`; they become facts of source agent. The bot does not answer
    what was said while the agent had the chat. Raises ApiError as `own_chat` does.
    """
    handoff = own_chat(tx, principal, handoff_id)
    language = conversation_of(tx, handoff.conversation_id).language
    definitions = ground.definitions()
    learned = [
        FactLearned(
            fact=fact["name"], label=fact.get("label") or definitions.label_of(fact["name"], language),
            value=fact["value"], source="agent", attempt_id=handoff.attempt_id,
        )
        for fact in facts
    ]  # fmt: skip
    returned = HandoffReturned(handoff_id=handoff_id, agent_id=principal.id, note=note)
    append(tx, handoff.conversation_id, [*learned, returned], principal.actor)
    give_to(tx, handoff.conversation_id, "bot", handoff_id, actor=principal.actor)
    system_line(tx, ground, handoff.conversation_id, "utter_handed_back", name=principal.name)
    record(tx, principal, "returned chat to the assistant", handoff_id, facts=[f["name"] for f in facts])
    return handoff_of(tx, handoff_id)


def transfer(
    tx: Transaction,
    ground: Ground,
    principal: Principal,
    handoff_id: str,
    skill: str,
    note: str | None = None,
) -> Handoff:
    """To the queue of another skill, with a new packet revision that holds the note.

    Nobody there for that skill: it becomes a callback at once, with a dated promise.
    Raises ApiError 400 `unknown_skill` (details: `allowed`), and as `own_chat` does.
    """
    handoff = own_chat(tx, principal, handoff_id)
    check_skill(ground.policy, skill)
    released = HandoffReleased(
        handoff_id=handoff_id, agent_id=principal.id, reason="transferred", skill=skill
    )
    append(tx, handoff.conversation_id, [released], principal.actor)
    record(tx, principal, "transferred chat", handoff_id, skill=skill)
    _back_in_line(
        tx, ground, handoff_id, "transferred", "utter_handoff_transferred", note=note, name=principal.name
    )
    moved = handoff_of(tx, handoff_id)
    decision = availability(tx, ground, moved.skill, moved.language)
    if isinstance(decision, Callback):
        promise_callback(tx, ground, moved, decision)
    return handoff_of(tx, handoff_id)


def check_skill(policy: HandoffPolicy, skill: str) -> None:
    """Raises ApiError 400 `unknown_skill` with the skills there are."""
    if skill not in policy.skills:
        raise ApiError(400, "unknown_skill", "There is no such skill.", {"allowed": sorted(policy.skills)})


def lose_agent(tx: Transaction, ground: Ground, handoff: Handoff) -> None:
    """The agent is gone: the chat goes back to the queue, its packet says so, the customer is told.

    It stays queued even when nobody else is there: the agent may be back in a minute. The limit of
    waiting makes it a callback if not.
    """
    lost = HandoffReleased(
        handoff_id=handoff.handoff_id, agent_id=handoff.agent_id or "", reason="agent_lost"
    )
    append(tx, handoff.conversation_id, [lost], SYSTEM)
    _back_in_line(tx, ground, handoff.handoff_id, "agent_lost", "utter_agent_lost", name=handoff.agent_name)


def _back_in_line(
    tx: Transaction,
    ground: Ground,
    handoff_id: str,
    reason: str,
    line: str,
    *,
    note: str | None = None,
    name: str | None = None,
) -> None:
    handoff = handoff_of(tx, handoff_id)
    title = ground.policy.skill(handoff.skill).title(handoff.language)
    give_to(tx, handoff.conversation_id, "queue", handoff_id)
    system_line(tx, ground, handoff.conversation_id, line, waits=handoff, skill=title, name=name or "")
    write_packet(tx, ground, handoff_id, reason=reason, note=note)
