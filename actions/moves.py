"""Move house: what comes along, what is possible at the new address on the day, planning it."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from actions.addresses import Address, read_address
from actions.answers import Answer, Changed, Id, Money, Slot, Text
from actions.company import CompanyClient, Declined, Failed, segment
from actions.contract import Call, CompanyAction, Done, days_of, money, shown
from actions.visits import pick_slots


class HouseMove(Answer):
    move_id: Id
    customer_id: Id
    address: Address
    day: date
    package: Text
    visit_id: Id | None


class AtAddress(Answer):
    address: Address
    available: bool
    package: Text | None
    monthly: Money | None
    speed: int | None
    speed_now: int | None
    visit_needed: bool
    day_blocked: Literal["past", "too_far"] | None
    slots: list[Slot]


class MoveOptions(Answer):
    customer_id: Id
    contract_id: Id | None
    package: Text | None
    planned: HouseMove | None
    at_address: AtAddress | None


class MovePlanned(Changed):
    move: HouseMove


def look_up(company: CompanyClient, call: Call, params: dict[str, str] | None = None) -> MoveOptions:
    """What the company says about this customer's move. Raises Failed."""
    customer_id = call.customer_id
    found = company.get(f"/customers/{segment(customer_id)}/move-options", MoveOptions, params)
    if found.customer_id != customer_id:
        raise Failed("bad_answer")
    return found


def at_address(company: CompanyClient, call: Call, day: str | None = None) -> AtAddress:
    """What is possible at the chosen address. Raises Failed."""
    params = {"address_id": call.text("new_address_id")} | ({"day": day} if day else {})
    found = look_up(company, call, params).at_address
    if found is None or found.address.address_id != params["address_id"]:
        raise Failed("bad_answer")
    return found


class LookUpMove(CompanyAction):
    """What the customer would take along, and a move that is planned already."""

    action_name = "action_look_up_move"

    def perform(self, company: CompanyClient, call: Call) -> Done:
        """Outputs the contract, `planned_address` and `planned_day` of a planned move.

        And what the words hold of the new address: `new_postcode`, `house_number`.
        """
        found = look_up(company, call)
        outputs: dict[str, Any] = read_address(call.optional("words"), call.optional("postcode"))
        if found.contract_id is not None:
            outputs |= {"contract_id": found.contract_id, "contract_package": found.package}
        if found.planned is not None:
            outputs |= {"planned_address": found.planned.address.title}
            outputs |= {"planned_day": found.planned.day.isoformat()}
        return Done(outputs, code="planned" if found.planned else "none")


class CheckNewAddress(CompanyAction):
    """Whether the services come along to the new address, and at what speed."""

    action_name = "action_check_new_address"

    def perform(self, company: CompanyClient, call: Call) -> Done:
        """Outputs `services_there` (same, slower, none), package and price there, `move_needs_visit`."""
        customer_id = call.customer_id
        found = at_address(company, call)
        if not customer_id or found.package is None or not found.available:
            return Done({"services_there": "none"}, code="none")
        slower = (found.speed or 0) < (found.speed_now or 0)
        outputs: dict[str, Any] = {
            "services_there": "slower" if slower else "same",
            "package_there": found.package,
            "move_needs_visit": found.visit_needed,
        }
        if found.monthly is not None:
            outputs["monthly_there"] = money(found.monthly)
        return Done(outputs, code=outputs["services_there"])


class CheckMoveDay(CompanyAction):
    """Whether that day can be the day of the move, and when an engineer can come around it."""

    action_name = "action_check_move_day"

    def perform(self, company: CompanyClient, call: Call) -> Done:
        """Outputs `move_day`, and `slots` where an engineer has to come.

        Declined `day_unclear` (a week, a month), `day_past`, `day_too_far`.
        """
        days = days_of(call.inputs.get("date"))
        if days is None or days[0] != days[1]:
            raise Declined("day_unclear")
        found = at_address(company, call, days[0].isoformat())
        if found.day_blocked is not None:
            raise Declined(f"day_{found.day_blocked}")
        outputs: dict[str, Any] = {"move_day": days[0].isoformat()}
        if found.visit_needed:
            picked = pick_slots(found.slots, wish_time=call.inputs.get("time_window"))
            outputs["slots"] = [{"slot_id": s.slot_id, "window": shown(s.window)} for s in picked]
        return Done(outputs)


class PlanMove(CompanyAction):
    """Plans the move, once per confirmation."""

    action_name = "action_plan_move"

    def perform(self, company: CompanyClient, call: Call) -> Done:
        """Outputs `move_id`, and `visit_id` of the engineer's visit."""
        key, customer_id = call.needed_key(), call.customer_id
        body: dict[str, Any] = {"address_id": call.text("new_address_id"), "day": call.text("move_day")}
        if slot_id := call.optional("slot_id"):
            body["slot_id"] = slot_id
        made = company.change(
            f"/customers/{segment(customer_id)}/moves", body, MovePlanned, key, again=call.again
        )
        if (made.move.customer_id, made.move.address.address_id) != (customer_id, body["address_id"]):
            raise Failed("bad_answer")
        outputs = {"move_id": made.move.move_id, "visit_id": made.move.visit_id}
        return Done({name: value for name, value in outputs.items() if value}, events=made.events)
