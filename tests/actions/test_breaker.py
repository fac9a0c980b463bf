"""A company that does not answer is left alone for a while."""

from __future__ import annotations

import pytest

from actions.breaker import Breaker
from actions.company import CompanyClient, Failed
from tests.northlight import NorthlightUnderTest, free_port


class Clock:
    """Seconds that pass when told."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def opened(clock: Clock) -> Breaker:
    breaker = Breaker(clock, threshold=3, rest=5)
    for _ in range(3):
        assert breaker.allows()
        breaker.failed()
    return breaker


def test_that_it_opens_after_failures_in_a_row() -> None:
    assert not opened(Clock()).allows()


def test_that_one_answer_between_failures_keeps_it_closed() -> None:
    breaker = Breaker(Clock(), threshold=3)
    for _ in range(5):
        breaker.failed()
        breaker.failed()
        breaker.succeeded()
    assert breaker.allows()


def test_that_after_its_rest_one_call_alone_may_try() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.seconds = 5
    assert breaker.allows()
    assert not breaker.allows()
    breaker.succeeded()
    assert breaker.allows()


def test_that_a_failed_try_makes_it_rest_again() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.seconds = 5
    assert breaker.allows()
    breaker.failed()
    clock.seconds = 9
    assert not breaker.allows()


def test_that_a_client_stops_knocking_at_a_company_that_is_down() -> None:
    client = CompanyClient(f"http://127.0.0.1:{free_port()}", "token", clock=Clock())
    codes = []
    for _ in range(7):
        with pytest.raises(Failed) as failed:
            client.customer("cus_000001")
        codes.append(failed.value.code)
    assert codes == ["unreachable"] * 5 + ["company_resting"] * 2


def test_that_a_company_that_answers_with_errors_is_not_taken_for_down(
    northlight: NorthlightUnderTest,
) -> None:
    client = CompanyClient(northlight.base_url, northlight.token, clock=Clock())
    northlight.fault("fail", count=8)
    for _ in range(8):
        with pytest.raises(Failed):
            client.customer("cus_000001")
    assert client.customer("cus_000001") is not None


def test_that_a_client_without_an_address_says_that_it_is_not_configured() -> None:
    with pytest.raises(Failed) as failed:
        CompanyClient("", "token").customer("cus_000001")
    assert failed.value.code == "not_configured"
