"""Change or buy a package: what the customer has, offers for a wish, the day it starts, agreeing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field

from actions.answers import Answer, Changed, Currency, Id, Money, Text
from actions.company import CompanyClient, Failed, segment
from actions.contract import Call, CompanyAction, Done, amount_of, days_of, money
from actions.package_words import hint

LOOK = "look"  # the wish to see what there is
Difference = Annotated[str, Field(pattern=r"^-?\d{1,8}\.\d{2}$")]


class Current(Answer):
    contract_id: Id
    package: Text
    about: Text
    monthly: Money
    currency: Currency
    extras: list[Text]
    ends_on: date | None


class Planned(Answer):
    package: Text
    starts_on: date


class PossibleWish(Answer):
    package_wish: Id
    title: Text


class PackageSituation(Answer):
    customer_id: Id
    current: Current | None
    planned: Planned | None
    names: list[Text]
    wishes: list[PossibleWish]


class Offer(Answer):
    offer_id: Id
    customer_id: Id
    kind: Literal["package", "extra"]
    package: Text
    name: Text
    title: Text
    meaning: Text
    monthly: Money
    total: Money
    difference: Difference
    currency: Currency
    valid_until: date


class Offers(Answer):
    offers: list[Offer]


class StartDay(Answer):
    start_day: date
    title: Text
    first_bill: Money
    first_bill_on: date


class StartDays(Answer):
    offer: Offer
    days: list[StartDay] = Field(min_length=1)


class PackageChange(Answer):
    change_id: Id
    customer_id: Id
    offer_id: Id
    starts_on: date
    first_bill: Money
    first_bill_on: date


class PackageChanged(Changed):
    package_change: PackageChange


class LookUpPackage(CompanyAction):
    """What the customer has and pays."""

    action_name = "action_look_up_package"

    def perform(self, company: CompanyClient, call: Call) -> Done:
        """Outputs the package's facts, `package_wishes`; `package_hint`, `package` by the words.

        `package_block` is none, planned (a change is agreed already) or ending (the contract is). Without a
        contract no `contract_id`.
        """
        customer_id = call.customer_id
        found = company.get(f"/customers/{segment(customer_id)}/package", PackageSituation)
        if found.customer_id != customer_id:
            raise Failed("bad_answer")
        current = found.current
        if current is None:
            return Done(code="none")
        # Who names a package is shown that one: the name picks the wish to see it.
        named = {f"name_{place}": name for place, name in enumerate(found.names)}
        block = "planned" if found.planned else "ending" if current.ends_on else "none"
        outputs: dict[str, Any] = {
            "contract_id": current.contract_id,
            "package_now": " + ".join([current.package, *current.extras]),
            "package_about": current.about,
            "monthly_now": money(current.monthly, current.currency),
            "package_block": block,
            "package_wishes": [
                {**wish.model_dump(), "package_hint": wish.package_wish}
                | (named if wish.package_wish == LOOK else {})
                for wish in found.wishes
            ],
        }
        if found.planned:
            outputs |= {"planned_package": found.planned.package}
            outputs |= {"planned_from": found.planned.starts_on.isoformat()}
        said = (call.optional("words") or "").lower()
        whole = [
            name
            for name in found.names
            if " and " in name and all(part.lower() in said for part in name.split(" and "))
        ]
        if len(whole) == 1:  # both halves were named: the message's fact holds only one of them
            outputs["package"] = whole[0]
        wished = hint("package", call)
        if any(wish.package_wish == wished for wish in found.wishes):
            outputs["package_hint"] = wished
        return Done(outputs, code=block)


def names_of(value: Any) -> list[str]:
    """The packages that a fact names: one, or several."""
    return [str(each) for each in value][:4] if isinstance(value, list) else [str(value)] if value else []


class FindPackageOffers(CompanyAction):
    """Offers for the wish, or of the package that the customer named."""

    action_name = "action_find_package_offers"

    def perform(self, company: CompanyClient, call: Call) -> Done:
        """Outputs `offers`, their `offer_meanings`; `price_changed`.

        That is so where the package that had been chosen before costs something else by now.
        """
        customer_id, wished = call.customer_id, call.inputs.get("package")
        names = names_of(wished)
        body: dict[str, Any] = {"packages": names} if names else {"package_wish": call.text("package_wish")}
        found = company.ask(f"/customers/{segment(customer_id)}/package-offers", body, Offers).offers
        if any(offer.customer_id != customer_id for offer in found):
            raise Failed("bad_answer")
        offers = [
            {
                "offer_id": each.offer_id,
                "package": wished or each.package,
                "name": each.name,
                "title": each.title,
                "meaning": each.meaning,
                "kind": each.kind,
                "monthly": f"{each.monthly:.2f}",
                "total": f"{each.total:.2f}",
                "currency": each.currency,
                "valid_until": each.valid_until.isoformat(),
            }
            for each in found
        ]
        outputs: dict[str, Any] = {"offers": offers, "offer_meanings": [{"text": o.meaning} for o in found]}
        return Done(outputs | {"price_changed": _price_changed(call, offers)})


def _price_changed(call: Call, offers: list[dict[str, Any]]) -> bool:
    before, price = call.optional("before"), call.inputs.get("price")
    if before is None or price is None:
        return False
    return any(each["name"] == before and each["monthly"] != amount_of(price) for each in offers)


class ListStartDays(CompanyAction):
    """The days on which the chosen offer can start, a day they named among them where it is possible."""

    action_name = "action_list_start_days"

    def perform(self, company: CompanyClient, call: Call) -> Done:
        """Outputs `start_days` and `offer_kind`. Declined `offer_expired`."""
        customer_id, wished = call.customer_id, days_of(call.inputs.get("date"))
        params: Mapping[str, str] | None = {"day": wished[0].isoformat()} if wished else None
        path = f"/package-offers/{segment(call.text('offer_id'))}/start-days"
        found = company.get(path, StartDays, params)
        if found.offer.customer_id != customer_id:
            raise Failed("offer_unknown", status=404)
        days = [
            {
                "start_day": each.start_day.isoformat(),
                "start": each.start_day.isoformat(),
                "title": each.title,
                "first_bill": f"{each.first_bill:.2f}",
                "first_bill_on": each.first_bill_on.isoformat(),
            }
            for each in found.days
        ]
        return Done({"start_days": days, "offer_kind": found.offer.kind})


class ChangePackage(CompanyAction):
    """Agrees on the offer, once per confirmation."""

    action_name = "action_change_package"

    def perform(self, company: CompanyClient, call: Call) -> Done:
        """Outputs `package_change_id`, and the first bill as agreed."""
        key, customer_id = call.needed_key(), call.customer_id
        body = {"offer_id": call.text("offer_id"), "start_day": call.text("start_day")}
        path = f"/customers/{segment(customer_id)}/package"
        made = company.change(path, body, PackageChanged, key, again=call.again)
        agreed = made.package_change
        if (agreed.customer_id, agreed.offer_id) != (customer_id, body["offer_id"]):
            raise Failed("bad_answer")
        outputs = {
            "package_change_id": agreed.change_id,
            "first_bill": money(agreed.first_bill),
            "first_bill_on": agreed.first_bill_on.isoformat(),
        }
        return Done(outputs, events=made.events)
