"""The packet's shape, version 1: what an agent receives at a handoff. Unknown fields are forbidden.

A field that contracts may leave out is left out when there is nothing to say; all others are always
there. The JSON Schema made from these models is published at `/schemas/packet-v1.json`.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from assistant.handoff.moments import in_utc

PACKET_VERSION: Literal[1] = 1
SCHEMA_FILE = Path(__file__).with_name("packet-v1.schema.json")

ReasonCode = Literal[
    "customer_asked",
    "not_understood",
    "action_failed",
    "declined",
    "policy",
    "came_back",
    "distress",
    "stuck",
    "agent_took_over",
    "transferred",
    "agent_lost",
]
Moment = Annotated[datetime, AfterValidator(in_utc)]


def _absent(value: object) -> bool:
    return value is None


def optional(**more: Any) -> Any:
    """A field that is left out of the JSON when it is None."""
    return Field(default=None, exclude_if=_absent, **more)


class Part(BaseModel):
    """Base of all parts: frozen, and strict about names."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Customer(Part):
    """Who it is, and how sure that is: `claimed` opens nothing."""

    customer_id: str | None = optional()
    name: str | None = optional()
    account: str | None = optional()
    verification: Literal["none", "claimed", "verified"]
    method: str | None = optional(description="identity_token, one_time_code or agent")
    verified_at: Moment | None = optional()
    contact: dict[str, str] = Field(description="ways to reach them: email, phone")
    preferred_channel: str | None = optional()
    vulnerable: bool | None = optional()


class Reason(Part):
    """Why a person is needed."""

    code: ReasonCode
    text: str
    trigger: Literal["customer", "bot", "policy"]
    step: str | None = optional()


class Alternative(Part):
    """Another intent that was thought of."""

    name: str
    confidence: float | None


class Intent(Part):
    """What they want, by our name for it and in their own first words."""

    name: str
    title: str
    confidence: float | None = Field(description="0 to 1; null when nobody measured it")
    first_words: str
    alternatives: list[Alternative]


class Step(Part):
    """One step of the journey; `status` is to_do, current, or how it was left."""

    name: str
    title: str
    status: Literal["to_do", "current", "done", "skipped", "failed", "declined", "undone", "given_up"]
    at: Moment | None = optional(description="when it was entered last")
    result: str | None = optional()


class Journey(Part):
    """Where the customer stands in the job; all null when there is none yet."""

    journey_id: str | None
    name: str | None
    goal: str | None
    started_at: Moment | None
    status: str | None = Field(description="outcome of the attempt: open until it closes")
    step: str | None
    steps: list[Step]


class Fact(Part):
    """Something known. Never to be asked again."""

    name: str
    label: str
    value: Any
    source: Literal["customer", "system", "page", "agent"]
    verified: bool
    at: Moment


class Tried(Part):
    """An action that was tried, with what truly came of it."""

    at: Moment
    action: str
    title: str
    inputs: dict[str, Any]
    result: Literal["ok", "declined", "error", "timeout"]
    code: str | None = optional()
    detail: str | None = optional()


class Promise(Part):
    """What the customer was promised."""

    at: Moment
    text: str
    due: Moment | None = optional()


class Earlier(Part):
    """An earlier attempt of the same customer, in any channel."""

    at: Moment
    channel: str
    intent: str
    outcome: str
    reason: str | None = optional()
    same_matter: bool


class Page(Part):
    """A page the customer looked at, oldest first."""

    at: Moment
    url: str
    title: str


class MoodPart(Part):
    """How they seem to feel; `signals` say from what."""

    label: str
    score: float = Field(ge=0, le=1)
    signals: list[str]


class Summary(Part):
    """The story in a few sentences."""

    text: str
    language: str


class Routing(Part):
    """Whose work it is and how long the wait."""

    skill: str
    language: str
    priority: str
    position: int | None = optional(description="place in the queue, 1 is next")
    eta_seconds: int | None = optional()
    hours_open: bool


class Redaction(Part):
    """What was taken out of the customer's messages before they were stored."""

    kind: str
    count: int


class Message(Part):
    """One visible message, by its place in the conversation."""

    sequence: int
    at: Moment
    sender: Literal["customer", "bot", "agent", "system"] = Field(alias="from")
    text: str


class Packet(Part):
    """The whole of it. A later revision of the same packet replaces none: each stays on record."""

    packet_version: Literal[1]
    revision: int = Field(ge=1)
    packet_id: str
    handoff_id: str
    conversation_id: str
    created_at: Moment
    language: str
    channel: str
    customer: Customer
    reason: Reason
    intent: Intent
    journey: Journey
    facts: list[Fact]
    tried: list[Tried]
    promises: list[Promise]
    earlier: list[Earlier]
    pages: list[Page]
    mood: MoodPart
    summary: Summary
    routing: Routing
    told_customer: str
    unanswered: list[int]
    redactions: list[Redaction]
    messages: list[Message]

    def to_wire(self) -> dict[str, Any]:
        """The packet as JSON-able values, times in UTC with `Z`."""
        return self.model_dump(mode="json", by_alias=True)


def packet_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of packet version 1."""
    schema = Packet.model_json_schema(mode="serialization", by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def schema_text() -> str:
    """The schema as it is committed beside this module and published."""
    return json.dumps(packet_schema(), indent=2, ensure_ascii=False) + "\n"
