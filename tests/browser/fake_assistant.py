"""A scripted stand-in for the assistant: enough of /chat and /demo to try the widget in a real browser.

It keeps one conversation per session in memory, acknowledges, repeats, resumes and refuses as the real
server does, and can be told to lose connections, swallow acknowledgements or end sessions.
"""

from __future__ import annotations

import asyncio
import json
import socket as sockets
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from sanic import HTTPResponse, Request, Sanic, Websocket
from sanic.response import html
from sanic.response import json as answer

from company import website

ROOT = Path(__file__).resolve().parents[2]
WIDGET = ROOT / "assistant" / "channel" / "widget"
SITE = website.SITE
POLICY = "default-src 'self'; img-src 'self' data:; connect-src 'self' ws: wss:"
PLAIN_PAGE = """<!doctype html><html lang="{language}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>A page</title>
<script src="/widget.js" async data-name="Northlight" {attributes}></script></head>
<body><main><h1>A page</h1><p><label>A field <input id="field"></label></p></main></body></html>"""

CUSTOMER = {
    "customer_id": "cus_1",
    "account": "4411",
    "name": "Anna de Vries",
    "email": "anna@example.com",
    "package": "TV Plus and Broadband 200",
    "open_bills": [{"bill_id": "b1", "amount": "64.20"}],
    "visits": ["v1"],
    "orders": [],
}
ACCOUNT = {
    "customer": CUSTOMER,
    "bills": [
        {
            "bill_id": "b1",
            "issued": "2026-11-03",
            "due": "2026-11-17",
            "amount": "64.20",
            "currency": "EUR",
            "status": "open",
            "usual_amount": "52.20",
            "lines": [{"text": "TV Plus", "amount": "52.20"}, {"text": "Rented films", "amount": "12.00"}],
            "reasons": [{"code": "rentals", "text": "You rented films.", "amount": "12.00"}],
        },
        {
            "bill_id": "b2",
            "issued": "2026-10-03",
            "due": "2026-10-17",
            "amount": "52.20",
            "currency": "EUR",
            "status": "paid",
            "usual_amount": "52.20",
            "lines": [{"text": "TV Plus", "amount": "52.20"}],
            "reasons": [],
        },
    ],
    "visits": [
        {
            "visit_id": "v1",
            "kind": "repair",
            "status": "booked",
            "reason": "No picture on one box",
            "free_until": "2026-11-23T12:00:00+01:00",
            "window": {"start": "2026-11-24T08:00:00+01:00", "end": "2026-11-24T12:00:00+01:00"},
        }
    ],
    "orders": [
        {
            "order_id": "o1",
            "placed": "2026-11-18",
            "items": [{"name": "Wi-Fi point"}],
            "status": "shipped",
            "delivery": None,
        }
    ],
    "equipment": [
        {
            "equipment_id": "e1",
            "kind": "tv_box",
            "model": "HX-20",
            "installed": "2024-05-02",
            "status": "online",
        }
    ],
}


@dataclass
class Talk:
    """One conversation: what is visible in it, and which client ids it has seen."""

    conversation_id: str
    messages: list[dict[str, Any]] = field(default_factory=list)
    seen_ids: dict[str, int] = field(default_factory=dict)
    sockets: set[Websocket] = field(default_factory=set)
    owner: dict[str, Any] = field(default_factory=lambda: {"type": "owner", "owner": "bot"})


