"""What every move of a handoff stands on: the policy, the texts, the definitions, and a few sure steps."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from assistant.channel.conversation import Conversation
from assistant.handoff.handoffs import Handoff
from assistant.handoff.packet_contents import JourneyOutline
from assistant.handoff.packet_words import Render
from assistant.handoff.policy import HandoffPolicy
from assistant.handoff.ways_out import choices_of
from assistant.journal import views
from assistant.journal.database import Transaction
from assistant.journal.events import SYSTEM, Actor, Event, MessageSent, OwnerChanged
from assistant.journeys.definitions import Definitions
from assistant.web import ApiError

REFERENCE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # nothing that sounds or looks like something else


@dataclass(frozen=True)
class Ground:
    """Passed to every function here. `definitions` gives the present ones (they change when retrained)."""

    policy: HandoffPolicy
    render: Render
    definitions: Callable[[], Definitions]

    def outline(self, intent: str | None, definition: str | None, language: str) -> JourneyOutline | None:
        """The journey that an attempt follows: as it was when it began, else as it is now."""
        found = self.definitions().by_hash(definition) if definition else None
        found = found or self.definitions().for_intent(intent)
        if found is None:
            return None
        return JourneyOutline(
            name=found.journey,
            title=found.title.get(language) or found.title.get("en", found.journey),
            goal=found.goal.get(language) or found.goal.get("en", ""),
            steps=tuple((step.step, step.label(language)) for step in found.steps),
        )


def reference_of(handoff_id: str) -> str:
    """The number that a customer writes down: eight characters in two groups, one per handoff."""
    number = int.from_bytes(hashlib.sha256(handoff_id.encode()).digest()[:8], "big")
    letters = ""
    for _ in range(8):
        number, place = divmod(number, len(REFERENCE_ALPHABET))
        letters += REFERENCE_ALPHABET[place]
    return f"{letters[:4]}-{letters[4:]}"


def conversation_of(tx: Transaction, conversation_id: str) -> Conversation:
    """Its row. Raises ApiError 404."""
    conversation = views.conversation(tx, conversation_id)
    if conversation is None:
        raise ApiError(404, "conversation_unknown", "There is no such conversation.")
    return conversation


def no_such_handoff() -> ApiError:
    """The answer for a handoff that is not there, or not for this person's eyes: they cannot tell which."""
    return ApiError(404, "handoff_unknown", "There is no such chat in your queue.")


def handoff_of(tx: Transaction, handoff_id: str) -> Handoff:
    """Its row. Raises ApiError 404."""
    handoff = views.handoff(tx, handoff_id)
    if handoff is None:
        raise no_such_handoff()
    return handoff


def locked_handoff(tx: Transaction, handoff_id: str) -> Handoff:
    """Its row as it stands once the conversation's stream is ours. Raises ApiError 404.

    Everything that moves a handoff goes through here: two who come at once are one after the other.
    """
    tx.lock(handoff_of(tx, handoff_id).conversation_id)
    return handoff_of(tx, handoff_id)


def append(tx: Transaction, conversation_id: str, events: Sequence[Event], actor: Actor) -> None:
    """Writes events to a conversation and tells the desks that the queue may have changed."""
    tx.append(conversation_id, events, actor=actor)
    tx.wake("queue")


def give_to(
    tx: Transaction,
    conversation_id: str,
    owner: str,
    handoff_id: str,
    *,
    actor: Actor = SYSTEM,
    agent_id: str | None = None,
    agent_name: str | None = None,
) -> None:
    """Makes bot, queue or that agent the owner; the epoch rises, so that a running turn notices."""
    now = conversation_of(tx, conversation_id)
    if (now.owner, now.agent_id) == (owner, agent_id):
        return
    changed = OwnerChanged(
        owner=owner,
        epoch=now.owner_epoch + 1,
        handoff_id=handoff_id,
        agent_id=agent_id,
        agent_name=agent_name,
    )
    append(tx, conversation_id, [changed], actor)


def system_line(
    tx: Transaction,
    ground: Ground,
    conversation_id: str,
    response: str,
    *,
    waits: Handoff | None = None,
    in_reply_to: int | None = None,
    **args: Any,
) -> str:
    """Says that response to the customer as the system, in their language; gives the text.

    `waits` is the handoff they wait in, with the ways out of it as choices. `in_reply_to` is the sequence
    of the message that this answers.
    """
    conversation = conversation_of(tx, conversation_id)
    text = ground.render(response, conversation.language, **args)
    choices = choices_of(ground.render, conversation.language, waits) if waits else []
    sent = MessageSent(
        sender="system", text=text, response=response, choices=choices, in_reply_to=in_reply_to
    )
    tx.append(conversation_id, [sent], actor=SYSTEM, channel=conversation.channel)
    return text
