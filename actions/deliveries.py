"""Change a delivery: what the carrier still allows, and doing it."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from actions.addresses import read_address
from actions.answers import Answer, Changed, Id, Order, Text, Window
from actions.company import CompanyClient, Failed, segment
from actions.contract import Call, CompanyAction, Done, shown
from actions.package_words import hint

Way = Literal["day", "pickup", "address"]


class OfferedWay(Answer):
    delivery_way: Way
    title: Text


class OfferedDay(Answer):
    day: date
    title: Text


class PickupPoint(Answer):
    pickup_point: Id
    title: Text


class DeliveryOptions(Answer):
    order_id: Id
    customer_id: Id
    blocked: Literal["delivered", "cancelled", "out_for_delivery"] | None
    place: Text
    window: Window | None
    ways: list[OfferedWay]
    days: list[OfferedDay]
    pickup_points: list[PickupPoint]


class DeliveryChanged(Changed):
    order: Order
    place: Text
    window: Window | None


def look_up(company: CompanyClient, call: Call) -> DeliveryOptions:
    """What is possible for the order in question, if it is this customer's. Raises Failed."""
    customer_id = call.customer_id
    path = f"/orders/{segment(call.text('order_id'))}/delivery-options"
    found = company.get(path, DeliveryOptions)
    if found.customer_id != customer_id:
        raise Failed("order_unknown", status=404)
    return found


class ListDeliveryOptions(CompanyAction):
    """What can still be changed about a delivery."""

    action_name = "action_list_delivery_options"

    def perform(self, company: CompanyClient, call: Call) -> Done:
        """Outputs `delivery_block` (or `none`), the ways, days and pick-up points.

        Also where and when it comes so far; `delivery_hint` is the way that the customer's words or a named
        day point at, if it is possible.
        """
        found = look_up(company, call)
        outputs: dict[str, Any] = {"delivery_block": found.blocked or "none", "delivery_place": found.place}
        if found.window is not None:
            outputs["delivery_window"] = shown(found.window)
        ways = [each.delivery_way for each in found.ways]
        wished = "day" if call.inputs.get("date") else hint("delivery", call)
        if wished in ways:
            outputs["delivery_hint"] = wished
        address = read_address(call.optional("words"), call.optional("postcode"))
        if "house_number" in address:
            outputs["house_number"] = address["house_number"]
        outputs |= {
            "new_postcode": address.get("new_postcode"),
            "delivery_ways": [
                {"delivery_way": w.delivery_way, "delivery_hint": w.delivery_way, "title": w.title}
                for w in found.ways
            ],
            "delivery_days": [
                {"delivery_day": d.day.isoformat(), "start": d.day.isoformat(), "title": d.title}
                for d in found.days
            ],
            "pickup_points": [each.model_dump() for each in found.pickup_points],
        }
        return Done(outputs, code=outputs["delivery_block"])


class ChangeDelivery(CompanyAction):
    """Delivers it otherwise, once per confirmation."""

    action_name = "action_change_delivery"

    def perform(self, company: CompanyClient, call: Call) -> Done:
        """Outputs `delivery_place`, and `delivery_window` where it is known."""
        key, way = call.needed_key(), call.text("delivery_way")
        order_id = look_up(company, call).order_id
        body: dict[str, Any] = {"delivery_way": way}
        name = {"day": "delivery_day", "pickup": "pickup_point", "address": "new_address_id"}.get(way)
        if name is None:
            raise Failed("missing_delivery_way")
        body[{"delivery_day": "day", "new_address_id": "address_id"}.get(name, name)] = call.text(name)
        path = f"/orders/{segment(order_id)}/delivery"
        made = company.change(path, body, DeliveryChanged, key, again=call.again)
        if made.order.order_id != order_id:
            raise Failed("bad_answer")
        outputs: dict[str, Any] = {"delivery_place": made.place}
        if made.window is not None:
            outputs["delivery_window"] = shown(made.window)
        return Done(outputs, events=made.events)
