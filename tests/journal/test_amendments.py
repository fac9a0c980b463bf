"""What is learned after an attempt was closed: on a real journal, and folded anew after every step."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from assistant.journal import views
from assistant.journal.attempts import (
    apply_business_event,
    dispute,
    earlier_failure,
    note_subject,
    settle,
    take_back_dispute,
)
from assistant.journal.events import (
    BOT,
    COMPANY,
    Actor,
    AttemptAmended,
    AttemptClosed,
    AttemptOpened,
    BusinessReceived,
    ConversationOpened,
    IdentityVerified,
    Returned,
    SubjectFound,
)
from assistant.journal.matters import unlink_browser
from assistant.journal.rebuild import rebuild
from assistant.journeys.outcomes import CustomerSaid, DefaultTerms, SystemConfirmed

CX = Actor("agent", "s_cx")
TERMS = DefaultTerms(
    journey="pay_bill",
    achieved_when_system=("payment.captured",),
    undone_when_system=("payment.reversed",),
    undone_reason="payment_bounced",
    achieved_within=timedelta(days=3),
)


class Definitions:
    """One journey, pay_bill."""

    def terms_of(self, intent: str) -> DefaultTerms | None:
        return TERMS if intent == "pay_bill" else None


DEFINITIONS = Definitions()


@dataclass
class Record:
    """A journal with conversations of one attempt each, checked against its own rebuild at the end."""

    journal: object
    numbers: list[int] = field(default_factory=list)

    def converse(self, name: str, *, customer=None, browser=None, subject="bill_1", closed=None) -> str:
        events = [ConversationOpened(channel="web_chat", language="en", browser_id=browser)]
        if customer is not None:
            events.append(IdentityVerified(customer_id=customer, method="identity_token"))
        opened = AttemptOpened(
            attempt_id=f"a_{name}", intent="pay_bill", title="Pay my bill", journey_id=f"j_{name}"
        )
        events += [opened, SubjectFound(attempt_id=f"a_{name}", subject=subject)]
        self.write(lambda tx: tx.append(f"c_{name}", events, actor=BOT))
        self.note(name)
        if closed is not None:
            self.write(
                lambda tx: tx.append(
                    f"c_{name}",
                    [
                        AttemptClosed(
                            attempt_id=f"a_{name}", outcome="achieved", evidence=closed, by="self_service"
                        )
                    ],
                    actor=BOT,
                )
            )
        return f"a_{name}"

    def write(self, work):
        return self.journal.database.write_now(work)

    def note(self, name: str):
        return self.write(lambda tx: note_subject(tx, f"c_{name}", f"a_{name}", DEFINITIONS.terms_of))

    def sign_in(self, name: str, customer: str) -> None:
        said = IdentityVerified(customer_id=customer, method="one_time_code")
        self.write(lambda tx: tx.append(f"c_{name}", [said], actor=BOT))
        self.note(name)

    def company(
        self, type: str, *, id: str, after: float = 0, customer="cus_1", subject="bill_1"
    ) -> list[str]:
        """The company says that it occurred `after` minutes after now."""
        occurred = self.journal.clock.now + timedelta(minutes=after)
        event = BusinessReceived(
            business_event_id=id, type=type, occurred_at=occurred.isoformat(), subject=subject
        )

        def work(tx):
            [received] = tx.append(f"customer:{customer}", [event], actor=COMPANY)
            return apply_business_event(tx, received, DEFINITIONS)

        return self.write(work)

    def attempt(self, attempt_id: str):
        return self.journal.database.read_now(lambda tx: views.attempt(tx, attempt_id))

    def outcome(self, attempt_id: str):
        found = self.attempt(attempt_id)
        return found.outcome, found.evidence, found.by, found.reason

    def verdicts(self, attempt_id: str) -> list[str]:
        return [each["outcome"] for each in self.attempt(attempt_id).history]


@pytest.fixture
def record(journal):
    made = Record(journal)
    yield made
    assert not rebuild(journal.database).differed


# --- the company takes it back ---------------------------------------------------------------------


def test_that_a_payment_that_bounces_takes_the_achievement_back_and_the_history_keeps_it(record):
    paid = record.converse("paid", customer="cus_1")
    record.journal.clock.forward(minutes=1)
    assert record.company("payment.captured", id="be_1") == [paid]
    record.journal.clock.forward(days=20)
    assert record.company("payment.reversed", id="be_2") == [paid]
    assert record.outcome(paid) == ("not_achieved", "system", None, "payment_bounced")
    assert record.verdicts(paid) == ["achieved", "not_achieved"]
    assert record.attempt(paid).taken_back
    amended = record.journal.database.read_now(lambda tx: tx.events("c_paid", names=[AttemptAmended.name]))
    assert [each.event.business_event for each in amended] == ["be_2"]


def test_that_a_bounce_told_before_its_payment_still_counts(record):
    paid = record.converse("paid", customer="cus_1")
    record.journal.clock.forward(minutes=10)
    assert record.company("payment.reversed", id="be_2", after=0) == []
    assert record.outcome(paid)[0] == "open"
    assert record.company("payment.captured", id="be_1", after=-5) == [paid]
    assert record.outcome(paid) == ("not_achieved", "system", None, "payment_bounced")
    assert record.verdicts(paid) == ["achieved", "not_achieved"]


def test_that_a_late_bounce_of_an_earlier_payment_leaves_the_second_one_alone(record):
    paid = record.converse("paid", customer="cus_1")
    record.journal.clock.forward(minutes=30)
    record.company("payment.captured", id="be_3", after=0)
    assert record.company("payment.reversed", id="be_2", after=-5) == []
    assert record.outcome(paid)[0] == "achieved"


def test_that_paying_again_after_a_bounce_is_achieved_again(record):
    paid = record.converse("paid", customer="cus_1")
    record.journal.clock.forward(minutes=1)
    record.company("payment.captured", id="be_1")
    record.journal.clock.forward(hours=1)
    record.company("payment.reversed", id="be_2")
    record.journal.clock.forward(hours=1)
    assert record.company("payment.captured", id="be_3") == [paid]
    assert record.verdicts(paid) == ["achieved", "not_achieved", "achieved"]
    assert record.attempt(paid).taken_back, "it did not hold, whatever came later"


@pytest.mark.parametrize(
    ("other", "after"),
    [({"customer": "cus_2"}, 0), ({"subject": "bill_2"}, 0), ({"subject": None}, 0), ({}, -60)],
)
def test_that_a_bounce_of_something_else_takes_nothing_back(record, other, after):
    paid = record.converse("paid", customer="cus_1", closed="system")
    assert record.company("payment.reversed", id="be_2", after=after, **other) == []
    assert record.outcome(paid)[0] == "achieved"


# --- CX disputes it --------------------------------------------------------------------------------


def test_that_a_dispute_holds_against_everything_and_taking_it_back_restores_the_verdict(record):
    paid = record.converse("paid", customer="cus_1", closed="system")
    record.write(lambda tx: dispute(tx, paid, "wrong_bill", note="She meant November.", actor=CX))
    assert record.outcome(paid) == ("not_achieved", "agent", None, "wrong_bill")
    assert record.attempt(paid).disputed_at is not None
    assert record.write(lambda tx: dispute(tx, paid, "again", actor=CX)) is None
    for fact in (SystemConfirmed(own=True), CustomerSaid(done=True)):
        assert record.write(lambda tx, fact=fact: settle(tx, paid, fact)) is None
    record.write(lambda tx: take_back_dispute(tx, paid, actor=CX))
    assert record.outcome(paid) == ("achieved", "system", "self_service", None)
    found = record.attempt(paid)
    assert (found.disputed_at, found.taken_back) == (None, False)
    assert [each["actor"] for each in found.history] == ["bot", "agent:s_cx", "agent:s_cx"]
    assert record.write(lambda tx: take_back_dispute(tx, paid, actor=CX)) is None


def test_that_there_is_nothing_to_dispute_in_what_was_not_achieved(record):
    still_open = record.converse("open", customer="cus_1")
    assert record.write(lambda tx: dispute(tx, still_open, "wrong_bill", actor=CX)) is None
    with pytest.raises(LookupError):
        record.write(lambda tx: dispute(tx, "a_none", "wrong_bill", actor=CX))


# --- browsers --------------------------------------------------------------------------------------


def two_visits(record, **second):
    first = record.converse("first", browser="b_1", closed="customer")
    record.journal.clock.forward(days=1)
    return first, record.converse("second", **second)


def test_that_an_anonymous_visitor_who_comes_back_counts_by_their_browser(record):
    first, second = two_visits(record, browser="b_1")
    assert record.outcome(first) == ("unknown", "none", None, "came_back")
    assert record.attempt(second).came_back_to == first


def test_that_what_a_browser_did_before_is_not_told_to_whoever_sits_at_it_now(record):
    first, second = two_visits(record, browser="b_1")
    returned = Returned(attempt_id=second, came_back_to=first, earlier_outcome="achieved")
    told = record.journal.database.read_now(lambda tx: earlier_failure(tx, returned, DEFINITIONS.terms_of))
    assert told is None


def test_that_another_browser_is_another_visitor(record):
    first, second = two_visits(record, browser="b_2")
    assert record.outcome(first)[0] == "achieved"
    assert record.attempt(second).came_back_to is None


def test_that_signing_in_later_links_what_the_browser_did_before_and_looks_at_it_again(record):
    """Monday nobody known, Tuesday by phone as cus_1, Wednesday cus_1 signs in on Monday's browser."""
    monday, tuesday = two_visits(record, customer="cus_1")
    assert record.attempt(tuesday).came_back_to is None
    record.journal.clock.forward(days=1)
    record.converse("wednesday", browser="b_1", subject="bill_9")
    record.sign_in("wednesday", "cus_1")
    assert record.attempt(monday).linked_to == "cus_1"
    assert record.attempt(monday).customer_id is None
    assert record.outcome(monday) == ("unknown", "none", None, "came_back")
    assert record.attempt(tuesday).came_back_to == monday


