"""The packet's sentences, each rendered from a response in data/responses. Pure, given `render`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, Protocol

from assistant.handoff.packet import Intent, Journey, Promise, Reason, Tried

# Which responses handing over needs, and what each may use as placeholders. `assistant check` and the
# tests hold data/responses against this.
RESPONSES: Final[dict[str, tuple[str, ...]]] = {
    "utter_handoff_queued": ("position", "minutes", "skill", "reference"),
    "utter_handoff_queued_no_estimate": ("position", "skill", "reference"),
    "utter_callback_promised": ("due", "skill", "reference"),
    "utter_agent_joined": ("name",),
    "utter_agent_closed": ("name",),
    "utter_agent_lost": ("name", "skill"),
    "utter_handed_back": ("name",),
    "utter_handoff_transferred": ("name", "skill"),
    "utter_handoff_withdrawn": (),
    "utter_handoff_unanswered": ("reference",),
    "utter_with_bot_meanwhile": (),
    "utter_choice_go_on": (),
    "utter_choice_withdraw": (),
    "utter_packet_intent_unknown": (),
    "utter_packet_wants": ("title", "words"),
    "utter_packet_wants_unknown": ("words",),
    "utter_packet_stopped_at": ("step",),
    "utter_packet_tried_ok": ("actions",),
    "utter_packet_tried_failed": ("actions",),
    "utter_packet_promised": ("promises",),
    "utter_packet_came_back": ("times",),
    "utter_packet_unanswered": ("count",),
    "utter_packet_reason_customer_asked": ("step",),
    "utter_packet_reason_not_understood": ("step",),
    "utter_packet_reason_action_failed": ("step",),
    "utter_packet_reason_declined": ("step",),
    "utter_packet_reason_policy": ("step",),
    "utter_packet_reason_came_back": ("step",),
    "utter_packet_reason_distress": ("step",),
    "utter_packet_reason_stuck": ("step",),
    "utter_packet_reason_agent_took_over": ("step",),
    "utter_packet_reason_transferred": ("step",),
    "utter_packet_reason_agent_lost": ("step",),
}
MOST_WORDS = 200  # characters of the customer's first words that the summary repeats


class Render(Protocol):
    """Fills a response: `render(name, language, **args)`."""

    def __call__(self, name: str, language: str, /, **args: Any) -> str: ...


def reason_text(render: Render, language: str, code: str, step: str) -> str:
    """Why a person is needed, in a sentence; `step` is the title of the step they were at, or empty."""
    return render(f"utter_packet_reason_{code}", language, step=step)


def summary_text(
    render: Render,
    language: str,
    *,
    intent: Intent,
    reason: Reason,
    journey: Journey,
    tried: Sequence[Tried],
    promises: Sequence[Promise],
    unanswered: int,
    same_matter: int,
) -> str:
    """The story in a few sentences, most important first; sentences with nothing to say are left out."""
    words = intent.first_words[:MOST_WORDS]
    known = intent.name != "unknown"
    said = [
        render("utter_packet_wants", language, title=intent.title, words=words)
        if known
        else render("utter_packet_wants_unknown", language, words=words),
        reason.text,
    ]
    if same_matter:
        said.append(render("utter_packet_came_back", language, times=same_matter))
    worked = _titles(each for each in tried if each.result == "ok")
    failed = _titles(each for each in tried if each.result != "ok")
    if worked:
        said.append(render("utter_packet_tried_ok", language, actions=worked))
    if failed:
        said.append(render("utter_packet_tried_failed", language, actions=failed))
    step = next((each.title for each in journey.steps if each.name == journey.step), None)
    if step:
        said.append(render("utter_packet_stopped_at", language, step=step))
    if promises:
        told = [each.text.removesuffix(".") for each in promises]
        said.append(render("utter_packet_promised", language, promises=told))
    if unanswered:
        said.append(render("utter_packet_unanswered", language, count=unanswered))
    return " ".join(sentence for sentence in said if sentence)


def _titles(tried: Iterable[Tried]) -> list[str]:
    return list(dict.fromkeys(each.title for each in tried))
