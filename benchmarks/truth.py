"""Simulated customers against the whole system; then the record is held against what really happened.

`uv run python benchmarks/truth.py [--quick] [--conversations N] [--seed N]`. The server and Northlight run as
processes of their own, customers chat over WebSocket, the company's faults are switched on at random, an
agent works at the desk, and days pass for everybody at once. --quick: as many as fit in 60 s.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from shutil import copy
from typing import Any
from uuid import UUID

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import aiohttp
import requests
import websockets
import yaml
from rich.console import Console
from rich.table import Table

from assistant.bot.training import train
from assistant.demo import identity_token
from assistant.journal.rebuild import rebuild
from assistant.settings import load_settings
from assistant.supervisor import free_port
from assistant.texts import load_responses
from benchmarks.figures import Target, machine, unmet, verdict
from benchmarks.sides import ROOT
from benchmarks.truth_expected import Contact, Tally
from benchmarks.truth_people import LANGUAGES, PERSONAS, Customer, Heard, Move, Reader
from benchmarks.truth_world import Agent, Goals, World, goals_between, running

AT_ONCE = 30
ANSWER_SECONDS = 45.0
CONNECT_TRIES = 5
QUIET_SECONDS = 0.2
QUICK_SECONDS = 40.0  # of first contacts; who comes back takes the rest of the minute
FAULTY = 0.25  # of conversations have a fault of the company's
MODES = ("fail", "fail", "nonsense", "down", "applied_then_down", "applied_then_down", "decline", "slow")
AFTER = timedelta(hours=3)  # longer than any silence that closes an attempt
TWO_DAYS = timedelta(days=2)
NEXT_ROUND = timedelta(days=40)  # longer than anything is remembered for
NEEDS = {
    "understand_bill": "open_bills",
    "pay_bill": "open_bills",
    "fix_tv_box": "box_signal",
    "move_visit": "visits",
    "track_order": "orders",
}
MISMATCHES_SHOWN = 2  # conversations of each kind
Json = dict[str, Any]


class Talk:
    """One conversation over the wire."""

    def __init__(self, world: World, reader: Reader, customer: Customer, row: Json, chance: random.Random):
        self._world, self._reader, self._customer, self._row = world, reader, customer, row
        self._chance = chance
        self.contact: Contact | None = None

    async def go(self) -> Contact:
        """From hello to the end. Raises RuntimeError when the conversation cannot be opened."""
        body = {
            "language": self._customer.language,
            "identity_token": identity_token(
                self._row, self._world.settings.identity_secret, self._world.now()
            ),
        }
        async with (
            aiohttp.ClientSession() as http,
            http.post(f"{self._world.base_url}/chat/session", json=body) as answer,
        ):
            if answer.status != 200:
                raise RuntimeError(f"no session: {answer.status} {await answer.text()}")
            made = await answer.json()
        customer = self._customer
        self.contact = Contact(
            made["conversation_id"], self._row["customer_id"], customer.persona, customer.known
        )
        address = self._world.base_url.replace("http", "ws", 1) + "/chat/ws?after=0"
        for _ in range(CONNECT_TRIES):
            async with websockets.connect(address, ping_interval=None) as socket:
                await socket.send(json.dumps({"type": "hello", "token": made["session_token"]}))
                if json.loads(await socket.recv())["type"] == "error":  # too busy to say hello in time
                    continue
                with suppress(websockets.WebSocketException):
                    await self._talk(socket, self.contact)
                return self.contact
        raise RuntimeError(f"no greeting was taken in {CONNECT_TRIES} tries")

    async def _talk(self, socket: Any, contact: Contact) -> None:
        heard: Heard | None = None
        while (move := self._customer.next(heard)).kind != "leave":
            frames = await (self._wait(socket) if move.kind == "wait" else self._exchange(socket, move))
            if move.kind != "wait":
                contact.lines.append(f"  customer: {move.text}")
            for each in frames:
                titles = " ".join(f"[{c['title']}]" for c in each.get("choices") or ())
                contact.lines.append(f"  {each['from']}: {each['text']} {titles}")
            if not frames or move.kind == "wait":
                return
            heard = self._reader.heard(frames)

    async def _wait(self, socket: Any) -> list[Json]:
        """With the agent, until they have closed."""
        with suppress(TimeoutError):
            async with asyncio.timeout(ANSWER_SECONDS):
                frames = []
                while True:
                    frame = json.loads(await socket.recv())
                    if frame["type"] == "message":
                        frames.append(frame)
                        if "utter_agent_closed" in self._reader.names(frame["text"]):
                            return frames
        return []

    async def _exchange(self, socket: Any, move: Move) -> list[Json]:
        client_id = str(UUID(int=self._chance.getrandbits(128), version=4))
        frame: Json = {"type": "message", "text": move.text, "client_id": client_id}
        if move.kind == "press":
            frame = {"type": "choice", "payload": move.choice, "title": move.text, "client_id": client_id}
        await socket.send(json.dumps(frame))
        frames: list[Json] = []
        mine = None
        until = time.monotonic() + ANSWER_SECONDS
        while time.monotonic() < until:
            try:
                came = json.loads(await asyncio.wait_for(socket.recv(), QUIET_SECONDS if frames else 5))
            except TimeoutError:
                if frames:
                    return frames
                continue
            if came["type"] == "ack":
                mine = came["sequence"]
            elif came["type"] == "message" and came["from"] != "customer" and mine is not None:
                frames.append(came)
            elif came["type"] == "error":
                self._world.troubles.append(f"{self.contact and self.contact.conversation_id}: {came}")
                return frames
        self._world.troubles.append(f"no answer in {self.contact and self.contact.conversation_id}")
        return frames


class Run:
    """All rounds: a first contact of many customers, two days later some again, then another month."""

    def __init__(self, world: World, seed: int, wanted: int, budget: float | None, console: Console) -> None:
        self._world, self._chance, self._console = world, random.Random(seed), console
        self._left, self._budget = wanted, budget
        self._began = time.monotonic()
        self._phrases = yaml.safe_load((ROOT / "benchmarks" / "truth" / "phrases.yml").read_text("utf-8"))
        self._reader = Reader(load_responses(ROOT / "data" / "responses"))
        self._titles = {
            intent: yaml.safe_load((ROOT / "data" / "journeys" / f"{intent}.yml").read_text("utf-8"))["title"]
            for intent in self._phrases["wishes"]
        }
        self.tally = Tally()
        self.still_open = 0
        self.personas: Counter[str] = Counter()

    @property
    def _over(self) -> bool:
        late = self._budget is not None and time.monotonic() - self._began > self._budget
        return self._left <= 0 or late

    async def all(self) -> None:
        """Rounds until enough were held, or time is up."""
        while not self._over:
            await self._round()
            seconds = time.monotonic() - self._began
            done = self.tally.counts["conversations"]
            self._console.print(
                f"{done} conversations in {seconds:.0f} s, {len(self.tally.mismatches)} mismatches",
                style="dim",
            )

    async def _round(self) -> None:
        agent = asyncio.create_task(Agent(self._world, self._chance).run())
        rows = await asyncio.to_thread(self._world.control, "GET", "/customers?limit=300")
        plans = [self._first(row) for row in rows["customers"]]
        self._chance.shuffle(plans)
        before = self._world.goals()
        first = await self._hold(plans, lambda: self._over)
        between = self._world.goals()
        self._world.let_pass(TWO_DAYS - AFTER)
        again = {
            row["customer_id"]: (row, c.known.intent, c.persona) for row, c in first if self._comes_back(c)
        }
        second = await self._hold(list(again.values()), lambda: False)  # none is left out for want of time
        after = self._world.goals()
        agent.cancel()
        with suppress(asyncio.CancelledError):
            await agent
        await self._judge(first, second, before, between, after)
        self._world.let_pass(NEXT_ROUND)
        await asyncio.to_thread(self._world.control, "POST", "/reset", {})

    def _first(self, row: Json) -> tuple[Json, str, str]:
        intents = list(self._phrases["wishes"])
        fitting = [each for each in intents if row.get(NEEDS.get(each, "customer_id"))]
        intent = self._chance.choice(intents if self._chance.random() < 0.08 else fitting)
        return row, intent, self._chance.choice(PERSONAS)

    def _comes_back(self, contact: Contact) -> bool:
        return contact.persona in ("coming_back", "believing") or self._chance.random() < 0.08

    async def _hold(
        self, plans: list[tuple[Json, str, str]], over: Callable[[], bool]
    ) -> list[tuple[Json, Contact]]:
        """Conversations, so many at once; then silence until everything is closed."""
        gate = asyncio.Semaphore(AT_ONCE)
        held: list[tuple[Json, Contact]] = []

        async def one(row: Json, intent: str, persona: str, seed: int) -> None:
            async with gate:
                if over():
                    return
                self._left -= 1
                held.append((row, await self._converse(row, intent, persona, random.Random(seed))))

        async with asyncio.TaskGroup() as group:
            for plan in plans:
                group.create_task(one(*plan, self._chance.getrandbits(64)))
        await self._world.settled()
        self._world.let_pass(AFTER)
        self.still_open += await self._world.closed()
        return held

    async def _converse(self, row: Json, intent: str, persona: str, chance: random.Random) -> Contact:
        language = chance.choice(LANGUAGES)
        works = row["box_signal"] == "ok" and chance.random() < 0.7
        customer = Customer(
            persona, intent, language, self._titles[intent][language], works, self._phrases, chance
        )
        self.personas[persona] += 1
        fault = None
        if chance.random() < FAULTY:
            wish = {"scope": row["customer_id"], "mode": chance.choice(MODES), "count": chance.randint(1, 3)}
            wish["delay"] = 7.0 if chance.random() < 0.2 else 1.0
            fault = (await asyncio.to_thread(self._world.control, "POST", "/faults", wish))["fault_id"]
        talk = Talk(self._world, self._reader, customer, row, chance)
        contact = await talk.go()
        if fault is not None:
            contact.lines.insert(0, f"  (fault {wish})")
            with suppress(requests.HTTPError):  # used up
                await asyncio.to_thread(self._world.control, "DELETE", f"/faults/{fault}")
        return contact

    async def _judge(
        self,
        first: list[tuple[Json, Contact]],
        second: list[tuple[Json, Contact]],
        before: Goals,
        between: Goals,
        after: Goals,
    ) -> None:
        at_first, later = goals_between(before, between), goals_between(between, after)
        at_first["pay_bill"] |= later["pay_bill"]  # a payment counts for three days
        rows = await self._world.rows([c.conversation_id for _, c in (*first, *second)])
        returned: dict[str, set[tuple[str, str | None]]] = {}
        for _, contact in second:
            for row in rows[contact.conversation_id]:
                if row["customer_id"] is not None:
                    returned.setdefault(row["customer_id"], set()).add((row["intent"], row["subject"]))
        for goals, contacts in ((at_first, first), (later, second)):
            for _, contact in contacts:
                contact.goals = goals
                contact.dispositions = self._world.dispositions.get(contact.conversation_id, {})
                if contacts is first:
                    contact.returned = frozenset(returned.get(contact.customer_id, ()))
                self.tally.add(contact, rows[contact.conversation_id])


def figures_of(tally: Tally, seconds: float, still_open: int, changed: int, troubles: int) -> Json:
    """Everything that was counted, as figures. Pure."""
    counts = tally.counts
    talks = counts["conversations"] or 1
    return {
        "conversations": counts["conversations"],
        "seconds": seconds,
        "attempts": counts["attempts"],
        "share_equal_to_truth": counts["equal"] / (counts["attempts"] or 1),
        "achieved": counts["achieved"],
        "untrue_achieved_by_system": counts["untrue_achieved_by_system"],
        "achieved_on_silence": counts["achieved_on_silence"],
        "words_not_said": counts["words_not_said"],
        "believed_wrongly": counts["believed_wrongly"],
        "intents_without_attempt": counts["intents_without_attempt"],
        "intents_with_two_attempts": counts["intents_with_two_attempts"],
        "misunderstood": counts["misunderstood"],
        "still_open": still_open,
        "rows_changed_by_rebuild": changed,
        "troubles": troubles,
        "truly_achieved_share": counts["truly_achieved"] / talks,
        "contained_would_report": counts["claimed_contained"] / talks,
        "nobody_asked_further_would_report": counts["claimed_nobody_asked_further"] / talks,
    }


TARGETS = {
    "share_equal_to_truth": Target("at_least", 0.995),
    "untrue_achieved_by_system": Target("exactly", 0),
    "achieved_on_silence": Target("exactly", 0),
    "words_not_said": Target("exactly", 0),
    "intents_without_attempt": Target("exactly", 0),
    "intents_with_two_attempts": Target("exactly", 0),
    "still_open": Target("exactly", 0),
    "rows_changed_by_rebuild": Target("exactly", 0),
}


def report(console: Console, run: Run, figures: Json, troubles: list[str]) -> None:
    """A table, and of each kind of mismatch the first conversations."""
    table = Table(title="The record against the truth", title_justify="left")
    table.add_column("figure")
    table.add_column("measured", justify="right")
    table.add_column("wanted", justify="right")
    for name, value in figures.items():
        shown = f"{value:.4f}" if isinstance(value, float) else str(value)
        table.add_row(name.replace("_", " "), shown, str(TARGETS.get(name, "")))
    console.print(table)
    console.print(", ".join(f"{name} {count}" for name, count in sorted(run.personas.items())), style="dim")
    kinds = Counter(kind for kind, _ in run.tally.mismatches)
    for kind, times in kinds.most_common():
        console.print(f"{times} × {kind}", markup=False)
        examples = [contact for each, contact in run.tally.mismatches if each == kind]
        for contact in examples[:MISMATCHES_SHOWN]:
            console.print(f" {contact.conversation_id}, {contact.persona}", markup=False)
            console.print("\n".join(contact.lines), markup=False, style="dim")
    for text, times in Counter(troubles).most_common(10):
        console.print(f"trouble, {times} ×: {text}", markup=False)


def main() -> int:
    """Runs, prints what was found, and the verdict; 0 when every promise held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="as many as fit in 60 s")
    parser.add_argument("--conversations", type=int, default=3000)
    parser.add_argument("--seconds", type=float, help="open no conversation after so long")
    parser.add_argument("--seed", type=int, default=2017)
    options = parser.parse_args()
    console = Console(width=150)
    model = train(ROOT, ROOT / "var" / "models").path
    log = ROOT / "results" / "truth-server.log"
    log.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="truth-") as place:
        (Path(place) / "models").mkdir()
        copy(model, Path(place) / "models")
        settings = load_settings(data_dir=Path(place), port=free_port())
        console.print(machine(), style="dim")
        with running(settings, log) as world:
            run = Run(
                world,
                options.seed,
                options.conversations,
                QUICK_SECONDS if options.quick else options.seconds,
                console,
            )
            started = time.monotonic()
            asyncio.run(run.all())
            seconds = time.monotonic() - started
            changed = sum(each for _, each in rebuild(world.database).tables.values())
            troubles = list(world.troubles)
    figures = figures_of(run.tally, seconds, run.still_open, changed, len(troubles))
    report(console, run, figures, troubles)
    print(verdict("truth", figures, TARGETS))
    return 1 if unmet(figures, TARGETS) else 0


if __name__ == "__main__":
    sys.exit(main())
