"""Packages and extras: what fits a customer's wish at which price, how long the offer holds, changing.

The terms are those of the help page “Changing your package”. A bigger package starts the next day or later,
a smaller one on the first day of the next month but one, and within the first year only one step down.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import Connection, Engine, Row, insert, select, update

from company.catalogue.billing import ISSUED_ON
from company.catalogue.source import read_catalogue
from company.clock import Clock
from company.contracts import add_months, contract_of, monthly_price
from company.customers import find_customer
from company.database import writing
from company.errors import Declined, Missing
from company.operations import Change
from company.tables import customers, package_changes, package_offers, package_prices
from company.texts import long_day, money, pick

Wish = Literal["faster", "cheaper", "channels", "extra", "look"]
Package = Mapping[str, Any]
HOLDS = timedelta(days=7)  # an offer, from the day it was made
LONGEST_AHEAD = timedelta(days=60)
MOST = 3  # offers at once
YEAR = 12  # months


@dataclass(frozen=True)
class Situation:
    """What a customer has: the contract as it goes over the wire, their package, and extras by name."""

    owner: Row[Any]
    contract: dict[str, Any]
    package: Package
    extras: dict[str, Decimal]
    today: date

    @property
    def monthly(self) -> Decimal:
        """What the package costs them a month, without extras."""
        return Decimal(self.contract["monthly"])

    @property
    def young(self) -> bool:
        """Whether the contract is younger than a year."""
        return self.today < add_months(date.fromisoformat(self.contract["started"]), YEAR)


def list_price(connection: Connection, package: Package) -> Decimal:
    """What a package costs a month today."""
    changed = connection.execute(
        select(package_prices.c.monthly).where(package_prices.c.package == package["name"])
    ).scalar_one_or_none()
    return changed if changed is not None else monthly_price(package)


def situation_of(connection: Connection, customer: str, today: date) -> Situation | None:
    """What that customer has; None without a contract. Raises Missing."""
    owner = find_customer(connection, customer)
    contract = contract_of(connection, owner, today)
    if contract is None:
        return None
    package = next(each for each in read_catalogue()["packages"] if each["name"] == owner.package)
    rows = connection.execute(
        select(package_changes).where(
            package_changes.c.customer_id == owner.customer_id, package_changes.c.status == "running"
        )
    ).all()
    extras = {row.package: row.monthly for row in rows if row.kind == "extra"}
    agreed = [row.monthly for row in rows if row.kind == "package" and row.package == owner.package]
    if agreed:
        contract = {**contract, "monthly": f"{agreed[-1]:.2f}"}
    return Situation(owner, contract, package, extras, today)


def planned_change(connection: Connection, customer_id: str) -> Row[Any] | None:
    """A change of package that has been agreed and has not begun."""
    return connection.execute(
        select(package_changes).where(
            package_changes.c.customer_id == customer_id, package_changes.c.status == "planned"
        )
    ).one_or_none()


def about(package: Package, language: str) -> str:
    """Its speed and channels in words."""
    texts = read_catalogue()["package_texts"]
    parts = {
        name: pick(texts[name], language, **{name: package[name]})
        for name in ("speed", "channels")
        if name in package
    }
    return pick(texts["both"], language, **parts) if len(parts) == 2 else next(iter(parts.values()))


def wishes_for(found: Situation) -> list[str]:
    """The wishes that make sense for what the customer has."""
    has_tv, has_net = "tv" in found.package, "broadband" in found.package
    extra = has_tv and not _left_out(found)
    hold = {"faster": has_net, "cheaper": True, "channels": has_tv, "extra": extra}
    return [name for name in read_catalogue()["package_wishes"] if hold.get(name, True)]


def _left_out(found: Situation) -> bool:
    included = [name for each in read_catalogue()["extras"].values() for name in each["included_in"]]
    return found.package["name"] in included or bool(found.extras)


# --- what fits ---------------------------------------------------------------------------------


def fitting(connection: Connection, found: Situation, wish: Wish) -> list[Package]:
    """At most three packages that fit the wish, the nearest to what the customer has first."""
    now, price = found.package, found.monthly
    prices = {each["name"]: list_price(connection, each) for each in read_catalogue()["packages"]}

    def at_least(each: Package, *parts: str) -> bool:
        return all(each.get(part, 0) >= now.get(part, 0) for part in parts)

    others = [each for each in read_catalogue()["packages"] if each["name"] != now["name"]]
    same = [each for each in others if _services(each) == _services(now)]
    if wish == "faster":
        chosen = [
            each
            for each in others
            if each.get("speed", 0) > now.get("speed", 0) and at_least(each, "channels")
        ]
    elif wish == "channels":
        chosen = [
            each
            for each in others
            if each.get("channels", 0) > now.get("channels", 0) and at_least(each, "speed")
        ]
    elif wish == "cheaper":
        chosen = [each for each in same if prices[each["name"]] < price]
        chosen = chosen[-1:] if found.young and chosen else chosen
        return sorted(chosen, key=lambda each: -prices[each["name"]])[:MOST]
    else:
        chosen = same or others
        below = [each for each in chosen if prices[each["name"]] < price]
        if found.young:
            chosen = [each for each in chosen if each not in below[:-1]]
    nearest = sorted(chosen, key=lambda each: abs(prices[each["name"]] - price))[:MOST]
    return sorted(nearest, key=lambda each: prices[each["name"]])


def _services(package: Package) -> frozenset[str]:
    return frozenset({"tv", "broadband"} & set(package))


def named(found: Situation, names: list[str]) -> Package:
    """The package that a customer means by one or more names.

    “Broadband 500” of somebody who has television too is the one with both. Raises Declined
    `package_unknown`, `same_package`, `one_step_only`.
    """
    wanted = set(names)
    several = [each for each in read_catalogue()["packages"] if wanted <= _names(each)]
    full = [each for each in several if each["name"] in wanted]
    both = sorted(
        (each for each in several if _services(each) == _services(found.package)),
        key=lambda each: (each["name"] != found.package["name"], abs(monthly_price(each) - found.monthly)),
    )
    choice: Package | None = next(iter([*both, *full, *several] if len(wanted) == 1 else several), None)
    if choice is None:
        raise Declined("package_unknown", "There is no such package.")
    if choice["name"] == found.package["name"]:
        raise Declined("same_package", "The customer has this package.")
    if found.young and _steps_down(found.package, choice) > 1:
        raise Declined("one_step_only", "In the first year only one step down is possible.")
    return choice


def _names(package: Package) -> set[str]:
    return {package["name"], *package["name"].split(" and ")}


def _steps_down(now: Package, then: Package) -> int:
    row = sorted(
        (each for each in read_catalogue()["packages"] if _services(each) == _services(now)),
        key=monthly_price,
    )
    lower = [each for each in row if monthly_price(then) <= monthly_price(each) < monthly_price(now)]
    return len(lower)


# --- offers ------------------------------------------------------------------------------------


def make_offer(
    connection: Connection, found: Situation, kind: str, name: str, monthly: Decimal, offer_id: str
) -> Row[Any]:
    """An offer that holds for a week; the same one again while it holds, whatever the price list says."""
    mine = package_offers.c.customer_id == found.owner.customer_id
    same = connection.execute(
        select(package_offers)
        .where(mine, package_offers.c.package == name, package_offers.c.valid_until >= found.today)
        .order_by(package_offers.c.valid_until)
    ).first()
    if same is not None:
        return same
    connection.execute(
        insert(package_offers).values(
            offer_id=offer_id,
            customer_id=found.owner.customer_id,
            kind=kind,
            package=name,
            monthly=monthly,
            valid_until=found.today + HOLDS,
        )
    )
    return find_offer(connection, offer_id)


def find_offer(connection: Connection, offer_id: str) -> Row[Any]:
    """Raises Missing."""
    row = connection.execute(
        select(package_offers).where(package_offers.c.offer_id == offer_id)
    ).one_or_none()
    if row is None:
        raise Missing("offer_unknown", "There is no such offer.")
    return row


def show_offer(row: Row[Any], found: Situation, language: str) -> dict[str, Any]:
    """As it goes over the wire: a title for a button and a sentence that says all of it."""
    texts, extra = read_catalogue()["package_texts"], row.kind == "extra"
    difference = row.monthly if extra else row.monthly - found.monthly
    name, about_it = row.package, ""
    if extra:
        name = pick(read_catalogue()["extras"][row.package]["title"], language)
    else:
        about_it = about(find_package(row.package), language)
    words = {
        "name": name,
        "about": about_it,
        "monthly": money(f"{row.monthly:.2f}", language),
        "difference": money(f"{abs(difference):.2f}", language),
    }
    how = "extra" if extra else "more" if difference > 0 else "less" if difference < 0 else "same"
    return {
        "offer_id": row.offer_id,
        "customer_id": row.customer_id,
        "kind": row.kind,
        "package": row.package,
        "name": name,
        "title": pick(texts["title"], language, **words),
        "meaning": pick(texts[how], language, **words),
        "monthly": f"{row.monthly:.2f}",
        "total": f"{_total(row, found):.2f}",
        "difference": f"{difference:.2f}",
        "currency": "EUR",
        "valid_until": row.valid_until.isoformat(),
    }


def find_package(name: str) -> Package:
    """A package of the catalogue by its name; the caller knows that it is there."""
    found: Package = next(each for each in read_catalogue()["packages"] if each["name"] == name)
    return found


def _total(row: Row[Any], found: Situation) -> Decimal:
    """What the customer pays a month with it, extras and all."""
    total = sum(found.extras.values(), Decimal(row.monthly))
    return total + found.monthly if row.kind == "extra" else total


def start_days(row: Row[Any], found: Situation, wished: date | None = None) -> list[date]:
    """The days on which it can start, the first one first; a wished one among them where it is possible."""
    today = found.today
    if row.kind == "extra":
        return [today]
    first_of_next = add_months(today.replace(day=1), 1)
    if row.monthly < found.monthly:
        return [add_months(today.replace(day=1), 2)]
    tomorrow = today + timedelta(days=1)
    days = {tomorrow, today + timedelta(days=7), first_of_next}
    if wished is not None and tomorrow <= wished <= today + LONGEST_AHEAD:
        days.add(wished)
    return sorted(days)


def first_bill(row: Row[Any], found: Situation, start: date) -> tuple[date, Decimal]:
    """The day and the amount of the first bill with it: the new price, and what the days before it cost more.

    A bill of the 3rd is for its month; who starts within a month pays the difference for the days left.
    """
    total, before = _total(row, found), found.monthly + sum(found.extras.values(), Decimal(0))
    if start.day == 1:
        return start.replace(day=ISSUED_ON), total
    following = add_months(start.replace(day=1), 1)
    left = Decimal((following - start).days) / (following - start.replace(day=1)).days
    more = ((total - before) * left).quantize(Decimal("0.01"))
    return following.replace(day=ISSUED_ON), total + more


def show_start(row: Row[Any], found: Situation, start: date, language: str) -> dict[str, Any]:
    """A day on which it can start, as it goes over the wire."""
    billed_on, bill = first_bill(row, found, start)
    return {
        "start_day": start.isoformat(),
        "title": long_day(start, language),
        "first_bill": f"{bill:.2f}",
        "first_bill_on": billed_on.isoformat(),
    }


def still_holds(row: Row[Any], today: date) -> None:
    """Raises Declined `offer_expired`."""
    if row.valid_until < today:
        raise Declined("offer_expired", "This offer is over.")


# --- changing ----------------------------------------------------------------------------------


def change_package(made: Change, customer: str, offer_id: str, start: date) -> dict[str, Any]:
    """Agrees on an offer.

    Raises Missing, Declined `offer_expired`, `start_day_gone`, `change_planned`, `same_package`.
    """
    today = made.business_now.date()
    row, found = find_offer(made.connection, offer_id), situation_of(made.connection, customer, today)
    if found is None or row.customer_id != found.owner.customer_id:
        raise Missing("offer_unknown", "There is no such offer.")
    still_holds(row, today)
    if row.kind == "package" and planned_change(made.connection, row.customer_id) is not None:
        raise Declined("change_planned", "Another change has been agreed.")
    if row.package == found.package["name"] or row.package in found.extras:
        raise Declined("same_package", "The customer has this.")
    if start not in start_days(row, found, start):
        raise Declined("start_day_gone", "It cannot start on that day.")
    change_id = made.ids("pkg")
    billed_on, bill = first_bill(row, found, start)
    made.connection.execute(
        insert(package_changes).values(
            change_id=change_id,
            customer_id=row.customer_id,
            offer_id=offer_id,
            kind=row.kind,
            package=row.package,
            monthly=row.monthly,
            starts_on=start,
            status="running" if row.kind == "extra" else "planned",
        )
    )
    shown = {
        "change_id": change_id,
        "customer_id": row.customer_id,
        "offer_id": offer_id,
        "kind": row.kind,
        "package": row.package,
        "monthly": f"{row.monthly:.2f}",
        "starts_on": start.isoformat(),
        "first_bill": f"{bill:.2f}",
        "first_bill_on": billed_on.isoformat(),
    }
    made.emit("package.changed", subject=found.contract["contract_id"], **shown)
    return {"package_change": shown}


def begin_due(engine: Engine, clock: Clock) -> None:
    """Lets the changes begin whose day has come."""
    with writing(engine) as connection:
        due = connection.execute(
            select(package_changes).where(
                package_changes.c.status == "planned", package_changes.c.starts_on <= clock.today()
            )
        ).all()
        for row in due:
            former = (
                package_changes.c.customer_id == row.customer_id,
                package_changes.c.kind == "package",
                package_changes.c.status == "running",
            )
            connection.execute(update(package_changes).where(*former).values(status="over"))
            connection.execute(
                update(package_changes)
                .where(package_changes.c.change_id == row.change_id)
                .values(status="running")
            )
            connection.execute(
                update(customers)
                .where(customers.c.customer_id == row.customer_id)
                .values(package=row.package)
            )
