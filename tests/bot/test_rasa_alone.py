"""What Rasa's own commands keep: their turns are in the journal, and count in no figure."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, SlotSet, UserUttered

from assistant.bot.tracker_store import JournalTrackerStore
from assistant.journal import views
from assistant.journal.database import Database

pytestmark = pytest.mark.filterwarnings("ignore:Slot auto-fill has been removed")


@pytest.fixture
def domain() -> Domain:
    kind = {"type": "any", "mappings": [{"type": "custom"}]}
    slots = {"journey": kind, "language": {**kind, "initial_value": "en"}}
    return Domain.from_dict({"intents": ["greet"], "slots": slots})


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    numbers = itertools.count(1)
    made = Database(
        f"sqlite:///{tmp_path}/journal.db",
        clock=lambda: datetime(2026, 11, 22, tzinfo=UTC),
        ids=lambda prefix: f"{prefix}_{next(numbers)}",
    )
    made.migrate()
    yield made
    made.close()


async def take_turn(store: JournalTrackerStore, text: str, kept: int, language: str = "en") -> None:
    domain = store.domain
    tracker = await store.get_or_create_tracker("shell")
    tracker.update(UserUttered(text, {"name": "greet", "confidence": 1.0}), domain)
    tracker.update(SlotSet("journey", {"kept": kept}), domain)
    tracker.update(SlotSet("language", language), domain)
    tracker.update(ActionExecuted("action_listen"), domain)
    await store.save(tracker)


async def test_that_a_turn_outside_the_server_is_on_record_as_a_test(
    domain: Domain, database: Database
) -> None:
    store = JournalTrackerStore(domain, database=database)
    await take_turn(store, "hello", 1)
    await take_turn(store, "hello again", 2)
    events = database.read_now(lambda tx: tx.events("shell"))
    assert [each.event.name for each in events] == ["conversation.opened", "turn.committed", "turn.committed"]
    conversation = database.read_now(lambda tx: views.conversation(tx, "shell"))
    assert conversation is not None
    assert conversation.staff_test


async def test_that_the_next_turn_begins_where_the_last_one_ended(domain: Domain, database: Database) -> None:
    await take_turn(JournalTrackerStore(domain, database=database), "hello", 1)
    found = await JournalTrackerStore(domain, database=database).retrieve("shell")
    assert found is not None
    assert found.get_slot("journey") == {"kept": 1}
    assert [e.text for e in found.events if isinstance(e, UserUttered)] == ["hello"]


async def test_that_going_on_in_another_language_is_on_record_there_too(
    domain: Domain, database: Database
) -> None:
    store = JournalTrackerStore(domain, database=database)
    for text, language in (("hello", "en"), ("hoe gaat het", "nl"), ("ok", "nl")):
        await take_turn(store, text, 1, language)
    names = [each.event.name for each in database.read_now(lambda tx: tx.events("shell"))]
    assert names[1:] == ["turn.committed", "conversation.language_changed", *["turn.committed"] * 2]
