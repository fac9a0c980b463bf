"""Figures for Prometheus, on a listener of their own on loopback.

Counts and times only; no conversation, customer or text is ever a label. With several workers each
writes its figures to files in the data dir, and the worker that got the port adds them up.
"""

from __future__ import annotations

import os
from pathlib import Path

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram, start_http_server
from prometheus_client.multiprocess import MultiProcessCollector

log = structlog.get_logger(__name__)

FILES_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
TURN_BUCKETS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20)

TURNS = Counter("wayfinder_turns_total", "Turns of the bot", ["result"])  # committed, failed
TURN_SECONDS = Histogram(
    "wayfinder_turn_seconds", "From taking up a message to the commit of its turn", buckets=TURN_BUCKETS
)


def share_between_workers(data_dir: Path) -> None:
    """Empty files for the figures of all workers. Call before they start."""
    folder = data_dir / "metrics"
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.glob("*.db"):
        file.unlink()
    os.environ[FILES_VARIABLE] = str(folder)


def serve_metrics(port: int) -> None:
    """Listens on loopback unless another worker does already."""
    try:
        if FILES_VARIABLE in os.environ:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
            start_http_server(port, addr="127.0.0.1", registry=registry)
        else:
            start_http_server(port, addr="127.0.0.1")
    except OSError as error:
        log.info("metrics.port_taken", port=port, reason=error.strerror)
