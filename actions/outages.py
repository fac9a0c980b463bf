"""Outages: whether there is one, and a message when it is over."""

from __future__ import annotations

from actions.answers import Answer, Changed, Id, Outage, Outages
from actions.company import CompanyClient, Declined, Failed, segment
from actions.contract import Call, CompanyAction, Done

AREA = 4  # the digits of a postcode that say where an outage is


class Notice(Answer):
    notice_id: Id
    outage_id: Id
    customer_id: Id


class Noted(Changed):
    notice: Notice


def postcode_of(company: CompanyClient, call: Call) -> str:
    """The customer's own postcode. Raises Failed."""
    owner = company.customer(call.customer_id)
    if owner is None or not owner.postcode:
        raise Failed("missing_postcode")
    return owner.postcode


class FindPostcode(CompanyAction):
    """The postcode of a customer who is known for sure."""

    action_name = "action_find_postcode"

    def perform(self, company: CompanyClient, call: Call) -> Done:
        """Outputs `postcode`."""
        return Done({"postcode": postcode_of(company, call)})


class CheckOutage(CompanyAction):
    """Open outages at a postcode, or at the customer's own; of one kind (tv, broadband) where asked for."""

    action_name = "action_check_outage"

    def perform(self, company: CompanyClient, call: Call) -> Done:
        """Outputs `outages` and what to say of them; `code` is outage or none."""
        postcode = call.optional("postcode") or postcode_of(company, call)
        found = _open_at(company, postcode)
        kind = call.optional("kind")
        open_ = [outage for outage in found if kind is None or outage.kind == kind]
        area = {"outage_area": postcode.strip()[:AREA]}
        shown = [outage.model_dump(mode="json") for outage in open_]
        if not open_:
            return Done({"outages": shown, **area}, code="none")
        return Done({"outages": shown, **area, **_told(open_)}, code="outage")


def _open_at(company: CompanyClient, postcode: str) -> list[Outage]:
    """Raises Failed; Declined for what is no postcode, which the customer can say better."""
    try:
        return company.get("/outages", Outages, {"postcode": postcode}).outages
    except Failed as failed:
        if failed.code == "postcode_invalid":
            raise Declined(failed.code) from failed
        raise


def _told(open_: list[Outage]) -> dict[str, object]:
    """What a customer is told: all that is down, since the first, until the last one has an end."""
    ends = [outage.until for outage in open_ if outage.until is not None]
    last = max(open_, key=lambda outage: outage.until.timestamp() if outage.until else float("inf"))
    told: dict[str, object] = {
        "outage_id": last.id,
        "outage_text": [{"text": outage.text} for outage in open_],
        "outage_since": min(outage.since for outage in open_).isoformat(),
    }
    return told | ({"outage_until": max(ends).isoformat()} if len(ends) == len(open_) else {})


class RequestNotice(CompanyAction):
    """Asks the company to tell this customer when an outage is over, once per confirmation."""

    action_name = "action_request_notice"

    def perform(self, company: CompanyClient, call: Call) -> Done:
        """No outputs; the event says that it is noted."""
        key, customer_id = call.needed_key(), call.customer_id
        body = {"outage_id": call.text("outage_id")}
        path = f"/customers/{segment(customer_id)}/outage-notices"
        made = company.change(path, body, Noted, key, again=call.again)
        if made.notice.customer_id != customer_id:
            raise Failed("bad_answer")
        return Done({}, events=made.events)
