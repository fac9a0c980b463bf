"""Where long steps of a training tell how far they are: to whoever listens, else to a bar on the terminal."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from tqdm import tqdm

Listener = Callable[[str, float], None]  # (what is being done, share of it done 0..1)

_listeners: list[Listener] = []


@contextlib.contextmanager
def heard_by(listener: Listener) -> Iterator[None]:
    """Until the block ends, steps tell this listener and draw no bar."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)


@contextlib.contextmanager
def step(what: str) -> Iterator[Callable[[float], None]]:
    """One long step; call what it gives with the share done, 0 to 1."""
    if _listeners:
        listener = _listeners[-1]
        listener(what, 0.0)
        yield lambda share: listener(what, share)
        return
    with tqdm(total=100, desc=what, unit="%", leave=False, delay=3) as bar:
        yield lambda share: bar.update(round(100 * share) - bar.n) and None
