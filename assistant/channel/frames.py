"""The frames that leave for a visitor, made from what the journal holds. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from assistant.journal.events import MessageReceived, MessageSent, Recorded

VISIBLE = frozenset({MessageReceived.name, MessageSent.name})
Frame = dict[str, Any]


def iso(moment: datetime) -> str:
    """ISO 8601 in UTC with a Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def message_frame(recorded: Recorded) -> Frame | None:
    """The `message` frame of a visible event; None for any other."""
    event = recorded.event
    frame: Frame = {"type": "message", "sequence": recorded.sequence}
    if isinstance(event, MessageReceived):
        frame |= {"from": "customer", "text": event.text}
    elif isinstance(event, MessageSent):
        frame |= {"from": event.sender, "text": event.text}
        if event.agent_name:
            frame["name"] = event.agent_name
        if event.choices:
            frame["choices"] = event.choices
    else:
        return None
    return frame | {"at": iso(recorded.at)}


def owner_frame(
    owner: str, name: str | None = None, position: int | None = None, eta: int | None = None
) -> Frame:
    """Who answers now; the place in the queue and an honest estimate where there are any."""
    frame: Frame = {"type": "owner", "owner": owner}
    if name:
        frame["name"] = name
    if position is not None:
        frame["position"] = position
    if eta is not None:
        frame["eta_seconds"] = eta
    return frame


def ack_frame(client_id: str, sequence: int) -> Frame:
    return {"type": "ack", "client_id": client_id, "sequence": sequence}


def error_frame(code: str, message: str) -> Frame:
    return {"type": "error", "code": code, "message": message}
