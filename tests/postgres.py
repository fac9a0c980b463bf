"""A PostgreSQL server of the tests' own: started once per session from the installed binaries.

A plain pytest plugin. Without the binaries, tests that want it skip with a line that says so; where the
environment variable CI is true, that skip is a failure.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

MISSING = "PostgreSQL binaries are missing (initdb and pg_ctl, on PATH or under /usr/lib/postgresql)"
SERVER_SECONDS = 60


def find_binaries() -> Path | None:
    """The folder with initdb and pg_ctl, the newest version first."""
    installed = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda bin: _version(bin.parent.name), reverse=True
    )
    on_path = shutil.which("pg_ctl")
    candidates = installed + ([Path(on_path).resolve().parent] if on_path else [])
    return next((f for f in candidates if (f / "initdb").exists() and (f / "pg_ctl").exists()), None)


def _version(name: str) -> tuple[int, ...]:
    return tuple(int(part) for part in name.split(".") if part.isdigit())


def skip_or_fail(reason: str) -> None:
    """Skip here; on a machine that calls itself CI, fail."""
    if os.environ.get("CI", "").lower() in ("1", "true", "yes"):
        pytest.fail(reason)
    pytest.skip(reason)


class Server:
    """One server in a folder of its own, on a Unix socket and a loopback port."""

    def __init__(self, binaries: Path, folder: Path, user: str | None) -> None:
        self.binaries = binaries
        self.folder = folder
        self.user = user  # PostgreSQL refuses to run as root
        self.port = _free_port()
        self._databases = 0

    def start(self) -> None:
        """Make the cluster and start it. Durability is off: nothing here outlives the tests."""
        data = self.folder / "data"
        self._run("initdb", "-D", str(data), "-U", "tests", "-A", "trust", "-E", "UTF8", "--no-sync")
        options = (
            f"-p {self.port} -h 127.0.0.1 -k {self.folder} -c fsync=off -c synchronous_commit=off "
            "-c full_page_writes=off -c max_connections=60 -c shared_buffers=32MB"
        )
        log = str(self.folder / "log")
        self._run(
            "pg_ctl", "-D", str(data), "-w", "-t", str(SERVER_SECONDS), "-l", log, "-o", options, "start"
        )

    def stop(self) -> None:
        """Stop it at once."""
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "stop")

    def new_database(self) -> str:
        """The URL of a fresh, empty database."""
        self._databases += 1
        name = f"tests_{os.getpid()}_{self._databases}"
        connection = psycopg2.connect(host="127.0.0.1", port=self.port, user="tests", dbname="postgres")
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(f'CREATE DATABASE "{name}"')
        finally:
            connection.close()
        return f"postgresql://tests@127.0.0.1:{self.port}/{name}"

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self.binaries / program), *arguments]
        if self.user is not None:
            found = pwd.getpwnam(self.user)
            identity = {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": []}
        else:
            identity = {}
        done = subprocess.run(
            command,
            cwd=self.folder,
            env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if program == "initdb" else subprocess.DEVNULL,
            stderr=subprocess.PIPE if program == "initdb" else subprocess.DEVNULL,
            timeout=SERVER_SECONDS * 2,
            check=False,
            **identity,
        )
        if done.returncode:
            log = self.folder / "log"
            told = (done.stderr or b"").decode(errors="replace") or (log.read_text() if log.exists() else "")
            raise RuntimeError(f"{program} failed: {told[-2000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _server_user() -> str | None:
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            pwd.getpwnam(name)
        except KeyError:
            continue
        return name
    skip_or_fail("PostgreSQL cannot run as root, and there is no user postgres or nobody")
    return None


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """The running server."""
    binaries = find_binaries()
    if binaries is None:
        skip_or_fail(MISSING)
    assert binaries is not None
    user = _server_user()
    # Not pytest's own folder: that one is closed to the user that the server runs as.
    folder = Path(tempfile.mkdtemp(prefix="pg-tests-"))
    if user is not None:
        found = pwd.getpwnam(user)
        os.chown(folder, found.pw_uid, found.pw_gid)
    server = Server(binaries, folder, user)
    try:
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres_server: Server) -> str:
    """The URL of a fresh database for one test."""
    return postgres_server.new_database()
