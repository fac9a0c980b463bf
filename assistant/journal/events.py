"""Every fact the journal can hold: one frozen dataclass each, with a wire name of its own.

Fields made with `personal()` are sealed at rest with a key of the person concerned. What all of them share
is in `payloads`; nothing else is needed here, so that pure rules can speak in events.
"""

from __future__ import annotations

from dataclasses import field

from assistant.journal.payloads import (
    BOT,
    COMPANY,
    CUSTOMER,
    REGISTRY,
    SYSTEM,
    Actor,
    Event,
    Json,
    Recorded,
    from_wire,
    personal,
    wire,
)

# Whoever speaks in events finds here what comes with them too.
__all__ = [
    "BOT",
    "COMPANY",
    "CUSTOMER",
    "REGISTRY",
    "SYSTEM",
    "Actor",
    "Event",
    "Json",
    "Recorded",
    "from_wire",
    "personal",
    "wire",
]

# --- conversation streams (stream id = conversation id) ----------------------------------------


@wire("conversation.opened")
class ConversationOpened(Event):
    channel: str  # web_chat, rest, phone…
    language: str
    browser_id: str | None = None
    opened_by: str | None = None  # id of the channel token, when a program opened it
    staff_test: bool = False


@wire("conversation.language_changed")
class LanguageChanged(Event):
    language: str


@wire("identity.claimed")
class IdentityClaimed(Event):
    kind: str  # account, phone, e-mail
    value: str | None = personal()


@wire("identity.verified")
class IdentityVerified(Event):
    customer_id: str
    method: str  # identity_token, one_time_code, agent
    account: str | None = personal()
    display_name: str | None = personal()
    email: str | None = personal()
    phone: str | None = personal()
    preferred_channel: str | None = None
    vulnerable: bool | None = None


@wire("page.viewed")
class PageViewed(Event):
    url: str | None = personal()
    title: str | None = personal()


@wire("message.received")
class MessageReceived(Event):
    """From the customer. `for_bot` says whether the bot owes an answer (it owned the conversation)."""

    client_id: str
    for_bot: bool
    owner_epoch: int
    text: str = personal(default="")
    choice: str | None = None  # the server-issued id of the choice that was pressed
    redactions: list[dict[str, Json]] = field(default_factory=list)  # [{kind, count}]


@wire("message.sent")
class MessageSent(Event):
    """To the customer. `sender` is bot, agent or system; `response` names the text it was made from."""

    sender: str
    text: str = personal(default="")
    agent_id: str | None = None
    agent_name: str | None = None
    client_id: str | None = None
    response: str | None = None
    choices: list[dict[str, Json]] = personal(default_factory=list)  # [{id, title}]
    in_reply_to: int | None = None


@wire("message.withheld")
class MessageWithheld(Event):
    """What the bot would have said, had a person not taken over meanwhile. Never shown to the customer."""

    sender: str
    text: str = personal(default="")
    response: str | None = None
    in_reply_to: int | None = None


@wire("turn.committed")
class TurnCommitted(Event):
    """One turn of the bot. `rasa` are the tracker's new events, `slots` all slots that hold a value."""

    received: int | None  # the sequence of the message.received that it answers
    model: str | None = None
    intent: str | None = None
    confidence: float | None = None
    withheld: bool = False
    rasa: list[dict[str, Json]] = personal(default_factory=list)
    slots: dict[str, Json] = personal(default_factory=dict)


@wire("turn.failed")
class TurnFailed(Event):
    """The turn broke; the customer was told so, and the trace id leads to the log."""

    received: int
    trace_id: str


@wire("owner.changed")
class OwnerChanged(Event):
    owner: str  # bot, queue, agent
    epoch: int
    agent_id: str | None = None
    agent_name: str | None = None
    handoff_id: str | None = None


# --- attempts (in the conversation's stream) ---------------------------------------------------


@wire("attempt.opened")
class AttemptOpened(Event):
    attempt_id: str
    intent: str  # a name from the catalogue, or "unknown"
    title: str
    eligible: bool = True  # small talk and staff tests are not
    confidence: float | None = None
    journey_id: str | None = None
    definition: str | None = None  # content hash of the journey definition
    model: str | None = None
    received: int | None = None  # sequence of the message it was understood from
    language: str | None = None
    opened_by: str = "customer"  # or agent: an intent that came up with the agent
    alternatives: list[dict[str, Json]] = field(default_factory=list)  # [{name, confidence}]
    first_words: str | None = personal()


