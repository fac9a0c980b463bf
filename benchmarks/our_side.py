"""Our bot with its journal, on the path that a real message takes.

`python -m benchmarks.our_side MODEL FOLDER [COMPANY]`

Taken in by the channel, put in line, answered by Rasa with all our components, committed to the journal on
SQLite, and read back from the journal as the visitor's socket reads it. Only the socket itself is left out.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

from benchmarks.sides import ROOT, Orders, memory, serve
from benchmarks.talking import NewVisitor, Say, crowd_of, long_talk, talk

ANSWER_SECONDS = 20.0
STEPS = 14  # choices pressed in one journey at most

# What a visitor says to begin, and the choice they press when more than the first is meant: by response.
JOURNEYS = {
    "pay_bill": ("I want to pay my bill", "open_bills"),
    "fix_tv_box": ("my tv box does not record anymore", "box_signal"),
    "track_order": ("where is my order", "orders"),
    "move_visit": ("I need to move my engineer visit", "visits"),
}
SAYS_NO_TO = frozenset({"utter_did_restart_help"})


class News:
    """Who waits for news of which conversation: one subscription for all, as visitors come and go."""

    def __init__(self, bus: Any) -> None:
        self._waiting: dict[str, asyncio.Event] = {}
        self.ends: dict[str, int] = {}  # how far each conversation has gone
        bus.subscribe(self._woken)

    def of(self, conversation_id: str) -> asyncio.Event:
        """Set whenever something was appended to that conversation."""
        return self._waiting.setdefault(conversation_id, asyncio.Event())

    def _woken(self, topic: str, payload: dict[str, str]) -> None:
        event = self._waiting.get(payload.get("stream_id", "")) if topic == "stream" else None
        if event is not None:
            self.ends[payload["stream_id"]] = int(payload["sequence"])
            event.set()


class Visitor:
    """One conversation, and where this visitor has read to."""

    def __init__(self, services: Any, news: News, conversation_id: str) -> None:
        self._services = services
        self._conversation_id = conversation_id
        self._cursor = 0
        self._all_news = news
        self._news = news.of(conversation_id)

    async def say(self, text: str, choice: str | None = None) -> list[Any]:
        """What was sent in answer (`message.sent` events), in order; empty when nothing came in time."""
        received = await self._services.visitors.send(self._conversation_id, uuid4().hex, text, choice)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await self._answers_to(received.sequence)
        except TimeoutError:
            return []

    async def _answers_to(self, sequence: int) -> list[Any]:
        while True:
            self._news.clear()
            if self._all_news.ends.get(self._conversation_id, 0) <= sequence:
                await self._news.wait()  # as the socket does: one's own message is no news
                continue
            seen = await self._services.visitors.visible(self._conversation_id, self._cursor)
            if seen:
                self._cursor = seen[-1].sequence
            sent = [e.event for e in seen if getattr(e.event, "in_reply_to", None) == sequence]
            if sent:
                return sent
            await self._news.wait()


def newest_model() -> Path:
    """The model for the present data, trained now if there is none."""
    from assistant.bot.training import train

    return train(ROOT, ROOT / "var" / "models").path


async def start() -> Orders:
    """The side: model, folder and the company's address are the command's arguments."""
    company = sys.argv[3] if len(sys.argv) > 3 else None
    orders, _ = await wire_up(Path(sys.argv[1]), Path(sys.argv[2]), company)
    return orders


async def wire_up(model: Path, folder: Path, company: str | None) -> tuple[Orders, NewVisitor]:
    """Wires the parts as `assistant serve` does, loads the model, and answers one message."""
    from assistant.app import create_services
    from assistant.logs import configure_logging
    from assistant.settings import load_settings

    configure_logging()
    settings = load_settings(data_dir=folder, company_url=company)
    services = create_services(settings, model)
    services.database.migrate()
    await services.bus.start()
    await services.runner.load()
    await services.line.start()
    side = OurSide(services, settings)
    await (await side.visitor())("hello")
    orders: Orders = {
        "talks": side.talks,
        "crowd": side.crowd,
        "long": side.long,
        "journeys": side.journeys,
        "outcomes": side.outcomes,
        "memory": memory,
        "stop": side.stop,
    }
    return orders, side.visitor


class OurSide:
    """What the other process can order of the wired parts."""

    def __init__(self, services: Any, settings: Any) -> None:
        self._services = services
        self._settings = settings
        self._news = News(services.bus)

    async def open_conversation(self, identity_token: str | None = None) -> Visitor:
        """A visitor in a conversation of their own."""
        from assistant.channel.visitors import Page

        started = await self._services.visitors.start(
            bearer=None, language="en", page=Page(), identity_token=identity_token
        )
        return Visitor(self._services, self._news, started.conversation_id)

    async def visitor(self) -> Say:
        """Says something in a new conversation; whether every answer had words."""
        made = await self.open_conversation()

        async def say(text: str) -> bool:
            sent = await made.say(text)
            return bool(sent) and all(event.text for event in sent)

        return say

    async def talks(self, dialogues: list[list[str]], turns: int) -> dict[str, Any]:
        """One visitor after the other."""
        return await talk(self.visitor, dialogues, turns)

    async def crowd(self, dialogues: list[list[str]], visitors: int, each: int) -> dict[str, Any]:
        """Many visitors at once."""
        return await crowd_of(self.visitor, dialogues, visitors, each)

    async def long(self, texts: list[str], messages: int, seconds: float, rounds: int) -> dict[str, Any]:
        """One visitor with very much to say."""
        return await long_talk(self.visitor, texts, messages, seconds, rounds)

    async def journeys(self, customers: list[dict[str, Any]], each: int) -> dict[str, Any]:
        """Journeys with actions."""
        return await run_journeys(self.open_conversation, self._settings, customers, each, Wire())

    async def outcomes(self) -> dict[str, int]:
        """Attempts on record, by outcome."""
        counted: dict[str, int] = await self._services.database.read(count_outcomes)
        return counted

    async def stop(self) -> None:
        """The end."""
        await self._services.line.stop()
        self._services.runner.close()
        self._services.database.close()


class Wire:
    """Counts what is spent in HTTP calls to the company, below our own client."""

    def __init__(self) -> None:
        from requests.adapters import HTTPAdapter

        self.calls = 0
        self.milliseconds = 0.0
        original = HTTPAdapter.send

        def send(adapter: Any, *args: Any, **kwargs: Any) -> Any:
            started = time.perf_counter()
            try:
                return original(adapter, *args, **kwargs)
            finally:
                self.calls += 1
                self.milliseconds += (time.perf_counter() - started) * 1000

        HTTPAdapter.send = send  # type: ignore[method-assign,assignment]


async def run_journeys(
    open_conversation: Any, settings: Any, customers: list[dict[str, Any]], each: int, wire: Wire
) -> dict[str, Any]:
    """Each journey with so many signed-in customers who have something open for it.

    `{seconds, latencies (ms), wire_calls, wire_milliseconds, empty, journeys: {name: number begun}}`.
    """
    from assistant.clock import utc_now
    from assistant.demo import identity_token

    latencies: list[float] = []
    empty: list[str] = []
    begun: dict[str, int] = {}
    calls, milliseconds = 0, 0.0
    started = time.perf_counter()
    for name, (opening, needs) in JOURNEYS.items():
        for customer in [each_ for each_ in customers if each_.get(needs)][:each]:
            visitor = await open_conversation(identity_token(customer, settings.identity_secret, utc_now()))
            before = (wire.calls, wire.milliseconds)
            begun[name] = begun.get(name, 0) + 1
            text, choice = opening, None
            for _ in range(STEPS):
                turn_started = time.perf_counter()
                sent = await visitor.say(text, choice)
                latencies.append((time.perf_counter() - turn_started) * 1000)
                if not sent or not all(event.text for event in sent):
                    empty.append(f"{name}: {text}")
                choices = sent[-1].choices if sent else []
                if not choices:
                    break
                pressed = choices[-1 if sent[-1].response in SAYS_NO_TO else 0]
                text, choice = pressed["title"], pressed["id"]
            calls += wire.calls - before[0]
            milliseconds += wire.milliseconds - before[1]
    return {
        "seconds": time.perf_counter() - started,
        "latencies": latencies,
        "empty": empty,
        "wire_calls": calls,
        "wire_milliseconds": milliseconds,
        "journeys": begun,
    }


def count_outcomes(tx: Any) -> dict[str, int]:
    """How many attempts have which outcome, by `intent outcome`."""
    import sqlalchemy as sa

    from assistant.journal.tables import attempts

    query = sa.select(attempts.c.intent, attempts.c.outcome, sa.func.count()).group_by(
        attempts.c.intent, attempts.c.outcome
    )
    return {f"{intent} {outcome}": count for intent, outcome, count in tx.connection.execute(query)}


if __name__ == "__main__":
    serve(start)
