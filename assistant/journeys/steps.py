"""Walking a journey: from step to step until there is something to wait for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from assistant.journal.events import AttemptTold, IdentityClaimed, StepEntered, StepLeft
from assistant.journeys.asides import end_aside
from assistant.journeys.choices import Option, by_value, narrow, options_of
from assistant.journeys.conditions import all_hold
from assistant.journeys.definitions import Step, Then, pick
from assistant.journeys.escalation import offer_if_due, request_if_due
from assistant.journeys.known import named_early, on_page
from assistant.journeys.ledger import close, find_subject, is_closed, was_tried
from assistant.journeys.resuming import no_longer_there, tell_change
from assistant.journeys.state import MOVES_PER_TURN, Frame, Heard, Turn, digest, new_frame, operation_key
from assistant.texts import ZONE

Json = Any

IDENTITY = "verify_identity"
OFFERED_FOR = frozenset({"not_understood", "action_failed", "declined", "stuck"})  # else: by our own rules
WALK_LIMIT = 100  # steps without saying, running or asking anything: the definition goes round in circles


def advance(turn: Turn) -> None:
    """Goes on until there is an action to run, an answer to wait for, or nothing left to do."""
    for _ in range(WALK_LIMIT):
        frame = turn.top
        if frame is None or turn.busy or turn.state["paused"] or turn.state["turn"].get("rest"):
            return
        if turn.state["turn"]["moves"] + len(turn.state["agenda"]) >= MOVES_PER_TURN:
            break
        find_subject(turn, frame)
        step = turn.step(frame)
        if step is None:
            finish(turn, frame)
        elif turn.definition(frame).needs == "verified_identity" and not turn.verified:
            _ask_who_it_is(turn, frame)
        elif not all_hold(step.when, turn.facts(frame)) or was_tried(turn, frame, step):
            move_on(turn, frame, step)
        else:
            _take(turn, frame, step)
    if turn.top is not None and not turn.busy and not turn.state["paused"]:
        offer_if_due(turn, turn.top, otherwise="end", no_way_on=True)


def _take(turn: Turn, frame: Frame, step: Step) -> None:
    if frame.get("aside") and step.kind not in {"act", "tell"}:
        end_aside(turn, frame)
    else:
        _TAKE[step.kind](turn, frame, step)


def _ask_who_it_is(turn: Turn, frame: Frame) -> None:
    definition = turn.definitions.named(IDENTITY)
    if definition is None:
        offer_if_due(turn, frame, otherwise="end", no_way_on=True)
        return
    below = new_frame(
        definition, turn.definitions.hash_of(IDENTITY) or "", frame["intent"], frame["attempt_id"]
    )
    turn.state["stack"].append({**below, "within": True})


# --- entering and leaving ----------------------------------------------------------------------


def enter(turn: Turn, frame: Frame, step: Step) -> None:
    """Records that the step began, once until it is left."""
    if frame["entered"]:
        return
    frame["entered"] = True
    if frame["attempt_id"]:
        turn.log(
            StepEntered(
                attempt_id=frame["attempt_id"],
                step=step.step,
                title=step.label(turn.language),
                kind="tell" if step.kind == "handoff" else step.kind,
            )
        )


def _leave(turn: Turn, frame: Frame, step: Step, result: str) -> None:
    if frame["entered"] and frame["attempt_id"]:
        turn.log(StepLeft(attempt_id=frame["attempt_id"], step=step.step, result=result))
    frame["entered"] = False


def complete(turn: Turn, frame: Frame, step: Step, result: str = "done") -> None:
    """Leaves the step and goes to the next, or down the first branch that holds."""
    _leave(turn, frame, step, result)
    frame.setdefault("asks", {}).pop(step.step, None)
    if step.step not in frame["done"]:
        frame["done"].append(step.step)
    for branch in step.branches:
        if all_hold(branch.if_, turn.facts(frame)):
            if not follow(turn, frame, step, branch):
                move_on(turn, frame, step)
            return
    move_on(turn, frame, step)


def move_on(turn: Turn, frame: Frame, step: Step) -> None:
    """To the step after this one, without a word."""
    following = turn.definition(frame).after(step.step)
    frame["step"], frame["entered"] = (following.step if following else None), False


def follow(turn: Turn, frame: Frame, step: Step, then: Then) -> bool:
    """Does what a `Then` says. True when it led away from the straight way."""
    for name, value in then.learn.items():
        turn.learn(frame, name, value, "system", step=step.step)
    for name in then.forget:
        turn.forget(frame, name)
    if then.tell:
        turn.say(then.tell)
    if frame.get("aside") and (then.end or then.offer or then.handoff):
        end_aside(turn, frame, "not_achieved", then.reason)
        return True
    if then.end:
        asked = step.kind == "ask" or step.kind == "confirm"
        evidence = "none" if then.end in {"unknown", "abandoned"} else "customer" if asked else "system"
        end(turn, frame, then.end, evidence, then.reason, ask_next=not then.offer and not then.handoff)
    if then.handoff:
        request_if_due(turn, frame, definition_says_so=then.handoff)
        return True
    if then.offer:
        code = then.reason if then.reason in OFFERED_FOR else "policy"
        offer_if_due(turn, frame, otherwise="drop" if then.end else "end", definition_says_so=code)
        return True
    if then.end:
        return True
    if then.go:
        go_to(turn, frame, then.go)
        return True
    return False


def go_to(turn: Turn, frame: Frame, name: str) -> None:
    """To a step by name. Sent back to a question, the customer is asked it anew."""
    target = turn.definition(frame).find(name)
    if target is None:
        offer_if_due(turn, frame, otherwise="end", no_way_on=True)
        return
    for fact in (target.collect, target.fact, *target.also):
        if fact and fact in frame["facts"]:
            turn.forget(frame, fact)
    if target.confirm:
        act = turn.definition(frame).confirmed_act(target)
        frame["confirmed"].pop(act.step if act else "", None)
    frame["step"], frame["entered"] = target.step, False


def back_to(turn: Turn, frame: Frame, step: Step) -> None:
    """Undoes everything learned at that step and after it, and stands at it again."""
    current = turn.step(frame)
    if current is not None:
        _leave(turn, frame, current, "undone")
    names = [each.step for each in turn.definition(frame).steps]
    later = set(names[names.index(step.step) :])
    for learned_at, fact in list(frame["order"]):
        if learned_at in later:
            turn.forget(frame, fact)
    frame["done"] = [each for each in frame["done"] if each not in later]
    frame["confirmed"] = {key: value for key, value in frame["confirmed"].items() if key not in later}
    frame["tries"].pop(step.step, None)
    frame["step"], frame["entered"] = step.step, False
    turn.state["awaiting"] = None


def end(
    turn: Turn, frame: Frame, outcome: str, evidence: str, reason: str | None = None, *, ask_next: bool = True
) -> None:
    """Ends the journey here, with that outcome; who could not be identified ends the journey that asked."""
    close(turn, frame, outcome, evidence, reason)
    step = turn.step(frame)
    if step is not None and frame["entered"]:
        _leave(turn, frame, step, "done" if outcome == "achieved" else "given_up")
    while turn.top is not None and turn.top is not frame and turn.top.get("within"):
        turn.state["stack"].pop()
    if frame in turn.state["stack"]:
        turn.state["stack"].remove(frame)
    if frame.get("within") and turn.top is not None:
        turn.state["stack"].pop()
    if ask_next:
        offer_to_resume(turn)


def finish(turn: Turn, frame: Frame) -> None:
    """All steps are done: asks whether it helped where only the customer can tell."""
    if frame.get("within"):
        turn.state["stack"].pop()
        return
    if frame.get("aside"):
        end_aside(turn, frame)
        return
    definition = turn.definition(frame)
    if not is_closed(turn, frame) and not frame.get("told"):
        frame["told"] = True
        if frame["attempt_id"]:
            turn.log(AttemptTold(attempt_id=frame["attempt_id"]))
        if definition.ask_customer:
            turn.wait_for("feedback", definition.ask_customer, yes_and_no(turn))
            return
    turn.state["stack"].remove(frame)
    offer_to_resume(turn)


def offer_to_resume(turn: Turn) -> None:
    """After an interruption: shall we go on with what we were at?"""
    below = turn.top
    if below is None or turn.awaiting is not None:
        return
    if below["step"] is None:
        turn.state["stack"].pop()
        offer_to_resume(turn)
        return
    shown = next((each for each in reversed(turn.state["stack"]) if not each.get("within")), below)
    title = pick(turn.definition(shown).title, turn.language)
    if below.pop("queued", None):  # it was asked for in the same breath: nothing to ask again
        turn.say("utter_now_the_next", journey=title)
        return
    choices = [turn.choice("resume", True), turn.choice("not_now", False)]
    turn.wait_for("offer", "utter_offer_resume", choices, args={"journey": title}, purpose="resume")


# --- the kinds of step -------------------------------------------------------------------------


def yes_and_no(turn: Turn) -> list[dict[str, Json]]:
    """The two choices of a plain question."""
    return [turn.choice("affirm", True), turn.choice("deny", False)]


def _collect(turn: Turn, frame: Frame, step: Step) -> None:
    enter(turn, frame, step)
    facts = turn.facts(frame)
    known = facts.get(step.collect or "")
    if step.choose_from and (known is None or step.choose_from in facts):
        _choose(turn, frame, step)
    elif known is not None:
        complete(turn, frame, step, "done" if step.step in frame["tries"] else "skipped")
    elif step.entity and step.entity in facts:
        keep_answer(turn, frame, step, facts[step.entity])
    else:
        ask(turn, frame, step)


def keep_answer(turn: Turn, frame: Frame, step: Step, value: Json) -> None:
    """The customer's answer to a question; a claim about who they are is recorded as one."""
    name = step.collect or ""
    turn.learn(frame, name, value, "customer", step=step.step)
    if name == "account_number":
        turn.log(IdentityClaimed(kind="account", value=str(value)))
    turn.state["awaiting"] = None
    complete(turn, frame, step)


