"""The real programs, with a clock that a benchmark can put forward.

`python -m benchmarks.truth_clock FILE (assistant|company) OPTIONS…`. FILE holds how many seconds have been
let pass. The product itself has no such setting: nothing that is deployed can be told another time.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from unittest.mock import patch


def put_forward(file: Path) -> Callable[[], datetime]:
    """Now, aware UTC, plus the seconds in that file. Raises ValueError, OSError as reading it does."""

    def now() -> datetime:
        return datetime.now(UTC) + timedelta(seconds=float(file.read_text()))

    return now


def main(arguments: list[str]) -> int:
    """Runs the program until it ends; its exit code."""
    clock, program, options = put_forward(Path(arguments[0])), arguments[1], arguments[2:]
    if program == "company":
        from company import __main__ as company
        from company.clock import Clock

        with patch.object(company, "Clock", partial(Clock, source=clock)):
            return company.main(options)
    from assistant import clock as real

    sys.argv = ["assistant", *options]
    with patch.object(real, "utc_now", clock):  # before the parts that take it are loaded
        from assistant import cli

        cli.main()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
