"""What an honest record costs: at each turn, and when all of it is worked out again from the journal.

Turns: one commit with the attempt's events and one without, in alternation, on SQLite with every commit on
disk. Rebuild: a journal of 1,000,000 attempts made in bulk, folded into empty tables, then folded again and
compared. `--quick` takes 50,000 attempts and says what 1,000,000 would take at that pace.
"""

from __future__ import annotations

import argparse
import functools
import itertools
import resource
import shutil
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from assistant.insight.cohorts import Cohort
from assistant.insight.scores import score_in_database
from assistant.journal.attempts import note_subject
from assistant.journal.database import Database, Transaction
from assistant.journal.events import (
    BOT,
    ActionPerformed,
    AttemptClosed,
    AttemptOpened,
    ConversationOpened,
    Event,
    IdentityVerified,
    MessageSent,
    StepEntered,
    StepLeft,
    SubjectFound,
    TurnCommitted,
)
from assistant.journal.rebuild import RebuildReport, rebuild
from assistant.journal.tables import events
from assistant.journeys.metrics import CURRENT
from assistant.journeys.outcomes import no_terms
from benchmarks.figures import Target, machine, percentile, verdict
from benchmarks.synthetic_journal import write_journal

MANY = 1_000_000
TARGETS = {
    "turn_added_ms_p50": Target("at_most", 2.0),
    "rebuild_minutes_per_million": Target("at_most", 5.0),
    "rows_that_differed": Target("exactly", 0),
}
START = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
console = Console()


def open_database(folder: Path, now: datetime = START) -> Database:
    """A new journal in that folder, with ids by number and a clock that stands still."""
    numbers = itertools.count(1)
    made = Database(
        f"sqlite:///{folder / 'journal.db'}",
        clock=lambda: now,
        ids=lambda prefix: f"{prefix}_{next(numbers)}",
    )
    made.migrate()
    return made


def _said(number: int) -> list[Event]:
    slots = {"carried": {"said": ["utter_bill_paid"]}, "language": "en"}
    return [
        MessageSent(sender="bot", text="Your bill of € 64.20 is paid.", response="utter_bill_paid"),
        TurnCommitted(received=number, intent="pay_bill", confidence=0.97, slots=slots),
    ]


def _recorded(attempt_id: str) -> list[Event]:
    return [
        AttemptOpened(attempt_id=attempt_id, intent="pay_bill", title="Pay my bill", journey_id="j_1"),
        StepEntered(attempt_id=attempt_id, step="list_bills", title="Looked up the bills", kind="act"),
        ActionPerformed(attempt_id=attempt_id, action="list_bills", title="Bills", result="ok"),
        StepLeft(attempt_id=attempt_id, step="list_bills", result="done"),
        SubjectFound(attempt_id=attempt_id, subject="bill_7"),
        StepEntered(attempt_id=attempt_id, step="pay_bill", title="Paid", kind="act"),
        StepLeft(attempt_id=attempt_id, step="pay_bill", result="done"),
        AttemptClosed(attempt_id=attempt_id, outcome="achieved", evidence="system", by="self_service"),
    ]


def time_turns(folder: Path, rounds: int) -> tuple[list[float], list[float]]:
    """Milliseconds of a turn's commit (with its attempt from opening to end, without), in alternation."""
    database = open_database(folder)
    with_it: list[float] = []
    without: list[float] = []
    for number in range(rounds):
        for times, recording in ((with_it, True), (without, False)):
            stream = f"c_{number}_{recording}"
            begun = [
                ConversationOpened(channel="web_chat", language="en", browser_id=f"b_{stream}"),
                IdentityVerified(customer_id=f"cus_{number % 50}", method="identity_token"),
            ]
            database.write_now(functools.partial(_append, stream=stream, begun=begun))
            times.append(_commit(database, stream, number, recording=recording))
    database.close()
    return with_it, without


def _append(tx: Transaction, stream: str, begun: list[Event]) -> None:
    tx.append(stream, begun, actor=BOT)


