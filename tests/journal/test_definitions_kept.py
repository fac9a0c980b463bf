"""Every version of a definition that customers began on stays in the journal, through any restart."""

from __future__ import annotations

from assistant.journal.definitions import keep_definitions
from assistant.journeys.definitions import Definitions
from tests.journeys.dialogue import ROOT

FOLDER = ROOT / "data" / "journeys"
OLD = {file.name: file.read_text("utf-8") for file in sorted(FOLDER.glob("*.yml"))}
NEW = OLD | {"pay_bill.yml": OLD["pay_bill.yml"].replace("abandoned_after: 30m", "abandoned_after: 31m")}


def test_that_after_a_change_both_versions_are_found_by_their_hash(journal):
    old, new = Definitions.from_bodies(OLD), Definitions.from_bodies(NEW)
    began_with = old.hash_of("pay_bill")
    for present in (old, new, new):  # and a restart without a change
        bodies = journal.database.write_now(lambda tx, present=present: keep_definitions(tx, present))
    assert len(bodies) == len(set(bodies)) == len(old.bodies()) + 1
    for body in bodies:
        new.keep(body)
    assert new.hash_of("pay_bill") != began_with
    kept = new.by_hash(began_with)
    assert kept is not None
    assert kept.abandoned_after.total_seconds() == 30 * 60
