"""The examination after crashes finds what is broken; each test breaks one promise."""

from datetime import UTC, datetime

from assistant.journal.events import (
    BOT,
    CUSTOMER,
    ActionPerformed,
    AttemptClosed,
    AttemptOpened,
    Event,
    MessageReceived,
    MessageSent,
    OwnerChanged,
    Recorded,
    TurnCommitted,
    TurnFailed,
)
from benchmarks.evidence import Journal, examine
from benchmarks.visitors import Conversation, Dialogue

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
PAID = {"bill_id": "bill_1", "key": "k1"}


def recorded(*events: Event) -> list[Recorded]:
    return [
        Recorded("c_1", number, f"e_{number}", NOON, CUSTOMER if number == 1 else BOT, "web_chat", event)
        for number, event in enumerate(events, start=1)
    ]


def received(client_id: str, for_bot: bool = True) -> MessageReceived:
    return MessageReceived(client_id=client_id, for_bot=for_bot, owner_epoch=0, text="yes")


def good_stream() -> list[Event]:
    return [
        received("m1"),
        AttemptOpened(attempt_id="a_1", intent="pay_bill", title="Pay my bill"),
        ActionPerformed(action="action_pay_bill", title="Paid", result="ok", key="k1", attempt_id="a_1"),
        AttemptClosed(attempt_id="a_1", outcome="achieved", evidence="system"),
        MessageSent(sender="bot", text="It is paid.", in_reply_to=1),
        TurnCommitted(received=1),
    ]


def good_talk() -> Conversation:
    talk = Conversation("c_1", "token", Dialogue("pay_bill", ("pay",)))
    talk.sent = ["m1"]
    talk.acknowledged = {"m1": 1}
    talk.confirmed = {"m1"}
    talk.seen = [(5, "bot")]
    talk.cursor = 5
    return talk


def broken(events=None, talk=None, payments=(PAID,), outcomes=None, pending=0, last=None) -> set[str]:
    """The promises found broken."""
    stream = recorded(*(events or good_stream()))
    journal = Journal(
        {"c_1": stream},
        {"c_1": len(stream) if last is None else last},
        {"a_1": "achieved"} if outcomes is None else outcomes,
        pending,
    )
    found = examine(journal, [talk or good_talk()], list(payments))
    return {promise for promise, violations in found.violations.items() if violations}


def test_that_a_sound_journal_breaks_no_promise():
    assert broken() == set()


def test_that_a_gap_in_a_stream_is_found():
    assert broken(last=7) == {"streams without gaps"}


def test_that_a_lost_or_doubled_message_is_found():
    talk = good_talk()
    talk.acknowledged["m2"] = 9
    assert broken(talk=talk) == {"acknowledged messages once and in order"}
    twice = [*good_stream(), received("m1", for_bot=False)]
    assert broken(twice) == {"acknowledged messages once and in order"}


def test_that_a_message_without_a_turn_or_with_two_is_found():
    assert broken(good_stream()[:-1]) == {"every message answered once"}
    assert broken([*good_stream(), TurnCommitted(received=1)]) == {"every message answered once"}


def test_that_a_person_taking_over_excuses_what_was_still_in_line():
    events = [*good_stream(), received("m2"), OwnerChanged(owner="queue", epoch=1)]
    assert broken(events) == set()


def test_that_a_failed_turn_is_found():
    events = [*good_stream()[:-1], TurnFailed(received=1, trace_id="t")]
    assert broken(events) == {"nobody was told of trouble"}


def test_that_an_answer_the_client_missed_or_saw_twice_is_found():
    talk = good_talk()
    talk.seen = []
    assert broken(talk=talk) == {"delivered once and in order"}
    talk.seen = [(5, "bot"), (5, "bot")]
    assert broken(talk=talk) == {"delivered once and in order"}


def test_that_attempts_without_a_row_or_with_two_verdicts_are_found():
    assert broken(outcomes={}) == {"every attempt has one outcome"}
    twice = [*good_stream(), AttemptClosed(attempt_id="a_1", outcome="unknown", evidence="none")]
    assert broken(twice) == {"every attempt has one outcome"}


def test_that_a_payment_too_many_or_too_few_is_found():
    promise = {"one payment per confirmation"}
    assert broken(payments=[PAID, {"bill_id": "bill_1", "key": "k2"}]) == promise
    assert broken(payments=[]) == promise
    talk = good_talk()
    talk.confirmed = set()
    assert broken(talk=talk) == promise


def test_that_a_refusal_of_the_bank_is_no_missing_payment():
    events = good_stream()
    events[2] = ActionPerformed(action="action_pay_bill", title="Paid", result="declined", key="k1")
    assert broken(events, payments=[]) == set()
    events[2] = ActionPerformed(action="action_pay_bill", title="Paid", result="timeout", key="k1")
    assert broken(events, payments=[]) == {"one payment per confirmation"}


def test_that_messages_left_in_line_are_found():
    assert broken(pending=1) == {"nothing left unanswered"}
