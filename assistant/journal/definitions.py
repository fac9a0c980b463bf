"""Journey definitions by content hash: a journey under way ends on the definition it began with."""

from __future__ import annotations

import sqlalchemy as sa

from assistant.journal.store import Transaction
from assistant.journal.tables import definitions as table
from assistant.journeys.definitions import Definitions


def keep_definitions(tx: Transaction, present: Definitions) -> list[str]:
    """Stores the definitions that are new and gives the bodies of all that ever were."""
    kept = {row.hash: row.body for row in tx.connection.execute(sa.select(table.c.hash, table.c.body))}
    new = [
        {"hash": each.hash, "name": each.definition.journey, "body": each.body}
        for each in present.written
        if each.hash not in kept
    ]
    if new:
        tx.connection.execute(sa.insert(table), new)
    return [*kept.values(), *(each["body"] for each in new)]
