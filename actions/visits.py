"""Engineer visits: what is booked, which times are free, book one, move one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time
from itertools import zip_longest
from typing import Any

from actions.answers import Slot, Slots, Visit, VisitChanged, Visits
from actions.company import CompanyClient, Failed, segment
from actions.contract import Call, CompanyAction, Done, days_of, shown

MOST_SLOTS = 6


def own_visits(company: CompanyClient, call: Call) -> list[Visit]:
    """The customer's booked visits, the next one first. Raises Failed."""
    found = company.get(f"/customers/{segment(call.customer_id)}/visits", Visits).visits
    return sorted((v for v in found if v.status == "booked"), key=lambda visit: visit.window.start)


def chosen(company: CompanyClient, call: Call) -> Visit:
    """The visit in question, if it is this customer's. Raises Failed."""
    wanted = call.text("visit_id")
    for visit in own_visits(company, call):
        if visit.visit_id == wanted:
            return visit
    raise Failed("visit_unknown", status=404)


def kind_of(text: str | None) -> str:
    """The company's word for the kind of visit: whatever is no installation is a repair."""
    return "installation" if text == "installation" else "repair"


def pick_slots(slots: list[Slot], *, wish_date: Any = None, wish_time: Any = None) -> list[Slot]:
    """At most six: those that match the wish, then others; each part spread over days, in time's order."""
    ordered = sorted(slots, key=_start)
    matching = [slot for slot in ordered if _matches(slot, wish_date, wish_time)]
    first = sorted(spread(matching)[:MOST_SLOTS], key=_start)
    rest = [slot for slot in spread(ordered) if slot not in matching]
    return first + sorted(rest[: MOST_SLOTS - len(first)], key=_start)


def _start(slot: Slot) -> datetime:
    return slot.window.start


def spread(slots: list[Slot]) -> list[Slot]:
    """The same slots, one of each day in turn, so that the first few lie on different days."""
    days: dict[Any, list[Slot]] = {}
    for slot in slots:
        days.setdefault(slot.window.start.date(), []).append(slot)
    return [slot for round_ in zip_longest(*days.values()) for slot in round_ if slot is not None]


def _matches(slot: Slot, wish_date: Any, wish_time: Any) -> bool:
    days = days_of(wish_date) if wish_date else None
    if days is None and not isinstance(wish_time, Mapping):
        return False
    if days is not None and not days[0] <= slot.window.start.date() <= days[1]:
        return False
    return not isinstance(wish_time, Mapping) or _fits(slot.window.start, slot.window.end, wish_time)


def _fits(start: datetime, end: datetime, wish: Mapping[str, Any]) -> bool:
    """Whether a slot lies within the wished time, of which either end may be open."""
    first, last = wish.get("start"), wish.get("end")
    if not first and not last:
        return False
    try:
        return (not first or _not_before(start, str(first))) and (not last or _not_after(end, str(last)))
    except (ValueError, TypeError):
        return False


def _not_before(moment: datetime, first: str) -> bool:
    """Whether the moment is at or after a wished one of the same day: `HH:MM`, or a moment with its day."""
    if "T" not in first:
        return moment.time() >= time.fromisoformat(first)
    wished = datetime.fromisoformat(first)
    return moment >= wished and moment.date() == wished.date()


def _not_after(moment: datetime, last: str) -> bool:
    """The same for the end of the wish."""
    if "T" not in last:
        return moment.time() <= time.fromisoformat(last)
    wished = datetime.fromisoformat(last)
    return moment <= wished and moment.date() == wished.date()


class ListVisits(CompanyAction):
    """Booked visits, of one kind where one is asked for."""

    action_name = "action_list_visits"

    def perform(self, company: CompanyClient, call: Call) -> Done:
        """Outputs `visits`; of the next one `next_visit` (its window) and `next_visit_reason`."""
        kind = call.optional("kind")
        found = [
            {"visit_id": v.visit_id, "kind": v.kind, "window": shown(v.window), "reason": v.reason}
            for v in own_visits(company, call)
            if kind is None or v.kind == kind
        ]
        first = found[0] if found else {}
        following = {"next_visit": first.get("window"), "next_visit_reason": first.get("reason")}
        return Done({"visits": found, **{name: value for name, value in following.items() if value}})


class ListSlots(CompanyAction):
    """Free times: for moving a visit, or for booking one near a postcode."""

    action_name = "action_list_slots"

    def perform(self, company: CompanyClient, call: Call) -> Done:
        """Outputs `slots`."""
        if call.optional("visit_id"):
            path, params = f"/visits/{segment(chosen(company, call).visit_id)}/slots", None
        else:
            path, params = "/slots", self._where(company, call)
        found = company.get(path, Slots, params).slots
        picked = pick_slots(
            found, wish_date=call.inputs.get("date"), wish_time=call.inputs.get("time_window")
        )
        return Done({"slots": [{"slot_id": s.slot_id, "window": shown(s.window)} for s in picked]})

    def _where(self, company: CompanyClient, call: Call) -> dict[str, str]:
        postcode = call.optional("postcode")
        if postcode is None:
            owner = company.customer(call.customer_id)
            postcode = owner.postcode if owner else None
        if postcode is None:
            raise Failed("missing_postcode")
        return {"postcode": postcode, "kind": kind_of(call.optional("kind"))}


class BookVisit(CompanyAction):
    """Books an engineer, once per confirmation."""

    action_name = "action_book_visit"

    def perform(self, company: CompanyClient, call: Call) -> Done:
        """Outputs the visit's id and window."""
        key = call.needed_key()
        kind = kind_of(call.optional("kind"))
        said = [call.optional("about"), call.optional("reason") or call.optional("text")]
        reason = ": ".join(each for each in said if each) or kind
        body = {"slot_id": call.text("slot_id"), "kind": kind, "reason": reason[:500]}
        if equipment_id := call.optional("equipment_id"):
            body["equipment_id"] = equipment_id
        path = f"/customers/{segment(call.customer_id)}/visits"
        made = company.change(path, body, VisitChanged, key, again=call.again)
        return Done({"visit_id": made.visit.visit_id, "window": shown(made.visit.window)}, events=made.events)


class MoveVisit(CompanyAction):
    """Moves a visit, once per confirmation."""

    action_name = "action_move_visit"

    def perform(self, company: CompanyClient, call: Call) -> Done:
        """Outputs the new window and the old one."""
        key = call.needed_key()
        visit = chosen(company, call)
        path = f"/visits/{segment(visit.visit_id)}/move"
        body = {"slot_id": call.text("slot_id")}
        moved = company.change(path, body, VisitChanged, key, again=call.again)
        outputs = {
            "visit_id": visit.visit_id,
            "window": shown(moved.visit.window),
            "old_window": shown(visit.window),
        }
        return Done(outputs, events=moved.events)
