"""The few lines between Rasa 3.6.21 and the libraries of today. Apply before Rasa is imported.

Rasa's own server commands need all of it; our server runs Sanic itself and needs only `silence`.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import os
import warnings
from typing import Any


def silence() -> None:
    """No usage reports, no error reports, no library banners; warnings of old libraries stay in their log."""
    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # One sentence is too small to share: with a thread per core they mostly wait for each other.
    for library in ("OMP", "OPENBLAS", "MKL"):
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")
    os.environ.setdefault("SQLALCHEMY_SILENCE_UBER_WARNING", "1")
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    warnings.filterwarnings("ignore", category=FutureWarning)
    warnings.filterwarnings("ignore", message="pkg_resources is deprecated")
    warnings.filterwarnings("ignore", message=".*Slot auto-fill has been removed.*")
    for name in ("rasa", "rasa_sdk", "matplotlib", "apscheduler", "tensorflow", "absl"):
        logging.getLogger(name).setLevel(logging.ERROR)


def silence_rasa() -> None:
    """After Rasa is imported: its reporting functions do nothing, whatever a user's configuration says."""
    import rasa.telemetry

    rasa.telemetry.is_telemetry_enabled = lambda: False
    rasa.telemetry.initialize_telemetry = lambda: False
    rasa.telemetry.initialize_error_reporting = lambda: None
    rasa.telemetry.print_telemetry_reporting_info = lambda: None


def apply() -> None:
    """Everything that `rasa run`, `rasa shell` and `rasa run actions` need."""
    silence()
    _socketio_rooms()
    _sanic_server()


def _socketio_rooms() -> None:
    # python-socketio 5.10 made enter_room a coroutine; Rasa's channel calls it without await.
    from socketio import AsyncServer

    original = AsyncServer.enter_room
    if not inspect.iscoroutinefunction(original):
        return

    def enter_room(self: Any, *args: Any, **kwargs: Any) -> asyncio.Future[Any]:
        scheduled: asyncio.Future[Any] = asyncio.ensure_future(original(self, *args, **kwargs))
        return scheduled

    AsyncServer.enter_room = enter_room


def _sanic_server() -> None:
    # Sanic 22.9 starts workers by importing the app by name; Rasa builds its app inside a function.
    import sanic.response
    from sanic import Sanic

    original = Sanic.run

    def run(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not kwargs.get("fast") and kwargs.get("workers") in (None, 1):
            kwargs["single_process"] = True
        return original(self, *args, **kwargs)

    Sanic.run = run  # type: ignore[method-assign]
    Sanic.start_method = "fork"
    Sanic.START_METHOD_SET = True  # Rasa fixed the start method already; Sanic would refuse a second time
    if not hasattr(sanic.response, "stream"):

        def stream(streaming_fn: Any, status: int = 200, headers: Any = None, **kwargs: Any) -> Any:
            kind = kwargs.get("content_type", "text/plain; charset=utf-8")
            return sanic.response.ResponseStream(
                streaming_fn, headers=headers, status=status, content_type=kind
            )

        sanic.response.stream = stream  # type: ignore[attr-defined]
