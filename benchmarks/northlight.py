"""The demo company for a benchmark: a process of its own on loopback, with data of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from assistant.settings import Settings
from assistant.supervisor import company_environment, free_port, wait_until_up
from benchmarks.sides import ROOT

STOP_SECONDS = 5.0


class Northlight:
    """Its address, and what only a demo may ask of it."""

    def __init__(self, url: str, control_token: str) -> None:
        self.url = url
        self._headers = {"Authorization": f"Bearer {control_token}"}

    def customers(self) -> list[dict[str, Any]]:
        """All customers, with what is open for each."""
        return list(self._get("/control/customers?limit=300")["customers"])

    def payments(self) -> list[dict[str, Any]]:
        """Every payment made since the first day, oldest first, with its idempotency key."""
        return list(self._get("/control/payments")["payments"])

    def _get(self, path: str) -> Any:
        answer = requests.get(self.url + path, headers=self._headers, timeout=20)
        answer.raise_for_status()
        return answer.json()


@contextmanager
def northlight(settings: Settings, folder: Path, events_url: str | None = None) -> Iterator[Northlight]:
    """Runs it with the settings' secrets. Raises supervisor.CompanyDidNotStart."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    log = folder / "northlight.log"
    events = ("--events-url", events_url) if events_url else ()
    with log.open("ab") as output:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "company", "--port", str(port)),
                *("--database", f"sqlite:///{folder.absolute() / 'northlight.sqlite'}", *events),
            ],
            env=company_environment(settings),
            stdout=output,
            stderr=output,
            cwd=ROOT,
        )
    try:
        wait_until_up(url, process, log)
        yield Northlight(url, settings.company_control_token)
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
