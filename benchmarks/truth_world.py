"""The whole system for simulated customers: server, company, an agent at the desk, and time that can pass."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from os import environ
from pathlib import Path
from typing import Any

import aiohttp
import requests
import sqlalchemy as sa

from assistant.ids import random_id
from assistant.journal import tables
from assistant.journal.database import Database, Transaction
from assistant.settings import Settings
from assistant.staff.commands import create_token
from assistant.supervisor import company_environment, free_port, wait_until_up
from benchmarks.sides import ROOT, one_thread
from benchmarks.truth_clock import put_forward

READY_SECONDS = 180.0
STOP_SECONDS = 20.0
LOOK_SECONDS = 0.3
SETTLE_SECONDS = 90.0
# What the company says in its own ledger when something came about that its tables do not show by subject.
WITNESSED = {
    "book_visit": frozenset({"visit.booked"}),
    "fix_broadband": frozenset({"visit.booked"}),
    "cancel_visit": frozenset({"visit.cancelled", "visit.moved"}),
    "change_package": frozenset({"package.changed"}),
    "change_delivery": frozenset({"delivery.changed"}),
    "change_contact_details": frozenset({"contact_details.changed"}),
    "move_house": frozenset({"move.planned"}),
    "cancel_contract": frozenset({"contract.cancelled"}),
}
DISPOSITIONS = ("achieved", "achieved", "not_achieved", "unknown", "abandoned")

Json = dict[str, Any]


@dataclass(frozen=True)
class Goals:
    """What Northlight's database shows at one moment: bills paid here or arranged for, visits, boxes."""

    paid: frozenset[str]
    visits: frozenset[tuple[str, str]]  # (visit_id, start) of those that are booked
    boxes: frozenset[tuple[str, str]]  # (visit_id, equipment_id) of those that are booked
    arranged: frozenset[str] = frozenset()
    ledger: frozenset[tuple[str, str, str]] = frozenset()  # (event_id, type, customer_id)


def goals_between(before: Goals, after: Goals) -> dict[str, frozenset[str]]:
    """Per intent the subjects whose goal was reached meanwhile; for `WITNESSED` the customers. Pure."""
    news = after.ledger - before.ledger
    told = {
        intent: frozenset(customer for _, type_, customer in news if type_ in types)
        for intent, types in WITNESSED.items()
    }
    known = {visit_id for visit_id, _ in before.visits}
    return told | {
        "pay_bill": after.paid - before.paid,
        "move_visit": frozenset(id_ for id_, _ in after.visits - before.visits if id_ in known),
        "arrange_payment": after.arranged - before.arranged,
        "fix_tv_box": frozenset(box for _, box in after.boxes - before.boxes),
    }


@dataclass
class World:
    """Everything that runs, while it runs."""

    settings: Settings
    company_url: str
    clock_file: Path
    database: Database
    passed: float = 0.0
    dispositions: dict[str, dict[str, str]] = field(default_factory=dict)  # by conversation and attempt
    troubles: list[str] = field(default_factory=list)

    @property
    def base_url(self) -> str:
        """The server's address."""
        return f"http://127.0.0.1:{self.settings.port}"

    def now(self) -> datetime:
        """The time it is in this world, aware UTC."""
        return put_forward(self.clock_file)()

    def let_pass(self, span: timedelta) -> None:
        """Time goes by, for everybody."""
        self.passed += span.total_seconds()
        _set(self.clock_file, self.passed)

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """The JSON of Northlight's control interface. Raises requests.RequestException."""
        headers = {"Authorization": f"Bearer {self.settings.company_control_token}"}
        answer = requests.request(
            method, f"{self.company_url}/control{path}", json=body, headers=headers, timeout=30
        )
        answer.raise_for_status()
        return answer.json()

    def goals(self) -> Goals:
        """What Northlight's own database says now."""
        file = self.settings.data_dir.absolute() / "northlight.sqlite"
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=20)) as company:
            paid = company.execute(
                "SELECT bill_id FROM payments WHERE status = 'captured' AND key IS NOT NULL"
            )
            paid_bills = frozenset(str(row[0]) for row in paid)
            arranged = company.execute("SELECT bill_id FROM arrangements")
            arranged_bills = frozenset(str(row[0]) for row in arranged)
            booked = company.execute(
                "SELECT visit_id, start, equipment_id FROM visits WHERE status = 'booked'"
            ).fetchall()
            ledger = company.execute(
                "SELECT event_id, type, json_extract(body, '$.customer_id') FROM events"
            ).fetchall()
        visits = frozenset((str(row[0]), str(row[1])) for row in booked)
        boxes = frozenset((str(row[0]), str(row[2])) for row in booked if row[2])
        told = frozenset((str(row[0]), str(row[1]), str(row[2])) for row in ledger)
        return Goals(paid_bills, visits, boxes, arranged_bills, told)

    async def rows(self, conversation_ids: list[str]) -> dict[str, list[Json]]:
        """The attempts on record, by conversation, oldest first."""

        def work(tx: Transaction) -> list[Json]:
            wanted = sa.select(tables.attempts).where(tables.attempts.c.conversation_id.in_(conversation_ids))
            ordered = wanted.order_by(tables.attempts.c.opened_at)
            return [dict(row._mapping) for row in tx.connection.execute(ordered)]

        found: dict[str, list[Json]] = {each: [] for each in conversation_ids}
        for row in await self.database.read(work):
            found[row["conversation_id"]].append(row)
        return found

    async def settled(self) -> None:
        """Until no message is in line and the company's reports are in; at most for some seconds."""
        until = time.monotonic() + SETTLE_SECONDS
        await asyncio.sleep(2)
        while time.monotonic() < until:
            if not await self._count(tables.pending_turns):
                return
            await asyncio.sleep(LOOK_SECONDS)

    async def closed(self) -> int:
        """Until no attempt is open; how many still are when waiting has no end."""
        until = time.monotonic() + SETTLE_SECONDS
        still = await self._count(tables.attempts, tables.attempts.c.outcome == "open")
        while still and time.monotonic() < until:
            await asyncio.sleep(LOOK_SECONDS)
            still = await self._count(tables.attempts, tables.attempts.c.outcome == "open")
        return still

    async def _count(self, table: sa.Table, *where: Any) -> int:
        query = sa.select(sa.func.count()).select_from(table).where(*where)
        return await self.database.read(lambda tx: int(tx.connection.execute(query).scalar_one()))


