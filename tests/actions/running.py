"""An action run as the bot runs it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import ActionExecutor, CollectingDispatcher

from actions import company
from actions.company import CompanyClient, Timeout
from tests.northlight import NorthlightUnderTest

Run = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def executor() -> ActionExecutor:
    made = ActionExecutor()
    made.register_package("actions")
    return made


@pytest.fixture
def run(northlight: NorthlightUnderTest, executor: ActionExecutor) -> Iterator[Run]:
    """Runs an action as the bot does; gives its `action_result`. `at`: when the customer's message came."""
    client = CompanyClient(northlight.base_url, northlight.token, timeout=Timeout(5.0, 2.0, 1.0))
    company.configure(client)

    def run_action(
        name: str,
        inputs: dict[str, Any],
        *,
        key: str | None = None,
        language: str = "en",
        at: str | None = None,
        again: bool = False,
    ) -> dict[str, Any]:
        running = {"action": name, "inputs": inputs, "key": key, "attempt_id": "a_1", "again": again}
        slots = {"journey": {"running": running}, "language": language, "context": {"at": at}}
        tracker = Tracker("c_1", slots, {}, [], False, None, {}, "action_listen")
        [event] = executor.actions[name](CollectingDispatcher(), tracker, {})
        result: dict[str, Any] = event["value"]
        return result

    yield run_action
    company.configure(None)
    client.close()
