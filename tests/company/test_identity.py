"""One-time codes: six digits, ten minutes, five tries, used once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from company.catalogue.seed import seed
from company.clock import Clock
from company.database import open_database, reading, writing
from company.errors import Conflict, Declined
from company.faults import FaultBoard
from company.identity import outbox, send_code, verify_code
from company.service import Northlight
from company.tables import customers


class Office:
    """Northlight without its server, with a time that moves when told."""

    def __init__(self, folder: Path) -> None:
        self.now = datetime(2026, 11, 23, 12, tzinfo=UTC)
        engine = open_database(f"sqlite:///{folder / 'company.sqlite'}")
        self.service = Northlight(engine, Clock(source=lambda: self.now), FaultBoard())
        with writing(engine) as connection:
            seed(connection, self.now.date())
            self.account: str = connection.execute(select(customers.c.account)).scalars().first() or ""

    def sent(self) -> list[str]:
        with reading(self.service.engine) as connection:
            return [one["code"] for one in outbox(connection, self.account)]

    def send(self, key: str | None = None) -> str:
        send_code(self.service, self.account, key)
        self.now += timedelta(seconds=1)
        return self.sent()[0]

    def refused(self, code: str) -> str:
        with pytest.raises(Declined) as declined:
            verify_code(self.service, self.account, code)
        return declined.value.code


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path)
    yield made
    made.service.engine.dispose()


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def test_that_the_right_code_gives_the_customer(office: Office) -> None:
    code = office.send()
    assert len(code) == 6
    assert code.isdigit()
    assert verify_code(office.service, office.account, code)["account"] == office.account


def test_that_a_code_is_used_once(office: Office) -> None:
    code = office.send()
    verify_code(office.service, office.account, code)
    assert office.refused(code) == "code_wrong"


def test_that_a_code_ends_after_ten_minutes(office: Office) -> None:
    code = office.send()
    office.now += timedelta(minutes=10)
    assert office.refused(code) == "code_expired"


def test_that_after_five_wrong_tries_the_right_code_helps_no_more(office: Office) -> None:
    code = office.send()
    assert [office.refused(other_than(code)) for _ in range(5)] == ["code_wrong"] * 5
    assert office.refused(code) == "too_many_tries"


def test_that_a_new_code_ends_the_former(office: Office) -> None:
    former, latest = office.send(), office.send()
    if former != latest:
        assert office.refused(former) == "code_wrong"
    assert verify_code(office.service, office.account, latest)


def test_that_an_unknown_account_sends_nothing_and_verifies_never(office: Office) -> None:
    send_code(office.service, "00000000", None)
    assert office.sent() == []
    with pytest.raises(Declined, match="not the code"):
        verify_code(office.service, "00000000", "123456")


def test_that_one_key_sends_one_code(office: Office) -> None:
    first = office.send("key-1")
    assert office.send("key-1") == first
    assert len(office.sent()) == 1
    with pytest.raises(Conflict):
        send_code(office.service, "00000000", "key-1")


def test_that_a_code_of_one_account_opens_no_other(office: Office) -> None:
    code = office.send()
    with reading(office.service.engine) as connection:
        other = (
            connection.execute(select(customers.c.account).where(customers.c.account != office.account))
            .scalars()
            .first()
        )
    with pytest.raises(Declined):
        verify_code(office.service, str(other), code)
