"""The demo company's process: started beside the assistant, watched, ended with it."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from assistant.settings import Settings

START_SECONDS = 120.0
STOP_SECONDS = 5.0
_PR_SET_PDEATHSIG = 1


class CompanyDidNotStart(RuntimeError):
    """The demo company ended or did not answer in time; the message says what it printed."""


def free_port() -> int:
    """A port on loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _die_with_parent() -> None:
    # Linux: a killed assistant must not leave its demo company behind.
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def company_command(port: int, database: Path, events_url: str | None, site_url: str) -> list[str]:
    """How the demo company is started; secrets go by environment. Without a URL its events stay there."""
    return [
        *(sys.executable, "-m", "company", "--port", str(port)),
        *("--database", f"sqlite:///{database.absolute()}", "--site-url", site_url),
        *(("--events-url", events_url) if events_url else ()),
    ]


def company_environment(settings: Settings) -> dict[str, str]:
    """The parent's environment plus the company's secrets."""
    return {
        **os.environ,
        "COMPANY_TOKEN": settings.company_token,
        "COMPANY_CONTROL_TOKEN": settings.company_control_token,
        "COMPANY_EVENTS_SECRET": settings.company_events_secret,
    }


def wait_until_up(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Returns when the company answers. Raises CompanyDidNotStart."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        try:
            requests.get(f"{url}/openapi.yaml", timeout=1)
            return
        except requests.RequestException:
            time.sleep(0.05)
    raise CompanyDidNotStart(f"The demo company did not start. What it said is in {log}.")


@contextmanager
def demo_company(settings: Settings, assistant_url: str | None) -> Iterator[str]:
    """Runs Northlight as its own process; gives its base URL. Raises CompanyDidNotStart.

    Its events go to the assistant at that address, or stay in its outbox without one.
    """
    folder = settings.data_dir / "northlight"
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "company.log"
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    events_url = f"{assistant_url}/intake/events" if assistant_url else None
    command = company_command(port, folder / "company.sqlite", events_url, settings.base_url)
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603  # our own interpreter, our own module
            command,
            env=company_environment(settings),
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=_die_with_parent,
            cwd=settings.root,
        )
    try:
        wait_until_up(url, process, log)
        yield url
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
