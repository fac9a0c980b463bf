"""What a chat's customer left in the middle elsewhere: shown to the agent, who can take it up with them."""

from __future__ import annotations

from typing import Any

from assistant.channel.taking_up import TakingUp
from assistant.desk.models import LeftAnswer, LeftFact, TakenUp
from assistant.handoff.access import may_read_handoff, serves
from assistant.handoff.assignment import own_chat
from assistant.handoff.ground import conversation_of, no_such_handoff
from assistant.handoff.service import HandoffService
from assistant.journal import views
from assistant.journal.database import Transaction
from assistant.journeys.definitions import Definitions, pick
from assistant.staff.access import Principal
from assistant.staff.audit import record
from assistant.web import ApiError


def read_left(tx: Transaction, handoffs: HandoffService, principal: Principal, handoff_id: str) -> LeftAnswer:
    """The journey that the chat's verified customer left, with what is known of it; on record.

    Raises ApiError 404.
    """
    handoff = views.handoff(tx, handoff_id)
    if handoff is None or not (may_read_handoff(principal, handoff) or serves(principal, handoff)):
        raise no_such_handoff()
    conversation = conversation_of(tx, handoff.conversation_id)
    definitions = handoffs.ground.definitions()
    left = TakingUp(definitions).find(tx, conversation, though_asked=True)
    if left is None:
        return LeftAnswer()
    record(tx, principal, "read journey left", handoff_id, attempt_id=left["attempt_id"])
    return _shown(left, definitions, conversation.language)


def _shown(left: dict[str, Any], definitions: Definitions, language: str) -> LeftAnswer:
    definition = definitions.named(left["journey"])
    known = {**{n: f["value"] for n, f in left["answers"].items()}, **left["former"]}
    return LeftAnswer(
        attempt_id=left["attempt_id"],
        journey=left["journey"],
        title=pick(definition.title, language) if definition else left["journey"],
        conversation_id=left["conversation_id"],
        left_at=left["at"],
        first_words=left["words"] or None,
        facts=[
            LeftFact(name=name, label=definitions.label_of(name, language), value=value)
            for name, value in known.items()
            if not definitions.is_hidden(name)
        ],
    )


def take_up(tx: Transaction, handoffs: HandoffService, principal: Principal, handoff_id: str) -> TakenUp:
    """The agent who has the chat takes the journey up in it; the packet is revised.

    Raises ApiError as `own_chat` does, 409 `nothing_left`.
    """
    handoff = own_chat(tx, principal, handoff_id)
    conversation = conversation_of(tx, handoff.conversation_id)
    attempt_id = TakingUp(handoffs.ground.definitions()).take_up(tx, conversation, principal.actor)
    if attempt_id is None:
        raise ApiError(409, "nothing_left", "This customer left nothing that can be taken up.")
    record(tx, principal, "took up journey left", handoff_id, attempt_id=attempt_id)
    handoffs.revise(tx, handoff.conversation_id)
    return TakenUp(attempt_id=attempt_id)
