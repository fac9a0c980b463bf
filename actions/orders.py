"""Track an order."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from actions.answers import Delivery, Order, Orders
from actions.company import CompanyClient, Declined, Failed, Unsure, segment
from actions.contract import Call, CompanyAction, Done, shown
from actions.deliveries import look_up

OVER = ("delivered", "cancelled")


def shown_order(order: Order) -> dict[str, Any]:
    """An order as one of a list to choose from."""
    names = [item.name if item.quantity == 1 else f"{item.quantity} × {item.name}" for item in order.items]
    return {
        "order_id": order.order_id,
        "placed": order.placed.isoformat(),
        "items": ", ".join(names),
        "status": order.delivery.status if order.delivery else order.status,
    }


def _is_late(delivery: Delivery, now: datetime | None) -> bool:
    over = now is not None and delivery.window is not None and delivery.window.end < now
    return over and delivery.status not in OVER


def _place_of(company: CompanyClient, call: Call) -> str | None:
    """Where it goes. Not known is no reason not to say the rest: without it nothing is said of the place."""
    try:
        return look_up(company, call).place
    except (Declined, Failed, Unsure):
        return None


class ListOrders(CompanyAction):
    """The customer's orders, newest first."""

    action_name = "action_list_orders"

    def perform(self, company: CompanyClient, call: Call) -> Done:
        """Outputs `orders`, and `open_orders`: those that are not delivered or cancelled."""
        found = company.get(f"/customers/{segment(call.customer_id)}/orders", Orders).orders
        found = sorted(found, key=lambda order: order.placed, reverse=True)
        waiting = [shown_order(order) for order in found if order.status not in OVER]
        return Done({"orders": [shown_order(order) for order in found], "open_orders": waiting})


class TrackOrder(CompanyAction):
    """Where an order is."""

    action_name = "action_track_order"

    def perform(self, company: CompanyClient, call: Call) -> Done:
        """Outputs the status, and who delivers, when and where, where that is known; `code` is the status.

        `order_late`: the time it was to come at is over, and it has not.
        """
        customer_id = call.customer_id
        order = company.get(f"/orders/{segment(call.text('order_id'))}", Order)
        if order.customer_id != customer_id:
            raise Failed("order_unknown", status=404)
        outputs = shown_order(order)
        if order.delivery is not None:
            window = shown(order.delivery.window) if order.delivery.window else None
            outputs |= {"carrier": order.delivery.carrier, "tracking": order.delivery.tracking}
            outputs |= {"delivery_window": window, "order_late": _is_late(order.delivery, call.at)}
        if outputs["status"] not in OVER:
            outputs |= {"delivery_place": _place_of(company, call)}
        return Done(outputs, code=str(outputs["status"]))
