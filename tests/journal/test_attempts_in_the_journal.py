"""What timers, other conversations and the company's systems do to attempts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from assistant.journal import views
from assistant.journal.attempts import apply_business_event, close_quiet_attempts, note_subject, settle
from assistant.journal.events import (
    BOT,
    COMPANY,
    CUSTOMER,
    ActionPerformed,
    Actor,
    AttemptAmended,
    AttemptClosed,
    AttemptOpened,
    AttemptTold,
    BusinessReceived,
    ConversationOpened,
    HandoffRequested,
    HandoffWithdrawn,
    IdentityVerified,
    MessageReceived,
    OwnerChanged,
    StepEntered,
    SubjectFound,
)
from assistant.journal.rebuild import rebuild
from assistant.journeys.outcomes import CustomerSaid, DefaultTerms


@dataclass
class Terms:
    """The terms of one journey, pay_bill; other intents have none."""

    means: str = "failure"
    found: DefaultTerms = field(init=False)

    def __post_init__(self) -> None:
        self.found = DefaultTerms(
            journey="pay_bill",
            achieved_when_system=("payment.captured",),
            abandoned_after=timedelta(minutes=20),
            came_back_means=self.means,
        )

    def terms_of(self, intent: str) -> DefaultTerms | None:
        return self.found if intent == "pay_bill" else None


TERMS = Terms()


def converse(journal, name: str, *events, customer: str | None = "cus_1", subject: str | None = "bill_1"):
    """A conversation with one open attempt at pay_bill; gives the attempt's id."""
    conversation_id, attempt_id = f"c_{name}", f"a_{name}"
    begun = [ConversationOpened(channel="web_chat", language="en")]
    if customer is not None:
        begun.append(IdentityVerified(customer_id=customer, method="identity_token"))
    begun.append(
        AttemptOpened(attempt_id=attempt_id, intent="pay_bill", title="Pay my bill", journey_id=f"j_{name}")
    )
    if subject is not None:
        begun.append(SubjectFound(attempt_id=attempt_id, subject=subject))
    journal.database.write_now(lambda tx: tx.append(conversation_id, [*begun, *events], actor=BOT))
    return attempt_id


def attempt_of(journal, attempt_id: str):
    return journal.database.read_now(lambda tx: views.attempt(tx, attempt_id))


def outcome_of(journal, attempt_id: str):
    found = attempt_of(journal, attempt_id)
    return found.outcome, found.evidence, found.by, found.reason


def names(journal, conversation_id: str) -> list[str]:
    return [one.event.name for one in journal.database.read_now(lambda tx: tx.events(conversation_id))]


def close_quiet(journal):
    return journal.database.write_now(lambda tx: close_quiet_attempts(tx, TERMS))


def test_that_those_who_left_are_abandoned_and_those_who_were_told_are_unknown(journal):
    left = converse(
        journal, "left", StepEntered(attempt_id="a_left", step="ask", title="Ask", kind="collect")
    )
    told = converse(journal, "told", AttemptTold(attempt_id="a_told"))
    journal.clock.forward(minutes=20)
    assert close_quiet(journal) == []
    journal.clock.forward(seconds=1)
    assert sorted(close_quiet(journal)) == [(left, "abandoned"), (told, "unknown")]
    assert outcome_of(journal, left) == ("abandoned", "none", None, None)
    assert outcome_of(journal, told) == ("unknown", "none", None, None)
    assert close_quiet(journal) == []


def test_that_who_comes_back_and_leaves_before_saying_what_about_came_back_with_the_same_intent(journal):
    earlier = converse(journal, "earlier")
    journal.database.write_now(lambda tx: settle(tx, earlier, CustomerSaid(True)))
    journal.clock.forward(days=1)
    later = converse(journal, "later", subject=None)
    assert attempt_of(journal, later).came_back_to is None
    journal.clock.forward(hours=1)
    assert close_quiet(journal) == [(later, "abandoned")]
    assert attempt_of(journal, later).came_back_to == earlier
    assert outcome_of(journal, earlier) == ("unknown", "none", None, "came_back")
    assert not rebuild(journal.database).differed


