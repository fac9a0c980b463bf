"""The whole product as a newcomer gets it: the real `assistant serve`, its visitors and its staff.

A pytest plugin. One model is trained per state of the data and kept under `.rasa/`; each server has a data
directory of its own. When a test fails, the last lines of the servers' logs are shown with it.
"""

from __future__ import annotations

import fcntl
import itertools
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests
import sqlalchemy as sa
from redis import Redis
from redis.exceptions import RedisError
from requests.adapters import HTTPAdapter
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from assistant.bot.training import model_path
from assistant.clock import utc_now
from assistant.ids import random_id
from assistant.journal import tables
from assistant.journal.database import Database
from assistant.journal.events import Recorded
from tests.northlight import free_port, wait_until
from tests.postgres import skip_or_fail

ROOT = Path(__file__).resolve().parent.parent
MODEL_CACHE = ROOT / ".rasa" / "models-of-tests"
MODEL_LOCK = ROOT / ".rasa" / "models-of-tests.lock"
START_SECONDS = 300.0
TRAIN_SECONDS = 900.0
ANSWER_SECONDS = 90.0
LOG_LINES = 60
Frame = dict[str, Any]

_running: list[Assistant] = []


def environment() -> dict[str, str]:
    """Ours, without anything that would set the assistant up differently."""
    return {name: value for name, value in os.environ.items() if not name.startswith("ASSISTANT_")}


