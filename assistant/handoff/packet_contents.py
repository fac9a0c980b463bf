"""Builds a packet from what the journal holds. Pure: everything comes in as values.

Nothing here is guessed: each part is folded from events of the conversation, so a packet can be built
again from the journal and says the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, cast

from assistant.handoff.handoffs import Handoff
from assistant.handoff.moments import from_iso
from assistant.handoff.mood import read_mood
from assistant.handoff.packet import (
    PACKET_VERSION,
    Alternative,
    Customer,
    Earlier,
    Fact,
    Intent,
    Journey,
    Message,
    MoodPart,
    Packet,
    Page,
    Promise,
    Reason,
    Redaction,
    Routing,
    Step,
    Summary,
    Tried,
)
from assistant.handoff.packet_words import Render, reason_text, summary_text
from assistant.handoff.ways_out import way_of
from assistant.journal import events as ev
from assistant.journal.events import Recorded

MOST_MESSAGES = 200
MOST_PAGES = 20
MOST_EARLIER = 20


class ConversationRow(Protocol):
    """What a packet needs of a conversation's row."""

    @property
    def conversation_id(self) -> str: ...
    @property
    def channel(self) -> str: ...
    @property
    def language(self) -> str: ...
    @property
    def customer_id(self) -> str | None: ...
    @property
    def verification(self) -> str: ...


