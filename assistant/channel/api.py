"""The website channel over HTTP: sessions, messages without WebSocket, and the socket's door."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import Field, field_validator
from sanic import Blueprint, HTTPResponse, Request, Websocket
from sanic.response import json as json_response

from assistant.bus import Bus
from assistant.channel.frames import ack_frame
from assistant.channel.socket import VisitorSocket, after_of
from assistant.channel.visitors import Page, Visitors, message_frames
from assistant.openapi import documented
from assistant.settings import Settings
from assistant.web import ApiError, Body, Limiter, Rule, client_address, origin_allowed, parse, parse_query
from assistant.web.assets import add_assets, file_response

WIDGET = Path(__file__).parent / "widget"
SESSIONS = Rule(times=1200, seconds=60)  # an office behind one address is many visitors
SENDS = Rule(times=60, seconds=10)
LONGEST_HEADER = 200  # characters of Accept-Language that are looked at


class PageBody(Body):
    """The page that the visitor is on."""

    url: str | None = Field(default=None, max_length=2000)
    title: str | None = Field(default=None, max_length=500)


class SessionBody(Body):
    """Opens, resumes or signs in a chat. `page` may also be just its address."""

    language: str | None = Field(default=None, max_length=35)
    page: PageBody | None = None
    identity_token: str | None = Field(default=None, max_length=4096)
    browser_id: str | None = Field(default=None, max_length=100)

    @field_validator("page", mode="before")
    @classmethod
    def _address_alone(cls, value: Any) -> Any:
        return {"url": value} if isinstance(value, str) else value


class SessionAnswer(Body):
    session_token: str
    conversation_id: str


class MessageBody(Body):
    """A message, or a pressed choice (`type: choice` with its `payload`)."""

    type: str = "message"
    client_id: str = Field(max_length=100)
    text: str | None = None
    payload: str | None = Field(default=None, max_length=200)
    title: str | None = None


class MessagesQuery(Body):
    after: int = Field(default=0, ge=0)
    conversation_id: str | None = Field(default=None, max_length=200)


def bearer_of(request: Request) -> str | None:
    """The token of `Authorization: Bearer …`, or None."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def blueprint(settings: Settings, visitors: Visitors, bus: Bus, limiter: Limiter, reader: Any) -> Blueprint:
    """`reader(request, conversation_id)` checks a channel token's right to read a conversation it opened."""
    routes = Blueprint("channel")

    @routes.get("/widget.js")
    async def widget(request: Request) -> HTTPResponse:
        return file_response(request, WIDGET / "widget.js")

    add_assets(routes, "/widget", WIDGET, name="widget_parts")

    @routes.post("/chat/session")
    @documented(summary="Open, resume or sign in a chat", body=SessionBody, answers={200: SessionAnswer})
    async def session(request: Request) -> HTTPResponse:
        _check_origin(request)
        await limiter.check(f"sessions:{client_address(request)}", SESSIONS)
        body = parse(request, SessionBody, drop_unstorable=True)
        started = await visitors.start(
            bearer=bearer_of(request),
            language=_wanted(body.language, request),
            page=Page(body.page.url, body.page.title) if body.page else Page(),
            identity_token=body.identity_token,
            browser_id=body.browser_id,
        )
        return json_response(
            {"session_token": started.session_token, "conversation_id": started.conversation_id}
        )

    @routes.post("/chat/messages")
    @documented(summary="Send a message without WebSocket", body=MessageBody)
    async def send(request: Request) -> HTTPResponse:
        _check_origin(request)
        found = await visitors.session(bearer_of(request))
        await limiter.check(f"frames:{found.conversation_id}", SENDS)
        body = parse(request, MessageBody, drop_unstorable=True)
        if body.type == "choice":
            received = await visitors.send(
                found.conversation_id, body.client_id, body.title or body.text or body.payload, body.payload
            )
        else:
            received = await visitors.send(found.conversation_id, body.client_id, body.text)
        return json_response(ack_frame(body.client_id, received.sequence))

    @routes.get("/chat/messages")
    @documented(summary="Read what is visible after a sequence", query=MessagesQuery)
    async def read(request: Request) -> HTTPResponse:
        _check_origin(request)
        query = parse_query(request, MessagesQuery)
        if query.conversation_id is not None:
            conversation_id = await reader(request, query.conversation_id)
        else:
            conversation_id = (await visitors.session(bearer_of(request))).conversation_id
        found = await visitors.visible(conversation_id, query.after)
        return json_response(
            {"messages": message_frames(found), "owner": await visitors.owner(conversation_id)}
        )

    async def socket(request: Request, websocket: Websocket) -> None:
        _check_origin(request)
        await VisitorSocket(websocket, visitors, bus, limiter, after_of(request)).run()

    routes.add_websocket_route(socket, "/chat/ws", name="chat_socket")

    def _check_origin(request: Request) -> None:
        if not origin_allowed(request, settings):
            raise ApiError(403, "origin_not_allowed", "This website is not allowed to use the assistant.")

    return routes


def _wanted(page: str | None, request: Request) -> str:
    """The page's language first, then what the browser's user likes to read."""
    liked = request.headers.get("accept-language", "")[:LONGEST_HEADER]
    return f"{page},{liked}" if page else liked
