"""Northlight's tables, and the two column types that keep money and time exact on any database."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    text,
)
from sqlalchemy.types import TypeDecorator


class Money(TypeDecorator[Decimal]):
    """A Decimal of euros with two places, kept as whole cents."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        """To cents. Raises ValueError for a fraction of a cent."""
        if value is None:
            return None
        cents = value * 100
        if cents != cents.to_integral_value():
            raise ValueError("money has at most two places")
        return int(cents)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> Decimal | None:
        """From cents."""
        return None if value is None else Decimal(int(value)).scaleb(-2)


class Moment(TypeDecorator[datetime]):
    """An aware datetime, kept in UTC without a zone, because SQLite has none."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To naive UTC. Raises ValueError for a datetime without a zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a zone")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        """Back to aware UTC."""
        return None if value is None else value.replace(tzinfo=UTC)


METADATA = MetaData()


def _customer() -> Column[Any]:
    return Column("customer_id", String(20), ForeignKey("customers.customer_id"), nullable=False, index=True)


meta = Table(
    "meta",
    METADATA,
    Column("name", String(40), primary_key=True),
    Column("value", String(200), nullable=False),
)

customers = Table(
    "customers",
    METADATA,
    Column("customer_id", String(20), primary_key=True),
    Column("account", String(8), nullable=False, unique=True),
    Column("name", String(120), nullable=False),
    Column("email", String(200), nullable=False),
    Column("phone", String(20), nullable=False),
    Column("street", String(120), nullable=False),
    Column("postcode", String(7), nullable=False),
    Column("city", String(60), nullable=False),
    Column("language", String(2), nullable=False),
    Column("package", String(120), nullable=False),
    Column("preferred_channel", String(20), nullable=False),
    Column("vulnerable", Boolean, nullable=False),
)

payment_methods = Table(
    "payment_methods",
    METADATA,
    Column("method_id", String(20), primary_key=True),
    _customer(),
    Column("kind", String(20), nullable=False),
    Column("label", String(60), nullable=False),
    Column("declines", String(40)),  # the code with which the bank refuses this method, if it does
)