def _commit(database: Database, stream: str, number: int, *, recording: bool) -> float:
    attempt_id = f"a_{stream}"
    written = [*(_recorded(attempt_id) if recording else []), *_said(number)]
    began = time.perf_counter()

    def work(tx: Transaction) -> None:
        tx.append(stream, written, actor=BOT, channel="web_chat")
        if recording:
            note_subject(tx, stream, attempt_id)

    database.write_now(work)
    return (time.perf_counter() - began) * 1000


def timed_rebuild(database: Database, what: str) -> tuple[RebuildReport, float, float]:
    """Rebuilds with a progress bar; the report, the seconds, and those of all processors together."""
    began, busy = time.perf_counter(), processor_seconds()
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task(what, total=1.0)
        report = rebuild(database, lambda _, share: progress.update(task, completed=share))
    return report, time.perf_counter() - began, processor_seconds() - busy


def processor_seconds() -> float:
    """Spent so far by this process and by those it started that have ended."""
    whose = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(used.ru_utime + used.ru_stime for used in map(resource.getrusage, whose))


def measure_rebuild(folder: Path, attempts: int) -> dict[str, float]:
    """Makes the journal, then the rebuild into empty tables, again, and one look at insight."""
    now = START + timedelta(days=60)
    database = open_database(folder, now)
    began = time.perf_counter()
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("writing the journal", total=attempts)
        write_journal(folder / "journal.db", attempts, lambda done: progress.update(task, completed=done))
    made = time.perf_counter() - began
    size = (folder / "journal.db").stat().st_size / 1e6
    _, first, busy = timed_rebuild(database, "rebuilding into empty tables")
    report, again, _ = timed_rebuild(database, "rebuilding and comparing")
    began = time.perf_counter()
    cohort = Cohort(START, now)
    found = database.read_now(lambda tx: score_in_database(tx, cohort, now, no_terms, CURRENT))
    looked = time.perf_counter() - began
    count = sa.select(sa.func.count()).select_from(events)
    figures = {
        "attempts": float(report.tables["attempts"][0]),
        "events": float(database.read_now(lambda tx: tx.connection.execute(count).scalar_one())),
        "journal_made_s": made,
        "journal_mb": size,
        "rebuild_s": first,
        "rebuild_processor_s": busy,
        "rebuild_and_compare_s": again,
        "rows_that_differed": float(sum(differed for _, differed in report.tables.values())),
        "rows": float(sum(rows for rows, _ in report.tables.values())),
        "insight_s": looked,
        "insight_counted": float(found["totals"]["eligible"]),
    }
    database.close()
    return figures


def show(figures: dict[str, float], attempts: int) -> None:
    """The table for people."""
    table = Table(title=f"The record's cost ({machine()})", title_justify="left")
    table.add_column("what")
    table.add_column("measured", justify="right")
    table.add_column("wanted", justify="right")
    for name, value in figures.items():
        target = TARGETS.get(name)
        table.add_row(name.replace("_", " "), f"{value:,.2f}", str(target) if target else "")
    console.print(table)
    if attempts != MANY:
        console.print(f"Minutes per million are extrapolated from {attempts:,} attempts, not measured.")


def main() -> None:
    """Runs it all and prints the verdict as the last line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="50,000 attempts instead of 1,000,000")
    parser.add_argument("--attempts", type=int, help="how many instead")
    parser.add_argument("--folder", type=Path, help="where the journal is made (about 6 GB for 1,000,000)")
    given = parser.parse_args()
    attempts = given.attempts or (50_000 if given.quick else MANY)
    folder = Path(tempfile.mkdtemp(prefix="record-", dir=given.folder))
    try:
        (folder / "turns").mkdir()
        with_it, without = time_turns(folder / "turns", 150 if given.quick else 500)
        figures = {
            "turn_with_ms_p50": percentile(with_it, 0.5),
            "turn_without_ms_p50": percentile(without, 0.5),
            "turn_added_ms_p50": statistics.median(a - b for a, b in zip(with_it, without, strict=True)),
            "turn_ratio": percentile(with_it, 0.5) / percentile(without, 0.5),
        }
        figures |= measure_rebuild(folder, attempts)
    finally:
        shutil.rmtree(folder)
    figures["rebuild_minutes_per_million"] = figures["rebuild_s"] / 60 * MANY / figures["attempts"]
    show(figures, attempts)
    print(verdict("record", figures, TARGETS))


if __name__ == "__main__":
    main()
