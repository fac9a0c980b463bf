"""Which attempts are the same customer's, about the same matter: found, tied together, and taken apart again.

The rules are in `assistant.journeys.outcomes`. Every tie and every link is an event in the streams of the
attempts it concerns, so that it can be undone and that a rebuild gives the same rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import sqlalchemy as sa

from assistant.journal import views
from assistant.journal.events import (
    SYSTEM,
    Actor,
    AttemptAmended,
    AttemptClosed,
    AttemptLinked,
    AttemptOpened,
    AttemptRenamed,
    AttemptUnlinked,
    BrowserUnlinked,
    CameBack,
    CameBackUndone,
    Event,
    Returned,
    ReturnedUndone,
)
from assistant.journal.projections import ATTEMPTS
from assistant.journal.store import Transaction
from assistant.journal.tables import attempts, conversations
from assistant.journeys.attempts import Attempt
from assistant.journeys.outcomes import (
    CAME_BACK,
    DEFAULT_TERMS,
    CameBackAgain,
    Standing,
    TermsOf,
    Verdict,
    is_same_matter,
    is_same_person,
    judge,
    owner_of_browser,
)

LOOKED_AT = 50  # attempts of one customer with one intent, nearest first

_A = attempts.c
_WHO_SIGNED_IN = (
    sa.select(conversations.c.customer_id)
    .distinct()
    .where(conversations.c.browser_id == sa.bindparam("browser"), conversations.c.customer_id.is_not(None))
)
_LINKABLE = (
    sa.select(_A.attempt_id)
    .where(
        _A.browser_id == sa.bindparam("browser"), sa.or_(_A.customer_id.is_(None), _A.linked_to.is_not(None))
    )
    .limit(1)
)
_MISLINKED = ATTEMPTS.select.where(
    _A.browser_id == sa.bindparam("browser"),
    sa.or_(
        sa.and_(_A.customer_id.is_(None), sa.func.coalesce(_A.linked_to, "") != sa.bindparam("owner")),
        sa.and_(_A.customer_id.is_not(None), _A.linked_to.is_not(None)),
    ),
).order_by(_A.conversation_id, _A.attempt_id)
_EARLIER = ATTEMPTS.select.where(
    _A.intent == sa.bindparam("intent"), _A.opened_at < sa.bindparam("opened_at")
).order_by(_A.opened_at.desc())
_LATER = ATTEMPTS.select.where(
    _A.intent == sa.bindparam("intent"), _A.opened_at > sa.bindparam("opened_at"), _A.came_back_to.is_(None)
).order_by(_A.opened_at)
# Verified, or linked by the browser; as two look-ups, each with an index of its own.
_THEIRS = sa.or_(_A.customer_id == sa.bindparam("person"), _A.linked_to == sa.bindparam("person"))
_NOBODYS = sa.and_(_A.browser_id == sa.bindparam("browser"), _A.customer_id.is_(None), _A.linked_to.is_(None))
_OF = {
    (statement, known): statement.where(whose).limit(LOOKED_AT)
    for statement in (_EARLIER, _LATER)
    for known, whose in ((True, _THEIRS), (False, _NOBODYS))
}


def verdict_event(attempt: Attempt, verdict: Verdict, *, business_event: str | None = None) -> Event:
    """`attempt.closed` for an open attempt, `attempt.amended` for one that has an outcome."""
    made: Callable[..., Event] = AttemptClosed if attempt.is_open else AttemptAmended
    return made(
        attempt_id=attempt.attempt_id,
        outcome=verdict.outcome,
        evidence=verdict.evidence,
        by=verdict.by,
        reason=verdict.reason,
        business_event=business_event,
    )


def locked(tx: Transaction, attempt_id: str) -> Attempt | None:
    """The attempt under its stream's lock, so that what is decided on it still holds at the commit."""
    found = views.attempt(tx, attempt_id)
    if found is None:
        return None
    tx.lock(found.conversation_id)
    return views.attempt(tx, attempt_id)


def tie_to_earlier(tx: Transaction, later: Attempt, terms_of: TermsOf) -> Attempt | None:
    """Tie an attempt to the same customer's latest one about the same matter, in both streams.

    Gives the earlier attempt as it stood before, or None. Done again it changes nothing.
    """
    if later.came_back_to is not None:
        return None
    terms = terms_of(later.intent) or DEFAULT_TERMS
    found = next((a for a in _near(tx, _EARLIER, later) if is_same_matter(a, later, terms)), None)
    if found is None:
        return None
    earlier = locked(tx, found.attempt_id) or found
    came_back: list[Event] = [
        CameBack(
            attempt_id=earlier.attempt_id,
            later_attempt_id=later.attempt_id,
            later_conversation_id=later.conversation_id,
            later_at=later.opened_at.isoformat().replace("+00:00", "Z"),
        )
    ]
    verdict = judge(Standing.of(earlier), CameBackAgain(terms.came_back_means))
    if verdict is not None:
        came_back.append(verdict_event(earlier, verdict))
    tx.append(earlier.conversation_id, came_back, actor=SYSTEM)
    returned = Returned(
        attempt_id=later.attempt_id,
        came_back_to=earlier.attempt_id,
        earlier_outcome=earlier.outcome,
        journey_id=earlier.journey_id,
    )
    tx.append(later.conversation_id, [returned], actor=SYSTEM)
    return earlier


def _near(tx: Transaction, statement: sa.Select[tuple[object]], attempt: Attempt) -> Iterable[Attempt]:
    known = attempt.person is not None
    if not known and attempt.browser_id is None:
        return []
    who = {"person": attempt.person} if known else {"browser": attempt.browser_id}
    rows = tx.connection.execute(
        _OF[statement, known], who | {"intent": attempt.intent, "opened_at": attempt.opened_at}
    )
    return [ATTEMPTS.load(row) for row in rows]