class FakeAssistant:
    """Serves on a free loopback port in a thread of its own; `with FakeAssistant() as fake: fake.url`."""

    def __init__(self) -> None:
        self.talks: dict[str, Talk] = {}  # by session token
        self.session_calls: list[dict[str, Any]] = []
        self.frames: list[dict[str, Any]] = []  # every frame and REST send that arrived, in order
        self.replies: list[dict[str, Any]] = []  # what the bot answers next, first in first out
        self.down = False  # every connection is cut
        self.refuse_sockets = False  # only HTTP gets through
        self.swallow_acks = 0  # so many messages are taken in without an acknowledgement
        self.attributes = ""
        self.page = ""  # the source of another site's page at /page, under no policy of ours
        self.language = "en"
        self.customer = dict(CUSTOMER)
        self.url = ""
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    # ---- from the test's thread --------------------------------------------------------------------

    def __enter__(self) -> FakeAssistant:
        self._thread.start()
        if not self._ready.wait(20):
            raise RuntimeError("the fake assistant did not start")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cut()
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    @property
    def talk(self) -> Talk:
        """The conversation opened last."""
        return list(self.talks.values())[-1]

    def texts(self, sender: str = "customer") -> list[str]:
        """What that side said in the conversation opened last, in order."""
        return [message["text"] for message in self.talk.messages if message["from"] == sender]

    def say(self, text: str, sender: str = "bot", **more: Any) -> int:
        """Adds a message and delivers it; gives its sequence."""
        return self._do(self._add(self.talk, sender, text, **more))

    def push(self, frame: dict[str, Any]) -> None:
        """Sends any frame to the conversation opened last."""
        if frame["type"] == "owner":
            self.talk.owner = frame
        self._do(self._deliver(self.talk, frame))

    def cut(self) -> None:
        """Drops every open socket."""

        async def drop() -> None:
            for talk in self.talks.values():
                for socket in list(talk.sockets):
                    await socket.close(1001)

        self._do(drop())

    def _do(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    # ---- in the server's thread --------------------------------------------------------------------

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        app: Sanic[Any, Any] = Sanic(f"fake_assistant_{id(self)}", configure_logging=False)
        app.config.TOUCHUP = False  # it rewrites classes, which works once per process only
        app.config.WEBSOCKET_PING_INTERVAL = None
        self._routes(app)
        listener = sockets.socket()
        listener.bind(("127.0.0.1", 0))
        server = await app.create_server(sock=listener, return_asyncio_server=True, access_log=False)
        if server is None:
            raise RuntimeError("no server")
        await server.startup()
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self._ready.set()
        await self._stop.wait()
        server.close()
        for connection in list(server.connections):
            if connection.transport is not None:
                connection.transport.abort()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await asyncio.sleep(0)  # lets the aborted connections close their sockets
        Sanic.unregister_app(app)

    def _routes(self, app: Sanic[Any, Any]) -> None:
        @app.on_request
        async def unplugged(request: Request) -> HTTPResponse | None:
            if request.method == "OPTIONS":
                return HTTPResponse(status=204)
            if self.down and request.path.startswith("/chat"):
                request.transport.abort()
                return HTTPResponse(status=503)
            return None

        @app.on_response
        async def policy(request: Request, response: HTTPResponse) -> None:
            if request.path != "/page":
                response.headers["Content-Security-Policy"] = POLICY
            if request.path.startswith(("/widget", "/chat/")):  # what other sites may read
                response.headers["Access-Control-Allow-Origin"] = "*"
                response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type"

        async def page(request: Request) -> HTTPResponse:
            return html(PLAIN_PAGE.format(language=self.language, attributes=self.attributes))

        async def own_page(request: Request) -> HTTPResponse:
            return html(self.page)

        def add_site_page(name: str, language: str) -> None:
            async def site_page(request: Request) -> HTTPResponse:
                return html(website.page(name, language))

            app.add_route(site_page, website.address(name, language), name=f"{language}_{name}")

        async def account(request: Request) -> HTTPResponse:
            return answer(ACCOUNT)

        async def customers(request: Request) -> HTTPResponse:
            return answer({"customers": [self.customer]})

        async def sign_in(request: Request) -> HTTPResponse:
            return answer(
                {"identity_token": f"signed.{request.json['customer_id']}", "customer": self.customer}
            )

        async def outbox(request: Request) -> HTTPResponse:
            return answer({"codes": []})

        async def faults(request: Request) -> HTTPResponse:
            return answer({"faults": []})

        app.add_route(page, "/plain")
        app.add_route(own_page, "/page")
        for language in website.languages():
            for name in website.names():
                add_site_page(name, language)
        app.add_route(account, "/demo/account")
        app.add_route(customers, "/demo/customers")
        app.add_route(sign_in, "/demo/sign-in", methods=["POST"])
        app.add_route(outbox, "/demo/outbox")
        app.add_route(faults, "/demo/faults", methods=["GET", "POST", "DELETE"])
        app.static("/site", SITE, name="site")
        app.static("/widget.js", WIDGET / "widget.js", name="widget_script")
        app.static("/widget", WIDGET, name="widget_files")
        app.add_route(self._session, "/chat/session", methods=["POST"])
        app.add_route(self._read, "/chat/messages", methods=["GET"], name="read")
        app.add_route(self._write, "/chat/messages", methods=["POST"], name="write")
        app.add_websocket_route(self._socket, "/chat/ws")

    def _talk_of(self, request: Request) -> Talk | None:
        return self.talks.get(request.token or "")

    async def _session(self, request: Request) -> HTTPResponse:
        body = request.json or {}
        self.session_calls.append({"bearer": request.token, **body})
        if body.get("identity_token") == "bad":
            return answer({"code": "identity_token_refused", "message": "Sign in again."}, status=401)
        token = request.token
        if token and token not in self.talks:
            return answer({"code": "session_unknown", "message": "This chat session has ended."}, status=401)
        if not token:
            token = f"v_{len(self.session_calls)}"
            self.talks[token] = Talk(f"c_{len(self.talks) + 1}")
        return answer({"session_token": token, "conversation_id": self.talks[token].conversation_id})

    async def _read(self, request: Request) -> HTTPResponse:
        talk = self._talk_of(request)
        if talk is None:
            return answer({"code": "session_unknown", "message": "This chat session has ended."}, status=401)
        after = int(request.args.get("after", 0))
        return answer({"messages": [one for one in talk.messages if one["sequence"] > after]})

    async def _write(self, request: Request) -> HTTPResponse:
        talk = self._talk_of(request)
        if talk is None:
            return answer({"code": "session_unknown", "message": "This chat session has ended."}, status=401)
        sequence = await self._receive(talk, request.json)
        return answer({"client_id": request.json["client_id"], "sequence": sequence})

    async def _socket(self, request: Request, socket: Websocket) -> None:
        if self.down or self.refuse_sockets:
            await socket.close(1011)
            return
        hello = json.loads(await socket.recv() or "{}")
        talk = self.talks.get(hello.get("token", ""))
        if hello.get("type") != "hello" or talk is None:
            await socket.send(
                json.dumps(
                    {"type": "error", "code": "session_unknown", "message": "This chat session has ended."}
                )
            )
            await socket.close(4401)
            return
        after = int(request.args.get("after", 0))
        for message in talk.messages:
            if message["sequence"] > after:
                await socket.send(json.dumps(message))
        await socket.send(json.dumps(talk.owner))
        talk.sockets.add(socket)
        try:
            async for text in socket:
                frame = json.loads(text)
                if frame["type"] in ("message", "choice"):
                    await self._receive(talk, frame, socket)
                else:
                    self.frames.append(frame)
        finally:
            talk.sockets.discard(socket)

    async def _receive(self, talk: Talk, frame: dict[str, Any], socket: Websocket | None = None) -> int:
        self.frames.append(frame)
        client_id = frame["client_id"]
        new = client_id not in talk.seen_ids
        if new:
            talk.seen_ids[client_id] = len(talk.messages) + 1
            await self._add(talk, "customer", frame.get("text") or frame.get("title") or "")
        if self.swallow_acks > 0:
            self.swallow_acks -= 1
            return talk.seen_ids[client_id]
        if socket is not None:
            await socket.send(
                json.dumps({"type": "ack", "client_id": client_id, "sequence": talk.seen_ids[client_id]})
            )
        if new and self.replies:
            await self._add(talk, "bot", **self.replies.pop(0))
        return talk.seen_ids[client_id]

    async def _add(self, talk: Talk, sender: str, text: str, **more: Any) -> int:
        sequence = len(talk.messages) + 1
        at = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        message = {"type": "message", "sequence": sequence, "from": sender, "text": text, "at": at, **more}
        talk.messages.append(message)
        await self._deliver(talk, message)
        return sequence

    async def _deliver(self, talk: Talk, frame: dict[str, Any]) -> None:
        for socket in list(talk.sockets):
            await socket.send(json.dumps(frame))


def path_of(url: str) -> str:
    """The path of an address that the widget reported."""
    return urlsplit(url).path
