"""Which metric definition the figures follow. The choice is an event: on record, and to be undone."""

from __future__ import annotations

from assistant.journal.database import Transaction
from assistant.journal.events import SYSTEM, DefinitionChosen
from assistant.journeys.metrics import CURRENT, DEFINITIONS, MetricDefinition

STREAM = "metrics:definition"


def definition_in_use(tx: Transaction) -> MetricDefinition:
    """The one last chosen; the first until somebody chose."""
    chosen = tx.events(STREAM, names=[DefinitionChosen.name], newest_first=True, limit=1)
    for each in chosen:
        if isinstance(each.event, DefinitionChosen) and each.event.version in DEFINITIONS:
            return DEFINITIONS[each.event.version]
    return CURRENT


def choose_definition(tx: Transaction, version: int) -> MetricDefinition:
    """All figures, of all periods, follow this one from now on. Raises KeyError for one there is not."""
    wanted = DEFINITIONS[version]
    if definition_in_use(tx).version != version:
        tx.append(STREAM, [DefinitionChosen(version=version)], actor=SYSTEM)
    return wanted
