"""What the company's answers have to look like. Whatever does not fit is nonsense and is not used.

Unknown fields are ignored, so that a company may add some; a missing or wrong one is an error.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field


def _only_text(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError("money is a decimal string")
    return value


Money = Annotated[Decimal, BeforeValidator(_only_text), Field(max_digits=12, decimal_places=2)]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
Text = Annotated[str, Field(max_length=2000)]
Id = Annotated[str, Field(min_length=1, max_length=100)]


class Answer(BaseModel):
    """Base of all."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Window(Answer):
    start: AwareDatetime
    end: AwareDatetime


class Customer(Answer):
    customer_id: Id
    account: Id
    name: Text
    email: Text | None
    phone: Text | None
    postcode: Text | None
    language: Text | None
    package: Text | None
    preferred_channel: Text | None
    vulnerable: bool


class Reason(Answer):
    code: Id
    text: Text
    amount: Money


class BillPayment(Answer):
    status: Literal["captured", "bounced"]
    day: date


class Bill(Answer):
    bill_id: Id
    customer_id: Id
    period: Text
    issued: date
    due: date
    amount: Money
    currency: Currency
    status: Literal["open", "paid", "overdue"]
    usual_amount: Money
    reasons: list[Reason]
    payment: BillPayment | None = None  # the newest, where one bill is asked for


class Bills(Answer):
    bills: list[Bill]


class PaymentMethod(Answer):
    method_id: Id
    kind: Text
    label: Text


class PaymentMethods(Answer):
    payment_methods: list[PaymentMethod]


class Equipment(Answer):
    equipment_id: Id
    customer_id: Id
    kind: Text
    model: Text
    status: Text


class EquipmentList(Answer):
    equipment: list[Equipment]


class Visit(Answer):
    visit_id: Id
    customer_id: Id
    kind: Text
    status: Literal["booked", "done", "cancelled"]
    window: Window
    reason: Text | None
    free_until: AwareDatetime | None = None
    cancel_fee: Money | None = None


class Visits(Answer):
    visits: list[Visit]


class Slot(Answer):
    slot_id: Id
    window: Window


class Slots(Answer):
    slots: list[Slot]


class Item(Answer):
    name: Text
    quantity: int


class Delivery(Answer):
    carrier: Text | None
    window: Window | None
    status: Text
    tracking: Text | None


class Order(Answer):
    order_id: Id
    customer_id: Id
    placed: date
    items: list[Item]
    status: Text
    delivery: Delivery | None


class Orders(Answer):
    orders: list[Order]


class Outage(Answer):
    id: Id
    kind: Text
    since: AwareDatetime
    until: AwareDatetime | None
    text: Text


class Outages(Answer):
    outages: list[Outage]


class Accepted(Answer):
    status: Literal["accepted"]


class Verified(Answer):
    customer: Customer


class Operation(Answer):
    key: Id
    status: Literal["done", "declined"]
    code: Id | None = None
    at: datetime


class BusinessEvent(Answer):
    id: Id
    type: Id
    subject: Id


class Changed(Answer):
    """Base of the answers to changes."""

    operation: Operation
    events: list[BusinessEvent]


class Payment(Answer):
    payment_id: Id
    receipt: Id
    bill_id: Id
    amount: Money
    currency: Currency
    method_id: Id


class Paid(Changed):
    payment: Payment


class BoxResult(Answer):
    ok: bool
    code: Id
    text: Text


class Done(Changed):
    """Something was done to a box: restarted, tested."""

    result: BoxResult


class VisitChanged(Changed):
    visit: Visit
