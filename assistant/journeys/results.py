"""What becomes of an action's result: facts, evidence, the next step, or trouble told in plain words."""

from __future__ import annotations

from typing import Any

from assistant.handoff.escalation import Escalate
from assistant.journal.events import ActionPerformed, BusinessConfirmed, IdentityVerified, StepLeft
from assistant.journeys.asides import fail_aside
from assistant.journeys.definitions import Step, Then
from assistant.journeys.escalation import GO_ON, decide, limits, offer
from assistant.journeys.ledger import close, find_subject, subject_of
from assistant.journeys.resuming import tell_change
from assistant.journeys.state import Frame, Turn
from assistant.journeys.steps import complete, follow

Json = Any
RESULTS = frozenset({"ok", "declined", "error", "timeout"})


def take_result(turn: Turn, result: dict[str, Json] | None) -> None:
    """Takes the result of the action that ran; none, or another action's, counts as an error of this one."""
    running = turn.state["running"]
    turn.state["running"] = None
    frame = turn.top
    if running is None or frame is None:
        return
    if not isinstance(result, dict) or result.get("action") != running["action"]:
        result = {"action": running["action"], "result": "error"}
    if result.get("result") not in RESULTS:
        result = {**result, "result": "error"}
    step = turn.definition(frame).find(running["step"])
    _record(turn, running, result, step)
    if step is None:
        return
    _forget_secrets(turn, frame, step)
    if result["result"] == "ok":
        _succeeded(turn, frame, step, result)
    elif frame.get("aside"):
        fail_aside(turn, frame)
    elif result["result"] == "declined":
        _declined(turn, frame, step, result)
    else:
        _failed(
            turn, frame, step, in_doubt=result["result"] == "timeout" and step.changes, key=running["key"]
        )


def _record(turn: Turn, running: dict[str, Json], result: dict[str, Json], step: Step | None) -> None:
    inputs = {
        name: value
        for name, value in running["inputs"].items()
        if not turn.definitions.is_secret((step.inputs.get(name, name) if step else name).rstrip("?"))
    }
    turn.log(
        ActionPerformed(
            action=running["action"],
            title=step.label(turn.language) if step else running["action"],
            result=result["result"],
            step=running["step"],
            attempt_id=running["attempt_id"],
            code=result.get("code"),
            detail=result.get("detail"),
            key=running["key"],
            milliseconds=result.get("milliseconds"),
            inputs=inputs,
        )
    )


def _forget_secrets(turn: Turn, frame: Frame, step: Step) -> None:
    for written in step.inputs.values():
        name = written.rstrip("?")
        if turn.definitions.is_secret(name):
            frame["facts"].pop(name, None)


def _succeeded(turn: Turn, frame: Frame, step: Step, result: dict[str, Json]) -> None:
    outputs = result.get("outputs") if isinstance(result.get("outputs"), dict) else {}
    if step.verifies and outputs and outputs.get("customer_id"):
        _verified(turn, outputs)
    turn.learn(frame, "code", result.get("code"), "system", step=step.step, quiet=True)
    for name, value in (outputs or {}).items():
        tell_change(turn, frame, str(name), value)
        turn.learn(frame, str(name), value, "system", step=step.step)
    frame["failures"].pop(step.step, None)
    frame.setdefault("declines", {}).pop(step.step, None)
    frame["doubt"].pop(step.step, None)
    if step.changes:
        frame["changed"].append(step.step)
    find_subject(turn, frame)
    subject = subject_of(turn, frame)
    done = {f"{name}@{subject}" for name in (step.step, step.act)}
    turn.state["tried"] = sorted({*turn.state["tried"], *done})
    _take_evidence(turn, frame, result)
    if step.when_none and step.gives and not turn.facts(frame).get(step.gives[0]):
        if not follow(turn, frame, step, step.when_none):
            complete(turn, frame, step)
        return
    complete(turn, frame, step)


