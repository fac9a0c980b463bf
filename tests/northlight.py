"""Northlight as a real process on a free loopback port, for every test that wants the real wire.

A plugin: `from tests.northlight import northlight, northlight_process` in a conftest, or
`pytest_plugins = ["tests.northlight"]` in the root one.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

ROOT = Path(__file__).resolve().parent.parent
TOKEN = "assistant-token-for-tests"
CONTROL_TOKEN = "control-token-for-tests"
EVENTS_SECRET = "whsec_dGhpcnR5LXR3byBieXRlcyBvZiB0ZXN0IHNlY3JldA=="
START_SECONDS = 180.0


@dataclass(frozen=True)
class NorthlightUnderTest:
    """A running Northlight. `token` is the assistant's; `control` reaches what only tests may."""

    base_url: str
    token: str
    control_token: str
    session: requests.Session
    process: subprocess.Popen[bytes] | None = None

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = None,
        token: str | None = None,
        language: str | None = None,
    ) -> requests.Response:
        """A request as the assistant makes them; `language` is its Accept-Language."""
        headers = {"Authorization": f"Bearer {token or self.token}"}
        if language is not None:
            headers["Accept-Language"] = language
        if key is not None:
            headers["Idempotency-Key"] = key
        return self.session.request(method, self.base_url + path, json=body, headers=headers, timeout=10)

    def get(self, path: str, language: str | None = None) -> Any:
        """The JSON of a read that has to work."""
        answer = self.call("GET", path, language=language)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """The JSON of a control call that has to work."""
        answer = self.call(method, f"/control{path}", body, token=self.control_token)
        assert answer.ok, answer.text
        return answer.json()

    def fault(self, mode: str, **more: Any) -> Any:
        """Switches a fault on."""
        return self.control("POST", "/faults", {"mode": mode, **more})

    def customer(self, fits: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first of the demo's customers that fits."""
        return next(c for c in self.control("GET", "/customers?limit=20")["customers"] if fits(c))

    def last_code(self, account: str) -> str:
        """The newest one-time code of that account."""
        code: str = self.control("GET", f"/outbox?account={account}")["codes"][0]["code"]
        return code


def free_port() -> int:
    """A port on loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until(holds: Callable[[], Any], seconds: float = START_SECONDS) -> Any:
    """What `holds` gives as soon as that is true. Fails when it is not in time."""
    until = time.monotonic() + seconds
    pause = 0.01
    while True:
        if found := holds():
            return found
        assert time.monotonic() < until, "did not come true in time"
        time.sleep(pause)  # the pause of a poll; what ends the wait is the condition
        pause = min(0.2, pause * 1.5)


@contextmanager
def running_northlight(
    database: Path, *options: str, port: int | None = None
) -> Iterator[NorthlightUnderTest]:
    """Northlight on that database file, ended at the end."""
    port = port or free_port()
    command: Sequence[str] = (
        *(sys.executable, "-m", "company", "--port", str(port)),
        *("--database", f"sqlite:///{database}"),
        *options,
    )
    environment = {
        **os.environ,
        "COMPANY_TOKEN": TOKEN,
        "COMPANY_CONTROL_TOKEN": CONTROL_TOKEN,
        "COMPANY_EVENTS_SECRET": EVENTS_SECRET,
    }
    process = subprocess.Popen(command, env=environment, cwd=ROOT)
    session = requests.Session()
    session.trust_env = False
    running = NorthlightUnderTest(f"http://127.0.0.1:{port}", TOKEN, CONTROL_TOKEN, session, process)

    def answers() -> bool:
        assert process.poll() is None, "Northlight ended at its start"
        try:
            return session.get(f"{running.base_url}/health", timeout=1).ok
        except requests.RequestException:
            return False

    try:
        wait_until(answers)
        yield running
    finally:
        session.close()
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture(scope="session")
def northlight_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NorthlightUnderTest]:
    """One Northlight for all tests of a run."""
    with running_northlight(tmp_path_factory.mktemp("northlight") / "company.sqlite") as running:
        yield running


@pytest.fixture
def northlight(northlight_process: NorthlightUnderTest) -> NorthlightUnderTest:
    """Northlight with its data as on the first day and no faults."""
    northlight_process.control("POST", "/reset", {})
    return northlight_process