def test_that_another_customer_on_the_browser_undoes_the_link_and_what_came_of_it(record):
    monday, tuesday = two_visits(record, customer="cus_1")
    record.converse("wednesday", browser="b_1", customer="cus_1", subject="bill_9")
    assert record.attempt(tuesday).came_back_to == monday
    record.converse("thursday", browser="b_1", customer="cus_2", subject="bill_8")
    undone = record.attempt(monday)
    assert (undone.linked_to, undone.came_back_by, undone.taken_back) == (None, None, False)
    assert record.outcome(monday) == ("achieved", "customer", "self_service", None)
    assert record.verdicts(monday) == ["achieved", "unknown", "achieved"]
    later = record.attempt(tuesday)
    assert (later.came_back_to, later.journey_id) == (None, "j_second")


def test_that_staff_can_unlink_a_browser_for_good(record):
    monday, _ = two_visits(record, customer="cus_1")
    record.converse("wednesday", browser="b_1", customer="cus_1", subject="bill_9")
    unlinked = record.write(
        lambda tx: unlink_browser(tx, "b_1", "cus_1", "shop_computer", DEFINITIONS.terms_of, actor=CX)
    )
    assert unlinked == [monday]
    assert record.outcome(monday)[0] == "achieved"
    record.converse("friday", browser="b_1", customer="cus_1", subject="bill_7")
    assert record.attempt(monday).linked_to is None


def test_that_two_verified_customers_on_one_browser_are_never_merged(record):
    first = record.converse("first", browser="b_1", customer="cus_1", closed="customer")
    record.journal.clock.forward(days=1)
    second = record.converse("second", browser="b_1", customer="cus_2")
    third = record.converse("third", browser="b_1")
    assert record.outcome(first)[0] == "achieved"
    assert record.attempt(second).came_back_to is None
    assert (record.attempt(third).linked_to, record.attempt(third).came_back_to) == (None, None)