def test_that_a_customer_who_still_writes_has_not_left(journal):
    attempt_id = converse(journal, "busy")
    journal.clock.forward(minutes=15)
    message = MessageReceived(client_id="m", for_bot=True, owner_epoch=0, text="one moment")
    journal.database.write_now(lambda tx: tx.append("c_busy", [message], actor=CUSTOMER))
    journal.clock.forward(minutes=15)
    assert close_quiet(journal) == []
    journal.clock.forward(minutes=6)
    assert close_quiet(journal) == [(attempt_id, "abandoned")]


def test_that_whoever_waits_for_a_person_has_not_left(journal):
    request = HandoffRequested(
        handoff_id="h_1",
        reason="customer_asked",
        trigger="customer",
        skill="billing",
        language="en",
        priority="normal",
        state="queued",
        attempt_id="a_waits",
    )
    attempt_id = converse(journal, "waits", request)
    journal.clock.forward(days=1)
    assert close_quiet(journal) == []
    withdrawn = HandoffWithdrawn(handoff_id="h_1")
    journal.database.write_now(lambda tx: tx.append("c_waits", [withdrawn], actor=CUSTOMER))
    assert close_quiet(journal) == [(attempt_id, "abandoned")]


def test_that_the_timer_does_not_overrule_an_agent(journal):
    owner = OwnerChanged(owner="agent", epoch=1, agent_id="s_1", agent_name="Sanne")
    attempt_id = converse(journal, "talks", owner)
    journal.clock.forward(days=1)
    assert close_quiet(journal) == []
    assert attempt_of(journal, attempt_id).assisted


def closed(name: str, evidence: str, by: str = "self_service") -> AttemptClosed:
    return AttemptClosed(attempt_id=f"a_{name}", outcome="achieved", evidence=evidence, by=by)


def note(journal, name: str, terms=TERMS):
    return journal.database.write_now(lambda tx: note_subject(tx, f"c_{name}", f"a_{name}", terms.terms_of))


def test_that_coming_back_takes_back_what_only_the_customer_had_said(journal):
    first = converse(journal, "first", closed("first", "customer"))
    journal.clock.forward(days=2)
    second = converse(journal, "second")
    found = note(journal, "second")
    assert (found.attempt_id, found.outcome) == (first, "achieved")
    assert outcome_of(journal, first) == ("unknown", "none", None, "came_back")
    earlier, later = attempt_of(journal, first), attempt_of(journal, second)
    assert (earlier.first_outcome, earlier.first_evidence) == ("achieved", "customer")
    assert [entry["outcome"] for entry in earlier.history] == ["achieved", "unknown"]
    assert (earlier.came_back_by, earlier.came_back_at) == (second, journal.clock.now)
    assert later.came_back_to == first
    assert note(journal, "second") is None  # once is enough
    assert not rebuild(journal.database).differed


def test_that_the_systems_word_stands_and_coming_back_is_only_marked(journal):
    first = converse(journal, "first", closed("first", "system"))
    journal.clock.forward(days=2)
    second = converse(journal, "second")
    note(journal, "second")
    assert outcome_of(journal, first)[:2] == ("achieved", "system")
    assert attempt_of(journal, first).came_back_by == second


@pytest.mark.parametrize("customer", [None, "cus_2"])
def test_that_only_the_same_verified_customer_comes_back(journal, customer):
    first = converse(journal, "first", closed("first", "customer"))
    journal.clock.forward(days=2)
    converse(journal, "second", customer=customer)
    assert note(journal, "second") is None
    assert outcome_of(journal, first)[:2] == ("achieved", "customer")


def test_that_a_natural_repeat_is_no_failure(journal):
    first = converse(journal, "first", closed("first", "customer"))
    journal.clock.forward(days=2)
    second = converse(journal, "second")
    assert note(journal, "second", Terms("repeat")) is None
    assert attempt_of(journal, first).came_back_by is None
    assert attempt_of(journal, second).came_back_to is None


