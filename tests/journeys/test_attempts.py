"""What becomes of an attempt, event by event, with no database in sight."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from assistant.journal.events import (
    BOT,
    SYSTEM,
    AttemptAmended,
    AttemptClosed,
    AttemptOpened,
    AttemptRenamed,
    AttemptTold,
    Event,
    HandoffRequested,
    IdentityVerified,
    OwnerChanged,
    Recorded,
    StepEntered,
    StepLeft,
    SubjectFound,
)
from assistant.journeys.attempts import Attempt, NotAnAttempt, fold_attempt, fold_step

START = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Chat:
    """The conversation that an attempt happens in."""

    customer_id: str | None = None
    browser_id: str | None = "b_1"
    language: str = "nl"
    channel: str = "web_chat"
    owner: str = "bot"
    staff_test: bool = False


OPENED = AttemptOpened(attempt_id="a_1", intent="unknown", title="Not understood", confidence=0.2)


def at(minute: int, event: Event) -> Recorded:
    actor = SYSTEM if isinstance(event, AttemptAmended) else BOT
    moment = START + timedelta(minutes=minute)
    return Recorded("c_1", minute + 1, f"e_{minute}", moment, actor, "web_chat", event)


def after(*events: Event, chat: Chat | None = None) -> Attempt:
    attempt = None
    for minute, event in enumerate([OPENED, *events]):
        attempt = fold_attempt(attempt, at(minute, event), chat or Chat())
    assert attempt is not None
    return attempt


def closed(outcome: str, evidence: str, **fields: object) -> AttemptClosed:
    return AttemptClosed(attempt_id="a_1", outcome=outcome, evidence=evidence, **fields)


def test_that_an_attempt_opens_where_its_conversation_is():
    attempt = after(chat=Chat(customer_id="cus_1"))
    assert (attempt.customer_id, attempt.browser_id) == ("cus_1", "b_1")
    assert (attempt.language, attempt.channel, attempt.outcome) == ("nl", "web_chat", "open")
    assert attempt.eligible


def test_that_a_staff_test_is_not_eligible():
    assert not after(chat=Chat(staff_test=True)).eligible


def test_that_an_attempt_opened_with_an_agent_is_assisted_from_the_start():
    assert after(chat=Chat(owner="agent")).assisted
    assert not after(chat=Chat(owner="queue")).assisted


def test_that_a_person_has_taken_part_only_once_an_agent_owns_the_chat():
    requested = HandoffRequested(
        handoff_id="h_1",
        reason="stuck",
        trigger="policy",
        skill="billing",
        language="nl",
        priority="normal",
        state="queued",
        attempt_id="a_1",
    )
    waiting = after(requested, OwnerChanged(owner="queue", epoch=1, handoff_id="h_1"))
    assert (waiting.handoff_id, waiting.assisted) == ("h_1", False)
    helped = after(requested, OwnerChanged(owner="agent", epoch=1, agent_id="s_1", handoff_id="h_1"))
    assert (helped.handoff_id, helped.assisted) == ("h_1", True)


def test_that_a_renamed_attempt_remembers_what_was_first_thought():
    to_pay = AttemptRenamed(attempt_id="a_1", intent="pay_bill", title="Pay my bill", confidence=0.9)
    to_understand = AttemptRenamed(attempt_id="a_1", intent="understand_bill", title="My bill")
    attempt = after(to_pay, to_understand)
    assert (attempt.first_intent, attempt.intent, attempt.title) == ("unknown", "understand_bill", "My bill")
    assert attempt.confidence == 0.9


def test_that_whoever_proves_who_they_are_later_owns_the_attempt():
    assert after(IdentityVerified(customer_id="cus_1", method="one_time_code")).customer_id == "cus_1"


def test_that_a_second_verdict_is_effective_and_the_first_is_kept():
    amended = AttemptAmended(attempt_id="a_1", outcome="not_achieved", evidence="system", reason="bounced")
    attempt = after(closed("achieved", "system", by="self_service", value=64.2), amended)
    assert (attempt.outcome, attempt.reason) == ("not_achieved", "bounced")
    assert (attempt.first_outcome, attempt.first_by) == ("achieved", "self_service")
    assert attempt.closed_at == START + timedelta(minutes=1)
    assert attempt.value == 64.2
    assert [(entry["outcome"], entry["actor"]) for entry in attempt.history] == [
        ("achieved", "bot"),
        ("not_achieved", "system"),
    ]


def test_that_a_timer_that_comes_too_late_changes_nothing():
    attempt = after(closed("achieved", "customer"))
    assert fold_attempt(attempt, at(9, closed("abandoned", "none"))) == attempt


def test_that_going_on_takes_back_that_all_was_told():
    told = after(AttemptTold(attempt_id="a_1"))
    assert told.told_at == START + timedelta(minutes=1)
    step = StepEntered(attempt_id="a_1", step="confirm", title="Confirm", kind="confirm")
    assert after(AttemptTold(attempt_id="a_1"), step).told_at is None


def test_that_an_attempt_is_opened_once_and_first():
    with pytest.raises(NotAnAttempt):
        after(OPENED)
    with pytest.raises(NotAnAttempt):
        fold_attempt(None, at(0, SubjectFound(attempt_id="a_1", subject="bill_1")))


def test_that_a_step_entered_again_is_counted_and_open_again():
    entered = StepEntered(attempt_id="a_1", step="ask", title="Ask", kind="collect")
    once = fold_step(None, at(1, entered))
    left = fold_step(once, at(2, StepLeft(attempt_id="a_1", step="ask", result="undone")))
    assert (left.result, left.left_at) == ("undone", START + timedelta(minutes=2))
    again = fold_step(left, at(3, entered))
    assert (again.times, again.left_at, again.result) == (2, None, None)
    assert fold_step(None, at(4, StepLeft(attempt_id="a_1", step="skipped", result="skipped"))) is None
