"""Understand a bill, pay a bill."""

from __future__ import annotations

from typing import Any

from actions.answers import Bill, Bills, Paid, PaymentMethods
from actions.company import CompanyClient, Failed, segment
from actions.contract import Call, CompanyAction, Done, amount_of, money


def own_bill(company: CompanyClient, call: Call) -> Bill:
    """The bill in question, if it is this customer's. Another's is as unknown as none. Raises Failed."""
    customer_id = call.customer_id
    bill = company.get(f"/bills/{segment(call.text('bill_id'))}", Bill)
    if bill.customer_id != customer_id:
        raise Failed("bill_unknown", status=404)
    return bill


def shown_bill(bill: Bill) -> dict[str, Any]:
    """A bill as one of a list to choose from."""
    return {
        "bill_id": bill.bill_id,
        "period": bill.period,
        "amount": money(bill.amount, bill.currency),
        "issued": bill.issued.isoformat(),
        "due": bill.due.isoformat(),
        "status": bill.status,
    }


class ListBills(CompanyAction):
    """The customer's bills, newest first, and those to be paid, oldest first."""

    action_name = "action_list_bills"

    def perform(self, company: CompanyClient, call: Call) -> Done:
        """Outputs `bills` and `open_bills`."""
        found = company.get(f"/customers/{segment(call.customer_id)}/bills", Bills).bills
        found = sorted(found, key=lambda bill: bill.issued, reverse=True)
        to_pay = [shown_bill(bill) for bill in reversed(found) if bill.status != "paid"]
        return Done({"bills": [shown_bill(bill) for bill in found], "open_bills": to_pay})


class ExplainBill(CompanyAction):
    """Why a bill is what it is."""

    action_name = "action_explain_bill"

    def perform(self, company: CompanyClient, call: Call) -> Done:
        """Outputs the amount, the usual one, the difference, the reasons, and what became of the payment.

        `code` is higher, lower or same; `payment_state` open, overdue, paid, or returned by the bank.
        """
        bill = own_bill(company, call)
        difference = bill.amount - bill.usual_amount
        compared = "higher" if difference > 0 else "lower" if difference < 0 else "same"
        reasons = [
            {"code": reason.code, "text": reason.text, "amount": money(reason.amount, bill.currency)}
            for reason in bill.reasons
        ]
        outputs = {
            **shown_bill(bill),
            "usual_amount": money(bill.usual_amount, bill.currency),
            "difference": money(difference, bill.currency),
            "reasons": reasons,
        }
        outputs["payment_state"] = bill.status
        if bill.payment is not None:
            outputs["paid_on"] = bill.payment.day.isoformat()
            if bill.status != "paid" and bill.payment.status == "bounced":
                outputs["payment_state"] = "returned"
        return Done(outputs, code=compared)


class ListPaymentMethods(CompanyAction):
    """How the customer can pay."""

    action_name = "action_list_payment_methods"

    def perform(self, company: CompanyClient, call: Call) -> Done:
        """Outputs `payment_methods`."""
        path = f"/customers/{segment(call.customer_id)}/payment-methods"
        found = company.get(path, PaymentMethods).payment_methods
        return Done({"payment_methods": [method.model_dump(exclude={"kind"}) for method in found]})


class PayBill(CompanyAction):
    """Pays a bill in full, once per confirmation."""

    action_name = "action_pay_bill"

    def perform(self, company: CompanyClient, call: Call) -> Done:
        """Outputs `receipt`, the number that the customer can read out later."""
        key = call.needed_key()
        bill = own_bill(company, call)
        body = {"amount": amount_of(call.inputs.get("amount")), "method_id": call.text("method_id")}
        path = f"/bills/{segment(bill.bill_id)}/payments"
        paid = company.change(path, body, Paid, key, again=call.again)
        outputs = {
            "receipt": paid.payment.receipt,
            "amount": money(paid.payment.amount, paid.payment.currency),
        }
        return Done(outputs, events=paid.events)
