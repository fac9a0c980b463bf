"""Cancel a visit: which are booked, what that costs now, and cancelling one."""

from __future__ import annotations

from actions.answers import Money, VisitChanged
from actions.company import CompanyClient, Failed, segment
from actions.contract import Call, CompanyAction, Done, amount_of, shown
from actions.visit_words import find
from actions.visits import chosen, own_visits


class VisitCancelled(VisitChanged):
    fee: Money


class ListVisitsToCancel(CompanyAction):
    """Booked visits with what cancelling costs now, and why this customer does not want one."""

    action_name = "action_list_visits_to_cancel"

    def perform(self, company: CompanyClient, call: Call) -> Done:
        """Outputs `visits`; `cancel_hint` is cannot_make_it or not_needed where their words say so."""
        visits = [
            {
                "visit_id": visit.visit_id,
                "kind": visit.kind,
                "window": shown(visit.window),
                "reason": visit.reason,
                "cancel_fee": f"{visit.cancel_fee or 0:.2f}",
                "free_until": visit.free_until.isoformat() if visit.free_until else None,
                "currency": "EUR",
            }
            for visit in own_visits(company, call)
        ]
        hint = find("cancelling", call.optional("words"), call.language)
        return Done({"visits": visits, **({"cancel_hint": hint} if hint else {})})


class CancelVisit(CompanyAction):
    """Cancels a visit, once per confirmation and for no more than the customer was told."""

    action_name = "action_cancel_visit"

    def perform(self, company: CompanyClient, call: Call) -> Done:
        """Outputs the visit's id and what it cost."""
        key = call.needed_key()
        # Once cancelled it is no longer listed as booked; the company knows the key all the same.
        visit_id = call.text("visit_id") if call.again else chosen(company, call).visit_id
        path = f"/visits/{segment(visit_id)}/cancel"
        body = {"fee": amount_of(call.inputs.get("cancel_fee"))}
        done = company.change(path, body, VisitCancelled, key, again=call.again)
        if done.visit.customer_id != call.customer_id:
            raise Failed("bad_answer")
        outputs = {"visit_id": visit_id, "cancel_fee": {"amount": f"{done.fee:.2f}", "currency": "EUR"}}
        return Done(outputs, events=done.events)
