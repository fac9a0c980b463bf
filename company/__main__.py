"""`python -m company`: runs Northlight as a process of its own. Secrets come from the environment only."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from datetime import date

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from company.app import Secrets, create_app
from company.clock import Clock


def main(arguments: list[str] | None = None) -> int:
    """Serves until it is told to stop. Gives the exit code."""
    parser = argparse.ArgumentParser(prog="python -m company", description="Northlight, the demo company.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument(
        "--database", required=True, help="SQLAlchemy URL, such as sqlite:///var/company/company.db"
    )
    parser.add_argument(
        "--events-url", help="where business events are posted; without it they stay in the outbox"
    )
    parser.add_argument(
        "--site-url",
        default="https://www.northlight.example",
        help="where the website is, for links to its help pages",
    )
    parser.add_argument(
        "--today", type=date.fromisoformat, help="the day it is at Northlight; default: the real one"
    )
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    try:
        make_url(options.database)
        secrets = Secrets(
            token=os.environ["COMPANY_TOKEN"],
            control_token=os.environ["COMPANY_CONTROL_TOKEN"],
            events_secret=os.environ.get("COMPANY_EVENTS_SECRET"),
        )
        app = create_app(
            options.database,
            secrets,
            clock=Clock(options.today),
            events_url=options.events_url,
            site_url=options.site_url,
        )
    except KeyError as missing:
        print(f"{missing.args[0]} has to be set in the environment.", file=sys.stderr)
        return 2
    except (ValueError, ArgumentError) as error:
        print(f"Northlight cannot start: {error}", file=sys.stderr)
        return 2
    try:
        app.run(host=options.host, port=options.port, single_process=True, access_log=False, motd=False)
    except OSError as error:
        print(f"Northlight cannot use port {options.port}: {error.strerror}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
