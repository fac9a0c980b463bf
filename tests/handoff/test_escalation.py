"""When a person is due: every line of the table, and what is put on record with it."""

from __future__ import annotations

from typing import Any

import pytest

from assistant.handoff.escalation import (
    Continue,
    Escalate,
    Thresholds,
    Trouble,
    decide_escalation,
    raised_priority,
)
from assistant.handoff.mood import read_mood, turns_upset
from assistant.handoff.policy import HandoffPolicy, PolicyError, read_policy
from tests.handoff.scenario import ROOT

LIMITS = Thresholds(
    not_understood_in_a_row=2,
    not_understood_in_all=3,
    action_failures=2,
    action_failures_vulnerable=1,
    same_step=4,
)
WORDS = {"en": frozenset({"ridiculous", "useless", "idiots"})}


@pytest.mark.parametrize(
    ("seen", "reason", "trigger"),
    [
        ({"asked_for_person": True}, "customer_asked", "customer"),
        ({"distressed": True}, "distress", "policy"),
        ({"definition_says_so": "declined"}, "declined", "policy"),
        ({"failures": 2}, "action_failed", "bot"),
        ({"failures": 2, "declined": 2}, "declined", "bot"),
        ({"failures": 2, "declined": 1}, "action_failed", "bot"),
        ({"failures": 1, "vulnerable": True}, "action_failed", "bot"),
        ({"not_understood_in_a_row": 2}, "not_understood", "bot"),
        ({"not_understood_in_all": 3}, "not_understood", "bot"),
        ({"same_step": 4}, "stuck", "bot"),
        ({"not_helped": True}, "stuck", "bot"),
        ({"no_way_on": True}, "stuck", "bot"),
        ({"no_way_on": True, "failures": 1, "declined": 1}, "declined", "bot"),
        ({"came_back": True}, "came_back", "policy"),
    ],
)
def test_that_each_trouble_calls_for_a_person_for_its_own_reason(
    seen: dict[str, Any], reason: str, trigger: str
) -> None:
    found = decide_escalation(Trouble(**seen), LIMITS)
    assert isinstance(found, Escalate)
    assert (found.reason, found.trigger) == (reason, trigger)
    assert seen.items() <= dict(found.decided_on).items()


@pytest.mark.parametrize(
    "seen",
    [
        {},
        {"failures": 1, "declined": 1},
        {"not_understood_in_a_row": 1, "not_understood_in_all": 2},
        {"same_step": 3},
        {"vulnerable": True},
    ],
)
def test_that_less_than_that_lets_the_bot_go_on(seen: dict[str, Any]) -> None:
    assert decide_escalation(Trouble(**seen), LIMITS) == Continue()


def test_that_a_wish_for_a_person_beats_everything_else() -> None:
    everything = Trouble(
        asked_for_person=True, distressed=True, failures=9, not_understood_in_all=9, came_back=True
    )
    found = decide_escalation(everything, LIMITS)
    assert isinstance(found, Escalate)
    assert found.reason == "customer_asked"


def test_that_the_limit_that_was_reached_is_on_record() -> None:
    found = decide_escalation(Trouble(failures=1, vulnerable=True), LIMITS)
    assert isinstance(found, Escalate)
    assert found.decided_on == {"failures": 1, "vulnerable": True, "limit": 1}


@pytest.mark.parametrize(
    ("given", "raised"), [("low", "high"), ("normal", "high"), ("high", "high"), ("urgent", "urgent")]
)
def test_that_care_raises_a_priority_and_never_lowers_it(
    given: str, raised: str, policy: HandoffPolicy
) -> None:
    assert raised_priority(given, policy.escalation, vulnerable=True) == raised
    assert raised_priority(given, policy.escalation, vulnerable=False) == given


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("action_failures: 2", "action_failures: 0"), "thresholds.action_failures"),
        (("same_step: 4", "same_step: often"), "thresholds.same_step"),
        (("  same_step: 4", "  other: 4"), "missing or of the wrong kind"),
        (("vulnerable_priority: high", "vulnerable_priority: higher"), "vulnerable_priority"),
    ],
)
def test_that_a_broken_threshold_is_refused_with_its_name(change: tuple[str, str], said: str) -> None:
    body = (ROOT / "data" / "handoff.yml").read_text("utf-8")
    assert change[0] in body
    with pytest.raises(PolicyError, match=said):
        read_policy("handoff.yml", body.replace(*change))


# --- mood --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "texts",
    [
        ["This is ridiculous!!"],
        ["you are useless, you idiots"],
        ["pay my bill", "PAY MY BILL"],
        ["where is it??", "this is useless"],
    ],
)
def test_that_anger_is_heard(texts: list[str]) -> None:
    assert turns_upset(texts[:-1], texts[-1], WORDS, "en")


@pytest.mark.parametrize(
    "texts", [["where is my order?"], ["a ridiculous amount"], ["YES"], ["hello!!"], ["TV KPN", "my TV"]]
)
def test_that_ordinary_words_are_no_anger(texts: list[str]) -> None:
    assert not turns_upset(texts[:-1], texts[-1], WORDS, "en")


def test_that_a_calm_message_after_anger_is_not_held_against_the_customer() -> None:
    said = ["this is ridiculous!!"]
    assert read_mood([*said, "thank you"], WORDS, "en").label == "upset"
    assert not turns_upset(said, "thank you", WORDS, "en")
