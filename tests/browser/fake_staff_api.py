"""The staff's side of the assistant, faked: its HTTP shapes and socket over data in memory.

Run as `python fake_staff_api.py PORT`: serves the real pages with a strict content security policy, so
that the pages can be tried without a bot, a journal or a database. `/fake/…` lets a test pull the strings.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from sanic import HTTPResponse, Request, Sanic, Websocket, empty, file
from sanic import json as answer

sys.path.insert(0, str(Path(__file__).parent))
import fake_staff_data as data

Json = Any
ROOT = Path(__file__).parents[2] / "assistant"
PAGES = {
    "/sign-in": "staff/static/sign-in.html",
    "/set-password": "staff/static/set-password.html",
    "/staff": "staff/static/staff.html",
    "/desk": "desk/static/desk.html",
    "/insight": "insight/static/insight.html",
    "/insight/attempts": "insight/static/attempts.html",
    "/insight/conversation/<conversation_id>": "insight/static/conversation.html",
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
PASSWORD = "a long enough password"
app = Sanic("fake_staff_api")


class State:
    """Everything the fake knows; `reset` starts a scenario anew."""

    def __init__(self) -> None:
        self.sockets: dict[Websocket, dict[str, int]] = {}
        self.reset("few")

    def reset(self, scenario: str) -> None:
        self.scenario = scenario
        self.handoffs: dict[str, Json] = {h["handoff_id"]: h for h in data.queue_of(scenario)}
        self.conversations = {h["conversation_id"]: data.conversation(h) for h in self.handoffs.values()}
        self.packets = {h: data.packet(item) for h, item in self.handoffs.items()}
        self.client_ids: dict[str, int] = {}
        self.calls: list[Json] = []
        self.cut = False  # no socket is let in
        self.deaf = False  # replies are refused
        self.lose_answer = False  # the next reply is stored, but its answer does not arrive
        self.taken: set[str] = set()
        self.staff = [
            {**who, "email": f"{role}@northlight.example", "skills": [], "languages": [], "active": True}
            for role, who in data.STAFF.items()
        ]
        self.staff.append(
            {"staff_id": "s_long", "name": data.LONG, "email": "wilhelmina@northlight.example",
             "role": "agent", "skills": ["billing"], "languages": ["nl", "en"], "active": False}
        )  # fmt: skip
        self.tokens = [
            {"token_id": "t_1", "name": "Phone system", "role": "channel", "skills": [], "languages": [],
             "created_at": data.ago(days=30), "last_used_at": data.ago(minutes=4), "revoked_at": None}
        ]  # fmt: skip


state = State()


def refuse(status: int, code: str, message: str) -> HTTPResponse:
    return answer({"code": code, "message": message}, status=status)


def who(request: Request) -> Json | None:
    return data.STAFF.get(request.cookies.get("wayfinder_staff") or "")


@app.on_request
async def guard(request: Request) -> HTTPResponse | None:
    """A signed-in person for /api, and the CSRF header on changes."""
    if request.method != "GET" and request.path.startswith("/api/"):
        body = request.json if request.body else None
        state.calls.append({"method": request.method, "path": request.path, "body": body})
    open_calls = ("/api/staff/sign-in", "/api/staff/reset", "/api/staff/password", "/api/desk/ws")
    if not request.path.startswith("/api/") or request.path in open_calls:
        return None
    if who(request) is None:
        return refuse(401, "not_signed_in", "Sign in first.")
    if request.method != "GET" and request.headers.get("X-CSRF-Token") != "csrf-1":
        return refuse(403, "csrf_failed", "This page is out of date. Load it again.")
    return None


@app.on_response
async def headers(request: Request, response: HTTPResponse) -> None:
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Cache-Control"] = "no-store"


for route, path in PAGES.items():

    async def page(request: Request, path: str = path, **_: str) -> HTTPResponse:
        return await file(ROOT / path, mime_type="text/html; charset=utf-8")

    app.add_route(page, route, name=path.replace("/", "_").replace(".", "_").replace("-", "_"))
for name, folder in {
    "shared": "static",
    "desk": "desk/static",
    "insight": "insight/static",
    "staff": "staff/static",
}.items():
    prefix = "/static" if name == "shared" else f"/{name}/static"
    app.static(prefix, ROOT / folder, name=f"{name}_files")


# --- staff ------------------------------------------------------------------------------------------


@app.post("/api/staff/sign-in")
async def sign_in(request: Request) -> HTTPResponse:
    role = request.json["email"].split("@")[0]
    if role not in data.STAFF or request.json["password"] != PASSWORD:
        return refuse(401, "sign_in_failed", "The e-mail address or the password is not right.")
    response = answer({**data.STAFF[role], "csrf": "csrf-1"})
    response.add_cookie("wayfinder_staff", role, httponly=True, samesite="Lax", secure=False, path="/")
    return response


@app.get("/api/staff/me")
async def me(request: Request) -> HTTPResponse:
    return answer({**(who(request) or {}), "email": "someone@northlight.example", "csrf": "csrf-1"})


@app.post("/api/staff/sign-out")
async def sign_out(request: Request) -> HTTPResponse:
    response = empty()
    response.delete_cookie("wayfinder_staff", path="/")
    return response


@app.post("/api/staff/reset")
async def forgot(request: Request) -> HTTPResponse:
    return answer({}, status=202)


@app.post("/api/staff/password")
async def password(request: Request) -> HTTPResponse:
    if request.json["token"] != "good":
        return refuse(410, "link_used", "This link was used already or has run out. Ask for a new one.")
    return answer({})


@app.get("/api/staff")
async def people(request: Request) -> HTTPResponse:
    return answer({"staff": state.staff})


@app.post("/api/staff")
async def add_person(request: Request) -> HTTPResponse:
    if any(one["email"] == request.json["email"] for one in state.staff):
        return refuse(409, "email_taken", "There is a sign-in with this e-mail address already.")
    made = {"staff_id": f"s_{len(state.staff)}", "active": True, **request.json}
    state.staff.append(made)
    return answer({**made, "link": "http://127.0.0.1/set-password?token=once"}, status=201)


@app.patch("/api/staff/<staff_id>")
async def change_person(request: Request, staff_id: str) -> HTTPResponse:
    one = next(one for one in state.staff if one["staff_id"] == staff_id)
    one.update(request.json)
    return answer(one)


@app.post("/api/staff/<staff_id>/link")
async def new_link(request: Request, staff_id: str) -> HTTPResponse:
    return answer({"link": "http://127.0.0.1/set-password?token=again"})


@app.get("/api/staff/tokens")
async def tokens(request: Request) -> HTTPResponse:
    return answer({"tokens": state.tokens})


@app.post("/api/staff/tokens")
async def add_token(request: Request) -> HTTPResponse:
    made = {
        "token_id": f"t_{len(state.tokens) + 1}",
        "created_at": data.ago(),
        "last_used_at": None,
        "revoked_at": None,
    }
    state.tokens.append({**made, **request.json})
    return answer({**made, **request.json, "token": "wf_0123456789abcdef"}, status=201)


@app.delete("/api/staff/tokens/<token_id>")
async def revoke(request: Request, token_id: str) -> HTTPResponse:
    next(t for t in state.tokens if t["token_id"] == token_id)["revoked_at"] = data.ago()
    return empty()


@app.get("/api/staff/audit")
async def audit(request: Request) -> HTTPResponse:
    page = int(request.args.get("after", 0))
    entries = [
        {"at": data.ago(minutes=page * 300 + 3 * n), "staff_id": "s_mia", "name": "Mia Jansen", "what": what,
         "target": f"h_{n}", "details": {"reason": data.NASTY} if n == 3 else {}}
        for n, what in enumerate(["read packet", "accepted handoff", "closed handoff"] * 10)
    ]  # fmt: skip
    if request.args.get("staff_id") == "s_ben":
        return answer({"entries": []})
    return answer({"entries": entries, **({} if page else {"next": "1"})})


# --- desk -------------------------------------------------------------------------------------------


@app.get("/api/catalogue")
async def catalogue(request: Request) -> HTTPResponse:
    return answer(data.catalogue())


def open_ones() -> list[Json]:
    return [
        h for h in state.handoffs.values() if h["state"] in ("queued", "offered", "callback", "with_agent")
    ]


@app.get("/api/handoffs")
async def handoffs(request: Request) -> HTTPResponse:
    return answer({"handoffs": open_ones()})


@app.get("/api/desk/mine")
async def mine(request: Request) -> HTTPResponse:
    name = (who(request) or {})["name"]
    return answer({"handoffs": [h for h in open_ones() if h["state"] == "with_agent" and h["agent"] == name]})


@app.get("/api/handoffs/<handoff_id>/packet")
async def packet(request: Request, handoff_id: str) -> HTTPResponse:
    return answer(state.packets[handoff_id])


@app.get("/api/conversations/<conversation_id>")
async def conversation(request: Request, conversation_id: str) -> HTTPResponse:
    if conversation_id not in state.conversations:
        return refuse(404, "no_such_conversation", "There is no such conversation.")
    return answer(state.conversations[conversation_id])


@app.post("/api/handoffs/<handoff_id>/accept")
async def accept(request: Request, handoff_id: str) -> HTTPResponse:
    one = state.handoffs[handoff_id]
    if handoff_id in state.taken or one["state"] == "with_agent":
        one.update(state="with_agent", agent="Noor Dekker")
        return refuse(409, "handoff_taken", "Another agent has this chat.")
    if one["state"] == "offered":
        return refuse(409, "handoff_offered", "Another agent is being offered this chat.")
    one.update(state="with_agent", agent=(who(request) or {})["name"])
    await say(one["conversation_id"], "system", f"{one['agent']} joined the chat.")
    await tell_queue()
    return answer(one)


@app.post("/api/handoffs/<handoff_id>/messages")
async def reply(request: Request, handoff_id: str) -> HTTPResponse:
    if state.deaf:
        return refuse(503, "journal_down", "The message could not be stored. Try again in a moment.")
    client_id = request.json["client_id"]
    if client_id not in state.client_ids:
        one = state.handoffs[handoff_id]
        sent = await say(one["conversation_id"], "agent", request.json["text"], name=one["agent"])
        state.client_ids[client_id] = sent["sequence"]
    if state.lose_answer:
        state.lose_answer = False
        return refuse(504, "too_slow", "The answer took too long.")
    return answer({"sequence": state.client_ids[client_id]})


async def leave(handoff_id: str, new_state: str) -> HTTPResponse:
    state.handoffs[handoff_id].update(state=new_state, agent=None)
    await tell_queue()
    return answer(state.handoffs[handoff_id])


@app.post("/api/handoffs/<handoff_id>/<move:return|close|transfer>")
async def move(request: Request, handoff_id: str, move: str) -> HTTPResponse:
    return await leave(handoff_id, {"return": "returned", "close": "closed", "transfer": "queued"}[move])


async def say(conversation_id: str, sender: str, text: str, **more: Json) -> Json:
    messages = state.conversations[conversation_id]["messages"]
    made = {**data.message(messages[-1]["sequence"] + 1, sender, text, 0), **more}
    messages.append(made)
    for socket, watched in list(state.sockets.items()):
        if conversation_id in watched:
            await socket.send(json.dumps({"type": "message", "conversation_id": conversation_id, **made}))
    return made


async def tell_queue() -> None:
    for socket in list(state.sockets):
        await socket.send(json.dumps({"type": "queue", "handoffs": open_ones()}))


@app.websocket("/api/desk/ws")
async def desk(request: Request, ws: Websocket) -> None:
    if state.cut or who(request) is None:
        return
    try:
        await talk(request, ws)
    finally:
        state.sockets.pop(ws, None)


async def talk(request: Request, ws: Websocket) -> None:
    async for text in ws:
        frame = json.loads(text or "{}")
        state.calls.append({"frame": frame})
        if frame["type"] == "hello":
            state.sockets[ws] = {}
            await ws.send(json.dumps({"type": "hello", "staff": who(request)}))
            await ws.send(json.dumps({"type": "queue", "handoffs": open_ones()}))
        elif frame["type"] == "watch":
            state.sockets[ws][frame["conversation_id"]] = 1
            for each in state.conversations[frame["conversation_id"]]["messages"]:
                if each["sequence"] > frame["after"]:
                    about = {"type": "message", "conversation_id": frame["conversation_id"]}
                    await ws.send(json.dumps({**about, **each}))
        elif frame["type"] == "unwatch":
            state.sockets[ws].pop(frame["conversation_id"], None)


# --- insight ----------------------------------------------------------------------------------------


@app.get("/api/insight/intents")
async def intents(request: Request) -> HTTPResponse:
    since, until = request.args.get("from", ""), request.args.get("to", "")
    if since > until:
        return refuse(400, "bad_period", "The period ends before it begins.")
    found = data.insight(state.scenario)
    if request.args.get("compare"):
        found = {**found, "compared": {**found, "definition_version": int(request.args.get("compare"))}}
    return answer({"from": since, "to": until, **found})


@app.get("/api/insight/definitions")
async def metric_definitions(_request: Request) -> HTTPResponse:
    summaries = {1: "All that the systems confirm counts.", 2: "Elsewhere is set aside."}
    listed = [{"version": each, "summary": said, "formulas": {}} for each, said in summaries.items()]
    return answer({"in_use": 1, "definitions": listed})


@app.get("/api/attempts")
async def attempts(request: Request) -> HTTPResponse:
    if state.scenario == "empty":
        return answer({"attempts": []})
    intent, outcome = request.args.get("intent") or "fix_tv_box", request.args.get("outcome")
    start = int(request.args.get("after", 0))
    outcomes = ["achieved", "unknown", "not_achieved", "abandoned", "open"]
    made = [
        data.attempt(f"a_{n}", intent, outcome or outcomes[n % 5], conversation_id=f"c_{n % 3 + 1}")
        for n in range(start, min(start + 50, 70))
    ]
    return answer({"attempts": made, **({"next": "50"} if not start else {})})


@app.post("/api/attempts/<attempt_id>/<what:path>")
async def correct(request: Request, attempt_id: str, what: str) -> HTTPResponse:
    if state.deaf:
        return refuse(409, "nothing_to_dispute", "Only what is achieved can be disputed, and once.")
    everything = (each for one in state.conversations.values() for each in one["attempts"])
    found = next(each for each in everything if each["attempt_id"] == attempt_id)
    row = {"at": data.ago(), "evidence": "agent", "reason": request.json.get("reason"), "actor": "analyst"}
    match what:
        case "dispute":
            found["history"].append({**row, "outcome": "not_achieved"})
            found.update(outcome="not_achieved", evidence="agent", disputed_at=data.ago())
        case "dispute/take-back":
            found["history"].append({**row, "outcome": "achieved"})
            found.update(outcome="achieved", evidence="system", disputed_at=None)
        case "unlink":
            found["linked"] = False
    return answer(found)


# --- the strings a test can pull ----------------------------------------------------------------------


@app.post("/fake/<what>")
async def fake(request: Request, what: str) -> HTTPResponse:
    body = request.json or {}
    if what == "reset":
        state.reset(body.get("scenario", "few"))
    elif what == "set":
        for key, value in body.items():
            setattr(state, key, set(value) if key == "taken" else value)
    elif what == "say":
        await say(body["conversation_id"], "customer", body["text"])
    elif what == "typing":
        for socket in list(state.sockets):
            await socket.send(json.dumps({"type": "typing", "from": "customer", **body}))
    elif what == "drop":
        await asyncio.gather(*(socket.close() for socket in list(state.sockets)), return_exceptions=True)
        state.sockets.clear()
    return answer({"calls": state.calls})


if __name__ == "__main__":
    app.run("127.0.0.1", int(sys.argv[1]), single_process=True, access_log=False, motd=False, debug=False)
