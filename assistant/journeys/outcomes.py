"""How an attempt ends, and what amends it later. Pure.

Somebody or something must vouch for an outcome: the company's system, the customer, or the agent.
Silence is never evidence. `judge` holds every rule; the table it works from is `RULES`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from assistant.journeys.attempts import ACHIEVED as ACHIEVED
from assistant.journeys.attempts import NO_EVIDENCE, OPEN, Attempt

NOT_ACHIEVED = "not_achieved"
ABANDONED = "abandoned"
UNKNOWN = "unknown"
OUTCOMES = (ACHIEVED, NOT_ACHIEVED, ABANDONED, UNKNOWN)

SYSTEM = "system"
CUSTOMER = "customer"
AGENT = "agent"
# Who outweighs whom when verdicts on one attempt differ.
WEIGHT = {SYSTEM: 3, CUSTOMER: 2, AGENT: 1, NO_EVIDENCE: 0}

SELF_SERVICE = "self_service"
ASSISTED = "assisted"
ELSEWHERE = "elsewhere"

CAME_BACK = "came_back"
HANDOFF_UNANSWERED = "handoff_unanswered"
NOT_UNDERSTOOD = "not_understood"

# What an amendment can undo.
DISPUTE = "dispute"


class Terms(Protocol):
    """What a journey definition says about outcomes."""

    @property
    def journey(self) -> str: ...
    @property
    def achieved_when_system(
        self,
    ) -> Sequence[str]: ...  # types of business events; empty: the system cannot tell
    @property
    def undone_when_system(
        self,
    ) -> Sequence[str]: ...  # types of business events that take a confirmation back
    @property
    def undone_reason(self) -> str | None: ...
    @property
    def abandoned_after(self) -> timedelta: ...
    @property
    def achieved_within(self) -> timedelta: ...
    @property
    def came_back_within(self) -> timedelta: ...
    @property
    def came_back_means(self) -> str: ...  # failure, repeat


TermsOf = Callable[[str], Terms | None]  # of an intent; None: no journey of its own


@dataclass(frozen=True)
class DefaultTerms:
    """For intents without a journey definition, `unknown` among them."""

    journey: str = ""
    achieved_when_system: tuple[str, ...] = ()
    undone_when_system: tuple[str, ...] = ()
    undone_reason: str | None = None
    abandoned_after: timedelta = timedelta(minutes=30)
    achieved_within: timedelta = timedelta(days=1)
    came_back_within: timedelta = timedelta(days=7)
    came_back_means: str = "failure"


DEFAULT_TERMS = DefaultTerms()


def no_terms(intent: str) -> Terms | None:
    """A `TermsOf` that knows no journeys: every intent has the default terms."""
    return None


@dataclass(frozen=True)
class SystemConfirmed:
    """The company's system confirms the goal. `own`: an action of this very attempt caused it."""

    own: bool
    reason: str | None = None


@dataclass(frozen=True)
class SystemDeclined:
    """The company's system says no, and why."""

    reason: str


@dataclass(frozen=True)
class SystemReversed:
    """What the system had confirmed no longer holds: the payment bounced."""

    reason: str


@dataclass(frozen=True)
class CustomerSaid:
    """The customer says it is done, or that it is not; asked or on their own."""

    done: bool
    reason: str | None = None


@dataclass(frozen=True)
class AgentSaid:
    """The agent's disposition. `outcome` is one of OUTCOMES."""

    outcome: str
    reason: str | None = None


@dataclass(frozen=True)
class HandoffUnanswered:
    """Nobody took the handoff in time."""


@dataclass(frozen=True)
class FellQuiet:
    """The customer has been gone longer than `abandoned_after`."""


@dataclass(frozen=True)
class CameBackAgain:
    """The same matter came again within the window. `means` is the definition's `came_back_means`."""

    means: str


@dataclass(frozen=True)
class Disputed:
    """CX says that it was not achieved, and why. It holds against every evidence until it is taken back."""

    reason: str


Fact = (
    SystemConfirmed
    | SystemDeclined
    | SystemReversed
    | CustomerSaid
    | AgentSaid
    | HandoffUnanswered
    | FellQuiet
    | CameBackAgain
    | Disputed
)


@dataclass(frozen=True)
class Verdict:
    """An outcome with its evidence. `by` is set for achieved ones only."""

    outcome: str
    evidence: str
    by: str | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Standing:
    """What the rules need to know of an attempt."""

    outcome: str = OPEN
    evidence: str = NO_EVIDENCE
    told: bool = False
    assisted: bool = False
    understood: bool = True
    by: str | None = None
    disputed: bool = False

    @classmethod
    def of(cls, attempt: Attempt) -> Standing:
        """The attempt as the rules see it."""
        return cls(
            attempt.outcome,
            attempt.evidence,
            attempt.told_at is not None,
            attempt.assisted,
            attempt.intent != "unknown",
            attempt.by,
            attempt.disputed_at is not None,
        )


