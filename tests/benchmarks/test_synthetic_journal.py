"""The journal that is made in bulk must be one that the product could have written."""

from __future__ import annotations

from pathlib import Path

from assistant.insight.cohorts import Cohort
from assistant.insight.scores import score_in_database
from assistant.journal.rebuild import rebuild
from assistant.journeys.metrics import CURRENT
from assistant.journeys.outcomes import no_terms
from benchmarks.record import open_database
from benchmarks.synthetic_journal import START, write_journal


def test_that_a_synthetic_journal_rebuilds_to_as_many_attempts_and_to_the_same_ones_again(
    tmp_path: Path,
) -> None:
    database = open_database(tmp_path)
    told: list[int] = []
    write_journal(tmp_path / "journal.db", 300, told.append)
    assert rebuild(database).tables["attempts"] == (300, 300)
    assert told[-1] == 300
    again = rebuild(database)
    assert again.tables["attempts"] == (300, 0)
    assert not again.differed
    found = database.read_now(lambda tx: score_in_database(tx, Cohort(), START, no_terms, CURRENT))["totals"]
    assert found["eligible"] == 300
    assert all(found[name] > 0 for name in ("achieved", "abandoned", "unknown", "assisted", "open"))
    database.close()
