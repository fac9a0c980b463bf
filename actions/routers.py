"""Fix broadband: how the router is doing, and what helps with Wi-Fi. Restart and test are those of a box."""

from __future__ import annotations

from typing import Literal

from actions.answers import Answer, Id, Text
from actions.company import CompanyClient, Failed, segment
from actions.contract import Call, CompanyAction, Done
from actions.equipment import chosen


class RouterStatus(Answer):
    equipment_id: Id
    customer_id: Id
    online: bool
    wifi: Literal["ok", "crowded", "off"]
    advice: list[Text]


class StatusAnswer(Answer):
    status: RouterStatus


def status_of(company: CompanyClient, call: Call) -> RouterStatus:
    """The router in question, if it is this customer's. Raises Failed."""
    router = chosen(company, call)
    found = company.get(f"/equipment/{segment(router.equipment_id)}/status", StatusAnswer).status
    if found.customer_id != call.customer_id or found.equipment_id != router.equipment_id:
        raise Failed("bad_answer")
    return found


class CheckRouter(CompanyAction):
    """How the router is doing."""

    action_name = "action_check_router"

    def perform(self, company: CompanyClient, call: Call) -> Done:
        """Outputs `router_status` (online, offline) and `router_wifi` (ok, crowded, off)."""
        found = status_of(company, call)
        return Done({"router_status": "online" if found.online else "offline", "router_wifi": found.wifi})


class AdviseWifi(CompanyAction):
    """What the customer can do about Wi-Fi."""

    action_name = "action_advise_wifi"

    def perform(self, company: CompanyClient, call: Call) -> Done:
        """Outputs `wifi_advice`: the company's own sentences."""
        advice = [{"text": each} for each in status_of(company, call).advice]
        return Done({"wifi_advice": advice} if advice else {})