def command(*arguments: str, seconds: float = 60, **more: Any) -> subprocess.CompletedProcess[str]:
    """Runs `assistant …` to its end; nothing of it is raised."""
    return subprocess.run(
        [sys.executable, "-m", "assistant", *arguments],
        **{"cwd": ROOT, "env": environment(), **more},
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


@pytest.fixture(scope="session")
def model() -> Path:
    """The model for the present data, trained when there is none yet; others wait for it meanwhile."""
    MODEL_LOCK.parent.mkdir(exist_ok=True)
    with MODEL_LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = model_path(ROOT, MODEL_CACHE / "models")
        if not wanted.exists():
            shutil.rmtree(MODEL_CACHE, ignore_errors=True)
            done = command("train", "--data-dir", str(MODEL_CACHE), seconds=TRAIN_SECONDS)
            assert done.returncode == 0, done.stderr
    return wanted


class Staff:
    """A member of staff over HTTP, with a bearer token."""

    def __init__(self, base: str, token: str) -> None:
        self.base = base
        self.token = token
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["Authorization"] = f"Bearer {token}"

    def call(self, method: str, path: str, body: Any = None, **query: Any) -> requests.Response:
        """The answer, whatever it is."""
        return self._session.request(method, self.base + path, json=body, params=query, timeout=30)

    def get(self, path: str, **query: Any) -> Any:
        """The JSON of a read that has to work."""
        answer = self.call("GET", path, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: Any = None, status: int = 200) -> Any:
        """The JSON of a call that has to be answered with that status."""
        answer = self.call("POST", path, body if body is not None else {})
        assert answer.status_code == status, answer.text
        return answer.json()

    def handoff_of(self, conversation_id: str) -> dict[str, Any]:
        """The open handoff of that conversation, as soon as it is listed."""

        def listed() -> dict[str, Any] | None:
            rows = self.get("/api/handoffs")["handoffs"]
            return next((row for row in rows if row["conversation_id"] == conversation_id), None)

        found: dict[str, Any] = wait_until(listed, 10)
        return found

    def say(self, handoff_id: str, text: str) -> int:
        """Something said to the customer; its sequence."""
        body = {"client_id": str(uuid.uuid4()), "text": text}
        sequence: int = self.post(f"/api/handoffs/{handoff_id}/messages", body)["sequence"]
        return sequence

    def close(self) -> None:
        """Lets go of the connections."""
        self._session.close()


class Admin:
    """An administrator over HTTP, with the sign-in cookie."""

    def __init__(self, base: str, email: str, password: str) -> None:
        self.base = base
        self.session = requests.Session()
        self.session.trust_env = False
        self.me = self.post("/api/staff/sign-in", {"email": email, "password": password})
        self.session.headers["X-CSRF-Token"] = self.me["csrf"]

    def post(self, path: str, body: Any) -> Any:
        """The JSON of a call that has to work."""
        answer = self.session.post(self.base + path, json=body, timeout=30)
        assert answer.ok, answer.text
        return answer.json()

    def new_token(self, role: str, name: str) -> str:
        """A bearer token of that role."""
        token: str = self.post("/api/staff/tokens", {"role": role, "name": name})["token"]
        return token

    def close(self) -> None:
        """Lets go of the connections."""
        self.session.close()


class Elsewhere(HTTPAdapter):
    """Requests from a loopback address of their own: new chats are counted by address."""

    _next = itertools.cycle(range(2, 250))

    def init_poolmanager(self, *given: Any, **more: Any) -> None:
        """As the base class does, with a source address."""
        super().init_poolmanager(*given, **more, source_address=(f"127.0.0.{next(self._next)}", 0))


class Visitor:
    """A visitor's chat over the WebSocket. `frames` is all that ever came over it, in order."""

    def __init__(self, base: str, **session: Any) -> None:
        self.base = base
        with requests.Session() as opening:
            opening.mount("http://", Elsewhere())
            started = opening.post(f"{base}/chat/session", json={"language": "en", **session}, timeout=30)
        assert started.status_code == 200, started.text
        self.token: str = started.json()["session_token"]
        self.conversation_id: str = started.json()["conversation_id"]
        self.frames: list[Frame] = []
        self._socket: ClientConnection | None = None

    @property
    def socket(self) -> ClientConnection:
        """The open socket."""
        assert self._socket is not None
        return self._socket

    def open(self, after: int = 0, token: str | None = None) -> Visitor:
        """Opens the socket (the one before is closed) and says hello."""
        self.close()
        self._socket = connect(
            f"{self.base.replace('http', 'ws', 1)}/chat/ws?after={after}", proxy=None, max_size=2**22
        )
        self.push({"type": "hello", "token": token or self.token})
        return self

    def close(self) -> None:
        """Closes the socket."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def push(self, frame: Any) -> None:
        """A frame as it is; text goes out untouched."""
        self.socket.send(frame if isinstance(frame, str) else json.dumps(frame))

    def receive(self, seconds: float = ANSWER_SECONDS) -> Frame:
        """The next frame. Raises TimeoutError, ConnectionClosed."""
        frame: Frame = json.loads(self.socket.recv(timeout=seconds))
        self.frames.append(frame)
        return frame

    def until(self, fits: Callable[[Frame], Any], seconds: float = ANSWER_SECONDS) -> Frame:
        """The first frame from now on that fits."""
        while True:
            frame = self.receive(seconds)
            if fits(frame):
                return frame

    def send(self, text: str, client_id: str | None = None) -> int:
        """Sends a message; its sequence once it is acknowledged."""
        return self._sent({"type": "message", "text": text}, client_id)

    def _sent(self, frame: Frame, client_id: str | None = None) -> int:
        wanted = client_id or str(uuid.uuid4())
        self.push({**frame, "client_id": wanted})
        answer = self.until(lambda f: f["type"] in ("ack", "error") and f.get("client_id") == wanted)
        assert answer["type"] == "ack", answer
        sequence: int = answer["sequence"]
        return sequence

    def ask(self, text: str) -> list[Frame]:
        """Sends a message; everything said in answer to it."""
        return self._answers(self.send(text))

    def choose(self, *titles: str) -> list[Frame]:
        """Presses the first of the last choices whose title begins so; everything said in answer."""
        offered = self.choices()
        pressed = next(
            (c for title in titles for c in offered if c["title"].lower().startswith(title.lower())), None
        )
        assert pressed is not None, (titles, offered)
        frame = {"type": "choice", "payload": pressed["id"], "title": pressed["title"]}
        return self._answers(self._sent(frame))

    def choices(self) -> list[dict[str, str]]:
        """The choices under the last message that had any."""
        said = [f for f in self.frames if f["type"] == "message" and f.get("choices")]
        return list(said[-1]["choices"]) if said else []

    def _answers(self, sequence: int) -> list[Frame]:
        def later(frame: Frame) -> bool:
            return frame["type"] == "message" and frame["from"] != "customer" and frame["sequence"] > sequence

        if not any(map(later, self.frames)):
            self.until(later)
        # A turn is committed whole, so what the journal shows now is all of it.
        last = self.read(sequence)[-1]["sequence"]
        while not any(f["type"] == "message" and f["sequence"] >= last for f in self.frames):
            self.receive()
        return [f for f in self.frames if later(f)]

    def read(self, after: int = 0) -> list[Frame]:
        """What is visible after that sequence, over HTTP."""
        answer = self.http("GET", f"/chat/messages?after={after}")
        assert answer.status_code == 200, answer.text
        messages: list[Frame] = answer.json()["messages"]
        return messages

    def http(self, method: str, path: str, body: Any = None, token: str | None = None) -> requests.Response:
        """The same visitor without the socket."""
        headers = {"Authorization": f"Bearer {token or self.token}"}
        return requests.request(method, self.base + path, json=body, headers=headers, timeout=30)

    def refused(self) -> Frame:
        """The error before the server closed the socket."""
        errors = []
        try:
            while True:
                errors.append(self.receive(10))
        except ConnectionClosed:
            return [f for f in errors if f["type"] == "error"][-1]


@dataclass
class Assistant:
    """A running server."""

    port: int
    data_dir: Path
    options: tuple[str, ...] = ()
    database: str | None = None
    process: subprocess.Popen[bytes] = field(init=False)
    _open: ExitStack = field(default_factory=ExitStack)
    _staff: dict[tuple[str, str], Staff] = field(default_factory=dict)

    @property
    def base(self) -> str:
        """Where it is reached."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        """What it printed since its last start."""
        return self.data_dir / "server.log"

    # commands on the same data

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`assistant …` on this server's data."""
        named = ("--database", self.database) if self.database else ()
        return command(*arguments, "--data-dir", str(self.data_dir), *named)

    # people

    @cached_property
    def admin(self) -> Admin:
        """The demo's administrator, signed in with the password that was printed."""
        email = "admin@northlight.example"
        made = Admin(self.base, email, self.sign_ins()[email])
        self._open.callback(made.close)
        return made

    def staff(self, role: str, name: str = "") -> Staff:
        """A member of staff of that role; the same one for the same name."""
        if (role, name) not in self._staff:
            made = Staff(self.base, self.admin.new_token(role, name or role))
            self._open.callback(made.close)
            self._staff[role, name] = made
        return self._staff[role, name]

    def visitor(self, customer_id: str | None = None, **session: Any) -> Visitor:
        """A visitor with an open socket, signed in as that customer when one is named."""
        if customer_id is not None:
            session["identity_token"] = self.identity_token(customer_id)
        made = Visitor(self.base, **session)
        self._open.callback(made.close)
        return made.open()

    def identity_token(self, customer_id: str) -> str:
        """What the demo's website signs for that customer."""
        signed: str = self.demo("POST", "/sign-in", {"customer_id": customer_id})["identity_token"]
        return signed

    def demo(self, method: str, path: str, body: Any = None) -> Any:
        """The JSON of a call to the demo's own routes that has to work."""
        answer = requests.request(method, f"{self.base}/demo{path}", json=body, timeout=30)
        assert answer.ok, answer.text
        return answer.json()

    @cached_property
    def customers(self) -> list[dict[str, Any]]:
        """All of Northlight's customers, as they were at the first asking."""
        children = psutil.Process(self.process.pid).children()
        line = next(p.cmdline() for p in children if "company" in p.cmdline())
        secrets = json.loads((self.data_dir / "secrets.json").read_text())
        answer = requests.get(
            f"http://127.0.0.1:{line[line.index('--port') + 1]}/control/customers?limit=300",
            headers={"Authorization": f"Bearer {secrets['company_control_token']}"},
            timeout=30,
        )
        found: list[dict[str, Any]] = answer.json()["customers"]
        return found

    @cached_property
    def _used(self) -> set[str]:
        return set()

    def customer(self, fits: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
        """A customer that fits and that no test of this server has had before."""
        found = next(c for c in self.customers if fits(c) and c["customer_id"] not in self._used)
        self._used.add(found["customer_id"])
        return found

    def with_one_bill(self) -> dict[str, Any]:
        """A fresh customer with exactly one bill to pay and several ways to pay it."""
        several = "SELECT customer_id FROM payment_methods GROUP BY customer_id HAVING count(*) > 1"
        can_choose = {row[0] for row in self._ask_company(several)}
        return self.customer(lambda c: len(c["open_bills"]) == 1 and c["customer_id"] in can_choose)

    def with_a_box(self, signal: str) -> dict[str, Any]:
        """A fresh customer with exactly one TV box, at which the signal is ok, weak or none."""
        one = (
            "SELECT customer_id FROM equipment WHERE kind = 'tv_box' GROUP BY customer_id HAVING count(*) = 1"
        )
        have_one = {row[0] for row in self._ask_company(one)}
        return self.customer(lambda c: c["box_signal"] == signal and c["customer_id"] in have_one)

    @contextmanager
    def fault(self, mode: str, **more: Any) -> Iterator[None]:
        """Northlight in trouble, for as long as this lasts."""
        self.demo("POST", "/faults", {"mode": mode, **more})
        try:
            yield
        finally:
            self.demo("DELETE", "/faults")

    def sign_ins(self) -> dict[str, str]:
        """The demo staff's passwords by e-mail address, as they are kept."""
        found: dict[str, str] = json.loads((self.data_dir / "demo-staff.json").read_text())
        return found

    # what is on record

    @property
    def database_url(self) -> str:
        """Where the journal is."""
        return self.database or f"sqlite:///{self.data_dir / 'journal.sqlite'}"

    @contextmanager
    def journal(self) -> Iterator[Database]:
        """The journal itself, to look at."""
        database = Database(self.database_url, clock=utc_now, ids=random_id)
        try:
            yield database
        finally:
            database.close()

    def events(self, conversation_id: str | None = None) -> list[Recorded]:
        """Everything on record about a conversation, or about everything."""
        with self.journal() as journal:
            streams = sa.select(tables.events.c.stream_id).distinct()
            return journal.read_now(
                lambda tx: [
                    recorded
                    for stream in (
                        [conversation_id] if conversation_id else tx.connection.execute(streams).scalars()
                    )
                    for recorded in tx.events(stream)
                ]
            )

    def named(self, conversation_id: str, *names: str) -> list[Any]:
        """The payloads of those wire names in a conversation, in order."""
        return [r.event for r in self.events(conversation_id) if r.event.name in names]

    def attempts(self, conversation_id: str) -> list[dict[str, Any]]:
        """The attempts of a conversation, as the analyst gets them."""
        found = self.staff("analyst").get("/api/attempts", conversation_id=conversation_id)["attempts"]
        return list(found)

    def payments(self, bill_id: str) -> list[tuple[Any, ...]]:
        """Northlight's own record of what was paid on a bill: receipt, amount, status."""
        return self._ask_company("SELECT receipt, amount, status FROM payments WHERE bill_id = ?", bill_id)

    def _ask_company(self, query: str, *values: str) -> list[tuple[Any, ...]]:
        company = sqlite3.connect(self.data_dir / "northlight" / "company.sqlite")
        try:
            return company.execute(query, values).fetchall()
        finally:
            company.close()

    # its life

    def start(self) -> None:
        """Starts it, also again on the same data; returns when it says that it is ready."""
        where = ["--data-dir", str(self.data_dir), *(("--database", self.database) if self.database else ())]
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "assistant", "serve", "--port", str(self.port), *where, *self.options],
                cwd=ROOT,
                env=environment(),
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        _running.append(self)
        try:
            wait_until(self.is_ready, START_SECONDS)
        except BaseException:
            print(self.log_tail())
            self.end(signal.SIGKILL)
            raise

    def worker_of(self, port: int) -> int | None:
        """The process that holds the other end of a connection from that local port."""
        found = (p for p in self.workers() if _serves(psutil.Process(p), port))
        return next(found, None)

    def is_ready(self) -> bool:
        """Whether it said so; fails when it ended instead."""
        assert self.process.poll() is None, f"the server ended:\n{self.log_tail()}"
        return "Wayfinder is ready." in self.log.read_text(errors="replace")

    def log_tail(self) -> str:
        """The end of what it printed."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-LOG_LINES:])

    def workers(self) -> list[int]:
        """The processes that serve."""
        found = psutil.Process(self.process.pid).children(recursive=True)
        return [p.pid for p in found if _listens(p, self.port)]

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Ends the server and what it started."""
        self._open.close()
        self._staff.clear()
        self.__dict__.pop("admin", None)
        if self.process.poll() is None:
            if how is signal.SIGKILL:
                os.killpg(self.process.pid, how)
            else:
                self.process.send_signal(how)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
        if self in _running:
            _running.remove(self)


def _listens(process: psutil.Process, port: int) -> bool:
    try:
        return any(c.laddr and c.laddr.port == port for c in process.net_connections("tcp"))
    except psutil.Error:
        return False


def _serves(process: psutil.Process, port: int) -> bool:
    try:
        connections = process.net_connections("tcp")
    except psutil.Error:
        return False
    return any(c.raddr and c.raddr.port == port and c.status == "ESTABLISHED" for c in connections)


def start(
    data_dir: Path, model: Path, *options: str, port: int | None = None, database: str | None = None
) -> Assistant:
    """Starts the server on that data directory and returns when it says that it is ready."""
    models = data_dir / "models"
    models.mkdir(parents=True, exist_ok=True)
    if not (models / model.name).exists():
        os.link(model, models / model.name) if _same_disk(model, models) else shutil.copy(model, models)
    server = Assistant(port or free_port(), data_dir, options, database)
    server.start()
    return server


def _same_disk(one: Path, other: Path) -> bool:
    return one.stat().st_dev == other.stat().st_dev


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory, model: Path) -> Iterator[Assistant]:
    """One server on SQLite for all tests of a module."""
    server = start(tmp_path_factory.mktemp("assistant"), model)
    yield server
    server.end()


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis server of the tests' own. Skipped without the program, failed in CI."""
    program = shutil.which("redis-server")
    if program is None:
        skip_or_fail("Redis is missing: install redis-server")
    port = free_port()
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    folder = tmp_path_factory.mktemp("redis")
    server = subprocess.Popen(
        [str(program), *options, "--dir", str(folder)], stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL
    )
    try:
        with Redis(host="127.0.0.1", port=port) as client:
            wait_until(lambda: _answers(client), 15)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.terminate()
        server.wait(10)


def _answers(client: Any) -> bool:
    try:
        return bool(client.ping())
    except RedisError:
        return False


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Adds the servers' last lines to what is shown of a failure."""
    report = yield
    if report.failed:
        for server in _running:
            report.sections.append((f"log of the server on {server.base}", server.log_tail()))
    return report
