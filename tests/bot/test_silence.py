"""Nothing phones home, and not because somebody remembered to set a variable."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from assistant.bot import bridge

VARIABLE = "RASA_TELEMETRY_ENABLED"


def test_that_rasa_is_silent_before_any_code_of_ours_runs() -> None:
    environment = {name: value for name, value in os.environ.items() if name != VARIABLE}
    asked = f"import os; print(os.environ.get({VARIABLE!r}))"
    told = subprocess.run(
        [sys.executable, "-c", asked], env=environment, capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == "false"


def test_that_rasa_reports_neither_usage_nor_errors_whatever_the_user_has_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import rasa.telemetry as telemetry
    import sentry_sdk

    sent: list[object] = []
    monkeypatch.setattr(telemetry.requests, "post", lambda *given, **more: sent.append(given))
    monkeypatch.setattr(sentry_sdk, "init", lambda *given, **more: sent.append(given))
    monkeypatch.setattr(telemetry, "telemetry_write_key", lambda: "key")
    monkeypatch.setattr(telemetry, "sentry_write_key", lambda: "key")
    for name in ("is_telemetry_enabled", "initialize_telemetry", "initialize_error_reporting"):
        monkeypatch.setattr(telemetry, name, getattr(telemetry, name))  # as they were, after this test
    monkeypatch.setattr(telemetry, "print_telemetry_reporting_info", telemetry.print_telemetry_reporting_info)
    monkeypatch.setenv(VARIABLE, "true")
    bridge.silence_rasa()
    telemetry.initialize_telemetry()
    telemetry.initialize_error_reporting()
    telemetry.track_server_start([], None, None, 1, False)
    assert not telemetry.is_telemetry_enabled()
    assert sent == []
