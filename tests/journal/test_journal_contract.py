"""What the journal promises, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from assistant.channel.conversation import NotAConversation
from assistant.journal import tables, views
from assistant.journal.database import Database, JournalUnavailable, Transaction
from assistant.journal.events import (
    BOT,
    CUSTOMER,
    SYSTEM,
    Actor,
    AttemptOpened,
    BusinessReceived,
    ConversationOpened,
    HandoffAccepted,
    HandoffRequested,
    HandoffWithdrawn,
    IdentityVerified,
    MessageReceived,
    MessageSent,
    OwnerChanged,
    StepEntered,
)
from assistant.journal.sealing import BrokenSeal
from assistant.journal.store import ReadOnly
from assistant.journeys.metrics import DEFINITIONS
from tests.journal.conftest import START, Journal

OPENED = ConversationOpened(channel="web_chat", language="en", browser_id="b_1")


def said(text: str, client_id: str = "m_1") -> MessageReceived:
    return MessageReceived(client_id=client_id, for_bot=True, owner_epoch=0, text=text)


def open_one(database: Database, conversation_id: str = "c_1") -> None:
    database.write_now(lambda tx: tx.append(conversation_id, [OPENED], actor=CUSTOMER, channel="web_chat"))


def texts(database: Database, conversation_id: str = "c_1") -> list[str]:
    found = database.read_now(lambda tx: views.visible_messages(tx, conversation_id))
    return [one.event.text for one in found]


def test_that_sequences_count_from_one_without_gaps(journal):
    open_one(journal.database)
    for n in range(3):
        journal.database.write_now(
            lambda tx, n=n: tx.append("c_1", [said(f"{n}"), said(f"{n}")], actor=CUSTOMER)
        )
    found = journal.database.read_now(lambda tx: tx.events("c_1"))
    assert [one.sequence for one in found] == [1, 2, 3, 4, 5, 6, 7]


def test_that_an_event_reads_back_as_it_was_written(journal):
    event = BusinessReceived(
        business_event_id="be_1",
        type="payment.captured",
        occurred_at="2026-11-22T09:00:00Z",
        data={"amount": "64.20", "words": "naïve 😀 \ud83d \x00"},
    )
    written = journal.database.write_now(
        lambda tx: tx.append("customer:cus_1", [event], actor=Actor("company", "northlight"))
    )
    assert journal.database.read_now(lambda tx: tx.events("customer:cus_1")) == written


def test_that_events_can_be_read_after_a_sequence_by_name_and_backwards(journal):
    open_one(journal.database)
    journal.database.write_now(
        lambda tx: tx.append(
            "c_1", [said("a"), MessageSent(sender="bot", text="b"), said("c")], actor=CUSTOMER
        )
    )

    def read(**kwargs):
        return [e.sequence for e in journal.database.read_now(lambda tx: tx.events("c_1", **kwargs))]

    assert read(after=2) == [3, 4]
    assert read(names=["message.received"]) == [2, 4]
    assert read(newest_first=True, limit=2) == [4, 3]
    assert read(names=[]) == []


def test_that_a_failed_transaction_leaves_no_trace_and_wakes_nobody(journal):
    open_one(journal.database)
    journal.wakes.clear()

    def work(tx: Transaction) -> None:
        tx.append("c_1", [said("lost")], actor=CUSTOMER)
        tx.append(
            "customer:cus_1",
            [BusinessReceived(business_event_id="be", type="t", occurred_at="x")],
            actor=SYSTEM,
        )
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        journal.database.write_now(work)
    assert texts(journal.database) == []
    assert journal.wakes == []
    # A key that was made in the undone transaction is not used again from memory.
    journal.database.write_now(lambda tx: tx.append("c_1", [said("kept")], actor=CUSTOMER))
    other = Database(journal.url, clock=journal.clock, ids=lambda prefix: prefix)
    assert texts(other) == ["kept"]
    other.close()


def test_that_readers_are_woken_once_per_stream_and_after_the_commit(journal):
    seen: list[list[str]] = []

    def notify(wakes):
        seen.append([wake.payload["stream_id"] for wake in wakes])
        assert texts(database) == ["a", "b"]

    database = Database(journal.url, clock=journal.clock, ids=journal.database._ids, notify=notify)

    def work(tx: Transaction) -> None:
        tx.append("c_1", [OPENED, said("a")], actor=CUSTOMER)
        tx.append("c_1", [said("b")], actor=CUSTOMER)

    database.write_now(work)
    database.close()
    assert seen == [["c_1"]]


def test_that_reading_cannot_write(journal):
    with pytest.raises(ReadOnly):
        journal.database.read_now(lambda tx: tx.append("c_1", [OPENED], actor=CUSTOMER))


def test_that_a_conversation_begins_with_being_opened(journal):
    with pytest.raises(NotAConversation):
        journal.database.write_now(lambda tx: tx.append("c_1", [said("hello")], actor=CUSTOMER))
    assert journal.database.read_now(lambda tx: tx.events("c_1")) == []


def test_that_many_writers_of_one_stream_never_share_a_sequence(journal):
    open_one(journal.database)

    def write(n: int) -> int:
        done = journal.database.write_now(
            lambda tx: tx.append("c_1", [said(str(n), f"m_{n}")], actor=CUSTOMER)
        )
        return done[0].sequence

    with ThreadPoolExecutor(8) as pool:
        given = sorted(pool.map(write, range(40)))
    assert given == list(range(2, 42))
    assert sorted(texts(journal.database), key=int) == [str(n) for n in range(40)]


def test_that_writers_in_two_processes_take_turns(journal):
    other = Database(journal.url, clock=journal.clock, ids=lambda prefix: f"{prefix}_{threading.get_ident()}")
    open_one(journal.database)
    counter = iter(range(1000))
    other._ids = lambda prefix: f"other_{next(counter)}"

    def write(database: Database) -> None:
        for _ in range(10):
            database.write_now(lambda tx: tx.append("c_1", [said("x")], actor=CUSTOMER))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(write, [journal.database, other]))
    other.close()
    found = journal.database.read_now(lambda tx: tx.events("c_1"))
    assert [one.sequence for one in found] == list(range(1, 22))
    assert all(one.event.text == "x" for one in found[1:])


def test_that_streams_locked_in_opposite_order_both_get_through(journal):
    open_one(journal.database, "c_1")
    open_one(journal.database, "c_2")
    barrier = threading.Barrier(2)

    def cross(first: str, second: str) -> None:
        met = []

        def work(tx: Transaction) -> None:
            tx.lock(first)
            if not met and not journal.database.is_sqlite:
                met.append(True)
                barrier.wait(timeout=20)
            tx.append(second, [said(f"from {first}")], actor=CUSTOMER)

        journal.database.write_now(work)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(cross, ["c_1", "c_2"], ["c_2", "c_1"]))
    assert texts(journal.database, "c_1") == ["from c_2"]
    assert texts(journal.database, "c_2") == ["from c_1"]


def test_that_several_workers_can_start_at_once(url):
    databases = [Database(url, clock=lambda: None, ids=str) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda database: database.migrate(), databases))
    with sa.create_engine(url).connect() as connection:
        found = set(sa.inspect(connection).get_table_names())
        connection.engine.dispose()
    assert set(tables.metadata.tables) <= found
    for database in databases:
        database.close()


def test_that_the_migrations_make_exactly_the_tables_that_the_program_knows(journal):
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    engine = sa.create_engine(journal.url)
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), tables.metadata)
    engine.dispose()
    assert differences == []


def test_that_the_formulas_are_kept_beside_the_journal(journal):
    journal.database.migrate()
    kept = journal.database.read_now(
        lambda tx: tx.connection.execute(sa.select(tables.metric_definitions)).all()
    )
    for each in DEFINITIONS.values():
        said = {row.name: row.formula for row in kept if row.version == each.version}
        assert said == {"summary": each.summary} | each.formulas


async def test_that_writing_leaves_the_event_loop_free(journal):
    open_one(journal.database)
    entered, leave = threading.Event(), threading.Event()

    def slow(tx: Transaction) -> str:
        entered.set()
        assert leave.wait(20)
        return "done"

    task = asyncio.create_task(journal.database.write(slow))
    assert await asyncio.to_thread(entered.wait, 20)
    # Readers go on beside the writer.
    assert await journal.database.read(lambda tx: views.conversation(tx, "c_1")) is not None
    leave.set()
    assert await task == "done"


def test_that_the_conversation_row_follows_its_stream(journal):
    open_one(journal.database)
    journal.clock.forward(minutes=1)
    journal.database.write_now(
        lambda tx: tx.append(
            "c_1",
            [
                said("hello"),
                IdentityVerified(customer_id="cus_1", method="identity_token"),
                HandoffRequested(
                    handoff_id="h_1",
                    reason="customer_asked",
                    trigger="customer",
                    skill="billing",
                    language="en",
                    priority="normal",
                    state="queued",
                ),
                OwnerChanged(owner="queue", epoch=1, handoff_id="h_1"),
            ],
            actor=CUSTOMER,
        )
    )
    row = journal.database.read_now(lambda tx: views.conversation(tx, "c_1"))
    assert (row.owner, row.owner_epoch, row.handoff_id) == ("queue", 1, "h_1")
    assert (row.customer_id, row.verification) == ("cus_1", "verified")
    assert row.last_customer_at == journal.clock.now
    assert row.last_sequence == 5
    assert [h.handoff_id for h in journal.database.read_now(views.open_handoffs)] == ["h_1"]
    journal.database.write_now(
        lambda tx: tx.append("c_1", [HandoffWithdrawn(handoff_id="h_1")], actor=CUSTOMER)
    )
    assert journal.database.read_now(lambda tx: views.conversation(tx, "c_1")).handoff_id is None
    assert journal.database.read_now(views.open_handoffs) == []


def test_that_attempts_know_their_customer_and_who_took_part(journal):
    open_one(journal.database)
    opened = AttemptOpened(attempt_id="a_1", intent="pay_bill", title="Pay my bill", journey_id="j_1")
    step = StepEntered(attempt_id="a_1", step="confirm", title="Confirm", kind="confirm")
    journal.database.write_now(lambda tx: tx.append("c_1", [opened, step], actor=BOT, channel="web_chat"))
    journal.database.write_now(
        lambda tx: tx.append(
            "c_1", [IdentityVerified(customer_id="cus_1", method="one_time_code")], actor=CUSTOMER
        )
    )
    request = HandoffRequested(
        handoff_id="h_1",
        reason="stuck",
        trigger="policy",
        skill="billing",
        language="en",
        priority="normal",
        state="queued",
        attempt_id="a_1",
    )
    accepted = HandoffAccepted(handoff_id="h_1", agent_id="s_1", agent_name="Sanne")
    owner = OwnerChanged(owner="agent", epoch=1, agent_id="s_1", agent_name="Sanne", handoff_id="h_1")
    journal.database.write_now(
        lambda tx: tx.append("c_1", [request, accepted, owner], actor=Actor("agent", "s_1"))
    )
    attempt = journal.database.read_now(lambda tx: views.attempt(tx, "a_1"))
    assert (attempt.customer_id, attempt.browser_id, attempt.channel) == ("cus_1", "b_1", "web_chat")
    assert (attempt.step, attempt.handoff_id, attempt.assisted) == ("confirm", "h_1", True)
    assert [s.step for s in journal.database.read_now(lambda tx: views.steps_of(tx, "a_1"))] == ["confirm"]


def test_that_personal_fields_are_not_readable_in_the_database(journal):
    open_one(journal.database)
    journal.database.write_now(lambda tx: tx.append("c_1", [said("my secret wish")], actor=CUSTOMER))
    rows = journal.database.read_now(lambda tx: tx.connection.execute(sa.select(tables.events)).all())
    assert not any("secret" in str(row._mapping.values()) for row in rows)
    assert not any(b"secret" in bytes(row.sealed or b"") for row in rows)
    assert texts(journal.database) == ["my secret wish"]


def test_that_an_erased_person_is_forgotten_and_the_journal_stays_whole(journal):
    open_one(journal.database)
    journal.database.write_now(lambda tx: tx.append("c_1", [said("before sign-in")], actor=CUSTOMER))
    verified = IdentityVerified(customer_id="cus_1", method="identity_token", display_name="Anna")
    journal.database.write_now(lambda tx: tx.append("c_1", [verified, said("after")], actor=CUSTOMER))
    open_one(journal.database, "c_2")
    journal.database.write_now(lambda tx: tx.append("c_2", [said("somebody else")], actor=CUSTOMER))

    assert journal.database.write_now(lambda tx: tx.erase("cus_1")) == 2

    found = journal.database.read_now(lambda tx: tx.events("c_1"))
    assert [one.sequence for one in found] == [1, 2, 3, 4]
    assert (found[2].event.customer_id, found[2].event.display_name) == ("cus_1", None)
    assert texts(journal.database) == ["", ""]
    assert texts(journal.database, "c_2") == ["somebody else"]
    # They may come again, and what they say then is kept under a new key.
    journal.database.write_now(lambda tx: tx.append("c_1", [said("back again")], actor=CUSTOMER))
    assert texts(journal.database) == ["", "", "back again"]


def test_that_an_altered_journal_is_noticed(journal):
    open_one(journal.database)
    journal.database.write_now(lambda tx: tx.append("c_1", [said("one"), said("two")], actor=CUSTOMER))

    def swap(tx: Transaction) -> None:
        table = tables.events
        first = tx.connection.execute(sa.select(table.c.sealed).where(table.c.sequence == 2)).scalar_one()
        tx.connection.execute(sa.update(table).where(table.c.sequence == 3).values(sealed=first))

    journal.database.write_now(swap)
    with pytest.raises(BrokenSeal):
        texts(journal.database)


def test_that_a_database_without_tables_says_what_to_do(url):
    database = Database(url, clock=lambda: None, ids=str)
    with pytest.raises(JournalUnavailable, match="migrations"):
        database.read_now(lambda tx: tx.events("c_1"))
    database.close()


def test_that_a_failed_statement_is_told_without_what_was_in_it(sqlite_journal: Journal) -> None:
    statement = sa.text("SELECT 1 FROM nowhere WHERE said = :said")
    with pytest.raises(JournalUnavailable) as told:
        sqlite_journal.database.read_now(lambda tx: tx.connection.execute(statement, {"said": "my secret"}))
    assert "nowhere" in str(told.value.__cause__)
    assert "my secret" not in str(told.value.__cause__)


def test_that_what_is_there_already_is_refused_alike_everywhere_without_what_was_in_it(url):
    database = Database(url, clock=lambda: START, ids=lambda prefix: f"{prefix}_same")
    database.migrate()
    opened = ConversationOpened(channel="a secret place", language="en")
    database.write_now(lambda tx: tx.append("c_1", [opened], actor=BOT))
    with pytest.raises(sa.exc.IntegrityError) as told:
        database.write_now(lambda tx: tx.append("c_2", [opened], actor=BOT))
    assert "secret" not in str(told.value)
    assert database.read_now(lambda tx: tx.events("c_2")) == []
    database.close()