def judge(standing: Standing, fact: Fact) -> Verdict | None:
    """The verdict that this fact brings about, or None when what stands goes on standing.

    An open attempt takes the first verdict. On a closed one a later fact amends: an achievement stands
    against weaker evidence, and never falls to silence; anything else gives way to whoever vouches.
    """
    if standing.disputed:
        return None  # CX decided; what came meanwhile is on record, and they can take it back
    if isinstance(fact, Disputed):
        lost = Verdict(NOT_ACHIEVED, AGENT, None, fact.reason)
        return lost if standing.outcome == ACHIEVED else None
    if isinstance(fact, CameBackAgain):
        return _after_coming_back(standing, fact)
    found = _verdict(standing, fact)
    if found is None or standing.outcome == OPEN:
        return found
    if found.evidence == NO_EVIDENCE or isinstance(fact, HandoffUnanswered):
        return None
    if (found.outcome, found.evidence) == (standing.outcome, standing.evidence):
        # The company's event may overtake the turn that caused it: once the turn is on record, it counts.
        return found if standing.by == ELSEWHERE and found.by not in (None, ELSEWHERE) else None
    if standing.outcome == ACHIEVED:
        return found if _outweighs(standing, fact, found) else None
    return found


def _outweighs(standing: Standing, fact: Fact, found: Verdict) -> bool:
    if standing.evidence == SYSTEM:
        return isinstance(fact, SystemReversed)
    if isinstance(fact, SystemDeclined):
        return False  # a later try was declined; that takes nothing back
    return WEIGHT[found.evidence] >= WEIGHT[standing.evidence]


def _verdict(standing: Standing, fact: Fact) -> Verdict | None:
    helped = ASSISTED if standing.assisted else SELF_SERVICE
    match fact:
        case SystemConfirmed(own=own, reason=reason):
            # An agent works in the company's own systems, where no operation carries a key of ours.
            by = helped if own or standing.assisted else ELSEWHERE
            return Verdict(ACHIEVED, SYSTEM, by, reason)
        case SystemReversed(reason=reason):
            # There is nothing to take back of what was never achieved.
            return Verdict(NOT_ACHIEVED, SYSTEM, None, reason) if standing.outcome == ACHIEVED else None
        case SystemDeclined(reason=reason):
            return Verdict(NOT_ACHIEVED, SYSTEM, None, reason)
        case CustomerSaid(done=True, reason=reason):
            return Verdict(ACHIEVED, CUSTOMER, helped, reason)
        case CustomerSaid(reason=reason):
            return Verdict(NOT_ACHIEVED, CUSTOMER, None, reason)
        case AgentSaid(outcome=outcome, reason=reason):
            return _agent_verdict(outcome, reason)
        case HandoffUnanswered():
            return Verdict(NOT_ACHIEVED, SYSTEM, None, HANDOFF_UNANSWERED)
        case FellQuiet():
            if not standing.understood:
                return Verdict(UNKNOWN, NO_EVIDENCE, None, NOT_UNDERSTOOD)
            return Verdict(UNKNOWN if standing.told else ABANDONED, NO_EVIDENCE)
    return None


def _agent_verdict(outcome: str, reason: str | None) -> Verdict:
    if outcome not in OUTCOMES:
        raise ValueError(f"{outcome} is not an outcome")
    if outcome in (ABANDONED, UNKNOWN):  # the agent says that nobody can say
        return Verdict(outcome, NO_EVIDENCE, None, reason)
    return Verdict(outcome, AGENT, ASSISTED if outcome == ACHIEVED else None, reason)


def _after_coming_back(standing: Standing, fact: CameBackAgain) -> Verdict | None:
    vouched_for = standing.outcome == ACHIEVED and standing.evidence in (CUSTOMER, AGENT)
    if fact.means == "repeat" or not vouched_for:
        return None
    return Verdict(UNKNOWN, NO_EVIDENCE, None, CAME_BACK)


def is_quiet(last_seen: datetime, now: datetime, terms: Terms) -> bool:
    """Whether the customer has been gone for longer than the definition's `abandoned_after`."""
    return now - last_seen > terms.abandoned_after


def failed_before(earlier: Attempt, came_back_means: str, *, something_failed: bool) -> bool:
    """Whether coming back to that attempt means that it failed the customer.

    Who left in the middle was only failed if something of it failed (`something_failed`).
    """
    if came_back_means != "failure" or earlier.outcome == ACHIEVED:
        return False
    return earlier.outcome in (NOT_ACHIEVED, UNKNOWN) or something_failed


def is_same_person(one: Attempt, other: Attempt) -> bool:
    """Whether both attempts are one customer's: by who they are, and while neither is known by their browser.

    Two verified customers are never one, whatever browser they share.
    """
    if one.person is not None or other.person is not None:
        return one.person == other.person
    return one.browser_id is not None and one.browser_id == other.browser_id


def is_same_matter(earlier: Attempt, later: Attempt, terms: Terms) -> bool:
    """Whether `later` is the same customer coming back with `earlier`'s matter, within the window.

    Without a subject the intent alone is matched. Going on with an open attempt, or with the same journey,
    is resuming and not coming back; where coming back is natural (`repeat`), it is only noted after an
    attempt that did not succeed. Nothing here looks at a clock, so that it can be asked again at any time.
    """
    if earlier.closed_at is None or earlier.is_open or not is_same_person(earlier, later):
        return False
    if earlier.intent != later.intent or earlier.conversation_id == later.conversation_id:
        return False
    if earlier.journey_id is not None and earlier.journey_id == later.journey_id:
        return False
    if later.subject is not None and earlier.subject != later.subject:
        return False
    if terms.came_back_means == "repeat" and earlier.outcome == ACHIEVED:
        return False
    return earlier.closed_at <= later.opened_at <= earlier.closed_at + terms.came_back_within


def owner_of_browser(customers: Collection[str]) -> str | None:
    """Whose a browser is, given the customers who signed in on it and were not unlinked from it.

    One alone: what was done on it by nobody known counts as theirs. Several: it is nobody's.
    """
    return next(iter(customers)) if len(set(customers)) == 1 else None
