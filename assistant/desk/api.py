"""The desk over HTTP: the queue, packets, conversations, and what an agent does with a chat."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, TypeVar

from sanic import Blueprint, HTTPResponse, Request, Websocket
from sanic.response import json as json_response

from assistant.bus import Bus
from assistant.channel.messages import check_client_id, check_text
from assistant.desk import reading, taking_up
from assistant.desk.lease import Leases
from assistant.desk.models import (
    Closed,
    ConversationAnswer,
    GivenBack,
    HandoffList,
    HandoffRow,
    LeftAnswer,
    Said,
    Sequence,
    TakenUp,
    Transferred,
    WhichHandoffs,
    WhichPacket,
)
from assistant.desk.socket import DeskSocket
from assistant.handoff.closing import Disposition
from assistant.handoff.handoffs import OPEN_STATES, Handoff
from assistant.handoff.packet import SCHEMA_FILE, Packet
from assistant.handoff.service import HandoffService
from assistant.journal.database import Database, Transaction
from assistant.openapi import documented
from assistant.staff.access import Access, Principal, require
from assistant.web import Limiter, add_assets, add_page, answer, parse, parse_query

PAGES = Path(__file__).resolve().parent / "static"
NOT_SEEN = "handoff_unknown: not there, or not your kind of work."
NOT_YOURS = "not_your_chat, handoff_ended: you do not have this chat."
T = TypeVar("T")


class StaffPart(Protocol):
    """What the desk needs of staff."""

    @property
    def access(self) -> Access: ...


class Services(Protocol):
    """What the desk is given."""

    @property
    def database(self) -> Database: ...
    @property
    def bus(self) -> Bus: ...
    @property
    def limiter(self) -> Limiter: ...
    @property
    def handoffs(self) -> HandoffService: ...
    @property
    def staff(self) -> StaffPart: ...
    @property
    def clock(self) -> Callable[[], Any]: ...


def blueprint(services: Services) -> Blueprint:
    """Every desk call, the desk's page and files, its socket, and the packet's published schema."""
    made = Blueprint("desk")
    desk = DeskApi(services)
    add_page(made, "/desk", PAGES / "desk.html", name="page_desk")
    add_assets(made, "/desk/static", PAGES, name="desk_static")
    reads: dict[str, Any] = {
        "/api/handoffs": desk.list_handoffs,
        "/api/desk/mine": desk.list_mine,
        "/api/handoffs/<handoff_id:str>": desk.read_handoff,
        "/api/handoffs/<handoff_id:str>/packet": desk.read_packet,
        "/api/handoffs/<handoff_id:str>/left": desk.read_left,
        "/api/conversations/<conversation_id:str>": desk.read_conversation,
        "/schemas/packet-v1.json": desk.packet_schema,
    }
    moves = {"accept": desk.accept, "messages": desk.say, "return": desk.give_back, "take-up": desk.take_up,
             "transfer": desk.transfer, "close": desk.close}  # fmt: skip
    for uri, read in reads.items():
        made.add_route(read, uri, methods=["GET"], name=read.__name__)
    for name, move in moves.items():
        made.add_route(move, f"/api/handoffs/<handoff_id:str>/{name}", methods=["POST"], name=f"{name}_chat")
    made.add_websocket_route(desk.socket, "/api/desk/ws", name="desk_socket")
    return made


class DeskApi:
    """The handlers: parse, authorise, call, shape the answer."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._leases = Leases(services.database, services.clock)

    async def _who(self, request: Request, *roles: str) -> Principal:
        principal = await require(request, *roles)
        await self._leases.seen(principal)
        return principal

    async def _move(self, work: Callable[[Transaction], Handoff]) -> HTTPResponse:
        row = await self._services.database.write(lambda tx: reading.handoff_row(tx, work(tx)))
        return answer(row)

    @documented(
        summary="Handoffs that you may see",
        description="Open ones, oldest first, unless a state is given.",
        query=WhichHandoffs,
        answers={200: HandoffList},
        roles=("agent", "supervisor"),
    )
    async def list_handoffs(self, request: Request) -> HTTPResponse:
        """The queue as this person may see it."""
        wanted = parse_query(request, WhichHandoffs)
        principal = await self._who(request, "agent", "supervisor")
        states = {wanted.state} if wanted.state else OPEN_STATES
        rows = await self._services.database.read(lambda tx: reading.list_handoffs(tx, principal, states))
        return answer(HandoffList(handoffs=rows))

    @documented(summary="The chats that you have", answers={200: HandoffList}, roles=("agent", "supervisor"))
    async def list_mine(self, request: Request) -> HTTPResponse:
        """What this agent holds."""
        principal = await self._who(request, "agent", "supervisor")
        rows = await self._services.database.read(lambda tx: reading.own_handoffs(tx, principal))
        return answer(HandoffList(handoffs=rows))

    @documented(
        summary="One handoff", answers={200: HandoffRow, 404: NOT_SEEN}, roles=("agent", "supervisor")
    )
    async def read_handoff(self, request: Request, handoff_id: str) -> HTTPResponse:
        """State, times, assignment and reason."""
        principal = await self._who(request, "agent", "supervisor")
        return answer(
            await self._services.database.read(lambda tx: reading.read_handoff(tx, principal, handoff_id))
        )

    @documented(
        summary="The packet",
        description="Everything to know before the first word. Each read is on record.",
        query=WhichPacket,
        answers={200: Packet, 404: NOT_SEEN},
        roles=("agent", "supervisor"),
    )
    async def read_packet(self, request: Request, handoff_id: str) -> HTTPResponse:
        """The newest revision, or the one asked for."""
        wanted = parse_query(request, WhichPacket)
        principal = await self._who(request, "agent", "supervisor")
        packet = await self._services.database.write(
            lambda tx: self._services.handoffs.packet_for(tx, principal, handoff_id, wanted.revision)
        )
        return json_response(packet)

    @documented(
        summary="A conversation",
        description="Everything said, and its attempts. Each read is on record.",
        answers={200: ConversationAnswer, 404: "conversation_unknown: not there, or not for your eyes."},
        roles=("agent", "supervisor", "analyst"),
    )
    async def read_conversation(self, request: Request, conversation_id: str) -> HTTPResponse:
        """Messages and attempts of one conversation."""
        principal = await self._who(request, "agent", "supervisor", "analyst")
        found = await self._services.database.write(
            lambda tx: reading.read_conversation(tx, principal, conversation_id)
        )
        return answer(found)

    @documented(
        summary="Take a chat",
        answers={200: HandoffRow, 404: NOT_SEEN, 409: "handoff_taken, handoff_offered, handoff_ended."},
        roles=("agent",),
    )
    async def accept(self, request: Request, handoff_id: str) -> HTTPResponse:
        """Exactly one agent gets it."""
        principal = await self._who(request, "agent")
        return await self._move(lambda tx: self._services.handoffs.accept(tx, principal, handoff_id))

    @documented(
        summary="Say something to the customer", body=Said,
        answers={200: Sequence, 404: NOT_SEEN, 409: NOT_YOURS}, roles=("agent",),
    )  # fmt: skip
    async def say(self, request: Request, handoff_id: str) -> HTTPResponse:
        """The same client_id again gives the same sequence."""
        principal = await self._who(request, "agent")
        given = parse(request, Said)
        client_id, text = check_client_id(given.client_id), check_text(given.text)
        sequence = await self._services.database.write(
            lambda tx: self._services.handoffs.say(tx, principal, handoff_id, client_id, text)
        )
        return answer(Sequence(sequence=sequence))

    @documented(
        summary="Give the chat back to the bot", body=GivenBack,
        answers={200: HandoffRow, 404: NOT_SEEN, 409: NOT_YOURS}, roles=("agent",),
    )  # fmt: skip
    async def give_back(self, request: Request, handoff_id: str) -> HTTPResponse:
        """With a note and the facts that the agent found out."""
        principal = await self._who(request, "agent")
        given = parse(request, GivenBack)
        facts = [each.model_dump() for each in given.facts]
        return await self._move(
            lambda tx: self._services.handoffs.give_back(tx, principal, handoff_id, given.note, facts)
        )

    @documented(
        summary="Pass the chat to another skill", body=Transferred,
        answers={200: HandoffRow, 400: "unknown_skill.", 404: NOT_SEEN, 409: NOT_YOURS}, roles=("agent",),
    )  # fmt: skip
    async def transfer(self, request: Request, handoff_id: str) -> HTTPResponse:
        """Back to the queue, with a new packet revision."""
        principal = await self._who(request, "agent")
        given = parse(request, Transferred)
        return await self._move(
            lambda tx: self._services.handoffs.transfer(tx, principal, handoff_id, given.skill, given.note)
        )

    @documented(
        summary="Close the chat", body=Closed,
        description="Every attempt that is still open gets its outcome; the bot has the conversation again.",
        answers={200: HandoffRow, 400: "disposition_incomplete, unknown_intent, unknown_outcome…",
                 404: NOT_SEEN, 409: NOT_YOURS}, roles=("agent",),
    )  # fmt: skip
    async def close(self, request: Request, handoff_id: str) -> HTTPResponse:
        """With the agent's word on each attempt."""
        principal = await self._who(request, "agent")
        given = parse(request, Closed)

        handoffs = self._services.handoffs
        if given.attempts is None:
            short = Disposition(given.outcome or "", given.intent, reason=given.reason)
            return await self._move(
                lambda tx: handoffs.close_short(tx, principal, handoff_id, short, given.note)
            )
        dispositions = [Disposition(**each.model_dump()) for each in given.attempts]
        return await self._move(
            lambda tx: handoffs.close(tx, principal, handoff_id, dispositions, given.note)
        )

    @documented(
        summary="What the customer left in the middle",
        description="The journey that the chat's verified customer left elsewhere, with what is known of it.",
        answers={200: LeftAnswer, 404: NOT_SEEN},
        roles=("agent", "supervisor"),
    )
    async def read_left(self, request: Request, handoff_id: str) -> HTTPResponse:
        """All null where there is none. Each read is on record."""
        principal = await self._who(request, "agent", "supervisor")
        handoffs = self._services.handoffs
        return answer(
            await self._services.database.write(
                lambda tx: taking_up.read_left(tx, handoffs, principal, handoff_id)
            )
        )

    @documented(
        summary="Take up what the customer left in the middle",
        description="It goes on in this chat as an attempt of the same journey; given back, the bot goes on.",
        answers={200: TakenUp, 404: NOT_SEEN, 409: f"{NOT_YOURS} nothing_left."}, roles=("agent",),
    )  # fmt: skip
    async def take_up(self, request: Request, handoff_id: str) -> HTTPResponse:
        """With what they said and chose then; the packet is revised."""
        principal = await self._who(request, "agent")
        handoffs = self._services.handoffs
        return answer(
            await self._services.database.write(
                lambda tx: taking_up.take_up(tx, handoffs, principal, handoff_id)
            )
        )

    async def packet_schema(self, request: Request) -> HTTPResponse:
        """The JSON Schema of the packet, version 1."""
        return HTTPResponse(SCHEMA_FILE.read_text("utf-8"), content_type="application/schema+json")

    async def socket(self, request: Request, websocket: Websocket) -> None:
        """Queue, offers, messages and presence, as they happen."""
        services = self._services
        await DeskSocket(
            request,
            websocket,
            services.database,
            services.bus,
            services.limiter,
            services.staff.access,
            self._leases,
        ).run()
