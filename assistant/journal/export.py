"""Tables for analysts: csv, jsonl or parquet, row by row from one consistent view."""

from __future__ import annotations

import csv
import importlib
import io
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import groupby, islice
from typing import Any, BinaryIO

import sqlalchemy as sa

from assistant.journal.database import Database, Transaction
from assistant.journal.tables import attempts, handoffs

ROWS_AT_ONCE = 500
PARQUET_GROUP = 10_000
FORMATS = ("csv", "parquet", "jsonl")
JOURNEY_COLUMNS = (
    "journey_id",
    "customer_id",
    "intent",
    "subject",
    "started_at",
    "last_activity_at",
    "attempts",
    "contacts",
    "channels",
    "outcome",
    "evidence",
    "by",
    "assisted",
    "value",
)
# A spreadsheet takes text that begins like this for a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class CannotExport(ValueError):
    """That table or format is not to be had; the message says why, in plain words."""


Source = tuple[tuple[str, ...], Callable[[Transaction], Iterator[dict[str, Any]]]]


def export(database: Database, table: str, format: str, out: BinaryIO) -> int:
    """Write a table to `out` (bytes, UTF-8) and give the number of rows.

    Tables: attempts, handoffs, and journeys (attempts of one journey taken together; `outcome` is that of
    the latest). Times are ISO 8601 in UTC. Raises CannotExport.
    """
    if table not in SOURCES:
        raise CannotExport(f"There is no table {table}; choose one of {', '.join(SOURCES)}.")
    if format not in WRITERS:
        raise CannotExport(f"There is no format {format}; choose one of {', '.join(FORMATS)}.")
    columns, rows = SOURCES[table]
    writer = WRITERS[format]
    return database.read_now(lambda tx: writer(columns, rows(tx), out))


def _rows_of(
    table: sa.Table, *order: sa.ColumnElement[Any]
) -> Callable[[Transaction], Iterator[dict[str, Any]]]:
    def rows(tx: Transaction) -> Iterator[dict[str, Any]]:
        found = tx.connection.execution_options(yield_per=ROWS_AT_ONCE).execute(
            sa.select(table).order_by(*order)
        )
        for row in found:
            yield {name: _wire(value) for name, value in row._mapping.items()}

    return rows


def _journeys(tx: Transaction) -> Iterator[dict[str, Any]]:
    found = tx.connection.execution_options(yield_per=ROWS_AT_ONCE).execute(
        sa.select(attempts)
        .where(attempts.c.journey_id.is_not(None))
        .order_by(attempts.c.journey_id, attempts.c.opened_at, attempts.c.attempt_id)
    )
    for journey_id, group in groupby(found, key=lambda row: row.journey_id):
        yield _journey(journey_id, list(group))


def _journey(journey_id: str, tries: list[Any]) -> dict[str, Any]:
    last = tries[-1]
    values = [row.value for row in tries if row.value is not None]
    return {
        "journey_id": journey_id,
        "customer_id": next((row.customer_id for row in reversed(tries) if row.customer_id), None),
        "intent": last.intent,
        "subject": next((row.subject for row in reversed(tries) if row.subject), None),
        "started_at": _wire(tries[0].opened_at),
        "last_activity_at": _wire(max(row.last_activity_at for row in tries)),
        "attempts": len(tries),
        "contacts": len({row.conversation_id for row in tries}),
        "channels": sorted({row.channel for row in tries}),
        "outcome": last.outcome,
        "evidence": last.evidence,
        "by": last.by,
        "assisted": any(row.assisted for row in tries),
        "value": values[-1] if values else None,
    }


def _wire(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return value


def _write_csv(columns: Iterable[str], rows: Iterator[dict[str, Any]], out: BinaryIO) -> int:
    text = io.TextIOWrapper(out, encoding="utf-8", newline="", write_through=True)
    try:
        writer = csv.DictWriter(text, list(columns))
        writer.writeheader()
        count = 0
        for count, row in enumerate(rows, start=1):  # noqa: B007  # the count is the result
            writer.writerow({name: _cell(value) for name, value in row.items()})
        return count
    finally:
        text.detach()


def _cell(value: Any) -> Any:
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return f"'{value}"
    return value


def _write_jsonl(_columns: Iterable[str], rows: Iterator[dict[str, Any]], out: BinaryIO) -> int:
    count = 0
    for count, row in enumerate(rows, start=1):  # noqa: B007  # the count is the result
        out.write(json.dumps(row, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
    return count


def _write_parquet(columns: Iterable[str], rows: Iterator[dict[str, Any]], out: BinaryIO) -> int:
    try:
        arrow = importlib.import_module("pyarrow")
        parquet = importlib.import_module("pyarrow.parquet")
    except ImportError as error:
        raise CannotExport("Parquet needs the library pyarrow: pip install pyarrow, or take csv.") from error
    schema = arrow.schema([(name, _arrow_type(arrow, name)) for name in columns])
    count = 0
    with parquet.ParquetWriter(out, schema) as writer:
        while group := list(islice(rows, PARQUET_GROUP)):
            plain = [{name: _flat(value) for name, value in row.items()} for row in group]
            writer.write_table(arrow.Table.from_pylist(plain, schema=schema))
            count += len(group)
    return count


def _flat(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value


def _arrow_type(arrow: Any, column: str) -> Any:
    if column in ("attempts", "contacts", "packet_revision"):
        return arrow.int64()
    if column in ("confidence", "value"):
        return arrow.float64()
    if column in ("eligible", "assisted"):
        return arrow.bool_()
    return arrow.string()


SOURCES: dict[str, Source] = {
    "attempts": (
        tuple(attempts.c.keys()),
        _rows_of(attempts, attempts.c.opened_at.expression, attempts.c.attempt_id.expression),
    ),
    "journeys": (JOURNEY_COLUMNS, _journeys),
    "handoffs": (
        tuple(handoffs.c.keys()),
        _rows_of(handoffs, handoffs.c.requested_at.expression, handoffs.c.handoff_id.expression),
    ),
}

WRITERS: dict[str, Callable[[Iterable[str], Iterator[dict[str, Any]], BinaryIO], int]] = {
    "csv": _write_csv,
    "jsonl": _write_jsonl,
    "parquet": _write_parquet,
}
