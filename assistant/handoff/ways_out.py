"""What a customer who waits for a person may press: on with the bot, or no person any more. Pure.

A choice's id is the way and the handoff it belongs to, `withdraw:h_…`; it is open while that handoff waits.
"""

from __future__ import annotations

from typing import Any, Final

from assistant.handoff.handoffs import OFFERED, QUEUED, WAITING_STATES, Handoff
from assistant.handoff.packet_words import Render

GO_ON: Final = "go_on"
WITHDRAW: Final = "withdraw"

TITLES: Final = {GO_ON: "utter_choice_go_on", WITHDRAW: "utter_choice_withdraw"}
OPEN_WHILE: Final = {GO_ON: frozenset({QUEUED, OFFERED}), WITHDRAW: WAITING_STATES}


def choices_of(render: Render, language: str, handoff: Handoff) -> list[dict[str, Any]]:
    """The choices, `[{id, title}]`, that are open while the handoff is as it is."""
    return [
        {"id": f"{way}:{handoff.handoff_id}", "title": render(TITLES[way], language)}
        for way, states in OPEN_WHILE.items()
        if handoff.state in states
    ]


def way_of(choice: str | None) -> tuple[str, str] | None:
    """The way and the handoff's id in a choice's id; None for any other choice."""
    way, _, handoff_id = (choice or "").partition(":")
    return (way, handoff_id) if way in OPEN_WHILE and handoff_id else None


def is_open(way: str, handoff_id: str, handoff: Handoff | None) -> bool:
    """Whether that way is open, given the handoff that the conversation has now."""
    return handoff is not None and handoff.handoff_id == handoff_id and handoff.state in OPEN_WHILE[way]