@wire("attempt.renamed")
class AttemptRenamed(Event):
    """Another intent than first thought (a rephrasing after `unknown`, a correction by agent or customer)."""

    attempt_id: str
    intent: str
    title: str
    confidence: float | None = None
    journey_id: str | None = None
    definition: str | None = None


@wire("attempt.subject_found")
class SubjectFound(Event):
    """What the attempt is about (that bill, that box): what "the same matter" means."""

    attempt_id: str
    subject: str


@wire("attempt.step_entered")
class StepEntered(Event):
    attempt_id: str
    step: str
    title: str
    kind: str  # collect, confirm, act, tell, ask


@wire("attempt.step_left")
class StepLeft(Event):
    attempt_id: str
    step: str
    result: str  # done, skipped, failed, declined, undone, given_up


@wire("attempt.told")
class AttemptTold(Event):
    """The steps came to their end: all was told. Not an outcome; silence after it becomes `unknown`."""

    attempt_id: str


@wire("attempt.closed")
class AttemptClosed(Event):
    attempt_id: str
    outcome: str  # achieved, not_achieved, abandoned, unknown
    evidence: str  # system, customer, agent, none
    by: str | None = None  # self_service, assisted, elsewhere
    reason: str | None = None
    business_event: str | None = None  # id of the company's event that proves it
    value: float | None = None


@wire("attempt.amended")
class AttemptAmended(Event):
    """A later fact. The earlier verdict stays in the history.

    `disputed`: CX says so, against all evidence, until they take it back. `undoes`: what is taken back,
    dispute or came_back; the verdict is then the one from before it.
    """

    attempt_id: str
    outcome: str
    evidence: str
    by: str | None = None
    reason: str | None = None
    note: str | None = personal()
    business_event: str | None = None
    disputed: bool = False
    undoes: str | None = None


@wire("attempt.resumed")
class AttemptResumed(Event):
    """A journey that was left is taken up again by this attempt; that is not coming back."""

    attempt_id: str
    resumed_from: str  # the attempt that was left; the same one when the customer never left the conversation
    resumed_conversation_id: str | None = None  # where that was; None: here
    journey_id: str | None = None  # of the journey that both belong to


@wire("attempt.resume_offered")
class ResumeOffered(Event):
    """In the EARLIER attempt's stream: the customer was asked whether to go on. Nobody is asked twice."""

    attempt_id: str
    later_conversation_id: str


@wire("attempt.came_back")
class CameBack(Event):
    """In the EARLIER attempt's stream: the same matter came again."""

    attempt_id: str
    later_attempt_id: str
    later_conversation_id: str
    later_at: str


@wire("attempt.returned")
class Returned(Event):
    """In the LATER attempt's stream: it is about the same matter as an earlier one."""

    attempt_id: str
    came_back_to: str
    earlier_outcome: str
    journey_id: str | None = None  # of the journey that both belong to


@wire("attempt.came_back_undone")
class CameBackUndone(Event):
    """In the EARLIER attempt's stream: it was not the same customer after all."""

    attempt_id: str
    later_attempt_id: str


@wire("attempt.returned_undone")
class ReturnedUndone(Event):
    """In the LATER attempt's stream: it was not the same customer after all."""

    attempt_id: str
    came_back_to: str
    journey_id: str | None = None  # its own, from before


@wire("attempt.linked")
class AttemptLinked(Event):
    """An anonymous visitor's attempt counts as that customer's: they alone signed in on the same browser."""

    attempt_id: str
    customer_id: str


@wire("attempt.unlinked")
class AttemptUnlinked(Event):
    """It no longer counts as that customer's: another one signed in on the browser, or staff undid it."""

    attempt_id: str
    customer_id: str


@wire("fact.learned")
class FactLearned(Event):
    """A fact about this customer or matter. Learned again under the same name, it replaces the former."""

    fact: str  # its name
    label: str
    value: Json = personal()
    source: str = "customer"  # customer, system, page, agent
    verified: bool = False
    attempt_id: str | None = None


@wire("fact.withdrawn")
class FactWithdrawn(Event):
    fact: str
    attempt_id: str | None = None


