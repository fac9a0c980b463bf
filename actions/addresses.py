"""A new address: read from the customer's words where it stands there, found by postcode and house number."""

from __future__ import annotations

import re
from typing import Any

from actions.answers import Answer, Id, Text
from actions.company import CompanyClient, Declined, Failed
from actions.contract import Call, CompanyAction, Done

WHOLE = re.compile(r"\b([1-9]\d{3})\s?([A-Za-z]{2})\b(?:[\s,]*(?:\w{1,11}\.?\s+)??(\d{1,4})\b)?")


class Address(Answer):
    address_id: Id
    title: Text
    postcode: Text


class Addresses(Answer):
    addresses: list[Address]


def read_address(words: str | None, known: str | None) -> dict[str, Any]:
    """The postcode that the words hold, if `known` was found in them, and the number behind it; else nothing.

    With two postcodes among the words nobody can tell which is the new one.
    """
    found = {f"{each[1]} {each[2].upper()}": each[3] for each in WHOLE.finditer((words or "")[:2000])}
    if known is None or known not in found:
        return {}
    number = {"house_number": int(found[known])} if found[known] else {}
    others = [code for code in found if code != known and re.search(code.replace(" ", " ?"), words or "")]
    return {} if others else {"new_postcode": known, **number}


class FindNewAddress(CompanyAction):
    """The homes that a postcode and a house number mean."""

    action_name = "action_find_new_address"

    def perform(self, company: CompanyClient, call: Call) -> Done:
        """Outputs `new_addresses`. Declined `address_unknown`."""
        if not call.customer_id:
            raise Failed("not_verified")
        number = re.search(r"\d{1,5}", call.text("house_number"))
        params = {"postcode": call.text("postcode"), "house_number": number[0] if number else "0"}
        try:
            found = company.get("/addresses", Addresses, params).addresses
        except Failed as failed:
            if failed.status != 400:
                raise
            found = []
        if not found:
            raise Declined("address_unknown")
        return Done({"new_addresses": [{"new_address_id": a.address_id, "title": a.title} for a in found]})
