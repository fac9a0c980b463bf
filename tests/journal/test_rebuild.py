"""Replay equals state: whatever happened, folding the journal anew gives the very same rows."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.channel.conversation import NotAConversation, fold_conversation
from assistant.handoff.handoffs import IllegalMove
from assistant.journal import tables, views
from assistant.journal.attempts import (
    apply_business_event,
    close_quiet_attempts,
    dispute,
    note_subject,
    take_back_dispute,
)
from assistant.journal.events import (
    BOT,
    COMPANY,
    CUSTOMER,
    REGISTRY,
    ActionPerformed,
    Actor,
    AttemptAmended,
    AttemptClosed,
    AttemptOpened,
    AttemptRenamed,
    AttemptTold,
    BusinessReceived,
    CallbackPromised,
    ConversationOpened,
    Event,
    FactLearned,
    HandoffAccepted,
    HandoffClosed,
    HandoffOffered,
    HandoffReleased,
    HandoffRequested,
    HandoffReturned,
    HandoffWithdrawn,
    IdentityClaimed,
    IdentityVerified,
    LanguageChanged,
    MessageReceived,
    MessageSent,
    OfferEnded,
    OwnerChanged,
    PacketWritten,
    Recorded,
    StepEntered,
    StepLeft,
    SubjectFound,
)
from assistant.journal.matters import unlink_browser
from assistant.journal.rebuild import rebuild
from assistant.journal.refolding import QUIET, TELLING, Happened
from assistant.journeys.attempts import CONCERNS_ALL, CONCERNS_ONE, CONCERNS_OPEN, NotAnAttempt
from assistant.journeys.outcomes import DefaultTerms

REFUSED = (IllegalMove, NotAnAttempt, NotAConversation, LookupError)
TERMS = DefaultTerms(
    achieved_when_system=("payment.captured",),
    undone_when_system=("payment.reversed",),
    abandoned_after=timedelta(minutes=20),
)


class Definitions:
    """One set of terms for every intent."""

    def terms_of(self, intent: str) -> DefaultTerms:
        return TERMS


ids = st.sampled_from(["1", "2"])
at_some_time = st.sampled_from(["2026-11-22T09:30:00Z", "2026-11-24T09:30:00+01:00"])
outcomes = st.sampled_from(["achieved", "not_achieved", "abandoned", "unknown"])
evidence = st.sampled_from(["system", "customer", "agent", "none"])
handoff_ids = ids.map("h_{}".format)


def with_attempt(**fields: st.SearchStrategy) -> dict[str, st.SearchStrategy]:
    return {"attempt_id": ids.map("a_{}".format)} | fields


def with_handoff(**fields: st.SearchStrategy) -> dict[str, st.SearchStrategy]:
    return {"handoff_id": handoff_ids} | fields


agent = {"agent_id": ids.map("s_{}".format)}
named = agent | {"agent_name": st.just("Sanne")}
step = st.sampled_from(["find", "confirm"])
text = st.text(max_size=5)
EVENTS: list[st.SearchStrategy[Event]] = [
    st.builds(
        ConversationOpened,
        channel=st.just("web_chat"),
        language=st.just("en"),
        staff_test=st.booleans(),
    ),
    st.builds(LanguageChanged, language=st.sampled_from(["en", "nl"])),
    st.builds(IdentityClaimed, kind=st.just("account"), value=text),
    st.builds(IdentityVerified, customer_id=ids.map("cus_{}".format), method=st.just("identity_token")),
    st.builds(MessageReceived, client_id=text, for_bot=st.booleans(), owner_epoch=st.just(0), text=text),
    st.builds(MessageSent, sender=st.just("bot"), text=text),
    st.builds(FactLearned, fact=st.just("bill"), label=st.just("Bill"), value=text),
    st.builds(
        OwnerChanged,
        owner=st.sampled_from(["bot", "queue", "agent"]),
        epoch=st.integers(1, 9),
        handoff_id=st.none() | handoff_ids,
        **named,
    ),
    st.builds(AttemptOpened, **with_attempt(intent=st.just("pay_bill"), title=st.just("Pay my bill"))),
    st.builds(AttemptRenamed, **with_attempt(intent=st.just("understand_bill"), title=st.just("My bill"))),
    st.builds(SubjectFound, **with_attempt(subject=ids.map("bill_{}".format))),
    st.builds(StepEntered, **with_attempt(step=step, title=st.just("Step"), kind=st.just("collect"))),
    st.builds(StepLeft, **with_attempt(step=step, result=st.sampled_from(["done", "failed"]))),
    st.builds(AttemptTold, **with_attempt()),
    st.builds(
        AttemptClosed, **with_attempt(outcome=outcomes, evidence=evidence, value=st.none() | st.just(64.2))
    ),
    st.builds(
        AttemptAmended, **with_attempt(outcome=outcomes, evidence=evidence, reason=st.none() | st.just("x"))
    ),
    st.builds(
        ActionPerformed,
        action=st.just("pay"),
        title=st.just("Pay"),
        result=st.sampled_from(["ok", "declined"]),
        **with_attempt(key=st.none() | st.just("key_1")),
    ),
    st.builds(
        HandoffRequested,
        reason=st.just("customer_asked"),
        trigger=st.just("customer"),
        skill=st.just("billing"),
        language=st.just("en"),
        priority=st.just("normal"),
        state=st.sampled_from(["queued", "callback"]),
        due=st.none() | at_some_time,
        **with_handoff(attempt_id=st.none() | ids.map("a_{}".format)),
    ),
    st.builds(PacketWritten, **with_handoff(packet_id=st.just("p_1"), revision=st.integers(1, 5))),
    st.builds(HandoffOffered, **with_handoff(until=at_some_time, **agent)),
    st.builds(OfferEnded, **with_handoff(reason=st.just("expired"), **agent)),
    st.builds(HandoffAccepted, **with_handoff(**named)),
    st.builds(
        HandoffReleased, **with_handoff(reason=st.sampled_from(["agent_lost", "transferred"]), **agent)
    ),
    st.builds(CallbackPromised, **with_handoff(due=at_some_time, reason=st.just("closed_hours"))),
    st.builds(HandoffReturned, **with_handoff(**agent)),
    st.builds(HandoffClosed, **with_handoff(reason=st.sampled_from(["disposition", "handoff_unanswered"]))),
    st.builds(HandoffWithdrawn, **with_handoff()),
]

Move = tuple[str, object]
one_batch = st.tuples(ids, st.lists(st.one_of(EVENTS), min_size=1, max_size=4))
moves = st.one_of(
    one_batch.map(lambda batch: ("append", batch)),
    st.sampled_from([1, 25, 24 * 60]).map(lambda minutes: ("wait", minutes)),
    st.just(("timer", None)),
    ids.map(lambda number: ("note", number)),
    st.tuples(ids, ids, st.sampled_from(["captured", "reversed"])).map(lambda given: ("company", given)),
    ids.map(lambda number: ("dispute", number)),
    ids.map(lambda number: ("take back", number)),
    ids.map(lambda number: ("unlink", number)),
)


def scoped(number: str, event: Event) -> Event:
    """Ids of attempts and handoffs belong to one conversation."""
    changed = {
        name: f"{value}_{number}"
        for name in ("attempt_id", "handoff_id")
        if (value := getattr(event, name, None)) is not None
    }
    return type(event)(**(event.to_wire() | changed))


def perform(journal, move: Move) -> None:
    database, (kind, given_) = journal.database, move
    if kind == "wait":
        journal.clock.forward(minutes=given_)
    elif kind == "timer":
        database.write_now(lambda tx: close_quiet_attempts(tx, Definitions()))
    elif kind == "note":
        database.write_now(lambda tx: note_subject(tx, f"c_{given_}", f"a_1_{given_}", lambda intent: TERMS))
    elif kind == "dispute":
        database.write_now(lambda tx: dispute(tx, f"a_1_{given_}", "wrong", actor=BOT))
    elif kind == "take back":
        database.write_now(lambda tx: take_back_dispute(tx, f"a_1_{given_}", actor=BOT))
    elif kind == "unlink":
        database.write_now(
            lambda tx: unlink_browser(tx, "b_1", f"cus_{given_}", "shared", lambda intent: TERMS, actor=BOT)
        )
    elif kind == "company":
        customer, subject, what = given_
        event = BusinessReceived(
            business_event_id="be_1",
            type=f"payment.{what}",
            occurred_at=journal.clock.now.isoformat(),
            subject=f"bill_{subject}",
            key="key_1",
        )

        def apply(tx):
            [received] = tx.append(f"customer:cus_{customer}", [event], actor=COMPANY)
            apply_business_event(tx, received, Definitions())

        database.write_now(apply)
    else:
        number, events = given_
        actor = Actor("agent", "s_1") if len(events) % 2 else BOT
        database.write_now(
            lambda tx: tx.append(f"c_{number}", [scoped(number, e) for e in events], actor=actor)
        )


def rows_of(journal) -> dict[str, list[tuple[object, ...]]]:
    def read(tx):
        return {
            table.name: sorted(map(tuple, tx.connection.execute(sa.select(table))), key=repr)
            for table in tables.PROJECTIONS
        }

    return journal.database.read_now(read)


BEGINNING: list[Move] = [
    ("append", (number, [ConversationOpened(channel="web_chat", language="en", browser_id="b_1")]))
    for number in ("1", "2")
] + [
    (
        "append",
        (
            number,
            [
                IdentityVerified(customer_id="cus_1", method="identity_token"),
                AttemptOpened(attempt_id="a_1", intent="pay_bill", title="Pay my bill"),
                SubjectFound(attempt_id="a_1", subject="bill_1"),
            ],
        ),
    )
    for number in ("1", "2")
]


@pytest.fixture
def new_journal(request) -> Callable[[], object]:
    """Opens a journal on SQLite in a folder of its own, for each example."""
    from tests.journal.conftest import open_journal

    def make():
        folder = Path(tempfile.mkdtemp(prefix="journal-"))
        opened = open_journal(f"sqlite:///{folder}/journal.db")
        opened.folder = folder
        return opened

    return make


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(history=st.lists(moves, max_size=25))
def test_that_any_history_rebuilds_to_the_same_rows(new_journal, history):
    journal = new_journal()
    try:
        for move in [*BEGINNING, *history]:
            # A move that is not allowed leaves no trace: that too must hold on replay.
            with contextlib.suppress(*REFUSED):
                perform(journal, move)
        before = rows_of(journal)
        report = rebuild(journal.database)
        assert not report.differed, report
        assert rows_of(journal) == before
        assert report.tables["conversations"] == (2, 0)
    finally:
        journal.database.close()
        shutil.rmtree(journal.folder)


def test_that_rebuild_repairs_what_somebody_edited(journal):
    for move in BEGINNING:
        perform(journal, move)
    sound = rows_of(journal)

    def spoil(tx):
        tx.connection.execute(sa.update(tables.attempts).values(outcome="achieved"))
        tx.connection.execute(
            sa.delete(tables.conversations).where(tables.conversations.c.conversation_id == "c_2")
        )
        stray = views.conversation(tx, "c_1")
        columns = {name: getattr(stray, name) for name in tables.conversations.columns.keys()}  # noqa: SIM118  # not a dict
        tx.connection.execute(sa.insert(tables.conversations), columns | {"conversation_id": "c_stray"})

    journal.database.write_now(spoil)
    told: list[tuple[str, float]] = []
    report = rebuild(journal.database, lambda what, share: told.append((what, share)))
    assert report.tables["attempts"] == (2, 2)
    assert report.tables["conversations"] == (2, 2)
    assert rows_of(journal) == sound
    assert told[-1][1] == 1.0
    assert not rebuild(journal.database).differed


def test_that_an_erased_persons_rows_rebuild_the_same(journal):
    for move in BEGINNING:
        perform(journal, move)
    message = MessageReceived(client_id="m", for_bot=True, owner_epoch=0, text="hello")
    journal.database.write_now(lambda tx: tx.append("c_1", [message], actor=CUSTOMER))
    journal.database.write_now(lambda tx: tx.erase("cus_1"))
    assert not rebuild(journal.database).differed


@pytest.mark.parametrize("name", sorted(QUIET))
@pytest.mark.parametrize("actor", ["customer", "bot", "agent", "system", "company"])
def test_that_what_rebuild_does_not_read_changes_no_more_than_when_something_happened(name, actor):
    """The folds make of each quiet event exactly what they make of one they know nothing of."""
    at = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
    opened = ConversationOpened(channel="web_chat", language="en")
    first = Recorded("c_1", 1, "e_1", at, BOT, None, opened)
    begun = fold_conversation(None, first)

    def after(event):
        return fold_conversation(
            begun, Recorded("c_1", 2, "e_2", at + timedelta(minutes=1), Actor(actor), None, event)
        )

    assert after(object.__new__(REGISTRY[name])) == after(Happened())
    assert REGISTRY[name] not in TELLING
    assert REGISTRY[name] not in CONCERNS_ONE
    assert not issubclass(REGISTRY[name], (*CONCERNS_ALL, *CONCERNS_OPEN))
    assert not name.startswith("handoff.")


@pytest.mark.parametrize("made", EVENTS, ids=range(len(EVENTS)))
def test_that_what_is_folded_late_on_rebuild_tells_the_conversation_no_more_than_when(made):
    at = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
    opened = ConversationOpened(channel="web_chat", language="en")
    begun = fold_conversation(None, Recorded("c_1", 1, "e_1", at, BOT, None, opened))

    @settings(max_examples=10, deadline=None)
    @given(event=made)
    def telling(event):
        def after(what):
            recorded = Recorded("c_1", 2, "e_2", at + timedelta(minutes=1), BOT, None, what)
            return fold_conversation(begun, recorded)

        assert type(event) in TELLING or after(event) == after(Happened())

    telling()


def test_that_several_processes_fold_the_same_rows_as_one(journal, monkeypatch):
    monkeypatch.setattr("assistant.journal.rebuild.STREAMS_AT_ONCE", 1)
    for move in BEGINNING:
        perform(journal, move)
    sound = rows_of(journal)
    for table in tables.PROJECTIONS:
        journal.database.write_now(lambda tx, table=table: tx.connection.execute(sa.delete(table)))
    assert rebuild(journal.database, processes=2).tables["attempts"] == (2, 2)
    assert rows_of(journal) == sound
    assert not rebuild(journal.database, processes=2).differed
    edited = sa.update(tables.attempts).values(outcome="achieved")
    journal.database.write_now(lambda tx: tx.connection.execute(edited))
    assert rebuild(journal.database, processes=2).tables["attempts"] == (2, 2)
    assert rows_of(journal) == sound


def test_that_rows_which_strayed_into_another_conversation_are_put_back(journal, monkeypatch):
    monkeypatch.setattr("assistant.journal.rebuild.STREAMS_AT_ONCE", 1)
    entered = StepEntered(attempt_id="a_1", step="find", title="Find", kind="act")
    for move in [*BEGINNING, ("append", ("1", [entered]))]:
        perform(journal, move)
    sound = rows_of(journal)
    strayed = (
        sa.update(tables.attempts)
        .where(tables.attempts.c.attempt_id == "a_1_1")
        .values(conversation_id="c_2", history=[{"at": "never"}])
    )
    journal.database.write_now(lambda tx: tx.connection.execute(strayed))
    assert rebuild(journal.database).differed
    assert rows_of(journal) == sound
    assert not rebuild(journal.database).differed


@pytest.mark.parametrize("processes", [0, 1])
def test_that_a_rebuild_that_breaks_leaves_every_row_as_it_was(journal, processes):
    for move in BEGINNING:
        perform(journal, move)
    before = rows_of(journal)
    broken = sa.update(tables.events).where(tables.events.c.sequence == 1).values(name="message.sent")
    journal.database.write_now(lambda tx: tx.connection.execute(broken))
    with pytest.raises(NotAConversation):
        rebuild(journal.database, processes=processes)
    assert rows_of(journal) == before


def test_that_a_table_filled_anew_has_its_indexes(sqlite_journal):
    def indexes(tx):
        return set(tx.connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'index'"))

    for move in BEGINNING:
        perform(sqlite_journal, move)
    before = sqlite_journal.database.read_now(indexes)
    for table in tables.PROJECTIONS:
        sqlite_journal.database.write_now(lambda tx, table=table: tx.connection.execute(sa.delete(table)))
    assert rebuild(sqlite_journal.database).differed
    assert sqlite_journal.database.read_now(indexes) == before
