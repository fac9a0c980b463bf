"""The figures that the database counts, against numbers worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from assistant.insight.cohorts import Cohort
from assistant.insight.scores import score_in_database
from assistant.journal.projections import ATTEMPTS
from assistant.journeys.attempts import Attempt
from assistant.journeys.metrics import DEFINITIONS, wilson
from assistant.journeys.outcomes import DefaultTerms, no_terms
from tests.journal.conftest import journal, url

__all__ = ["journal", "url"]

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=20)


def attempt(number: int, outcome: str = "open", evidence: str = "none", **changes) -> Attempt:
    """Opened twenty days ago and, unless open, closed a minute later."""
    closed = None if outcome == "open" else LONG_AGO + timedelta(minutes=1)
    made = Attempt(
        attempt_id=f"a_{number}",
        conversation_id=f"c_{number}",
        customer_id=f"cus_{number}",
        browser_id=None,
        journey_id=None,
        intent="pay_bill",
        first_intent=None,
        title="Pay my bill",
        confidence=0.9,
        language="en",
        channel="web_chat",
        definition=None,
        model=None,
        eligible=True,
        opened_at=LONG_AGO,
        opened_by="customer",
        last_activity_at=LONG_AGO,
        closed_at=closed,
        outcome=outcome,
        evidence=evidence,
        first_outcome=None if outcome == "open" else outcome,
        history=[] if outcome == "open" else [{"outcome": outcome, "evidence": evidence}],
    )
    return replace(made, **changes)


@pytest.fixture
def score(journal):
    """Puts attempts into an empty database and gives what it counts."""

    def counted(*attempts: Attempt, terms_of=no_terms, definition: int = 1) -> dict:
        def work(tx):
            tx.connection.execute(ATTEMPTS.table.delete())
            for number, each in enumerate(attempts):
                made = replace(each, attempt_id=f"a_{number}")
                tx.connection.execute(ATTEMPTS.insert, ATTEMPTS.values(made))
            return score_in_database(tx, Cohort(), NOW, terms_of, DEFINITIONS[definition])

        return journal.database.write_now(work)

    return counted


@pytest.fixture
def figures(score):
    """The totals of such attempts."""
    return lambda *attempts, **how: score(*attempts, **how)["totals"]


def test_that_the_interval_is_wilsons():
    # Newcombe (1998), Statistics in Medicine 17, 857-872, table I, method 3.
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert wilson(15, 148) == pytest.approx((0.0624, 0.1605), abs=1e-4)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=1e-4)
    assert wilson(1, 29) == pytest.approx((0.0061, 0.1718), abs=1e-4)
    assert wilson(0, 0) is None


def test_that_success_counts_only_what_somebody_vouched_for(figures):
    found = figures(
        attempt(1, "achieved", "system", by="self_service"),
        attempt(2, "achieved", "agent", by="assisted", assisted=True, handoff_id="h_1"),
        attempt(3, "achieved", "system", by="elsewhere"),
        attempt(4, "not_achieved", "customer"),
        attempt(5, "abandoned"),
        attempt(6, "unknown"),
        attempt(7),
    )
    assert (found["eligible"], found["open"], found["closed"]) == (7, 1, 6)
    assert found["success_rate"] == 3 / 6
    assert found["self_service_rate"] == 1 / 6
    assert (found["achieved_system"], found["achieved_agent"], found["achieved_customer"]) == (2, 1, 0)
    assert (found["self_service"], found["assisted"], found["elsewhere"]) == (1, 1, 1)
    # What other tools report: everybody who met no person, whether helped or lost.
    assert found["claimed_containment"] == 5 / 6
    assert found["unknown_share"] == 1 / 6
    assert found["immature"] is True


def test_that_small_talk_and_staff_tests_are_not_counted(figures):
    assert figures(attempt(1, "achieved", "system", eligible=False))["eligible"] == 0


def test_that_a_rate_with_nothing_to_divide_by_is_null(figures):
    found = figures(attempt(1))
    rates = ("success_rate", "success_low", "success_high", "self_service_rate", "held_rate")
    assert all(found[name] is None for name in (*rates, "claimed_containment", "median_seconds"))


def test_that_a_verdict_held_only_if_never_taken_back_and_not_come_back(figures):
    stood = attempt(1, "achieved", "customer")
    proved = replace(stood, evidence="system", history=[*stood.history, {"outcome": "achieved"}])
    taken_back = replace(stood, outcome="unknown", evidence="none", taken_back=True)
    came_back = replace(attempt(3, "achieved", "system"), came_back_by="a_9")
    too_early = replace(stood, closed_at=NOW - timedelta(days=6))
    never = attempt(5, "not_achieved", "customer")
    found = figures(stood, proved, taken_back, came_back, too_early, never)
    assert found["could_hold"] == 4
    assert found["held_rate"] == 2 / 4
    assert found["came_back"] == 1


def test_that_customers_are_counted_once_and_unknown_ones_by_browser(figures):
    found = figures(
        attempt(1, customer_id="cus_1"),
        attempt(2, customer_id="cus_1"),
        attempt(3, customer_id=None, browser_id="b_1"),
        attempt(4, customer_id=None, browser_id="b_1"),
        attempt(5, customer_id=None),
    )
    assert found["customers"] == 3


def test_that_the_intent_that_loses_most_comes_first_under_its_effective_name(score):
    renamed = {"intent": "fix_tv_box", "first_intent": "pay_bill", "title": "Fix my TV box"}
    found = score(
        attempt(1, "achieved", "system"),
        attempt(2, "abandoned"),
        attempt(3, "abandoned", **renamed),
        attempt(4, "not_achieved", "system", **renamed),
    )
    assert [(row["intent"], row["eligible"]) for row in found["intents"]] == [
        ("fix_tv_box", 2),
        ("pay_bill", 2),
    ]
    assert found["intents"][0]["title"] == "Fix my TV box"


def test_that_the_median_is_of_those_who_got_it_done(figures):
    found = figures(
        attempt(1, "achieved", "system", closed_at=LONG_AGO + timedelta(seconds=40)),
        attempt(2, "achieved", "system", closed_at=LONG_AGO + timedelta(seconds=60)),
        attempt(3, "abandoned", closed_at=LONG_AGO + timedelta(minutes=30)),
    )
    assert found["median_seconds"] == 50


def test_that_visitors_linked_by_their_browser_are_that_customer(figures):
    linked = attempt(2, customer_id=None, browser_id="b_1", linked_to="cus_1")
    assert figures(attempt(1, customer_id="cus_1"), linked)["customers"] == 1


def test_that_each_intent_has_its_own_window(score):
    def terms_of(intent):
        return DefaultTerms(came_back_within=timedelta(days=30 if intent == "fix_tv_box" else 7))

    found = score(
        attempt(1, "achieved", "customer"),
        attempt(2, "achieved", "customer", intent="fix_tv_box"),
        terms_of=terms_of,
    )
    assert found["totals"]["could_hold"] == 1
    assert {row["intent"]: row["held_rate"] for row in found["intents"]} == {
        "pay_bill": 1.0,
        "fix_tv_box": None,
    }


def test_that_the_second_definition_sets_aside_what_came_about_elsewhere(figures):
    attempts = (
        attempt(1, "achieved", "system", by="self_service"),
        attempt(2, "achieved", "system", by="elsewhere"),
        attempt(3, "not_achieved", "customer"),
        attempt(4),
    )
    first, second = figures(*attempts), figures(*attempts, definition=2)
    assert (first["achieved"], first["closed"], first["success_rate"]) == (2, 3, 2 / 3)
    assert (second["achieved"], second["closed"], second["success_rate"]) == (1, 2, 1 / 2)
    assert (first["could_hold"], second["could_hold"]) == (2, 1)
    assert first["elsewhere"] == second["elsewhere"] == 1
    assert first["open"] == second["open"] == 1


def test_that_disputes_are_counted(figures):
    disputed = attempt(1, "not_achieved", "agent", disputed_at=NOW, taken_back=True)
    assert figures(disputed, attempt(2, "achieved", "system"))["disputed"] == 1
