"""The faked staff site as a process of its own, and what every test of its pages needs."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import BrowserContext, Page

START_SECONDS = 30.0


class StaffSite:
    """A running fake. `url` is its address; `reset`, `set`, `say` and `drop` pull its strings."""

    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.script_errors: list[str] = []
        self.url = f"http://127.0.0.1:{port}"
        program = Path(__file__).with_name("fake_staff_api.py")
        self.process = subprocess.Popen(
            [sys.executable, str(program), str(port)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._wait_until_ready()

    def _wait_until_ready(self) -> None:
        """Reads the program's own word that it serves; a program that ends says why."""
        lines = []
        assert self.process.stdout is not None
        for line in self.process.stdout:
            lines.append(line)
            if "Worker ready" in line or "Starting worker" in line:
                break
        else:
            raise RuntimeError("".join(lines))
        self.reset()

    def pull(self, what: str, **body: Any) -> Any:
        request = Request(
            f"{self.url}/fake/{what}", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urlopen(request, timeout=START_SECONDS) as answer:
            return json.load(answer)

    def reset(self, scenario: str = "few") -> None:
        self.pull("reset", scenario=scenario)

    def calls(self, path: str) -> list[Any]:
        """Bodies of the changes sent to that path, in order."""
        return [call["body"] for call in self.pull("calls")["calls"] if call.get("path") == path]

    def calls_when(self, path: str, count: int) -> list[Any]:
        """The bodies of calls to that path, once there have been so many (within 10 seconds)."""
        until = time.monotonic() + 10
        while len(found := self.calls(path)) < count and time.monotonic() < until:
            time.sleep(0.05)
        return found

    def frames(self, kind: str) -> list[Any]:
        return [
            call["frame"] for call in self.pull("calls")["calls"] if call.get("frame", {}).get("type") == kind
        ]

    def frame_when(self, kind: str, **parts: Any) -> Any:
        """The last frame of that kind, once it has these parts (within 10 seconds)."""
        until = time.monotonic() + 10
        while True:
            last = (self.frames(kind) or [{}])[-1]
            if parts.items() <= last.items() or time.monotonic() > until:
                return last
            time.sleep(0.05)

    def stop(self) -> None:
        self.process.terminate()
        self.process.communicate(timeout=10)


@pytest.fixture(scope="module")
def running() -> Iterator[StaffSite]:
    site = StaffSite()
    yield site
    site.stop()


@pytest.fixture
def site(running: StaffSite) -> Iterator[StaffSite]:
    """The fake with its first data again. A script error on any page fails the test."""
    running.reset()
    running.script_errors = []
    yield running
    assert running.script_errors == [], "\n".join(running.script_errors)


def open_as(context: BrowserContext, site: StaffSite, role: str, path: str) -> Page:
    """A page of the site for somebody who is signed in with that role."""
    context.add_cookies([{"name": "wayfinder_staff", "value": role, "url": site.url}])
    page = context.new_page()
    page.on("pageerror", lambda error: site.script_errors.append(f"{path}: {error}"))
    page.goto(site.url + path)
    page.locator("#main:not([aria-busy=true])").first.wait_for(state="attached")
    return page


def fits(page: Page) -> bool:
    """Whether the page is no wider than its window."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))