def company_says(journal, *, subject="bill_1", key=None, type="payment.captured", customer="cus_1", at=None):
    event = BusinessReceived(
        business_event_id=f"be_{subject}_{key}",
        type=type,
        occurred_at=(at or journal.clock.now).isoformat(),
        subject=subject,
        key=key,
    )

    def work(tx):
        [received] = tx.append(f"customer:{customer}", [event], actor=COMPANY)
        return apply_business_event(tx, received, TERMS)

    return journal.database.write_now(work)


def paid(name: str, key: str) -> ActionPerformed:
    return ActionPerformed(
        action="pay_bill", title="Pay", result="timeout", attempt_id=f"a_{name}", key=key, inputs={}
    )


def test_that_the_systems_proof_of_our_own_action_closes_the_attempt(journal):
    attempt_id = converse(journal, "one", paid("one", "key_1"))
    assert company_says(journal, key="key_1") == [attempt_id]
    assert outcome_of(journal, attempt_id) == ("achieved", "system", "self_service", None)
    assert names(journal, "c_one")[-2:] == ["business.confirmed", "attempt.closed"]
    assert company_says(journal, key="key_1") == []


def test_that_our_own_action_counts_though_the_turn_was_committed_after_it(journal):
    before = journal.clock.now - timedelta(seconds=1)
    attempt_id = converse(journal, "one", paid("one", "key_1"))
    assert company_says(journal, key=None, at=before) == []
    assert company_says(journal, key="key_1", at=before) == [attempt_id]


def test_that_tomorrows_direct_debit_is_no_credit_to_the_bot(journal):
    attempt_id = converse(journal, "one")
    journal.clock.forward(hours=23)
    assert company_says(journal) == [attempt_id]
    assert outcome_of(journal, attempt_id) == ("achieved", "system", "elsewhere", None)


def test_that_proof_after_the_attempt_was_given_up_amends_it(journal):
    attempt_id = converse(journal, "one", paid("one", "key_1"))
    journal.clock.forward(hours=1)
    close_quiet(journal)
    assert outcome_of(journal, attempt_id)[0] == "abandoned"
    assert company_says(journal, key="key_1") == [attempt_id]
    found = attempt_of(journal, attempt_id)
    assert (found.outcome, found.first_outcome) == ("achieved", "abandoned")
    assert [entry["outcome"] for entry in found.history] == ["abandoned", "achieved"]


@pytest.mark.parametrize(
    "other",
    [{"subject": "bill_2"}, {"type": "visit.moved"}, {"customer": "cus_2"}],
    ids=lambda o: next(iter(o)),
)
def test_that_what_the_company_says_of_something_else_proves_nothing(journal, other):
    attempt_id = converse(journal, "one")
    assert company_says(journal, **other) == []
    assert outcome_of(journal, attempt_id)[0] == "open"


def test_that_proof_counts_only_within_the_definitions_time(journal):
    attempt_id = converse(journal, "one")
    journal.clock.forward(hours=24, seconds=1)
    assert company_says(journal) == []
    assert outcome_of(journal, attempt_id)[0] == "open"


def test_that_a_later_word_amends_and_the_earlier_verdict_is_kept(journal):
    attempt_id = converse(journal, "one", closed("one", "customer"))
    said = CustomerSaid(done=False, reason="charged_twice")
    journal.database.write_now(lambda tx: settle(tx, attempt_id, said, actor=CUSTOMER))
    found = attempt_of(journal, attempt_id)
    assert (found.outcome, found.reason) == ("not_achieved", "charged_twice")
    assert found.history[0]["outcome"] == "achieved"
    last = journal.database.read_now(lambda tx: tx.events("c_one", newest_first=True, limit=1))[0]
    assert isinstance(last.event, AttemptAmended)
    assert last.actor == Actor("customer")
