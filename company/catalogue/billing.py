"""Twelve months of bills for one customer, with what makes the newest higher than usual."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from company.catalogue.cast import Part
from company.clock import ZONE

MONTHS = 12
ISSUED_ON = 3  # the day of the month
DAYS_TO_PAY = 30

Row = dict[str, Any]


def issue_days(today: date) -> list[date]:
    """The days of the last twelve bills, oldest first."""
    year, month = today.year, today.month
    if today.day < ISSUED_ON:
        year, month = _month_before(year, month)
    found = []
    for _ in range(MONTHS):
        found.append(date(year, month, ISSUED_ON))
        year, month = _month_before(year, month)
    return found[::-1]


def _month_before(year: int, month: int) -> tuple[int, int]:
    return (year - 1, 12) if month == 1 else (year, month - 1)


def draw_bills(
    rng: random.Random,
    number: int,
    customer: Mapping[str, Any],
    package: Mapping[str, Any],
    part: Part,
    today: date,
    catalogue: Mapping[str, Any],
) -> tuple[list[Row], list[Row]]:
    """The bills and the payments of those that are paid."""
    bills, payments = [], []
    days = issue_days(today)
    for place, issued in enumerate(days):
        newest = place == len(days) - 1
        codes = part.reasons if newest else _older_reason(rng)
        bill = _bill(rng, number, customer, package, part, issued, codes, newest, catalogue)
        if place >= len(days) - part.open_bills:
            bill["status"] = "overdue" if bill["due"] < today else "open"
        else:
            payments.append(_payment(rng, number, place, bill, today))
        bills.append(bill)
    return bills, payments


def _older_reason(rng: random.Random) -> tuple[str, ...]:
    return (rng.choice(("roaming", "rentals")),) if rng.random() < 0.1 else ()


def _bill(
    rng: random.Random,
    number: int,
    customer: Mapping[str, Any],
    package: Mapping[str, Any],
    part: Part,
    issued: date,
    codes: tuple[str, ...],
    newest: bool,
    catalogue: Mapping[str, Any],
) -> Row:
    lines = [
        {"kind": service, "package": package["name"], "amount": package[service]}
        for service in ("tv", "broadband")
        if service in package
    ]
    had_discount = "discount_ended" in part.reasons
    if had_discount and not (newest and "discount_ended" in codes):
        lines.append({"kind": "discount", "amount": f"-{package['discount']}"})
    reasons = [_reason(rng, code, package, issued, catalogue) for code in codes]
    for reason in reasons:
        if "line" in catalogue["reasons"][reason["code"]]:
            lines.append({"reason": reason["code"], "amount": reason["amount"]})
    amount = sum((Decimal(line["amount"]) for line in lines), Decimal("0.00"))
    return {
        "bill_id": f"bill_{number:06d}_{issued:%Y%m}",
        "customer_id": customer["customer_id"],
        "period": f"{issued:%Y-%m}",
        "issued": issued,
        "due": issued + timedelta(days=DAYS_TO_PAY),
        "amount": amount,
        "currency": "EUR",
        "status": "paid",
        "usual_amount": amount - sum((Decimal(r["amount"]) for r in reasons), Decimal("0.00")),
        "lines": lines,
        "reasons": reasons,
    }


def _reason(
    rng: random.Random, code: str, package: Mapping[str, Any], issued: date, catalogue: Mapping[str, Any]
) -> Row:
    known = catalogue["reasons"][code]
    amount = package["discount"] if code == "discount_ended" else rng.choice(known["amounts"])
    day = issued - timedelta(days=rng.randint(3, 26))
    if code == "discount_ended":
        day = issued.replace(day=1) - timedelta(days=1)
    return {"code": code, "amount": amount, "date": day.isoformat()}


def _payment(rng: random.Random, number: int, place: int, bill: Row, today: date) -> Row:
    day = min(bill["issued"] + timedelta(days=rng.randint(1, 20)), today)
    return {
        "payment_id": f"pay_{number:06d}_{place:02d}",
        "receipt": f"R-{number:03d}-{bill['issued']:%y%m}",
        "bill_id": bill["bill_id"],
        "customer_id": bill["customer_id"],
        "amount": bill["amount"],
        "method_id": f"pm_{number:06d}1",
        "at": datetime.combine(day, time(0, 30), ZONE),
        "status": "captured",
        "key": None,
    }


def draw_arrangement(state: str, bills: list[Row], today: date) -> Row:
    """One in that state: a running one moves the newest bill's day, a broken one was for the third last."""
    bill = bills[-1] if state == "running" else bills[-3]
    due = bill["due"] + timedelta(days=14)
    if state == "running":
        bill["due"] = due
    return {
        "arrangement_id": f"arr_{bill['bill_id'].removeprefix('bill_')}",
        "bill_id": bill["bill_id"],
        "customer_id": bill["customer_id"],
        "kind": "later",
        "parts": [{"amount": f"{bill['amount']:.2f}", "due": due.isoformat()}],
        "agreed": min(bill["issued"] + timedelta(days=5), today),
        "status": state,
    }