class Agent:
    """A person at the desk: takes whoever waits, and says at the end what became of each attempt."""

    def __init__(self, world: World, chance: random.Random) -> None:
        self._world = world
        self._chance = chance
        self._done: set[str] = set()

    async def run(self) -> None:
        """Until cancelled."""
        token = await asyncio.to_thread(create_token, self._world.database, "agent", "Simulated agent")
        async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as http:
            while True:
                with suppress(aiohttp.ClientError, TimeoutError):
                    await self._look(http)
                await asyncio.sleep(LOOK_SECONDS)

    async def _look(self, http: aiohttp.ClientSession) -> None:
        async with http.get(f"{self._world.base_url}/api/handoffs") as answer:
            listed = (await answer.json())["handoffs"]
        for each in listed:
            if each["handoff_id"] not in self._done:
                self._done.add(each["handoff_id"])
                await self._serve(http, each["handoff_id"], each["conversation_id"])

    async def _serve(self, http: aiohttp.ClientSession, handoff_id: str, conversation_id: str) -> None:
        at = f"{self._world.base_url}/api/handoffs/{handoff_id}"
        async with http.post(f"{at}/accept", json={}) as answer:
            if answer.status != 200:
                self._world.troubles.append(f"accept {answer.status}: {(await answer.text())[:200]}")
                return
        rows = (await self._world.rows([conversation_id]))[conversation_id]
        about = [row for row in rows if row["outcome"] == "open"] or [
            row for row in rows if row["handoff_id"] == handoff_id
        ]
        said = {row["attempt_id"]: self._chance.choice(DISPOSITIONS) for row in about}
        body = {"attempts": [{"attempt_id": id_, "outcome": outcome} for id_, outcome in said.items()]}
        self._world.dispositions.setdefault(conversation_id, {}).update(said)
        async with http.post(f"{at}/close", json=body) as answer:
            if answer.status != 200:
                self._world.troubles.append(f"close {answer.status}: {(await answer.text())[:200]}")


def _set(file: Path, seconds: float) -> None:
    new = file.with_suffix(".new")
    new.write_text(repr(seconds))
    new.replace(file)  # at once: nobody reads half a number


@contextmanager
def running(settings: Settings, log: Path) -> Iterator[World]:
    """Server and company as processes of their own. Raises RuntimeError, CompanyDidNotStart."""
    clock_file = settings.data_dir.absolute() / "seconds-passed"
    _set(clock_file, 0.0)
    program = [sys.executable, "-m", "benchmarks.truth_clock", str(clock_file)]
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    company = [
        *(*program, "company", "--port", str(port), "--events-url"),
        f"http://127.0.0.1:{settings.port}/intake/events",
        *("--database", f"sqlite:///{settings.data_dir.absolute() / 'northlight.sqlite'}"),
    ]
    server = [
        *(*program, "assistant", "serve", "--port", str(settings.port), "--company-url", url),
        *("--data-dir", str(settings.data_dir), "--database", settings.database_url),
    ]
    processes: list[subprocess.Popen[bytes]] = []
    with log.open("wb") as output:
        try:
            processes.append(
                subprocess.Popen(
                    company, env=company_environment(settings), stdout=output, stderr=output, cwd=ROOT
                )
            )
            wait_until_up(url, processes[0], log)
            processes.append(
                subprocess.Popen(server, env=environ | one_thread(), stdout=output, stderr=output, cwd=ROOT)
            )
            _wait_until_ready(f"http://127.0.0.1:{settings.port}/health/ready", processes[1], log)
            clock = put_forward(clock_file)
            database = Database(settings.database_url, clock=clock, ids=random_id)
            yield World(settings, url, clock_file, database)
            database.close()
        finally:
            for process in reversed(processes):
                process.terminate()
                try:
                    process.wait(STOP_SECONDS)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


def _wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until and process.poll() is None:
        with suppress(requests.RequestException):
            if requests.get(url, timeout=2).status_code == 200:
                return
        time.sleep(0.1)
    raise RuntimeError(f"the server did not become ready; its log is {log}")