def _verified(turn: Turn, outputs: dict[str, Json]) -> None:
    turn.state["verified"] = True
    text = {
        name: str(outputs[name]) if outputs.get(name) else None
        for name in ("account", "name", "email", "phone")
    }
    turn.log(
        IdentityVerified(
            customer_id=str(outputs["customer_id"]),
            method="one_time_code",
            account=text["account"],
            display_name=text["name"],
            email=text["email"],
            phone=text["phone"],
            preferred_channel=outputs.get("preferred_channel"),
            vulnerable=outputs.get("vulnerable"),
        )
    )


def _take_evidence(turn: Turn, frame: Frame, result: dict[str, Json]) -> None:
    proof = turn.definition(frame).achieved_when
    for event in result.get("events") or []:
        if not isinstance(event, dict) or not event.get("id") or not event.get("type"):
            continue
        turn.log(
            BusinessConfirmed(
                business_event_id=str(event["id"]),
                type=str(event["type"]),
                attempt_id=frame["attempt_id"],
                subject=event.get("subject"),
                key=result.get("key"),
            )
        )
        if proof is not None and event["type"] in proof.system:
            close(turn, frame, "achieved", "system", proof.reason, str(event["id"]))


def _count_failure(turn: Turn, frame: Frame, step: Step, *, declined: bool) -> tuple[Escalate | None, bool]:
    """One more failure of this step: why a person is due, if so, and whether the bot gives up itself.

    It does not give up yet where somebody who needs extra care is offered a person sooner than others.
    """
    counts = (("failures", 1), ("declines", int(declined)))
    for name, more in counts:
        frame.setdefault(name, {})[step.step] = frame.get(name, {}).get(step.step, 0) + more
    failures = frame["failures"][step.step]
    found = decide(turn, frame, step, failures=failures, declined=frame["declines"][step.step])
    return found, found is not None and failures >= limits(turn, step).action_failures


def _declined(turn: Turn, frame: Frame, step: Step, result: dict[str, Json]) -> None:
    code = str(result.get("code") or "declined")
    frame["doubt"].pop(step.step, None)
    # A declined operation is settled: another try is another confirmation and another key.
    frame["confirmed"].pop(step.step, None)
    found, enough = _count_failure(turn, frame, step, declined=True)
    then: Then | None = step.on_failure.get(code) or step.on_failure.get("declined")
    if then is not None and (then.end or not enough):
        turn.learn(frame, "code", code, "system", step=step.step, quiet=True)
        _leave_declined(turn, frame, step)
        if follow(turn, frame, step, then):
            if found is not None and frame is turn.top and not turn.busy and not turn.state["paused"]:
                offer(turn, found, otherwise=GO_ON, frame=frame, response="utter_offer_person")
            return
    else:
        _leave_declined(turn, frame, step)
        if then is None:
            turn.say("utter_declined")
    counts = {"failures": frame["failures"][step.step], "declined": frame["declines"][step.step]}
    found = found or decide(turn, frame, step, no_way_on=True, **counts)
    if found is not None:
        offer(turn, found, otherwise="end", frame=frame)


def _leave_declined(turn: Turn, frame: Frame, step: Step) -> None:
    if frame["entered"] and frame["attempt_id"]:
        turn.log(StepLeft(attempt_id=frame["attempt_id"], step=step.step, result="declined"))
    frame["entered"] = False


def _failed(turn: Turn, frame: Frame, step: Step, *, in_doubt: bool, key: str | None) -> None:
    if in_doubt:
        frame["doubt"][step.step] = key
    found, enough = _count_failure(turn, frame, step, declined=False)
    if found is not None and enough:
        offer(turn, found, otherwise="end", frame=frame)
        return
    doubtful = bool(frame["doubt"].get(step.step))
    then = step.on_failure.get("timeout" if doubtful else "error")
    if then is not None and not doubtful and follow(turn, frame, step, then):
        return
    again = "check_again" if doubtful else "try_again"
    if found is not None:
        response = "utter_in_doubt_person" if doubtful else "utter_failed_once_person"
        offer(turn, found, otherwise=GO_ON, frame=frame, response=response, no=again)
        return
    turn.wait_for(
        "offer",
        "utter_in_doubt" if doubtful else "utter_action_failed",
        [turn.choice(again, True), turn.choice("person", "person")],
        purpose="retry",
        reason="action_failed",
        otherwise="end",
        attempt_id=frame["attempt_id"],
    )
