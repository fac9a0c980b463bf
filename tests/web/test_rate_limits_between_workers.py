"""Two workers that share a Redis count as one."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import RedisError

from assistant.web import RateLimiter, Rule

pytestmark = pytest.mark.redis
RULE = Rule(3, 60)


@pytest.fixture
def redis_url(tmp_path: Path) -> Iterator[str]:
    """A Redis server of this test's own."""
    program = shutil.which("redis-server")
    if program is None:
        missing = "Redis is missing: install redis-server"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        _answers(port)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.terminate()
        server.wait(10)


def _answers(port: int) -> None:
    until = time.monotonic() + 15
    with Redis(host="127.0.0.1", port=port) as client:
        while time.monotonic() < until:
            try:
                client.ping()
            except RedisError:
                continue
            return
    raise TimeoutError("Redis did not answer")


async def test_that_two_workers_count_as_one(redis_url: str) -> None:
    one, other = RateLimiter(redis_url), RateLimiter(redis_url)
    counted = [await worker.hit("a", RULE) is None for worker in (one, other, one, other, one)]
    assert counted == [True, True, True, False, False]
    await other.clear("a", RULE)
    assert await one.hit("a", RULE) is None
    await one.close()
    await other.close()