def _choose(turn: Turn, frame: Frame, step: Step) -> None:
    facts = turn.facts(frame)
    options = options_of(step, facts.get(step.choose_from or ""), turn.language)
    if not options:
        if step.when_none is None or not follow(turn, frame, step, step.when_none):
            offer_if_due(turn, frame, otherwise="end", no_way_on=True)
        return
    known = facts.get(step.collect or "")
    if known is not None:
        chosen = next((each for each in options if each["value"] == known), None)
        if chosen is not None:
            for fact, part in step.also.items() if frame.get("former") else ():
                tell_change(turn, frame, fact, _part(turn, fact, chosen, part))
            pick_option(turn, frame, step, chosen, _source_of(turn, frame, step.collect or ""))
            return
        turn.forget(frame, step.collect or "")  # not one of the list: not believed
        no_longer_there(turn, frame, step.also)
    if len(options) == 1:
        pick_option(turn, frame, step, options[0], "system")
        return
    named = Heard(text="", sequence=0, at="", entities=facts)
    option = by_value(named, options, step.entity) if step.entity else None
    fitting = narrow(options, {name: facts[name] for name in step.narrow_by if name in facts})
    if option is None and len(fitting) == 1:
        option = fitting[0]
    first_time = step.step not in frame.setdefault("guessed", [])
    frame["guessed"] = sorted({*frame["guessed"], step.step})
    if option is None and first_time:
        option = named_early(turn, frame, fitting)
    if option is not None:
        pick_option(turn, frame, step, option, "customer")
        return
    option = on_page(turn, step, fitting) if first_time else None
    if option is not None:
        pick_option(turn, frame, step, option, "page")
        return
    if not fitting:
        turn.say("utter_none_of_that")
        for name in step.narrow_by:
            turn.forget(frame, name)
    ask(turn, frame, step, options=fitting or options)


