"""What the desk's calls take and answer."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    model_validator,
)

from assistant.web import Body

Id = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Note = Annotated[str, StringConstraints(max_length=4000)]
Reason = Annotated[str, StringConstraints(max_length=200)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]
State = Literal["queued", "offered", "with_agent", "returned", "closed", "callback", "withdrawn"]


class Answer(BaseModel):
    """Base of what leaves: made from values, nothing beyond its fields."""

    model_config = ConfigDict(extra="forbid", from_attributes=True, frozen=True)


class WhichHandoffs(Body):
    """Which handoffs to list; all open ones when no state is given."""

    state: State | None = None


class WhichPacket(Body):
    """Which revision of the packet; the newest when none is given."""

    revision: int | None = Field(default=None, ge=1)


class Said(Body):
    """A message of the agent. `client_id` makes sending it again harmless."""

    model_config = ConfigDict(str_strip_whitespace=False)

    client_id: str
    text: str


class LearnedFact(Body):
    """Something that the agent found out."""

    name: Name
    value: JsonValue
    label: Name | None = None


class LeftFact(Answer):
    """Something that is known of a journey left in the middle."""

    name: str
    label: str
    value: JsonValue


class LeftAnswer(Answer):
    """The journey that the customer left in the middle elsewhere; all null where there is none."""

    attempt_id: str | None = None
    journey: str | None = None
    title: str | None = None
    conversation_id: str | None = None
    left_at: AwareDatetime | None = None
    first_words: str | None = None
    facts: list[LeftFact] = []


class TakenUp(Answer):
    """The attempt by which it goes on."""

    attempt_id: str


class GivenBack(Body):
    """What the bot gets. `facts` is a list, or an object of names and values."""

    note: Note | None = None
    facts: list[LearnedFact] = Field(default=[], max_length=100)

    @model_validator(mode="before")
    @classmethod
    def _facts_as_object(cls, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("facts"), dict):
            return {**data, "facts": [{"name": n, "value": v} for n, v in data["facts"].items()]}
        return data


class Transferred(Body):
    """Whose work it is, and a note for them."""

    skill: Name
    note: Note | None = None


class AttemptDisposition(Body):
    """What became of one attempt; without `attempt_id` it came up with the agent."""

    attempt_id: Id | None = None
    intent: Name | None = None
    outcome: str
    reason: Reason | None = None


class Closed(Body):
    """The long form names attempts; the short form is for when exactly one is open."""

    attempts: list[AttemptDisposition] | None = Field(default=None, max_length=100)
    outcome: str | None = None
    intent: Name | None = None
    reason: Reason | None = None
    note: Note | None = None

    @model_validator(mode="after")
    def _one_form(self) -> Closed:
        if self.attempts is not None and (self.outcome or self.intent or self.reason):
            raise ValueError("must hold either attempts, or outcome with intent and reason")
        if self.attempts is None and self.outcome is None:
            raise ValueError("must hold attempts or an outcome")
        return self


class CustomerRow(Answer):
    """Who it is, as far as is known. A claimed identity shows nothing."""

    customer_id: str | None
    name: str | None
    verification: str


class AgentRow(Answer):
    """The agent who has the chat."""

    id: str
    name: str


class HandoffRow(Answer):
    """A handoff as the queue shows it."""

    handoff_id: str
    conversation_id: str
    state: State
    reason: str
    trigger: str
    intent: str | None
    customer: CustomerRow | None
    skill: str
    language: str
    priority: str
    requested_at: AwareDatetime
    due: AwareDatetime | None
    offered_to: str | None
    offered_until: AwareDatetime | None
    agent: AgentRow | None
    accepted_at: AwareDatetime | None
    ended_at: AwareDatetime | None
    last_change_at: AwareDatetime
    packet_revision: int
    reference: str


class HandoffList(Answer):
    """Handoffs, oldest first."""

    handoffs: list[HandoffRow]


class Sequence(Answer):
    """The place of a message in its conversation."""

    sequence: int


class Verdict(Answer):
    """One entry of an attempt's history."""

    at: str
    outcome: str
    evidence: str
    reason: str | None
    actor: str


class AttemptRow(Answer):
    """An attempt of the conversation."""

    attempt_id: str
    conversation_id: str
    customer_id: str | None
    journey_id: str | None
    intent: str
    title: str
    confidence: float | None
    language: str
    channel: str
    opened_at: AwareDatetime
    closed_at: AwareDatetime | None
    outcome: str
    evidence: str
    by: str | None
    first_intent: str | None
    reason: str | None
    step: str | None
    subject: str | None
    came_back_to: str | None
    handoff_id: str | None
    value: float | None
    disputed_at: AwareDatetime | None
    # Whose it counts as by the browser alone is for counting, and opens nobody's name here.
    linked: Annotated[bool, Field(validation_alias="linked_to"), BeforeValidator(bool)]
    history: list[Verdict]


class ConversationAnswer(Answer):
    """A conversation with everything that was said, and its attempts."""

    conversation_id: str
    owner: str
    agent: AgentRow | None
    channel: str
    language: str
    customer: CustomerRow | None
    messages: list[dict[str, JsonValue]]
    attempts: list[AttemptRow]
