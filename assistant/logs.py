"""What is logged and how: one line per event, no debug output of libraries, no values of variables.

Rasa's own debug lines hold whole trackers, which is what customers said and who they are.
"""

from __future__ import annotations

import logging
import sys

import structlog


def configure_logging() -> None:
    """Call once per process, before anything logs. Lines go to standard error."""
    people_read_it = sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *(
                [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
                if people_read_it
                else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
            ),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(name)s: %(message)s")