def _source_of(turn: Turn, frame: Frame, name: str) -> str:
    return str((frame["facts"].get(name) or turn.state["known"].get(name) or {}).get("source", "customer"))


def pick_option(turn: Turn, frame: Frame, step: Step, option: Option, source: str) -> None:
    """One of the list is chosen: its value and the parts listed under `also` become facts."""
    turn.learn(frame, step.collect or "", option["value"], source, step=step.step)
    for fact, part in step.also.items():
        turn.learn(frame, fact, _part(turn, fact, option, part), "system", step=step.step)
    turn.state["awaiting"] = None
    complete(turn, frame, step)


def _part(turn: Turn, fact: str, option: Option, part: str) -> Json:
    item = option if part == "title" else option["item"] if isinstance(option["item"], dict) else {}
    value = item.get(part)
    known = turn.definitions.facts.get(fact)
    if known is not None and known.type == "money" and isinstance(value, (str, int, float)):
        return {"amount": str(value), "currency": item.get("currency", "EUR")}
    return value


def ask(
    turn: Turn,
    frame: Frame,
    step: Step,
    *,
    options: list[Option] | None = None,
    again: bool = False,
    page: int = 0,
) -> None:
    """Asks the step's question; `again` in other words. Asked too often, it offers a person instead."""
    enter(turn, frame, step)
    asks = frame.setdefault("asks", {})
    if offer_if_due(turn, frame, step, otherwise="again", same_step=asks.get(step.step, 0)):
        return
    asks[step.step] = asks.get(step.step, 0) + (1 if page == 0 else 0)
    if step.told and frame["attempt_id"] and not again and not is_closed(turn, frame):
        turn.log(AttemptTold(attempt_id=frame["attempt_id"]))
    response = (step.question_again if again else step.question) or ""
    if step.kind in {"confirm", "ask"}:
        kind = "confirm" if step.kind == "confirm" else "choose"
        title = pick(turn.definition(frame).title, turn.language)
        turn.wait_for(
            kind,
            response,
            yes_and_no(turn),
            args={"journey": title},
            fact=step.fact,
            step=step.step,
            yes_no=True,
        )
        return
    if step.choose_from and options is None:
        facts = turn.facts(frame)
        options = options_of(step, facts.get(step.choose_from), turn.language)
        fitting = narrow(options, {name: facts[name] for name in step.narrow_by if name in facts})
        options = fitting or options
    shown = (options or [])[page * step.show : (page + 1) * step.show]
    choices = [{"id": turn.new_id("o"), "title": each["title"], "value": each["value"]} for each in shown]
    if options and len(options) > (page + 1) * step.show:
        choices.append({**turn.choice("more", None), "more": page + 1})
    turn.wait_for(
        "choose" if step.choose_from else "collect",
        response,
        choices,
        fact=step.collect,
        step=step.step,
        secret=turn.definitions.is_secret(step.collect or ""),
    )


