"""Whatever a visitor says, in whatever order, with a company in any mood: what must hold all the same."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.journal.events import REGISTRY, from_wire
from tests.journeys.dialogue import DEFINITIONS, ERROR, NOTHING, TIMEOUT, Dialogue, company, declined, ok

INTENTS = [
    None,
    "unknown",
    "understand_bill",
    "pay_bill",
    "fix_tv_box",
    "move_visit",
    "track_order",
    "talk_to_person",
    "affirm",
    "affirm",
    "deny",
    "correct",
    "stop",
    "later",
    "repeat",
    "why",
    "what_can_you_do",
    "greet",
    "thank",
    "goodbye",
    "small_talk",
    "bot_challenge",
]
TEXTS = [
    "yes",
    "no",
    "1",
    "2",
    "the router",
    "visa",
    "",
    "   ",
    "{amount}",
    "/restart",
    "é" * 300,
    "yes, friday",
    "YOU USELESS IDIOTS!!",
]
ENTITIES: dict[str, st.SearchStrategy[Any]] = {
    "account_number": st.just("441100"),
    "one_time_code": st.just("123456"),
    "order_number": st.sampled_from(["ORD-77", "nonsense"]),
    "amount": st.just({"amount": "64.20", "currency": "EUR"}),
    "date": st.sampled_from([{"date": "2026-11-27"}, {"start": "2026-11-23", "end": "2026-11-29"}, "soon"]),
    "time_window": st.sampled_from([{"start": "08:00", "end": "12:00", "part": "am"}, {"part": "x"}, None]),
    "number": st.integers(-2, 12),
    "ordinal": st.sampled_from([1, 2, 9, -1, "2", True]),
    "equipment_kind": st.just("tv_box"),
    "phone": st.just("+31612345678"),
}
CHANGES = {step.action for each in DEFINITIONS.all for step in each.steps if step.changes}
PERSON = {"facts": {"phone": "1"}, "attempts_closed": []}
ANSWERS = st.sampled_from(["good"] * 3 + ["error", "timeout", "declined", "empty", "nothing", "nonsense"])


@st.composite
def messages(draw: st.DrawFn) -> dict[str, Any]:
    names = draw(st.lists(st.sampled_from(sorted(ENTITIES)), max_size=3, unique=True))
    return {
        "text": draw(st.sampled_from(TEXTS)),
        "intent": draw(st.sampled_from(INTENTS)),
        "confidence": draw(st.sampled_from([0.3, 0.55, 0.95])),
        "press": draw(st.one_of(st.none(), st.integers(0, 5))),
        "entities": {name: draw(ENTITIES[name]) for name in names},
        "mood": draw(ANSWERS),
        "back": draw(st.booleans()),
        "person": draw(st.sampled_from([None, None, None, None, PERSON])),
    }


def known_failure(talk: Dialogue) -> dict[str, Any]:
    """An earlier attempt at what the latest attempt is about failed."""
    opened = talk.events("attempt.opened")
    if not opened:
        return {}
    latest = {"attempt_id": opened[-1]["attempt_id"], "intent": opened[-1]["intent"]}
    came_back = {**latest, "outcome": "not_achieved", "at": "2026-11-20T10:00:00+00:00"}
    return {"came_back": came_back, "tried": ["restart_box@eq_1"]}


def company_in(mood: str) -> dict[str, Any]:
    bad: dict[str, Any] = {
        "error": ERROR,
        "timeout": TIMEOUT,
        "declined": declined("card_declined"),
        "empty": ok({}),
        "nothing": NOTHING,
        "nonsense": {"result": "perhaps", "outputs": "?", "events": [3, {"id": 1}]},
    }
    return company() if mood == "good" else dict.fromkeys(company(), bad[mood])


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(script=st.lists(messages(), min_size=1, max_size=14), signed_in=st.booleans(), frail=st.booleans())
def test_that_nothing_said_breaks_the_conversation(
    script: list[dict[str, Any]], signed_in: bool, frail: bool
) -> None:
    talk = Dialogue(signed_in=signed_in)
    if talk.customer:
        talk.customer = {**talk.customer, "vulnerable": frail}
    confirmed_by: dict[str, int] = {}
    for message in script:
        talk.answers = company_in(message["mood"])
        asked, choice = talk.awaiting, None
        if message["press"] is not None and talk.titles:
            choice = talk.awaiting["choices"][message["press"] % len(talk.titles)]["id"]
        runs_before = len(talk.runs)
        talk.say(
            message["text"],
            message["intent"],
            confidence=message["confidence"],
            choice=choice,
            context={
                **({"returned": message["person"]} if message["person"] else {}),
                **(known_failure(talk) if message["back"] else {}),
            },
            **message["entities"],
        )
        for run in talk.runs[runs_before:]:
            if run["action"] in CHANGES:
                assert run["key"], "a change without a key"
                fresh = confirmed_by.setdefault(run["key"], talk.sequence) == talk.sequence
                assert asked.get("kind") == "confirm" or not fresh, "a change that nobody confirmed"
            if run["action"] not in {"action_send_code", "action_verify_code"}:
                assert run["inputs"].get("customer_id"), "something personal before the customer was verified"
        assert talk.not_ours or talk.said, "no answer"
        check_books(talk)


def check_books(talk: Dialogue) -> None:
    """What the journal will be told has to be sound."""
    opened = [each["attempt_id"] for each in talk.events("attempt.opened")]
    closed = [each["attempt_id"] for each in talk.events("attempt.closed")]
    assert len(opened) == len(set(opened)), "an attempt opened twice"
    assert len(closed) == len(set(closed)), "an attempt closed twice"
    assert set(closed) <= set(opened), "an attempt closed that was never opened"
    assert "123456" not in str((talk.state or {}).get("turn")), "the one-time code was kept"
    open_steps: set[tuple[str, str]] = set()
    for each in talk.all_log:
        if "event" not in each:
            assert each["request"] == "handoff"
            assert each["attempt_id"] in opened
            continue
        assert each["event"] in REGISTRY
        event = from_wire(each["event"], each)
        assert "123456" not in str(event.to_wire()), "the one-time code was written down"
        if each["event"] == "attempt.closed" and each["outcome"] == "achieved":
            assert each["evidence"] in {"system", "customer"}
        if each["event"] == "attempt.step_left":
            assert (each["attempt_id"], each["step"]) in open_steps, "a step left that was not entered"
            open_steps.discard((each["attempt_id"], each["step"]))
        if each["event"] == "attempt.step_entered":
            open_steps.add((each["attempt_id"], each["step"]))
    settled = [(a["intent"], a["subject"]) for a in (talk.state or {}).get("attempts", []) if a["subject"]]
    assert len(settled) == len(set(settled)), "two attempts about the same matter in one contact"
