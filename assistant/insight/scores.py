"""Counts a cohort in the database, in one pass over its attempts, under one metric definition."""

from __future__ import annotations

import statistics
from collections import defaultdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from assistant.insight.cohorts import Cohort
from assistant.journal.store import Transaction
from assistant.journal.tables import attempts
from assistant.journeys.attempts import OPEN
from assistant.journeys.metrics import MetricDefinition, Tally, answer
from assistant.journeys.outcomes import (
    ABANDONED,
    ACHIEVED,
    AGENT,
    ASSISTED,
    CUSTOMER,
    DEFAULT_TERMS,
    ELSEWHERE,
    NOT_ACHIEVED,
    SELF_SERVICE,
    SYSTEM,
    UNKNOWN,
    TermsOf,
)

Yes = sa.ColumnElement[bool]
_A = attempts.c
# Those not known count by browser, else by conversation.
_PERSON = sa.func.coalesce(_A.customer_id, _A.linked_to, _A.browser_id, _A.conversation_id)


def score_in_database(
    tx: Transaction, cohort: Cohort, now: datetime, terms_of: TermsOf, definition: MetricDefinition
) -> dict[str, Any]:
    """`{totals, intents}` of the eligible attempts of the cohort; `now` decides which windows are over."""
    conditions = [*cohort.conditions(), _A.eligible]
    rows = tx.connection.execute(
        sa.select(_A.intent, sa.func.max(_A.title).label("title"), *_counts(definition))
        .where(*conditions)
        .group_by(_A.intent)
    ).all()
    medians = _medians(tx, conditions, definition)
    holding = _holding(tx, conditions, {row.intent for row in rows}, now, terms_of, definition)
    intents: dict[str, Tally] = {}
    total = Tally(median_seconds=medians[None])
    for row in rows:
        counted = {name: int(value or 0) for name, value in row._mapping.items() if name not in _WORDS}
        could_hold, held = holding.get(row.intent, (0, 0))
        intents[row.intent] = Tally(
            **counted, could_hold=could_hold, held=held, median_seconds=medians[row.intent]
        )
        for name in (*counted, "could_hold", "held"):
            setattr(total, name, getattr(total, name) + getattr(intents[row.intent], name))
    # One customer may have several intents: the sum would count them twice.
    people = sa.select(sa.func.count(sa.distinct(_PERSON))).where(*conditions)
    total.customers = tx.connection.execute(people).scalar_one() if len(rows) != 1 else total.customers
    return answer(total, intents, {row.intent: row.title for row in rows})


_WORDS = ("intent", "title")


def _counts(definition: MetricDefinition) -> list[sa.ColumnElement[Any]]:
    ended = _A.outcome != OPEN
    elsewhere = sa.and_(_A.outcome == ACHIEVED, _A.by == ELSEWHERE)
    closed = _counted(ended, definition)
    achieved = _counted(_A.outcome == ACHIEVED, definition)
    counted: dict[str, Yes] = {
        "open": _A.outcome == OPEN,
        "closed": closed,
        "achieved": achieved,
        "achieved_system": sa.and_(achieved, _A.evidence == SYSTEM),
        "achieved_customer": sa.and_(achieved, _A.evidence == CUSTOMER),
        "achieved_agent": sa.and_(achieved, _A.evidence == AGENT),
        "not_achieved": _A.outcome == NOT_ACHIEVED,
        "abandoned": _A.outcome == ABANDONED,
        "unknown": _A.outcome == UNKNOWN,
        "self_service": sa.and_(achieved, _A.by == SELF_SERVICE),
        "assisted": sa.and_(achieved, _A.by == ASSISTED),
        "elsewhere": elsewhere,
        "handed_off": _A.handoff_id.is_not(None),
        "came_back": _A.came_back_by.is_not(None),
        "disputed": _A.disputed_at.is_not(None),
        "contained": sa.and_(closed, _A.handoff_id.is_(None), sa.not_(_A.assisted)),
    }
    sums = [_sum(condition).label(name) for name, condition in counted.items()]
    people = sa.func.count(sa.distinct(_PERSON)).label("customers")
    return [sa.func.count().label("eligible"), people, *sums]


def _counted(condition: Yes, definition: MetricDefinition) -> Yes:
    """Without what came about elsewhere, where the definition sets that aside."""
    if not definition.sets_elsewhere_aside:
        return condition
    return sa.and_(condition, sa.or_(_A.by.is_(None), _A.by != ELSEWHERE))


def _sum(condition: Yes) -> sa.ColumnElement[Any]:
    return sa.func.sum(sa.case((condition, 1), else_=0))


def _holding(
    tx: Transaction,
    conditions: list[Yes],
    intents: set[str],
    now: datetime,
    terms_of: TermsOf,
    definition: MetricDefinition,
) -> dict[str, tuple[int, int]]:
    """By intent: how many first verdicts of achieved are old enough to tell, and how many of them held."""
    if not intents:
        return {}
    windows = {intent: (terms_of(intent) or DEFAULT_TERMS).came_back_within for intent in intents}
    over = sa.or_(
        *(
            sa.and_(
                _A.intent.in_(sorted(each for each in intents if windows[each] == window)),
                _A.closed_at <= now - window,
            )
            for window in sorted(set(windows.values()))
        )
    )
    held = sa.and_(_A.came_back_by.is_(None), sa.not_(_A.taken_back))
    first = _A.first_outcome == ACHIEVED
    if definition.sets_elsewhere_aside:
        first = sa.and_(first, sa.or_(_A.by.is_(None), _A.by != ELSEWHERE))
    rows = tx.connection.execute(
        sa.select(_A.intent, sa.func.count(), _sum(held)).where(*conditions, first, over).group_by(_A.intent)
    )
    return {intent: (int(could), int(kept or 0)) for intent, could, kept in rows}


def _medians(
    tx: Transaction, conditions: list[Yes], definition: MetricDefinition
) -> dict[str | None, float | None]:
    """Seconds from opening to closing of achieved attempts, by intent; of all of them under None."""
    if tx.connection.dialect.name == "postgresql":
        seconds: sa.ColumnElement[Any] = sa.extract("epoch", _A.closed_at - _A.opened_at)
    else:
        days = sa.func.julianday(_A.closed_at) - sa.func.julianday(_A.opened_at)
        seconds = sa.func.round(days * 86_400, 3)  # as exact as days in a float are
    took: dict[str | None, list[float]] = defaultdict(list)
    achieved = _counted(_A.outcome == ACHIEVED, definition)
    for intent, each in tx.connection.execute(sa.select(_A.intent, seconds).where(*conditions, achieved)):
        took[intent].append(float(each))
    medians: dict[str | None, float | None] = defaultdict(lambda: None)
    medians |= {intent: statistics.median(each) for intent, each in took.items()}
    if took:
        medians[None] = statistics.median([each for several in took.values() for each in several])
    return medians