def inputs_of(turn: Turn, frame: Frame, step: Step) -> tuple[dict[str, Json], list[str]]:
    """The act's inputs by parameter, and the names of facts that are needed and not known.

    The input `words` is no fact: it is what the customer said when the journey began.
    """
    facts = {**turn.facts(frame), "words": frame.get("words") or None}
    inputs: dict[str, Json] = dict(step.fixed)
    missing = []
    for parameter, written in step.inputs.items():
        name = written.rstrip("?")
        if facts.get(name) is not None:
            inputs[parameter] = facts[name]
        elif not written.endswith("?"):
            missing.append(name)
    return inputs, missing


def _confirm(turn: Turn, frame: Frame, step: Step) -> None:
    act = turn.definition(frame).confirmed_act(step)
    given = frame["confirmed"].get(act.step) if act else None
    if act is not None and given and given["inputs"] == digest(inputs_of(turn, frame, act)[0]):
        move_on(turn, frame, step)
        return
    ask(turn, frame, step)


def _act(turn: Turn, frame: Frame, step: Step) -> None:
    inputs, missing = inputs_of(turn, frame, step)
    if missing:
        _find_out_first(turn, frame, missing[0])
        return
    key = None
    if step.changes:
        given = frame["confirmed"].get(step.step)
        if not given or given["inputs"] != digest(inputs):
            _back_to_confirmation(turn, frame, step)
            return
        conversation = str(turn.state["turn"].get("conversation_id"))
        key = operation_key(conversation, given["sequence"], frame["journey"], step.step)
    enter(turn, frame, step)
    turn.run(
        {
            "again": bool(frame["doubt"].get(step.step)),
            "action": step.action,
            "inputs": inputs,
            "key": key,
            "attempt_id": frame["attempt_id"],
            "step": step.step,
            "journey": frame["journey"],
        }
    )


