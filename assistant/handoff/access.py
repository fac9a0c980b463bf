"""Who may see a handoff, its packet and its conversation. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from assistant.channel.conversation import Conversation
from assistant.handoff.handoffs import WAITING_STATES, Handoff
from assistant.staff.access import Principal

SEES_ALL = frozenset({"supervisor"})
READS_CONVERSATIONS = frozenset({"supervisor", "analyst"})


def serves(principal: Principal, handoff: Handoff) -> bool:
    """Whether it is this agent's kind of work: skill and language, where none listed means all."""
    skills, languages = principal.skills, principal.languages
    return (not skills or handoff.skill in skills) and (not languages or handoff.language in languages)


def may_read_handoff(principal: Principal, handoff: Handoff) -> bool:
    """Supervisors all; an agent what waits for their skills and languages, is offered to them or theirs."""
    if principal.kind != "staff":
        return False
    if principal.role in SEES_ALL:
        return True
    if principal.role != "agent":
        return False
    if principal.id in (handoff.agent_id, handoff.offered_to):
        return True
    return handoff.state in WAITING_STATES and serves(principal, handoff)


def may_read_conversation(
    principal: Principal, conversation: Conversation, handoffs: Iterable[Handoff]
) -> bool:
    """Supervisors and analysts all; an agent only through a handoff of that conversation."""
    if principal.kind != "staff":
        return False
    if principal.role in READS_CONVERSATIONS:
        return True
    own = (each for each in handoffs if each.conversation_id == conversation.conversation_id)
    return any(may_read_handoff(principal, each) for each in own)
