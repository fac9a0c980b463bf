"""Runs rasa_sdk actions in this process: no HTTP hop, a bounded pool of threads, a deadline.

Stands where Rasa expects an action server's endpoint. `rasa run actions` still works for those who
want the actions elsewhere.
"""

from __future__ import annotations

import asyncio
import inspect
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import structlog
from rasa.utils.endpoints import EndpointConfig
from rasa_sdk import Tracker
from rasa_sdk.executor import ActionExecutor, CollectingDispatcher

log = structlog.get_logger(__name__)

DEADLINE_SECONDS = 20.0
THREADS = 32


class InProcessActions(EndpointConfig):
    """An action endpoint whose `request` runs the action here.

    An action that raises gives the result `error`; one that outlives the deadline gives `timeout`,
    which means in doubt, since its thread may still finish.
    """

    def __init__(self, *, deadline: float = DEADLINE_SECONDS) -> None:
        super().__init__(url="in-process", enable_selective_domain=True)
        self._executor = ActionExecutor()
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="action")
        self._deadline = deadline

    def register(self, package: str = "actions") -> None:
        """Makes the actions of that package known. Raises what importing it raises."""
        self._executor.register_package(package)

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self._executor.actions)

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def request(self, *args: Any, json: dict[str, Any] | None = None, **kwargs: Any) -> dict[str, Any]:
        """The action server's answer, `{events, responses}`."""
        call = json or {}
        name = str(call.get("next_action"))
        action = self._executor.actions.get(name)
        if action is None:
            return self._failed(call, name, "error", "no_such_action")
        tracker = Tracker.from_dict(call["tracker"])
        dispatcher = CollectingDispatcher()
        try:
            if inspect.iscoroutinefunction(action):
                work = action(dispatcher, tracker, {})
            else:
                loop = asyncio.get_running_loop()
                work = loop.run_in_executor(self._pool, action, dispatcher, tracker, {})
            events = await asyncio.wait_for(work, self._deadline)
        except TimeoutError:
            log.error("action.deadline", action=name, seconds=self._deadline)
            return self._failed(call, name, "timeout", "deadline")
        except Exception:
            log.exception("action.failed", action=name)
            return self._failed(call, name, "error", "action_failed")
        validated = self._executor.validate_events(list(events or []), name)
        return {"events": validated, "responses": dispatcher.messages}

    @staticmethod
    def _failed(call: dict[str, Any], name: str, result: str, code: str) -> dict[str, Any]:
        running = ((call.get("tracker") or {}).get("slots", {}).get("journey") or {}).get("running") or {}
        value: dict[str, Any] = {
            "action": name,
            "result": result,
            "code": code,
            "inputs": running.get("inputs") or {},
            "outputs": {},
            "events": [],
            "key": running.get("key"),
        }
        return {"events": [{"event": "slot", "name": "action_result", "value": value}], "responses": []}