class AttemptRow(Protocol):
    """What a packet needs of an attempt's row."""

    @property
    def attempt_id(self) -> str: ...
    @property
    def journey_id(self) -> str | None: ...
    @property
    def intent(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def confidence(self) -> float | None: ...
    @property
    def channel(self) -> str: ...
    @property
    def opened_at(self) -> datetime: ...
    @property
    def outcome(self) -> str: ...
    @property
    def reason(self) -> str | None: ...
    @property
    def step(self) -> str | None: ...
    @property
    def subject(self) -> str | None: ...
    @property
    def definition(self) -> str | None: ...


@dataclass(frozen=True)
class JourneyOutline:
    """What a packet needs of a journey definition: its goal and its steps as (name, title), in order."""

    name: str
    title: str
    goal: str
    steps: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class RoutingFacts:
    """How things stood in the queue when the packet was written."""

    position: int | None
    eta_seconds: int | None
    hours_open: bool


@dataclass(frozen=True)
class PacketSource:
    """All that goes into one revision of a packet.

    `recorded` is the conversation's stream, oldest first; `attempt` the one the handoff is about;
    `earlier` other attempts of the same customer, newest first. `reason` and `note` are given when
    this revision has a reason of its own (transferred, agent_lost); `former_reason` when it keeps that
    of the revision before.
    """

    packet_id: str
    revision: int
    created_at: datetime
    recorded: Sequence[Recorded]
    conversation: ConversationRow
    handoff: Handoff
    attempt: AttemptRow | None
    earlier: Sequence[AttemptRow]
    outline: JourneyOutline | None
    routing: RoutingFacts
    told_customer: str
    mood_words: Mapping[str, frozenset[str]]
    reason: str | None = None
    note: str | None = None
    former_reason: Reason | None = None


def build_packet(source: PacketSource, render: Render) -> Packet:
    """The packet. Texts are rendered from responses in the conversation's language.

    Raises pydantic.ValidationError when the journal holds something that no packet may say.
    """
    language = source.conversation.language
    reason = _reason(source, render)
    intent = _intent(source, render)
    facts, tried, promises = _facts(source.recorded), _tried(source.recorded), _promises(source.recorded)
    unanswered = _unanswered(source.recorded)
    journey = _journey(source)
    summary = summary_text(
        render, language, intent=intent, reason=reason, journey=journey, tried=tried, promises=promises,
        unanswered=len(unanswered), same_matter=sum(e.same_matter for e in _earlier(source)),
    )  # fmt: skip
    return Packet(
        packet_version=PACKET_VERSION,
        revision=source.revision,
        packet_id=source.packet_id,
        handoff_id=source.handoff.handoff_id,
        conversation_id=source.conversation.conversation_id,
        created_at=source.created_at,
        language=language,
        channel=source.conversation.channel,
        customer=_customer(source),
        reason=reason,
        intent=intent,
        journey=journey,
        facts=facts,
        tried=tried,
        promises=promises,
        earlier=_earlier(source),
        pages=_pages(source.recorded),
        mood=_mood(source),
        summary=Summary(text=summary, language=language),
        routing=Routing(
            skill=source.handoff.skill,
            language=source.handoff.language,
            priority=source.handoff.priority,
            position=source.routing.position,
            eta_seconds=source.routing.eta_seconds,
            hours_open=source.routing.hours_open,
        ),
        told_customer=source.told_customer,
        unanswered=unanswered,
        redactions=_redactions(source.recorded),
        messages=_messages(source.recorded),
    )


def _reason(source: PacketSource, render: Render) -> Reason:
    if source.former_reason is not None:
        return source.former_reason
    code = source.reason or source.handoff.reason
    step = source.handoff.step
    text = reason_text(render, source.conversation.language, code, _step_title(source, step))
    if source.note:
        text = f"{text} {source.note}"
    return Reason(code=cast(Any, code), text=text, trigger=cast(Any, source.handoff.trigger), step=step)


def _step_title(source: PacketSource, step: str | None) -> str:
    if step is None:
        return ""
    titles = dict(source.outline.steps) if source.outline else {}
    for recorded in source.recorded:
        if isinstance(recorded.event, ev.StepEntered) and recorded.event.step == step:
            titles[step] = recorded.event.title
    return titles.get(step, step)


def _customer(source: PacketSource) -> Customer:
    verified: ev.IdentityVerified | None = None
    verified_at: datetime | None = None
    claimed: dict[str, str] = {}
    for recorded in source.recorded:
        event = recorded.event
        if isinstance(event, ev.IdentityVerified):
            verified, verified_at = event, recorded.at
        elif isinstance(event, ev.IdentityClaimed) and event.value:
            claimed[event.kind] = event.value
    if verified is None:
        contact = {kind: value for kind, value in claimed.items() if kind != "account"}
        return Customer(
            verification="claimed" if claimed else "none", account=claimed.get("account"), contact=contact
        )
    ways = {"email": verified.email, "phone": verified.phone}
    return Customer(
        customer_id=verified.customer_id,
        name=verified.display_name,
        account=verified.account,
        verification="verified",
        method=verified.method,
        verified_at=verified_at,
        contact={kind: value for kind, value in ways.items() if value},
        preferred_channel=verified.preferred_channel,
        vulnerable=verified.vulnerable,
    )


def _intent(source: PacketSource, render: Render) -> Intent:
    opened = _opened(source)
    first_words = (opened.first_words if opened else None) or _first_words(source.recorded, opened)
    alternatives = [
        Alternative(name=each["name"], confidence=each.get("confidence"))
        for each in (opened.alternatives if opened else ())
    ]
    if source.attempt is None:
        name = source.handoff.intent or "unknown"
        title = (
            source.outline.title
            if source.outline
            else render("utter_packet_intent_unknown", source.conversation.language)
        )
        return Intent(
            name=name, title=title, confidence=None, first_words=first_words, alternatives=alternatives
        )
    return Intent(
        name=source.attempt.intent,
        title=source.attempt.title,
        confidence=source.attempt.confidence,
        first_words=first_words,
        alternatives=alternatives,
    )


def _opened(source: PacketSource) -> ev.AttemptOpened | None:
    if source.attempt is None:
        return None
    for recorded in source.recorded:
        event = recorded.event
        if isinstance(event, ev.AttemptOpened) and event.attempt_id == source.attempt.attempt_id:
            return event
    return None


def _first_words(recorded: Sequence[Recorded], opened: ev.AttemptOpened | None) -> str:
    """The message that the attempt was understood from, else the customer's first one with words in it."""
    texts = {r.sequence: r.event.text for r in recorded if isinstance(r.event, ev.MessageReceived)}
    if opened and opened.received in texts:
        return texts[opened.received]
    return next((text for text in texts.values() if text.strip()), "")


def _journey(source: PacketSource) -> Journey:
    attempt = source.attempt
    if attempt is None:
        return Journey(
            journey_id=None, name=None, goal=None, started_at=None, status=None, step=None, steps=[]
        )
    return Journey(
        journey_id=attempt.journey_id,
        name=attempt.intent,
        goal=source.outline.goal if source.outline else None,
        started_at=attempt.opened_at,
        status=attempt.outcome,
        step=attempt.step,
        steps=_steps(source.recorded, attempt.attempt_id, source.outline),
    )


def _steps(recorded: Sequence[Recorded], attempt_id: str, outline: JourneyOutline | None) -> list[Step]:
    """The definition's steps in its order, with what became of each; steps it does not know come last."""
    steps = {
        name: Step(name=name, title=title, status="to_do")
        for name, title in (outline.steps if outline else ())
    }
    for each in recorded:
        event = each.event
        if isinstance(event, ev.StepEntered) and event.attempt_id == attempt_id:
            steps[event.step] = Step(name=event.step, title=event.title, status="current", at=each.at)
        elif isinstance(event, ev.StepLeft) and event.attempt_id == attempt_id and event.step in steps:
            left = steps[event.step]
            steps[event.step] = Step(
                name=left.name,
                title=left.title,
                status=cast(Any, event.result),
                at=left.at,
                result=event.result,
            )
    return list(steps.values())


def _facts(recorded: Sequence[Recorded]) -> list[Fact]:
    facts: dict[str, Fact] = {}
    for each in recorded:
        event = each.event
        if isinstance(event, ev.FactWithdrawn):
            facts.pop(event.fact, None)
        elif isinstance(event, ev.FactLearned):
            facts[event.fact] = Fact(
                name=event.fact, label=event.label, value=event.value, source=cast(Any, event.source),
                verified=event.verified, at=each.at,
            )  # fmt: skip
    return list(facts.values())


def _tried(recorded: Sequence[Recorded]) -> list[Tried]:
    return [
        Tried(
            at=each.at, action=each.event.action, title=each.event.title, inputs=each.event.inputs,
            result=cast(Any, each.event.result), code=each.event.code, detail=each.event.detail,
        )
        for each in recorded
        if isinstance(each.event, ev.ActionPerformed)
    ]  # fmt: skip


def _promises(recorded: Sequence[Recorded]) -> list[Promise]:
    return [
        Promise(at=each.at, text=each.event.text, due=from_iso(each.event.due))
        for each in recorded
        if isinstance(each.event, ev.PromiseMade)
    ]


def _earlier(source: PacketSource) -> list[Earlier]:
    current = source.attempt
    return [
        Earlier(
            at=each.opened_at, channel=each.channel, intent=each.intent, outcome=each.outcome,
            reason=each.reason, same_matter=current is not None and same_matter(current, each),
        )
        for each in source.earlier
        if current is None or each.attempt_id != current.attempt_id
    ][:MOST_EARLIER]  # fmt: skip


def same_matter(one: AttemptRow, other: AttemptRow) -> bool:
    """The same intent about the same subject; where a subject is missing, the intent alone is compared."""
    if one.intent != other.intent:
        return False
    return one.subject is None or other.subject is None or one.subject == other.subject


def _pages(recorded: Sequence[Recorded]) -> list[Page]:
    pages = [
        Page(at=each.at, url=each.event.url, title=each.event.title or "")
        for each in recorded
        if isinstance(each.event, ev.PageViewed) and each.event.url
    ]
    return pages[-MOST_PAGES:]


def _mood(source: PacketSource) -> MoodPart:
    texts = [each.event.text for each in source.recorded if isinstance(each.event, ev.MessageReceived)]
    mood = read_mood(texts, source.mood_words, source.conversation.language)
    return MoodPart(label=mood.label, score=mood.score, signals=list(mood.signals))


def _unanswered(recorded: Sequence[Recorded]) -> list[int]:
    """Sequences of what the customer said and nobody answered: not the bot by a turn, nor an agent."""
    waiting: dict[int, None] = {}
    for each in recorded:
        event = each.event
        if isinstance(event, ev.MessageReceived):
            if way_of(event.choice) is None:  # what was pressed was done at once
                waiting[each.sequence] = None
        elif isinstance(event, ev.TurnCommitted) and not event.withheld and event.received is not None:
            waiting.pop(event.received, None)
        elif isinstance(event, ev.MessageSent) and event.sender == "agent":
            waiting.clear()
    return list(waiting)


def _redactions(recorded: Sequence[Recorded]) -> list[Redaction]:
    counts: dict[str, int] = {}
    for each in recorded:
        if isinstance(each.event, ev.MessageReceived):
            for redaction in each.event.redactions:
                counts[redaction["kind"]] = counts.get(redaction["kind"], 0) + int(redaction["count"])
    return [Redaction(kind=kind, count=count) for kind, count in counts.items()]


def _messages(recorded: Sequence[Recorded]) -> list[Message]:
    said: list[tuple[Recorded, str, str]] = []
    for each in recorded:
        if isinstance(each.event, ev.MessageReceived):
            said.append((each, "customer", each.event.text))
        elif isinstance(each.event, ev.MessageSent):
            said.append((each, each.event.sender, each.event.text))
    return [
        Message.model_validate({"sequence": each.sequence, "at": each.at, "from": sender, "text": text})
        for each, sender, text in said[-MOST_MESSAGES:]
    ]