def settle_browser(tx: Transaction, browser_id: str, terms_of: TermsOf) -> list[str]:
    """Bring what was done anonymously on a browser in line with who signed in on it.

    Links it to the one customer who did, unlinks it when there are several or none, and ties or unties what
    comes of that. The ids of the attempts that changed sides; done again it changes nothing.
    """
    of = {"browser": browser_id}
    if tx.connection.execute(_LINKABLE, of).first() is None:
        return []  # the usual case: who signs in was nobody else here before
    signed_in = set(tx.connection.execute(_WHO_SIGNED_IN, of).scalars())
    owner = owner_of_browser(signed_in - _unlinked(tx, browser_id)) if signed_in else None
    rows = tx.connection.execute(_MISLINKED, of | {"owner": owner or ""}).all()
    changed = [each.attempt_id for each in map(ATTEMPTS.load, rows) if _relink(tx, each, owner)]
    for attempt_id in changed:
        _untie_strangers(tx, attempt_id)
    for attempt_id in changed:
        _tie_anew(tx, attempt_id, terms_of)
    return changed


def unlink_browser(
    tx: Transaction, browser_id: str, customer_id: str, reason: str, terms_of: TermsOf, *, actor: Actor
) -> list[str]:
    """Staff says that a browser is not that customer's own. The ids of the attempts that changed sides."""
    said = BrowserUnlinked(customer_id=customer_id, reason=reason)
    tx.append(f"browser:{browser_id}", [said], actor=actor)
    return settle_browser(tx, browser_id, terms_of)


def _unlinked(tx: Transaction, browser_id: str) -> set[str]:
    said = tx.events(f"browser:{browser_id}", names=[BrowserUnlinked.name])
    return {each.event.customer_id for each in said if isinstance(each.event, BrowserUnlinked)}


def _relink(tx: Transaction, found: Attempt, owner: str | None) -> bool:
    attempt = locked(tx, found.attempt_id) or found
    wanted = owner if attempt.customer_id is None else None
    if attempt.linked_to == wanted:
        return False
    if attempt.linked_to is not None:
        gone = AttemptUnlinked(attempt_id=attempt.attempt_id, customer_id=attempt.linked_to)
        tx.append(attempt.conversation_id, [gone], actor=SYSTEM)
    if wanted is not None:
        linked = AttemptLinked(attempt_id=attempt.attempt_id, customer_id=wanted)
        tx.append(attempt.conversation_id, [linked], actor=SYSTEM)
    return True


def _untie_strangers(tx: Transaction, attempt_id: str) -> None:
    attempt = views.attempt(tx, attempt_id)
    if attempt is None:
        return
    for earlier_id, later_id in (
        (attempt.came_back_to, attempt_id),
        (attempt_id, attempt.came_back_by),
    ):
        if earlier_id is None or later_id is None:
            continue
        earlier, later = locked(tx, earlier_id), locked(tx, later_id)
        if earlier is not None and later is not None and not is_same_person(earlier, later):
            _untie(tx, earlier, later)


def _untie(tx: Transaction, earlier: Attempt, later: Attempt) -> None:
    undone: list[Event] = [CameBackUndone(attempt_id=earlier.attempt_id, later_attempt_id=later.attempt_id)]
    if earlier.reason == CAME_BACK:
        before = verdict_before(tx, earlier, lambda each: each.reason == CAME_BACK, undoes=CAME_BACK)
        undone += [before] if before is not None else []
    tx.append(earlier.conversation_id, undone, actor=SYSTEM)
    own = ReturnedUndone(
        attempt_id=later.attempt_id, came_back_to=earlier.attempt_id, journey_id=_own_journey(tx, later)
    )
    tx.append(later.conversation_id, [own], actor=SYSTEM)


def verdict_before(
    tx: Transaction, attempt: Attempt, is_cause: Callable[[AttemptAmended], bool], *, undoes: str
) -> AttemptAmended | None:
    """The amendment that restores the verdict from before the last one that `is_cause`; None without one."""
    found = tx.events(attempt.conversation_id, names=[AttemptClosed.name, AttemptAmended.name])
    before: AttemptClosed | AttemptAmended | None = None
    last: AttemptClosed | AttemptAmended | None = None
    for each in (one.event for one in found):
        if not isinstance(each, AttemptClosed | AttemptAmended) or each.attempt_id != attempt.attempt_id:
            continue
        if isinstance(each, AttemptAmended) and is_cause(each):
            before = last
        last = each
    if before is None:
        return None
    return AttemptAmended(
        attempt_id=attempt.attempt_id,
        outcome=before.outcome,
        evidence=before.evidence,
        by=before.by,
        reason=before.reason,
        undoes=undoes,
    )


def _own_journey(tx: Transaction, attempt: Attempt) -> str | None:
    found = tx.events(attempt.conversation_id, names=[AttemptOpened.name, AttemptRenamed.name])
    own = [
        each.event.journey_id
        for each in found
        if isinstance(each.event, AttemptOpened | AttemptRenamed)
        and each.event.attempt_id == attempt.attempt_id
    ]
    return next((each for each in reversed(own) if each is not None), None)


def _tie_anew(tx: Transaction, attempt_id: str, terms_of: TermsOf) -> None:
    """What it comes back to, and what comes back to it, now that it counts as somebody else's."""
    attempt = views.attempt(tx, attempt_id)
    if attempt is None:
        return
    tie_to_earlier(tx, attempt, terms_of)
    for later in _near(tx, _LATER, attempt):
        tie_to_earlier(tx, later, terms_of)
