"""How a customer is reached: what is on file, proving a new address or number, and changing one thing."""

from __future__ import annotations

from pydantic import Field

from actions.answers import Accepted, Answer, Changed, Id, Text
from actions.company import CompanyClient, Failed, segment
from actions.contract import Call, CompanyAction, Done
from actions.identity import digits


class WhatToChange(Answer):
    contact_change: Id
    title: Text


class Way(Answer):
    contact_way: Id
    title: Text


class ContactDetails(Answer):
    customer_id: Id
    email: Text
    phone: Text
    contact_way: Id
    contact_way_title: Text
    advertising: bool
    changes: list[WhatToChange] = Field(min_length=1)
    ways: list[Way] = Field(min_length=1)


class Proof(Answer):
    proof: Id


class DetailsChanged(Changed):
    contact_details: ContactDetails


def path_of(call: Call) -> str:
    """Where the customer's contact details are. Raises Failed `not_verified`."""
    return f"/customers/{segment(call.customer_id)}/contact-details"


def new_value(call: Call) -> str:
    """The new address or number. Raises Failed when it is not there."""
    return call.text("email" if call.text("contact_change") == "email" else "phone")


class LookUpContactDetails(CompanyAction):
    """What is on file, and what can be changed."""

    action_name = "action_look_up_contact_details"

    def perform(self, company: CompanyClient, call: Call) -> Done:
        """Outputs the two lists to choose from and what there is now."""
        found = company.get(path_of(call), ContactDetails)
        if found.customer_id != call.customer_id:
            raise Failed("bad_answer")
        outputs = {
            "contact_changes": [each.model_dump() for each in found.changes],
            "contact_ways": [each.model_dump() for each in found.ways],
            "email_on_file": found.email,
            "phone_on_file": found.phone,
            "contact_way_now": found.contact_way_title,
            "gets_advertising": found.advertising,
        }
        return Done(outputs)


class SendContactCode(CompanyAction):
    """Has the company send a code to the new address or number."""

    action_name = "action_send_contact_code"

    def perform(self, company: CompanyClient, call: Call) -> Done:
        """Outputs `code_sent_to`."""
        path, value = path_of(call) + "/codes", new_value(call)
        company.ask(path, {"contact_change": call.text("contact_change"), "value": value}, Accepted, call.key)
        return Done({"code_sent_to": value})


class VerifyContactCode(CompanyAction):
    """Checks that code."""

    action_name = "action_verify_contact_code"
    secret_inputs = frozenset({"one_time_code"})

    def perform(self, company: CompanyClient, call: Call) -> Done:
        """Outputs `contact_proof`, which the change needs."""
        body = {
            "contact_change": call.text("contact_change"),
            "value": new_value(call),
            "code": digits(call.text("one_time_code")),
        }
        return Done({"contact_proof": company.ask(path_of(call) + "/codes/verify", body, Proof).proof})


class ChangeContactDetails(CompanyAction):
    """Changes one thing, once per confirmation."""

    action_name = "action_change_contact_details"

    def perform(self, company: CompanyClient, call: Call) -> Done:
        """Outputs what is on file now."""
        key, path, what = call.needed_key(), path_of(call), call.text("contact_change")
        body = {"contact_change": what}
        if what in {"email", "phone"}:
            body |= {"value": new_value(call), "proof": call.text("contact_proof")}
        elif what == "contact_way":
            body["value"] = call.text("contact_way")
        made = company.change(path, body, DetailsChanged, key, again=call.again)
        now = made.contact_details
        if now.customer_id != call.customer_id:
            raise Failed("bad_answer")
        outputs = {
            "email_on_file": now.email,
            "phone_on_file": now.phone,
            "contact_way_now": now.contact_way_title,
            "gets_advertising": now.advertising,
        }
        return Done(outputs, events=made.events)
