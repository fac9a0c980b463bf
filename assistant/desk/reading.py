"""What the desk shows: handoffs and conversations, each through the door that asks who is knocking."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from assistant.channel.conversation import Conversation
from assistant.channel.frames import message_frame
from assistant.desk.models import AgentRow, AttemptRow, ConversationAnswer, CustomerRow, HandoffRow
from assistant.handoff.access import may_read_conversation, may_read_handoff, serves
from assistant.handoff.ground import conversation_of, no_such_handoff, reference_of
from assistant.handoff.handoffs import OPEN_STATES, WITH_AGENT, Handoff
from assistant.journal import views
from assistant.journal.database import Transaction
from assistant.journal.events import IdentityVerified
from assistant.journal.tables import handoffs
from assistant.staff.access import Principal
from assistant.staff.audit import record
from assistant.web import ApiError


def list_handoffs(
    tx: Transaction, principal: Principal, states: Collection[str] = OPEN_STATES
) -> list[HandoffRow]:
    """The handoffs in those states that this person may see, oldest first."""
    seen = (each for each in views.open_handoffs(tx, states) if may_read_handoff(principal, each))
    return [handoff_row(tx, each) for each in seen]


def own_handoffs(tx: Transaction, principal: Principal) -> list[HandoffRow]:
    """The chats that this agent has, oldest first."""
    return [
        handoff_row(tx, each)
        for each in views.open_handoffs(tx, {WITH_AGENT})
        if each.agent_id == principal.id
    ]


def read_handoff(tx: Transaction, principal: Principal, handoff_id: str) -> HandoffRow:
    """One handoff: also one that a colleague of the same skill has. Raises ApiError 404."""
    handoff = views.handoff(tx, handoff_id)
    if handoff is None or not (may_read_handoff(principal, handoff) or serves(principal, handoff)):
        raise no_such_handoff()
    return handoff_row(tx, handoff)


def read_conversation(tx: Transaction, principal: Principal, conversation_id: str) -> ConversationAnswer:
    """Everything said in a conversation and its attempts; on record. Raises ApiError 404."""
    conversation = readable_conversation(tx, principal, conversation_id)
    record(tx, principal, "read conversation", conversation_id)
    frames = (message_frame(each) for each in views.visible_messages(tx, conversation_id))
    messages = [{key: part for key, part in frame.items() if key != "type"} for frame in frames if frame]
    return ConversationAnswer(
        conversation_id=conversation_id,
        owner=conversation.owner,
        agent=agent_row(conversation.agent_id, conversation.agent_name),
        channel=conversation.channel,
        language=conversation.language,
        customer=customer_row(tx, conversation),
        messages=messages,
        attempts=[AttemptRow.model_validate(each) for each in views.attempts_of(tx, conversation_id)],
    )


def readable_conversation(tx: Transaction, principal: Principal, conversation_id: str) -> Conversation:
    """Its row, for those who may read it. Raises ApiError 404 for all others."""
    conversation = views.conversation(tx, conversation_id)
    allowed = conversation is not None and may_read_conversation(
        principal, conversation, handoffs_of(tx, conversation_id)
    )
    if conversation is None or not allowed:
        raise ApiError(404, "conversation_unknown", "There is no such conversation.")
    return conversation


def handoffs_of(tx: Transaction, conversation_id: str) -> list[Handoff]:
    """All handoffs of a conversation, ended ones too."""
    ids = tx.connection.execute(
        sa.select(handoffs.c.handoff_id).where(handoffs.c.conversation_id == conversation_id)
    ).scalars()
    found = [views.handoff(tx, handoff_id) for handoff_id in ids.all()]
    return [each for each in found if each is not None]


def handoff_row(tx: Transaction, handoff: Handoff) -> HandoffRow:
    """The handoff as the queue shows it."""
    return HandoffRow.model_validate(
        {
            **{name: getattr(handoff, name) for name in HandoffRow.model_fields if hasattr(handoff, name)},
            "customer": customer_row(tx, conversation_of(tx, handoff.conversation_id)),
            "agent": agent_row(handoff.agent_id, handoff.agent_name),
            "reference": reference_of(handoff.handoff_id),
        }
    )


def agent_row(agent_id: str | None, name: str | None) -> AgentRow | None:
    """The agent, if there is one."""
    return AgentRow(id=agent_id, name=name or "") if agent_id else None


def customer_row(tx: Transaction, conversation: Conversation) -> CustomerRow | None:
    """The verified customer with the name from the company's sign-in; None while nobody is known."""
    if conversation.customer_id is None:
        return None
    latest = tx.events(
        conversation.conversation_id, names={IdentityVerified.name}, newest_first=True, limit=1
    )
    event = latest[0].event if latest else None
    name = event.display_name if isinstance(event, IdentityVerified) else None
    return CustomerRow(
        customer_id=conversation.customer_id, name=name, verification=conversation.verification
    )
