"""What timers, other conversations and the company's systems do to attempts.

The rules are pure and live in `assistant.journeys.outcomes`; here are the reading and the writing. Each
decision becomes an event in the stream of the attempt it concerns, with ids and times inside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

import sqlalchemy as sa

from assistant.journal import views
from assistant.journal.events import (
    COMPANY,
    SYSTEM,
    ActionPerformed,
    Actor,
    AttemptAmended,
    AttemptClosed,
    BusinessConfirmed,
    BusinessReceived,
    Event,
    Recorded,
    Returned,
)
from assistant.journal.matters import locked, settle_browser, tie_to_earlier, verdict_before, verdict_event
from assistant.journal.projections import ATTEMPTS
from assistant.journal.store import Transaction
from assistant.journal.tables import attempts, conversations
from assistant.journeys.attempts import OPEN, Attempt
from assistant.journeys.outcomes import (
    ACHIEVED,
    DEFAULT_TERMS,
    DISPUTE,
    ELSEWHERE,
    CameBackAgain,
    CustomerSaid,
    Disputed,
    Fact,
    FellQuiet,
    Standing,
    SystemConfirmed,
    SystemDeclined,
    SystemReversed,
    Terms,
    TermsOf,
    Verdict,
    failed_before,
    is_quiet,
    judge,
    no_terms,
)

EARLIER_LOOKED_AT = 50  # attempts of one customer with one intent, newest first
QUIET_AT_ONCE = 200  # attempts closed in one transaction of the timer


class KnowsTerms(Protocol):
    """Whoever holds the journey definitions."""

    def terms_of(self, intent: str) -> Terms | None:
        """The terms of the journey for that intent, or None."""
        ...


def settle(tx: Transaction, attempt_id: str, fact: Fact, *, actor: Actor = SYSTEM) -> Verdict | None:
    """Judge the attempt by this fact and write what comes of it; None when nothing changes.

    Raises LookupError for an attempt that does not exist.
    """
    attempt = _existing(tx, attempt_id)
    verdict = judge(Standing.of(attempt), fact)
    if verdict is not None:
        tx.append(attempt.conversation_id, [verdict_event(attempt, verdict)], actor=actor)
    return verdict


def judged(tx: Transaction, event: AttemptClosed) -> Event | None:
    """What a turn's closing amounts to, given how the attempt stands in the journal; None when to nothing.

    The bot's dialogue knows neither that a person took part nor what timers and the company's systems
    closed meanwhile; the rules do.
    """
    attempt = views.attempt(tx, event.attempt_id)
    if attempt is None:  # opened in this very turn
        return event
    fact = _fact_of(event)
    if fact is None:
        return event if attempt.is_open else None
    verdict = judge(Standing.of(attempt), fact)
    return None if verdict is None else verdict_event(attempt, verdict, business_event=event.business_event)


def _fact_of(event: AttemptClosed) -> Fact | None:
    match (event.evidence, event.outcome):
        case ("customer", outcome):
            return CustomerSaid(outcome == ACHIEVED, event.reason)
        case ("system", "achieved"):
            return SystemConfirmed(own=event.by != ELSEWHERE, reason=event.reason)
        case ("system", _):
            return SystemDeclined(event.reason or "declined")
    return None


def note_subject(
    tx: Transaction, conversation_id: str, attempt_id: str, terms_of: TermsOf = no_terms
) -> Attempt | None:
    """Find an earlier attempt about the same matter and tie the two together, in both streams.

    Call it when the subject was found, at the opening of an attempt whose journey has no subject, and at the
    end of one whose subject never came to be known.
    Gives the earlier attempt as it stood before, or None. Done again it changes nothing.
    """
    later = views.attempt(tx, attempt_id)
    if later is None or later.conversation_id != conversation_id:
        raise LookupError(f"there is no attempt {attempt_id} in {conversation_id}")
    if later.browser_id is not None and settle_browser(tx, later.browser_id, terms_of):
        later = views.attempt(tx, attempt_id) or later
    return tie_to_earlier(tx, later, terms_of)


def dispute(
    tx: Transaction, attempt_id: str, reason: str, *, note: str | None = None, actor: Actor
) -> Attempt | None:
    """CX says that an achieved attempt was not, and why; the attempt afterwards.

    None when there is nothing to dispute: it is not achieved, or disputed already. Raises LookupError.
    """
    attempt = _existing(tx, attempt_id)
    verdict = judge(Standing.of(attempt), Disputed(reason))
    if verdict is None:
        return None
    said = AttemptAmended(
        attempt_id=attempt_id,
        outcome=verdict.outcome,
        evidence=verdict.evidence,
        reason=reason,
        note=note,
        disputed=True,
    )
    tx.append(attempt.conversation_id, [said], actor=actor)
    return views.attempt(tx, attempt_id)


def take_back_dispute(
    tx: Transaction, attempt_id: str, *, note: str | None = None, actor: Actor
) -> Attempt | None:
    """The verdict from before the dispute holds again; the attempt afterwards.

    None when nobody disputes it. Raises LookupError.
    """
    attempt = _existing(tx, attempt_id)
    if attempt.disputed_at is None:
        return None
    before = verdict_before(tx, attempt, lambda each: each.disputed, undoes=DISPUTE)
    if before is None:
        raise LookupError(f"the verdict on {attempt_id} from before the dispute is not on record")
    tx.append(attempt.conversation_id, [replace(before, note=note)], actor=actor)
    return views.attempt(tx, attempt_id)


def _existing(tx: Transaction, attempt_id: str) -> Attempt:
    attempt = locked(tx, attempt_id)
    if attempt is None:
        raise LookupError(f"there is no attempt {attempt_id}")
    return attempt


@dataclass(frozen=True)
class EarlierFailure:
    """An earlier attempt at the same matter that failed. `at` is when it ended, aware UTC.

    `tried` are the steps and actions that were done for it and for those before it, as `name@subject`.
    """

    intent: str
    outcome: str
    at: datetime
    tried: tuple[str, ...]


def earlier_failure(
    tx: Transaction, returned: Returned, terms_of: TermsOf = no_terms
) -> EarlierFailure | None:
    """What failed the customer who came back, and what was tried then. None when nothing did.

    None too for who is known by their browser alone: somebody else may sit at it.
    """
    earlier, later = views.attempt(tx, returned.came_back_to), views.attempt(tx, returned.attempt_id)
    if earlier is None or later is None or earlier.customer_id is None:
        return None
    if earlier.customer_id != later.customer_id:
        return None
    performed = _performed(tx, earlier)
    terms = terms_of(earlier.intent) or DEFAULT_TERMS
    something_failed = any(each.result != "ok" for each in performed)
    if not failed_before(earlier, terms.came_back_means, something_failed=something_failed):
        return None
    tried, seen, one = _done(earlier, performed), {earlier.attempt_id}, earlier
    while one.came_back_to is not None and one.came_back_to not in seen and len(seen) < EARLIER_LOOKED_AT:
        found = views.attempt(tx, one.came_back_to)
        if found is None:
            break
        tried, one = tried | _done(found, _performed(tx, found)), found
        seen.add(found.attempt_id)
    return EarlierFailure(
        earlier.intent, earlier.outcome, earlier.closed_at or earlier.opened_at, tuple(sorted(tried))
    )


def tried_for(tx: Transaction, earlier: Attempt, terms: Terms) -> set[str]:
    """What was done in vain for an earlier attempt, should its customer come back with the matter now.

    Coming back takes a success by their own word back; a success by the company's system stands.
    """
    verdict = judge(Standing.of(earlier), CameBackAgain(terms.came_back_means))
    outcome = earlier.outcome if verdict is None else verdict.outcome
    performed = _performed(tx, earlier)
    failed = any(each.result != "ok" for each in performed)
    before = replace(earlier, outcome=outcome)
    in_vain = failed_before(before, terms.came_back_means, something_failed=failed)
    return _done(earlier, performed) if in_vain else set()


def _performed(tx: Transaction, attempt: Attempt) -> list[ActionPerformed]:
    done = tx.events(attempt.conversation_id, names=[ActionPerformed.name])
    return [
        each.event
        for each in done
        if isinstance(each.event, ActionPerformed) and each.event.attempt_id == attempt.attempt_id
    ]


def _done(attempt: Attempt, performed: Iterable[ActionPerformed]) -> set[str]:
    """Names as a journey definition writes them."""
    names = {
        name
        for each in performed
        if each.result == "ok"
        for name in (each.step, each.action.removeprefix("action_"))
        if name
    }
    return {f"{name}@{attempt.subject}" if attempt.subject else name for name in names}


def close_quiet_attempts(
    tx: Transaction, definitions: KnowsTerms, *, limit: int = QUIET_AT_ONCE
) -> list[tuple[str, str]]:
    """The timer's work: attempts whose customer has left become `abandoned`, or `unknown` once told.

    An attempt with an open handoff is left to the people who have it. Gives (attempt_id, outcome) of
    what was closed; when that is `limit` long, call again in a new transaction.
    """
    shortest = min((t.abandoned_after for t in _terms_in_use(tx, definitions)), default=None)
    if shortest is None:
        return []
    closed: list[tuple[str, str]] = []
    for attempt_id in _perhaps_quiet(tx, tx.now - shortest):
        attempt = locked(tx, attempt_id)
        if attempt is None or not attempt.is_open or not _left_alone(tx, attempt, definitions):
            continue
        verdict = judge(Standing.of(attempt), FellQuiet())
        if verdict is not None:
            tx.append(attempt.conversation_id, [verdict_event(attempt, verdict)], actor=SYSTEM)
            closed.append((attempt_id, verdict.outcome))
            if (
                attempt.subject is None
            ):  # it ended before anybody knew what about: the intent alone is matched
                note_subject(tx, attempt.conversation_id, attempt_id, definitions.terms_of)
        if len(closed) >= limit:
            break
    return closed


def _terms_in_use(tx: Transaction, definitions: KnowsTerms) -> list[Terms]:
    found = sa.select(attempts.c.intent).where(attempts.c.outcome == OPEN).distinct()
    return [definitions.terms_of(row.intent) or DEFAULT_TERMS for row in tx.connection.execute(found)]


def _perhaps_quiet(tx: Transaction, before: datetime) -> list[str]:
    # In the order of streams: two workers that do this at once lock them in the same order.
    found = (
        sa.select(attempts.c.attempt_id)
        .join(conversations, conversations.c.conversation_id == attempts.c.conversation_id)
        .where(
            attempts.c.outcome == OPEN,
            attempts.c.last_activity_at < before,
            conversations.c.handoff_id.is_(None),
            conversations.c.owner == "bot",
            sa.or_(conversations.c.last_customer_at.is_(None), conversations.c.last_customer_at < before),
        )
        .order_by(attempts.c.conversation_id, attempts.c.attempt_id)
    )
    return [row.attempt_id for row in tx.connection.execute(found)]


def _left_alone(tx: Transaction, attempt: Attempt, definitions: KnowsTerms) -> bool:
    conversation = views.conversation(tx, attempt.conversation_id)
    if conversation is None or conversation.owner != "bot" or conversation.handoff_id is not None:
        return False
    last_seen = max(attempt.last_activity_at, conversation.last_customer_at or attempt.opened_at)
    return is_quiet(last_seen, tx.now, definitions.terms_of(attempt.intent) or DEFAULT_TERMS)


def apply_business_event(tx: Transaction, received: Recorded, definitions: KnowsTerms) -> list[str]:
    """Let a signed event of the company's systems count as evidence; the ids of the attempts it changed.

    `received` is what `tx.append("customer:<id>", [BusinessReceived(…)])` gave. An attempt is concerned
    when its journey names the event's type as proof, within `achieved_within`, and either one of its own
    operations caused the event or the subject is its own; or when its journey says that this type takes a
    proof back. What counts is when things occurred, not when we were told. Applied twice it changes nothing.
    """
    event = received.event
    if not isinstance(event, BusinessReceived):
        raise TypeError(f"{event.name} is no event of the company's systems")
    customer_id = received.stream_id.removeprefix("customer:")
    changed = []
    for found in _concerned(tx, customer_id, event, definitions):
        attempt = locked(tx, found.attempt_id) or found
        terms = definitions.terms_of(attempt.intent) or DEFAULT_TERMS
        if event.type in terms.undone_when_system:
            changed += _take_back(tx, customer_id, attempt, event, terms)
        elif _prove(tx, attempt, event, terms):
            changed.append(attempt.attempt_id)
            overtaken = _known(tx, customer_id, event.subject, terms.undone_when_system)
            for later in (each for each in overtaken if _occurred(each) >= _occurred(event)):
                _take_back(tx, customer_id, locked(tx, attempt.attempt_id) or attempt, later, terms)
    return changed


def _prove(tx: Transaction, attempt: Attempt, event: BusinessReceived, terms: Terms) -> bool:
    occurred = _occurred(event)
    if occurred > attempt.opened_at + terms.achieved_within:
        return False
    own = event.key is not None and event.key in _own_keys(tx, attempt)
    # A turn is committed after its actions: what we caused ourselves may be older than the attempt.
    elsewhere = event.subject == attempt.subject and attempt.opened_at <= occurred
    if not own and not elsewhere:
        return False
    return _settled_by(tx, attempt, event, SystemConfirmed(own=own))


def _take_back(
    tx: Transaction, customer_id: str, attempt: Attempt, event: BusinessReceived, terms: Terms
) -> list[str]:
    occurred = _occurred(event)
    if event.subject is None or event.subject != attempt.subject or occurred < attempt.opened_at:
        return []
    proofs = _known(tx, customer_id, event.subject, terms.achieved_when_system)
    if any(_occurred(proof) > occurred for proof in proofs):
        return []  # it took back an earlier one: the customer paid again since
    reason = terms.undone_reason or event.type.replace(".", "_")
    return [attempt.attempt_id] if _settled_by(tx, attempt, event, SystemReversed(reason)) else []


def _settled_by(tx: Transaction, attempt: Attempt, event: BusinessReceived, fact: Fact) -> bool:
    verdict = judge(Standing.of(attempt), fact)
    if verdict is None:
        return False
    confirmed = BusinessConfirmed(
        business_event_id=event.business_event_id,
        type=event.type,
        attempt_id=attempt.attempt_id,
        subject=event.subject,
        key=event.key,
    )
    closing = verdict_event(attempt, verdict, business_event=event.business_event_id)
    tx.append(attempt.conversation_id, [confirmed, closing], actor=COMPANY)
    return True


def _concerned(
    tx: Transaction, customer_id: str, event: BusinessReceived, definitions: KnowsTerms
) -> list[Attempt]:
    rows = tx.connection.execute(
        ATTEMPTS.select.where(attempts.c.customer_id == customer_id).order_by(
            attempts.c.conversation_id, attempts.c.attempt_id
        )
    )
    concerned = []
    for attempt in map(ATTEMPTS.load, rows):
        terms = definitions.terms_of(attempt.intent)
        if terms is not None and event.type in (*terms.achieved_when_system, *terms.undone_when_system):
            concerned.append(attempt)
    return concerned


def _known(
    tx: Transaction, customer_id: str, subject: str | None, types: Sequence[str]
) -> list[BusinessReceived]:
    """What the company's systems said of that subject so far."""
    if not types:
        return []
    found = tx.events(f"customer:{customer_id}", names=[BusinessReceived.name])
    return [
        each.event
        for each in found
        if isinstance(each.event, BusinessReceived)
        and each.event.subject == subject
        and each.event.type in types
    ]


def _occurred(event: BusinessReceived) -> datetime:
    return datetime.fromisoformat(event.occurred_at)


def _own_keys(tx: Transaction, attempt: Attempt) -> set[str]:
    return {each.key for each in _performed(tx, attempt) if each.key is not None}
