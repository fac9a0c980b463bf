"""Rasa's REST channel, kept for programs that speak it: one call, the bot's answers in return."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from pydantic import ConfigDict, Field
from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json as json_response

from assistant.bus import Bus
from assistant.channel import sessions
from assistant.channel.visitors import Visitors
from assistant.ids import random_id
from assistant.journal import views
from assistant.journal.database import Database, Transaction
from assistant.journal.events import HandoffRequested, MessageSent, Recorded, TurnCommitted, TurnFailed
from assistant.openapi import documented
from assistant.staff.access import Principal, require
from assistant.web import ApiError, Body, parse

CHANNEL = "rest"
ANSWER_SECONDS = 45.0
LOOK_SECONDS = 1.0


class Metadata(Body):
    """What may come with a message; other keys are ignored, as Rasa does."""

    model_config = ConfigDict(extra="ignore")
    identity_token: str | None = Field(default=None, max_length=4096)
    language: str | None = Field(default=None, max_length=35)
    channel: str | None = Field(default=None, max_length=50, pattern=r"^[a-z][a-z0-9_]*$")
    message_id: str | None = Field(default=None, max_length=100)


class RestBody(Body):
    """`sender` is the conversation's id."""

    model_config = ConfigDict(extra="ignore")
    sender: str = Field(min_length=1, max_length=200, pattern=r"^[A-Za-z0-9_.@+-]+$")
    message: str
    metadata: Metadata | None = None


def own_conversation(tx: Transaction, principal: Principal, conversation_id: str) -> bool:
    """Whether the token opened that conversation; False when nobody did. Raises ApiError 404."""
    conversation = views.conversation(tx, conversation_id)
    if conversation is None:
        return False
    if conversation.opened_by != principal.id:
        raise ApiError(404, "conversation_unknown", "There is no such conversation.")
    return True


async def readable(request: Request, database: Database, conversation_id: str) -> str:
    """The conversation's id, if the request's channel token opened it. Raises ApiError 401, 403, 404."""
    principal = await require(request, "channel")
    if not await database.read(lambda tx: own_conversation(tx, principal, conversation_id)):
        raise ApiError(404, "conversation_unknown", "There is no such conversation.")
    return conversation_id


def blueprint(visitors: Visitors, bus: Bus) -> Blueprint:
    """The one call of Rasa's REST channel."""
    routes = Blueprint("rest")

    @routes.post("/webhooks/rest/webhook")
    @documented(summary="Rasa's REST channel", body=RestBody, roles=("channel",))
    async def webhook(request: Request) -> HTTPResponse:
        principal = await require(request, "channel")
        body = parse(request, RestBody, drop_unstorable=True)
        metadata = body.metadata or Metadata()
        identity = await visitors.identify(metadata.identity_token)
        language = visitors.language(metadata.language)
        channel = metadata.channel or CHANNEL

        def prepare(tx: Transaction) -> None:
            tx.lock(body.sender)  # two first messages at once open one conversation
            if not own_conversation(tx, principal, body.sender):
                sessions.open_conversation(
                    tx,
                    channel=channel,
                    language=language,
                    conversation_id=body.sender,
                    opened_by=principal.id,
                )
            if identity is not None:
                conversation = views.conversation(tx, body.sender)
                if conversation is not None and conversation.customer_id not in (None, identity.customer_id):
                    raise ApiError(409, "other_customer", "This conversation belongs to another customer.")
                sessions.verify(tx, body.sender, identity, "identity_token")

        await visitors.database.write(prepare)
        client_id = metadata.message_id or random_id("m")
        received = await visitors.send(body.sender, client_id, body.message, choice=body.message)
        found = await _answers(visitors, bus, body.sender, received.sequence)
        return json_response([_answer(body.sender, each) for each in found])

    return routes


async def _answers(visitors: Visitors, bus: Bus, conversation_id: str, sequence: int) -> list[Recorded]:
    """What was said in answer to that message; waits for the turn, wherever it is worked on.

    Nothing when a person or the queue owns the conversation. Raises ApiError 504 when it takes too long.
    """
    news = asyncio.Event()

    def woken(topic: str, payload: dict[str, str]) -> None:
        if topic == "stream" and payload.get("stream_id") == conversation_id:
            news.set()

    def look(tx: Transaction) -> list[Recorded] | None:
        mine = tx.events(conversation_id, after=sequence - 1, limit=1)[0].event.to_wire()
        if not mine["for_bot"]:  # theirs who own it, unless it was a way out of waiting
            said = tx.events(conversation_id, after=sequence, names={MessageSent.name}, limit=1)
            return [r for r in said if isinstance(r.event, MessageSent) and r.event.in_reply_to == sequence]
        later = tx.events(
            conversation_id,
            after=sequence,
            names={MessageSent.name, TurnCommitted.name, TurnFailed.name, HandoffRequested.name},
        )
        done = [
            r.sequence
            for r in later
            if isinstance(r.event, TurnCommitted | TurnFailed) and r.event.received == sequence
        ]
        if done:
            return _of_turn(later, sequence, done[0])
        conversation = views.conversation(tx, conversation_id)
        return [] if conversation is not None and conversation.owner != "bot" else None

    unsubscribe = bus.subscribe(woken)
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            while (found := await visitors.database.read(look)) is None:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(news.wait(), LOOK_SECONDS)
                news.clear()
            return found
    except TimeoutError:
        raise ApiError(
            504, "answer_late", "The answer takes longer than usual. Your message is safe."
        ) from None
    finally:
        unsubscribe()


def _of_turn(later: list[Recorded], sequence: int, done: int) -> list[Recorded]:
    """The bot's answers to the message, and the system's lines of the same turn (a queue, a promise)."""
    found: list[Recorded] = []
    for recorded in later:
        event = recorded.event
        if not isinstance(event, MessageSent):
            continue
        answers = event.in_reply_to == sequence
        told = event.sender == "system" and event.in_reply_to is None and recorded.sequence > done
        if told and any(
            isinstance(r.event, TurnCommitted) and done < r.sequence < recorded.sequence for r in later
        ):
            continue
        if answers or (told and recorded.sequence <= done + SAME_TURN):
            found.append(recorded)
    return found


SAME_TURN = 10  # events that a handoff request appends after the turn


def _answer(recipient: str, recorded: Recorded) -> dict[str, Any]:
    event = recorded.event
    if not isinstance(event, MessageSent):
        raise TypeError(event.name)
    answer: dict[str, Any] = {"recipient_id": recipient, "text": event.text}
    if event.choices:
        answer["buttons"] = [{"title": c["title"], "payload": c["id"]} for c in event.choices]
    if event.sender != "bot":
        answer["custom"] = {"from": event.sender}
    return answer
