"""A side of a comparison: a process of its own that takes orders on stdin and answers in JSON lines.

Each side has one thread for linear algebra unless told otherwise, reports its own peak memory, and is
measured by the same parent.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
STOP_SECONDS = 20.0

Orders = dict[str, Callable[..., Awaitable[Any]]]


class SideBroke(RuntimeError):
    """The side's process ended or did not answer in time; the message says where its log is.

    `log_end` is the end of that log, in case the log does not outlive the run.
    """

    log_end = ""


def one_thread() -> dict[str, str]:
    """Environment that keeps linear algebra and TensorFlow to one thread, for both sides alike."""
    libraries = ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "VECLIB_MAXIMUM")
    return {f"{name}_NUM_THREADS": "1" for name in libraries} | {
        "TF_INTRA_OP_PARALLELISM_THREADS": "1",
        "TF_INTER_OP_PARALLELISM_THREADS": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "RASA_TELEMETRY_ENABLED": "false",
        "TQDM_DISABLE": "1",
    }


class Side:
    """The parent's hold on a side. `seconds_to_ready` counts from the start of its process."""

    def __init__(
        self,
        name: str,
        module: str,
        arguments: list[str],
        log: Path,
        ready_within: float,
        environment: dict[str, str] | None = None,
    ) -> None:
        """Starts it and waits until it has answered its first message. Raises SideBroke.

        `environment` is what it gets beside the parent's own; one thread for everything when left out.
        """
        self.name = name
        self._log = log
        started = time.monotonic()
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                cwd=ROOT,
                env=os.environ | (one_thread() if environment is None else environment),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        self._line(ready_within)
        self.seconds_to_ready = time.monotonic() - started

    def call(self, order: str, within: float = 900, **arguments: Any) -> Any:
        """What the side answers. Raises SideBroke."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([order, arguments]) + "\n")
        self._process.stdin.flush()
        return self._line(within)

    def _line(self, within: float) -> Any:
        assert self._process.stdout is not None
        timer = threading.Timer(within, self._process.kill)
        timer.start()
        try:
            line = self._process.stdout.readline()
        finally:
            timer.cancel()
        if not line:
            error = SideBroke(f"{self.name} ended or took over {within:.0f} s; its log is {self._log}")
            error.log_end = self._log.read_text(errors="replace")[-2_000:]
            raise error
        return json.loads(line)

    def close(self) -> None:
        """Ends it."""
        with contextlib.suppress(BrokenPipeError, OSError):
            if self._process.stdin is not None:
                self._process.stdin.close()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> Side:
        return self

    def __exit__(self, *unused: object) -> None:
        self.close()


@contextlib.contextmanager
def _answers_to(descriptor: int) -> Iterator[Callable[[Any], None]]:
    with os.fdopen(descriptor, "w") as wire:

        def answer(value: Any) -> None:
            wire.write(json.dumps(value) + "\n")
            wire.flush()

        yield answer


def serve(start: Callable[[], Awaitable[Orders]]) -> None:
    """The side's own loop: start, say ready, then one order per line until stdin ends.

    What libraries print goes to stderr, so that stdout holds answers alone.
    """
    descriptor = os.dup(1)
    os.dup2(2, 1)

    async def run() -> None:
        loop = asyncio.get_running_loop()
        with _answers_to(descriptor) as answer:
            orders = await start()
            answer("ready")
            while line := await loop.run_in_executor(None, sys.stdin.readline):
                name, arguments = json.loads(line)
                answer(await orders[name](**arguments))
        if "stop" in orders:
            await orders["stop"]()

    asyncio.run(run())


async def memory() -> float:
    """`peak_memory`, as an order."""
    return peak_memory()


def peak_memory() -> float:
    """Peak resident memory of this process so far, in MB."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
