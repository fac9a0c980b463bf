"""Prove who somebody is with a one-time code that the company sends."""

from __future__ import annotations

import re

from actions.answers import Accepted, Verified
from actions.company import CompanyClient
from actions.contract import Call, CompanyAction, Done

BETWEEN_DIGITS = re.compile(r"[\s.\-]+")


def digits(text: str) -> str:
    """A number as people write it, without what they put between the digits."""
    return BETWEEN_DIGITS.sub("", text)


class SendCode(CompanyAction):
    """Has the company send a code. The answer is the same whether or not the account exists."""

    action_name = "action_send_code"

    def perform(self, company: CompanyClient, call: Call) -> Done:
        """No outputs."""
        company.ask("/identity/codes", {"account": digits(call.text("account_number"))}, Accepted, call.key)
        return Done()


class VerifyCode(CompanyAction):
    """Checks the code. What it gives makes the customer verified."""

    action_name = "action_verify_code"
    secret_inputs = frozenset({"one_time_code"})

    def perform(self, company: CompanyClient, call: Call) -> Done:
        """Outputs who the customer is."""
        body = {"account": digits(call.text("account_number")), "code": digits(call.text("one_time_code"))}
        customer = company.ask("/identity/codes/verify", body, Verified).customer
        names = (
            "customer_id",
            "account",
            "name",
            "email",
            "phone",
            "preferred_channel",
            "vulnerable",
            "postcode",
        )
        return Done({name: getattr(customer, name) for name in names})