def _find_out_first(turn: Turn, frame: Frame, fact: str) -> None:
    """Back to the step that collects it: a one-time code, for one, is gone once it was used."""
    source = next((each for each in turn.definition(frame).steps if each.collect == fact), None)
    if source is None:
        offer_if_due(turn, frame, otherwise="end", no_way_on=True)
        return
    frame["step"], frame["entered"] = source.step, False
    ask(turn, frame, source)


def _back_to_confirmation(turn: Turn, frame: Frame, act: Step) -> None:
    definition = turn.definition(frame)
    asking = [each for each in definition.steps if each.confirm and definition.confirmed_act(each) is act]
    facts = turn.facts(frame)
    fitting = [each for each in asking if all_hold(each.when, facts) and not was_tried(turn, frame, each)]
    confirm = next(iter(fitting or asking), None)
    if confirm is None:
        offer_if_due(turn, frame, otherwise="end", no_way_on=True)
        return
    frame["confirmed"].pop(act.step, None)
    ask(turn, frame, confirm)
    frame["step"] = confirm.step


def _tell(turn: Turn, frame: Frame, step: Step) -> None:
    enter(turn, frame, step)
    turn.say(step.tell or "")
    if step.promise is not None:
        due = turn.facts(frame).get(step.promise.due or "")
        turn.state["log"].append(
            {
                "request": "promise",
                "response": step.tell,
                "due": _end_of(due) if isinstance(due, str) else None,
                "attempt_id": frame["attempt_id"],
            }
        )
    complete(turn, frame, step)


def _end_of(day: str) -> str | None:
    """The last moment of an ISO day, or the moment itself; ISO 8601 in UTC. None when it is neither."""
    try:
        moment = datetime.fromisoformat(day.replace("Z", "+00:00"))
    except ValueError:
        return None
    if len(day) == len("2026-11-22"):
        moment = moment.replace(hour=23, minute=59, second=59, tzinfo=ZONE)
    return moment.astimezone(UTC).isoformat() if moment.tzinfo else None


def _ask(turn: Turn, frame: Frame, step: Step) -> None:
    """Asks, or goes the way that the answer known already leads; never back by it, for that would not end."""
    answer = turn.facts(frame).get(step.fact or "")
    then = step.when_yes if answer else step.when_no
    if answer is None:
        ask(turn, frame, step)
    elif then is None or step.step in frame["done"] or _leads_back(turn, frame, step, then):
        move_on(turn, frame, step)
    else:
        enter(turn, frame, step)
        if frame.get("resumed") and not then.end:  # gone before: what was said since then is not forgotten
            then = then.model_copy(update={"tell": None, "forget": []})
        if not follow(turn, frame, step, then):
            complete(turn, frame, step)


def _leads_back(turn: Turn, frame: Frame, step: Step, then: Then) -> bool:
    names = [each.step for each in turn.definition(frame).steps]
    return then.go in names and names.index(then.go) <= names.index(step.step)


def _handoff(turn: Turn, frame: Frame, step: Step) -> None:
    request_if_due(turn, frame, definition_says_so=step.handoff or "policy")
    complete(turn, frame, step)


_TAKE = {
    "collect": _collect,
    "confirm": _confirm,
    "act": _act,
    "tell": _tell,
    "ask": _ask,
    "handoff": _handoff,
}