bills = Table(
    "bills",
    METADATA,
    Column("bill_id", String(30), primary_key=True),
    _customer(),
    Column("period", String(7), nullable=False),
    Column("issued", Date, nullable=False),
    Column("due", Date, nullable=False),
    Column("amount", Money, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("status", String(10), nullable=False),  # open, paid, overdue
    Column("usual_amount", Money, nullable=False),
    Column("lines", JSON, nullable=False),  # [{amount, and kind, package? or reason}]
    Column("reasons", JSON, nullable=False),  # [{code, amount, date}]
)

payments = Table(
    "payments",
    METADATA,
    Column("payment_id", String(40), primary_key=True),
    Column("receipt", String(20), nullable=False, unique=True),  # what a customer can read out
    Column("bill_id", String(30), ForeignKey("bills.bill_id"), nullable=False, index=True),
    _customer(),
    Column("amount", Money, nullable=False),
    Column("method_id", String(20), nullable=False),
    Column("at", Moment, nullable=False),
    Column("status", String(10), nullable=False),  # captured, bounced
    Column("key", String(200)),
)
# The database itself refuses to have one bill paid twice at a time.
Index(
    "one_captured_payment_per_bill",
    payments.c.bill_id,
    unique=True,
    sqlite_where=text("status = 'captured'"),
    postgresql_where=text("status = 'captured'"),
)

equipment = Table(
    "equipment",
    METADATA,
    Column("equipment_id", String(20), primary_key=True),
    _customer(),
    Column("kind", String(10), nullable=False),  # tv_box, router
    Column("model", String(40), nullable=False),
    Column("installed", Date, nullable=False),
    Column("status", String(10), nullable=False),  # online, offline
    Column("signal", String(10), nullable=False),  # ok, weak, none
    Column("restarted_at", Moment),
)

visits = Table(
    "visits",
    METADATA,
    Column("visit_id", String(40), primary_key=True),
    _customer(),
    Column("kind", String(20), nullable=False),  # repair, installation
    Column("status", String(10), nullable=False),  # booked, done, cancelled
    Column("slot_id", String(40)),
    Column("start", Moment, nullable=False),
    Column("end", Moment, nullable=False),
    Column("reason", String(500), nullable=False),
    Column("equipment_id", String(20)),
)

slots = Table(
    "slots",
    METADATA,
    Column("slot_id", String(40), primary_key=True),
    Column("area", String(2), nullable=False),  # the first two digits of the postcode
    Column("kind", String(20), nullable=False),
    Column("start", Moment, nullable=False),
    Column("end", Moment, nullable=False),
    Column("taken_by", String(40)),  # a visit, or null while the slot is free
    Index("slots_by_area", "area", "kind", "start"),
)

orders = Table(
    "orders",
    METADATA,
    Column("order_id", String(20), primary_key=True),
    _customer(),
    Column("placed", Date, nullable=False),
    Column("items", JSON, nullable=False),  # [{name, quantity}]
    Column("status", String(12), nullable=False),  # placed, packed, shipped, delivered, cancelled
    Column("carrier", String(40)),
    Column("delivery_status", String(20)),  # planned, under_way, delayed, delivered
    Column("window_start", Moment),
    Column("window_end", Moment),
    Column("tracking", String(40)),
)

outages = Table(
    "outages",
    METADATA,
    Column("outage_id", String(20), primary_key=True),
    Column("area", String(4), nullable=False),  # the four digits of the postcode
    Column("kind", String(12), nullable=False),  # tv, broadband
    Column("since", Moment, nullable=False),
    Column("until", Moment, nullable=False),
    Column("text", String(300), nullable=False),
)

codes = Table(
    "codes",
    METADATA,
    Column("code_id", String(40), primary_key=True),
    _customer(),
    Column("account", String(8), nullable=False, index=True),
    Column("code", String(6), nullable=False),
    Column("sent_to", String(200), nullable=False),
    Column("sent_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("ended_at", Moment),  # used, or replaced by a newer one
)

code_messages = Table(
    "code_messages",
    METADATA,
    Column("code_id", String(40), ForeignKey("codes.code_id"), primary_key=True),
    Column("language", String(8), nullable=False),
)

complaints = Table(
    "complaints",
    METADATA,
    Column("complaint_id", String(40), primary_key=True),
    _customer(),
    Column("topic", String(40), nullable=False),
    Column("text", String(2000), nullable=False),
    Column("received", Date, nullable=False),
    Column("answer_by", Date, nullable=False),
    Column("status", String(12), nullable=False),  # registered, settled
)

contract_endings = Table(
    "contract_endings",
    METADATA,
    Column("customer_id", String(20), ForeignKey("customers.customer_id"), primary_key=True),
    Column("noticed", Date, nullable=False),
    Column("ends_on", Date, nullable=False),
    Column("fee", Money, nullable=False),
)

arrangements = Table(
    "arrangements",
    METADATA,
    Column("arrangement_id", String(40), primary_key=True),
    Column("bill_id", String(30), ForeignKey("bills.bill_id"), nullable=False, index=True),
    _customer(),
    Column("kind", String(10), nullable=False),  # later, parts
    Column("parts", JSON, nullable=False),  # [{amount, due}], the first one first
    Column("agreed", Date, nullable=False),
    Column("status", String(10), nullable=False),  # running, kept, broken
)

contact_codes = Table(
    "contact_codes",
    METADATA,
    Column("code_id", String(40), primary_key=True),
    _customer(),
    Column("contact_change", String(20), nullable=False),  # email, phone
    Column("value", String(200), nullable=False),  # the new address or number, where the code went
    Column("code", String(6), nullable=False),
    Column("language", String(8), nullable=False),
    Column("sent_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("ended_at", Moment),  # used, or replaced by a newer one
    Column("proof", String(40), unique=True),  # once the code was right; it allows one change
    Column("proof_used", Boolean, nullable=False),
)

no_advertising = Table(
    "no_advertising",
    METADATA,
    Column("customer_id", String(20), ForeignKey("customers.customer_id"), primary_key=True),
    Column("since", Date, nullable=False),
)

visit_cancellations = Table(
    "visit_cancellations",
    METADATA,
    Column("visit_id", String(40), ForeignKey("visits.visit_id"), primary_key=True),
    Column("at", Moment, nullable=False),
    Column("fee", Money, nullable=False),  # comes on the next bill
)

outage_notices = Table(
    "outage_notices",
    METADATA,
    Column("notice_id", String(40), primary_key=True),
    Column("outage_id", String(20), ForeignKey("outages.outage_id"), nullable=False, index=True),
    _customer(),
    Column("channel", String(10), nullable=False),  # email, sms
    Column("language", String(2), nullable=False),
    Column("key", String(200), nullable=False),
    Column("sent_at", Moment),
)

router_wifi = Table(
    "router_wifi",
    METADATA,
    Column("equipment_id", String(20), ForeignKey("equipment.equipment_id"), primary_key=True),
    Column("state", String(10), nullable=False),  # crowded, off; ok has no row
)

delivery_changes = Table(
    "delivery_changes",
    METADATA,
    Column("order_id", String(20), ForeignKey("orders.order_id"), primary_key=True),
    Column("way", String(10), nullable=False),  # pickup, address
    Column("place", String(200), nullable=False),
    Column("at", Moment, nullable=False),
)

house_moves = Table(
    "house_moves",
    METADATA,
    Column("move_id", String(40), primary_key=True),
    _customer(),
    Column("address_id", String(20), nullable=False),
    Column("day", Date, nullable=False),
    Column("package", String(120), nullable=False),  # what they have there
    Column("visit_id", String(40)),
    Column("status", String(10), nullable=False),  # planned, done
)

package_prices = Table(
    "package_prices",
    METADATA,
    Column("package", String(120), primary_key=True),
    Column("monthly", Money, nullable=False),  # instead of the catalogue's
)

package_offers = Table(
    "package_offers",
    METADATA,
    Column("offer_id", String(40), primary_key=True),
    _customer(),
    Column("kind", String(10), nullable=False),  # package, extra
    Column("package", String(120), nullable=False),
    Column("monthly", Money, nullable=False),
    Column("valid_until", Date, nullable=False),
)

package_changes = Table(
    "package_changes",
    METADATA,
    Column("change_id", String(40), primary_key=True),
    _customer(),
    Column("offer_id", String(40), ForeignKey("package_offers.offer_id"), nullable=False),
    Column("kind", String(10), nullable=False),  # package, extra
    Column("package", String(120), nullable=False),
    Column("monthly", Money, nullable=False),
    Column("starts_on", Date, nullable=False),
    Column("status", String(10), nullable=False),  # planned, running
)

operations = Table(
    "operations",
    METADATA,
    Column("key", String(200), primary_key=True),
    Column("request_hash", String(64), nullable=False),
    Column("at", Moment, nullable=False),
    Column("status_code", Integer, nullable=False),
    Column("answer", JSON, nullable=False),
)

events = Table(
    "events",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("event_id", String(40), nullable=False, unique=True),
    Column("type", String(40), nullable=False),
    Column("subject", String(40), nullable=False),
    Column("body", JSON, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("next_at", Moment, nullable=False),
    Column("delivered_at", Moment),
    Column("given_up_at", Moment),
    Column("last_error", String(300)),
    Index("events_waiting", "delivered_at", "subject", "number"),
)