@wire("action.performed")
class ActionPerformed(Event):
    action: str
    title: str
    result: str  # ok, declined, error, timeout
    step: str | None = None
    attempt_id: str | None = None
    code: str | None = None
    detail: str | None = personal()
    key: str | None = None  # idempotency key, where it changed something
    milliseconds: int | None = None
    inputs: dict[str, Json] = personal(default_factory=dict)


@wire("promise.made")
class PromiseMade(Event):
    text: str = personal(default="")
    due: str | None = None
    attempt_id: str | None = None
    handoff_id: str | None = None


@wire("business.confirmed")
class BusinessConfirmed(Event):
    """The company's system said something that concerns this conversation's attempt."""

    business_event_id: str
    type: str  # payment.captured, visit.moved…
    attempt_id: str | None = None
    subject: str | None = None
    key: str | None = None  # idempotency key of the operation that caused it


# --- handoffs (in the conversation's stream) ---------------------------------------------------


@wire("handoff.requested")
class HandoffRequested(Event):
    handoff_id: str
    reason: str  # a reason code of the packet
    trigger: str  # customer, bot, policy
    skill: str
    language: str
    priority: str  # urgent, high, normal, low
    state: str  # queued, or callback when nobody is there
    intent: str | None = None
    attempt_id: str | None = None
    step: str | None = None
    customer_id: str | None = None
    due: str | None = None  # callback: when the customer was told to expect us
    decided_on: dict[str, Json] = field(default_factory=dict)  # the facts behind the decision


@wire("handoff.packet_written")
class PacketWritten(Event):
    handoff_id: str
    packet_id: str
    revision: int
    packet: dict[str, Json] = personal(default_factory=dict)


@wire("handoff.offered")
class HandoffOffered(Event):
    handoff_id: str
    agent_id: str
    until: str


@wire("handoff.offer_ended")
class OfferEnded(Event):
    handoff_id: str
    agent_id: str
    reason: str  # expired, agent_gone, declined


@wire("handoff.accepted")
class HandoffAccepted(Event):
    handoff_id: str
    agent_id: str
    agent_name: str


@wire("handoff.released")
class HandoffReleased(Event):
    """Back to the queue: the agent was lost, or transferred it."""

    handoff_id: str
    agent_id: str
    reason: str  # agent_lost, transferred
    skill: str | None = None


@wire("handoff.callback_promised")
class CallbackPromised(Event):
    handoff_id: str
    due: str
    reason: str  # nobody_in_time, closed_hours


@wire("handoff.returned")
class HandoffReturned(Event):
    handoff_id: str
    agent_id: str
    note: str | None = personal()


@wire("handoff.closed")
class HandoffClosed(Event):
    handoff_id: str
    agent_id: str | None = None
    reason: str = "disposition"  # disposition, handoff_unanswered
    note: str | None = personal()


@wire("handoff.language_changed")
class HandoffLanguageChanged(Event):
    """The customer goes on in another language while they wait: from now on it is for those who speak it."""

    handoff_id: str
    language: str


@wire("handoff.withdrawn")
class HandoffWithdrawn(Event):
    handoff_id: str


# --- customer streams (stream id = "customer:" + customer id) ----------------------------------


@wire("business.received")
class BusinessReceived(Event):
    """A signed event of the company's systems, kept whether or not an attempt was waiting for it."""

    business_event_id: str
    type: str
    occurred_at: str
    subject: str | None = None
    key: str | None = None
    data: dict[str, Json] = personal(default_factory=dict)


# --- browser streams (stream id = "browser:" + browser id) -------------------------------------


@wire("browser.unlinked")
class BrowserUnlinked(Event):
    """Staff said that this browser is not that customer's own: a shop's, a library's, a neighbour's."""

    customer_id: str
    reason: str


# --- the figures (stream id = "metrics:definition") --------------------------------------------


@wire("metrics.definition_chosen")
class DefinitionChosen(Event):
    """From now on all figures, of all periods, are worked out by this metric definition."""

    version: int


# --- staff streams (stream id = "staff:" + staff id) -------------------------------------------


@wire("staff.acted")
class StaffActed(Event):
    """Anything a member of staff did or read: `what` is a short verb phrase, `target` an id."""

    what: str
    target: str | None = None
    details: dict[str, Json] = field(default_factory=dict)
