"""A guided sale left in the middle and taken up two days later: the real server and company, their clock."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from assistant.bot.training import model_path
from assistant.demo import identity_token
from assistant.journal import views
from assistant.settings import Settings, load_settings
from benchmarks.truth_world import World, running
from tests.northlight import free_port
from tests.server import ROOT, Visitor

pytestmark = pytest.mark.slow
ANNA, PIET = "cus_000001", "cus_000002"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, model: Path) -> Iterator[World]:
    """Server and company, each a process of its own, with one clock that can be put forward."""
    folder = tmp_path_factory.mktemp("later")
    (folder / "models").mkdir()
    shutil.copy(model, model_path(ROOT, folder / "models"))
    settings: Settings = load_settings(
        data_dir=folder, port=free_port(), database=f"sqlite:///{folder / 'journal.sqlite'}"
    )
    with running(settings, folder / "server.log") as made:
        yield made


def visitor(world: World, customer_id: str, **session: Any) -> Visitor:
    rows = world.control("GET", "/customers?limit=300")["customers"]
    row = next(each for each in rows if each["customer_id"] == customer_id)
    settings = world.settings
    token = identity_token(row, settings.identity_secret, world.now(), settings.audience)
    return Visitor(world.base_url, identity_token=token, **session).open()


def responses(world: World, chat: Visitor, after: int = 0) -> list[str]:
    """The names of what the bot said there."""
    events = world.database.read_now(lambda tx: tx.events(chat.conversation_id, after=after))
    return [each.event.response for each in events if each.event.name == "message.sent"]  # type: ignore[attr-defined]


def events(world: World, conversation_id: str, name: str) -> list[Any]:
    found = world.database.read_now(lambda tx: tx.events(conversation_id, names={name}))
    return [each.event for each in found]


def leave_a_sale(world: World, customer_id: str) -> tuple[Visitor, str]:
    """Chooses a package and the first day it can start, and leaves at the confirmation; that day's title."""
    chat = visitor(world, customer_id)
    chat.ask("I would like to change my package to Broadband 500")
    if responses(world, chat)[-1] == "utter_ask_offer":
        chat.choose(chat.choices()[0]["title"])
    assert responses(world, chat)[-1] == "utter_ask_start_day"
    day = chat.choices()[0]["title"]
    chat.choose(day)
    assert responses(world, chat)[-1] in {"utter_confirm_package", "utter_confirm_extra"}
    chat.close()
    return chat, day


def test_that_a_sale_left_in_the_middle_is_taken_up_two_days_later_and_what_changed_is_said_first(
    world: World,
) -> None:
    left, day = leave_a_sale(world, ANNA)
    world.let_pass(timedelta(days=2))
    back = visitor(world, ANNA)
    back.ask("good morning")
    assert responses(world, back)[-1] == "utter_offer_take_up"
    back.choose("Yes, carry on")
    said = responses(world, back)
    assert "utter_taking_up" in said
    # The day they chose is over: said first, then asked anew; the package is not asked about again.
    assert said[-2:] == ["utter_no_longer_there", "utter_ask_start_day"]
    assert day not in {each["title"] for each in back.choices()}
    assert not {"utter_ask_package_wish", "utter_ask_offer"} & set(said)
    back.choose(back.choices()[0]["title"])
    back.ask("yes")
    [attempt] = world.database.read_now(lambda tx: views.attempts_of(tx, back.conversation_id))
    assert (attempt.outcome, attempt.evidence, attempt.by) == ("achieved", "system", "self_service")
    [resumed] = events(world, back.conversation_id, "attempt.resumed")
    assert resumed.resumed_conversation_id == left.conversation_id
    assert events(world, left.conversation_id, "attempt.came_back") == []


def test_that_nobody_else_is_offered_it_and_nobody_is_asked_twice(world: World) -> None:
    left, _ = leave_a_sale(world, PIET)
    world.let_pass(timedelta(days=1))
    other = visitor(world, ANNA)
    other.ask("hello")
    assert "utter_offer_take_up" not in responses(world, other)
    back = visitor(world, PIET)
    back.ask("hello")
    assert responses(world, back)[-1] == "utter_offer_take_up"
    back.close()
    assert len(events(world, left.conversation_id, "attempt.resume_offered")) == 1
    later = visitor(world, PIET)
    later.ask("hello")
    assert "utter_offer_take_up" not in responses(world, later)
