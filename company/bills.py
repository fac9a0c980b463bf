"""Bills, why one is higher than usual, and paying it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from decimal import Decimal
from itertools import count
from typing import Any

from pydantic import Field
from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json as json_response
from sqlalchemy import Connection, Row, insert, select, update

from company.clock import ZONE, utc_text
from company.customers import find_customer
from company.database import reading
from company.errors import Conflict, Declined, Missing
from company.operations import Change
from company.service import Body, change, northlight, parse
from company.tables import arrangements, bills, payment_methods, payments
from company.texts import bill_line, bill_reason, language_of, method_label

blueprint = Blueprint("bills")


class PaymentRequest(Body):
    """Pay a bill in full with one of the customer's methods."""

    amount: Decimal = Field(gt=0, max_digits=9, decimal_places=2)
    method_id: str = Field(min_length=1, max_length=20)


def show_bill(row: Row[Any], language: str = "en") -> dict[str, Any]:
    """As it goes over the wire, its texts in that language."""
    return {
        "bill_id": row.bill_id,
        "customer_id": row.customer_id,
        "period": row.period,
        "issued": row.issued.isoformat(),
        "due": row.due.isoformat(),
        "amount": f"{row.amount:.2f}",
        "currency": row.currency,
        "status": row.status,
        "usual_amount": f"{row.usual_amount:.2f}",
        "lines": [bill_line(line, language) for line in row.lines],
        "reasons": [bill_reason(reason, language) for reason in row.reasons],
    }


def show_payment(row: Row[Any]) -> dict[str, Any]:
    """As it goes over the wire."""
    return {
        "payment_id": row.payment_id,
        "receipt": row.receipt,
        "bill_id": row.bill_id,
        "customer_id": row.customer_id,
        "amount": f"{row.amount:.2f}",
        "currency": "EUR",
        "method_id": row.method_id,
        "at": utc_text(row.at),
        "status": row.status,
    }


def find_bill(connection: Connection, bill_id: str) -> Row[Any]:
    """Raises Missing."""
    row = connection.execute(select(bills).where(bills.c.bill_id == bill_id)).one_or_none()
    if row is None:
        raise Missing("bill_unknown", "There is no such bill.")
    return row


def last_payment(connection: Connection, bill_id: str) -> dict[str, Any] | None:
    """The newest payment of a bill, with its day, as a bill shows it; None while nobody has paid."""
    row = connection.execute(
        select(payments).where(payments.c.bill_id == bill_id).order_by(payments.c.at.desc()).limit(1)
    ).one_or_none()
    if row is None:
        return None
    return {"status": row.status, "day": row.at.astimezone(ZONE).date().isoformat()}


def pay_bill(made: Change, bill_id: str, wish: PaymentRequest, language: str) -> dict[str, Any]:
    """Pays the bill in full.

    Raises Missing, Conflict `amount_differs`, Declined `already_paid` or what the bank says.
    """
    bill = find_bill(made.connection, bill_id)
    method = made.connection.execute(
        select(payment_methods).where(
            payment_methods.c.method_id == wish.method_id,
            payment_methods.c.customer_id == bill.customer_id,
        )
    ).one_or_none()
    if method is None:
        raise Missing("method_unknown", "This customer has no such payment method.")
    if bill.status == "paid":
        raise Declined("already_paid", "This bill has been paid already.")
    if wish.amount != bill.amount:
        raise Conflict("amount_differs", "A bill is paid in full.", {"amount": f"{bill.amount:.2f}"})
    if method.declines:
        raise Declined(method.declines, "The bank refused this payment.")
    paid = made.connection.execute(
        update(bills).where(bills.c.bill_id == bill_id, bills.c.status != "paid").values(status="paid")
    )
    if paid.rowcount == 0:
        raise Declined("already_paid", "This bill has been paid already.")
    _settle_arrangement(made, bill_id, "running", "kept")
    payment = _capture(made, bill, wish)
    return {
        "payment": show_payment(payment),
        "bill": show_bill(find_bill(made.connection, bill_id), language),
    }


def _settle_arrangement(made: Change, bill_id: str, before: str, after: str) -> None:
    """An arrangement is kept once its bill is paid, and runs again when that payment is taken back."""
    made.connection.execute(
        update(arrangements)
        .where(arrangements.c.bill_id == bill_id, arrangements.c.status == before)
        .values(status=after)
    )


