"""A circuit breaker: a company that does not answer is left alone for a while, so that it costs little."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock


class Breaker:
    """Opens after `threshold` failures in a row; after `rest` seconds lets one call through to try.

    `clock` gives monotonic seconds. Safe for threads.
    """

    def __init__(self, clock: Callable[[], float], *, threshold: int = 5, rest: float = 5.0) -> None:
        self._clock = clock
        self._threshold = threshold
        self._rest = rest
        self._failures = 0
        self._resting_until: float | None = None
        self._lock = Lock()

    def allows(self) -> bool:
        """Whether a call may go out now. The one that tries keeps others back for another `rest`."""
        with self._lock:
            if self._resting_until is None:
                return True
            now = self._clock()
            if now < self._resting_until:
                return False
            self._resting_until = now + self._rest
            return True

    def succeeded(self) -> None:
        """It answered: all calls may go out."""
        with self._lock:
            self._failures = 0
            self._resting_until = None

    def failed(self) -> None:
        """It did not answer."""
        with self._lock:
            self._failures += 1
            if self._failures >= self._threshold:
                self._resting_until = self._clock() + self._rest
