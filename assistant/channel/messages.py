"""Taking in a customer's message: from its acknowledgement on it cannot be lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import sqlalchemy as sa

from assistant.channel.redaction import clean, may_hold_code, redact
from assistant.journal import tables, views
from assistant.journal.database import Transaction
from assistant.journal.events import CUSTOMER, MessageReceived, TurnCommitted
from assistant.web import ApiError

_IDS = tables.received_ids
_SEQUENCE_OF_ID = sa.select(_IDS.c.sequence).where(
    _IDS.c.conversation_id == sa.bindparam("of"), _IDS.c.client_id == sa.bindparam("client")
)
_KEEP_ID = sa.insert(_IDS)
_OWE_ANSWER = sa.insert(tables.pending_turns)

LONGEST_MESSAGE = 2_000  # characters
LONGEST_CLIENT_ID = 100


@dataclass(frozen=True)
class Received:
    """`new` is False when this client_id was here before; the sequence is the same then."""

    sequence: int
    new: bool


class WaysOut(Protocol):
    """What a customer who waits for a person may press (assistant/handoff/service.py)."""

    def way_out(self, tx: Transaction, conversation_id: str, choice: str) -> str | None: ...
    def take_way_out(self, tx: Transaction, conversation_id: str, choice: str, received: int) -> Any: ...


def check_text(text: object) -> str:
    """What may be stored of a message.

    Raises ApiError 400 `empty_message`, `message_too_long` or `bad_message`.
    """
    if not isinstance(text, str):
        raise ApiError(400, "bad_message", "A message needs a text.")
    if len(text) > LONGEST_MESSAGE:
        raise ApiError(
            400,
            "message_too_long",
            f"Your message is longer than {LONGEST_MESSAGE} characters. Please send it in shorter parts.",
        )
    cleaned = clean(text)
    if not cleaned:
        raise ApiError(400, "empty_message", "Your message is empty. Please write something.")
    return cleaned


def check_client_id(client_id: object) -> str:
    """Raises ApiError 400 `bad_client_id`."""
    if (
        not isinstance(client_id, str)
        or not 0 < len(client_id) <= LONGEST_CLIENT_ID
        or not client_id.isprintable()
    ):
        raise ApiError(400, "bad_client_id", "A message needs a client_id of 1 to 100 characters.")
    return client_id


def awaiting(tx: Transaction, conversation_id: str) -> dict[str, Any]:
    """What the bot waits for since its last turn: the journey engine's `awaiting`, or {}."""
    turns = tx.events(conversation_id, names={TurnCommitted.name}, newest_first=True, limit=1)
    if not turns or not isinstance(turns[0].event, TurnCommitted):
        return {}
    journey = turns[0].event.slots.get("journey") or {}
    return dict(journey.get("awaiting") or {})


def already_received(tx: Transaction, conversation_id: str, client_id: str) -> int | None:
    """The sequence under which this client_id was taken in before."""
    found = tx.connection.execute(
        _SEQUENCE_OF_ID, {"of": conversation_id, "client": client_id}
    ).scalar_one_or_none()
    return None if found is None else int(found)


def receive(
    tx: Transaction,
    conversation_id: str,
    client_id: str,
    text: str,
    *,
    choice: str | None = None,
    ways_out: WaysOut | None = None,
) -> Received:
    """Takes a message in: on record, and owed an answer by the bot if the bot owns the conversation.

    `text` has been through `check_text`. A pressed choice is kept by the id that the server issued for it;
    an id that is not among the choices last shown is read as plain text. One that leads out of waiting for a
    person is done at once, and the bot owes it no answer.
    Raises ApiError 404 when there is no such conversation.
    """
    tx.lock(conversation_id)
    before = already_received(tx, conversation_id, client_id)
    if before is not None:
        return Received(before, new=False)
    conversation = views.conversation(tx, conversation_id)
    if conversation is None:
        raise ApiError(404, "conversation_unknown", "There is no such conversation.")
    waiting: dict[str, Any] = {}
    leaves: WaysOut | None = None
    if choice is not None or may_hold_code(text):
        waiting = awaiting(tx, conversation_id)
    offered = {str(each.get("id")): str(each.get("title")) for each in waiting.get("choices") or ()}
    if choice is not None:
        title = offered.get(choice)
        if title is None and ways_out is not None:
            title = ways_out.way_out(tx, conversation_id, choice)
            leaves = None if title is None else ways_out
        text, choice = (text, None) if title is None else (title, choice)
    redacted = redact(text, code_expected=bool(waiting.get("secret")))
    for_bot = conversation.owner == "bot" and leaves is None
    event = MessageReceived(
        client_id=client_id,
        for_bot=for_bot,
        owner_epoch=conversation.owner_epoch,
        text=redacted.text,
        choice=choice,
        redactions=redacted.as_events(),
    )
    sequence = tx.append(conversation_id, [event], actor=CUSTOMER, channel=conversation.channel)[0].sequence
    place = {"conversation_id": conversation_id, "sequence": sequence}
    tx.connection.execute(_KEEP_ID, place | {"client_id": client_id})
    if for_bot:
        secret = redact(text).text if "one_time_code" in redacted.taken else None
        tx.connection.execute(_OWE_ANSWER, place | {"received_at": tx.now, "secret": secret})
    if leaves is not None and choice is not None:
        leaves.take_way_out(tx, conversation_id, choice, sequence)
    return Received(sequence, new=True)