def receipt_numbers(key: str) -> Iterator[str]:
    """The receipt numbers that a payment with this key may get, in order: short enough to read out."""
    for turn in count():
        drawn = int(hashlib.sha256(f"{key}:{turn}".encode()).hexdigest(), 16) % 10_000_000
        yield f"R-{drawn // 10_000:03d}-{drawn % 10_000:04d}"


def _free_receipt(made: Change) -> str:
    """The first of this key's numbers that no payment has."""

    def taken(receipt: str) -> bool:
        found = select(payments.c.receipt).where(payments.c.receipt == receipt)
        return made.connection.execute(found).first() is not None

    return next(receipt for receipt in receipt_numbers(made.key) if not taken(receipt))


def _capture(made: Change, bill: Row[Any], wish: PaymentRequest) -> Row[Any]:
    payment_id, receipt = made.ids("pay"), _free_receipt(made)
    made.connection.execute(
        insert(payments).values(
            payment_id=payment_id,
            receipt=receipt,
            bill_id=bill.bill_id,
            customer_id=bill.customer_id,
            amount=wish.amount,
            method_id=wish.method_id,
            at=made.now,
            status="captured",
            key=made.key,
        )
    )
    made.emit(
        "payment.captured",
        customer_id=bill.customer_id,
        subject=bill.bill_id,
        payment_id=payment_id,
        receipt=receipt,
        amount=f"{wish.amount:.2f}",
        currency=bill.currency,
    )
    return made.connection.execute(select(payments).where(payments.c.payment_id == payment_id)).one()


def bounce_payment(made: Change, payment_id: str) -> dict[str, Any]:
    """The bank takes a payment back: the bill is open again. Raises Missing, Conflict `not_captured`."""
    payment = made.connection.execute(
        select(payments).where(payments.c.payment_id == payment_id)
    ).one_or_none()
    if payment is None:
        raise Missing("payment_unknown", "There is no such payment.")
    if payment.status != "captured":
        raise Conflict("not_captured", "This payment is not a captured one.")
    bill = find_bill(made.connection, payment.bill_id)
    status = "overdue" if bill.due < made.business_now.date() else "open"
    made.connection.execute(
        update(payments).where(payments.c.payment_id == payment_id).values(status="bounced")
    )
    made.connection.execute(update(bills).where(bills.c.bill_id == bill.bill_id).values(status=status))
    _settle_arrangement(made, bill.bill_id, "kept", "running")
    made.emit(
        "payment.reversed",
        customer_id=payment.customer_id,
        subject=payment.bill_id,
        payment_id=payment_id,
        amount=f"{payment.amount:.2f}",
        currency=bill.currency,
    )
    return {"bill": show_bill(find_bill(made.connection, bill.bill_id))}


@blueprint.get("/customers/<customer>/bills")
async def list_bills(request: Request, customer: str) -> HTTPResponse:
    """A customer's bills, newest first."""
    with reading(northlight(request).engine) as connection:
        owner = find_customer(connection, customer)
        rows = connection.execute(
            select(bills).where(bills.c.customer_id == owner.customer_id).order_by(bills.c.period.desc())
        ).all()
    language = language_of(request)
    return json_response({"bills": [show_bill(row, language) for row in rows]})


@blueprint.get("/bills/<bill_id>")
async def get_bill(request: Request, bill_id: str) -> HTTPResponse:
    """One bill."""
    with reading(northlight(request).engine) as connection:
        shown = show_bill(find_bill(connection, bill_id), language_of(request))
        return json_response({**shown, "payment": last_payment(connection, bill_id)})


@blueprint.get("/customers/<customer>/payment-methods")
async def list_payment_methods(request: Request, customer: str) -> HTTPResponse:
    """How this customer can pay."""
    with reading(northlight(request).engine) as connection:
        owner = find_customer(connection, customer)
        rows = connection.execute(
            select(payment_methods)
            .where(payment_methods.c.customer_id == owner.customer_id)
            .order_by(payment_methods.c.method_id)
        ).all()
    language = language_of(request)
    shown = [
        {"method_id": row.method_id, "kind": row.kind, "label": method_label(row.label, language)}
        for row in rows
    ]
    return json_response({"payment_methods": shown})


@blueprint.post("/bills/<bill_id>/payments")
async def post_payment(request: Request, bill_id: str) -> HTTPResponse:
    """Pay a bill."""
    wish = parse(request, PaymentRequest)
    return change(request, wish, lambda made: pay_bill(made, bill_id, wish, language_of(request)))
