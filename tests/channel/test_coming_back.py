"""A customer who comes back with what failed before is known by the next turn, with what was tried."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from assistant.bot.turn import Turn
from assistant.channel import messages, sessions
from assistant.channel.turns import TurnDesk
from assistant.handoff.service import HandoffService
from assistant.journal import attempts, views
from assistant.journal.database import Database
from assistant.journal.rebuild import rebuild
from assistant.journeys.definitions import Definitions
from assistant.texts import Texts, load_responses
from tests.channel.scene import Scene
from tests.handoff.scenario import ROOT
from tests.journal.conftest import Journal

DATA = ROOT / "data"
DEFINITIONS = Definitions.load(DATA / "journeys")


def desk_of(database: Database) -> TurnDesk:
    """A desk with the real journeys and the real handoffs."""
    texts = Texts(load_responses(DATA / "responses"))
    terms = DEFINITIONS.terms_of
    return replace(
        Scene(database).desk,
        handoffs=HandoffService.from_files(DATA, texts=texts, definitions=DEFINITIONS),
        note_subject=lambda tx, of, attempt: attempts.note_subject(tx, of, attempt, terms),
        earlier_failure=lambda tx, returned: attempts.earlier_failure(tx, returned, terms),
    )


class Visit:
    """One conversation of customer cus_1, turn by turn; the bot's part is what the test says it did."""

    def __init__(self, journal: Journal, name: str) -> None:
        self.name, self.database, self.desk = name, journal.database, desk_of(journal.database)
        identity = sessions.Identity("cus_1", None, "Anna", None, None, None, None)
        journal.clock.forward(hours=1)

        def opened(tx: Any) -> str:
            made = sessions.open_conversation(tx, channel="web_chat", language="en")
            sessions.verify(tx, made, identity, "identity_token")
            return made

        self.conversation_id: str = self.database.write_now(opened)

    def turn(self, text: str, *log: dict[str, Any]) -> Turn:
        self.database.write_now(lambda tx: messages.receive(tx, self.conversation_id, text, text))
        turn = self.database.write_now(lambda tx: self.desk.next_turn(tx, self.conversation_id))
        assert turn is not None
        turn.slots = {"journey": {"log": list(log), "awaiting": None}}
        self.database.write_now(lambda tx: self.desk.commit(tx, turn))
        return turn

    def opens(self, intent: str = "fix_tv_box") -> dict[str, Any]:
        return {"event": "attempt.opened", "attempt_id": f"a_{self.name}", "intent": intent, "title": intent}

    def about(self, subject: str = "eq_1") -> dict[str, Any]:
        return {"event": "attempt.subject_found", "attempt_id": f"a_{self.name}", "subject": subject}

    def did(self, step: str, result: str = "ok") -> dict[str, Any]:
        return {
            "event": "action.performed",
            "action": f"action_{step}",
            "title": step,
            "step": step,
            "result": result,
            "attempt_id": f"a_{self.name}",
        }

    def ends(self, outcome: str, evidence: str = "customer") -> dict[str, Any]:
        return {
            "event": "attempt.closed",
            "attempt_id": f"a_{self.name}",
            "outcome": outcome,
            "evidence": evidence,
            "by": "self_service",
        }


def failed_visit(journal: Journal, name: str = "first", outcome: str = "not_achieved") -> Visit:
    visit = Visit(journal, name)
    did = [visit.did("restart_box"), visit.did("test_signal", "error")]
    visit.turn("box broken", visit.opens(), visit.about(), *did, visit.ends(outcome))
    return visit


def test_that_the_next_turn_knows_the_failure_and_what_was_tried(journal: Journal) -> None:
    failed_visit(journal)
    second = Visit(journal, "second")
    first_turn = second.turn("still broken", second.opens(), second.about())
    assert first_turn.context.get("came_back") is None
    context = second.turn("hello?").context
    assert context["came_back"]["attempt_id"] == "a_second"
    assert (context["came_back"]["intent"], context["came_back"]["outcome"]) == ("fix_tv_box", "not_achieved")
    assert context["tried"] == ["restart_box@eq_1"]
    assert second.turn("and now?").context["came_back"] == context["came_back"], "every turn after knows too"
    assert not rebuild(journal.database).differed


def test_that_a_success_that_did_not_last_is_a_failure(journal: Journal) -> None:
    failed_visit(journal, outcome="achieved")
    second = Visit(journal, "second")
    second.turn("broken again", second.opens(), second.about())
    assert second.turn("hello?").context["came_back"]["outcome"] == "unknown"
    first = journal.database.read_now(lambda tx: views.attempt(tx, "a_first"))
    assert first is not None
    assert (first.outcome, first.reason) == ("unknown", "came_back")


def test_that_the_third_visit_knows_what_was_tried_in_the_first(journal: Journal) -> None:
    failed_visit(journal)
    second = Visit(journal, "second")
    second.turn(
        "broken", second.opens(), second.about(), second.did("test_signal"), second.ends("not_achieved")
    )
    third = Visit(journal, "third")
    third.turn("broken", third.opens(), third.about())
    assert third.turn("hm").context["tried"] == ["restart_box@eq_1", "test_signal@eq_1"]


@pytest.mark.parametrize(
    ("intent", "subject", "outcome", "evidence"),
    [
        ("fix_tv_box", "eq_2", "not_achieved", "customer"),  # another box
        ("fix_tv_box", "eq_1", "achieved", "system"),  # the system's word stands
        ("move_visit", "eq_1", "not_achieved", "system"),  # coming back is natural there
        ("track_order", "eq_1", "not_achieved", "customer"),
    ],
)
def test_that_nothing_is_made_of_other_matters_and_of_success(
    journal: Journal, intent: str, subject: str, outcome: str, evidence: str
) -> None:
    first = Visit(journal, "first")
    first.turn("help", first.opens(intent), first.about(subject), first.ends(outcome, evidence))
    second = Visit(journal, "second")
    second.turn("help", second.opens(intent), second.about("eq_1"))
    context = second.turn("hello?").context
    assert context.get("came_back") is None
    assert not context.get("tried")


@pytest.mark.parametrize(("result", "known"), [("ok", False), ("error", True)])
def test_that_who_left_in_the_middle_was_failed_only_if_something_failed(
    journal: Journal, result: str, known: bool
) -> None:
    first = Visit(journal, "first")
    left = first.ends("abandoned", "none")
    first.turn("box broken", first.opens(), first.about(), first.did("restart_box", result), left)
    second = Visit(journal, "second")
    second.turn("box broken", second.opens(), second.about())
    assert bool(second.turn("hello?").context.get("came_back")) is known


def test_that_a_turn_knows_the_customers_last_words_as_they_may_be_kept(journal: Journal) -> None:
    visit = Visit(journal, "only")
    for number in range(6):
        visit.turn(f"message {number}")
    said = visit.turn("my card is 4111 1111 1111 1111").context["said"]
    assert said == ["message 2", "message 3", "message 4", "message 5"]
    kept = visit.turn("last").context["said"][-1]
    assert kept.startswith("my card is")
    assert "4111" not in kept
