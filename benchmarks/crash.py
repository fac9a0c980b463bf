"""Visitors chat over WebSocket while the server is killed again and again; then all is held to account.

`uv run python benchmarks/crash.py [--quick] [--postgres] [--kills N] [--seed N]`. The server dies by SIGKILL
at random moments and is started again on the same data. Northlight, the company, lives on in a process of its
own, as a company's systems do.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import aiohttp
from rich.console import Console
from rich.table import Table

from assistant.bot.training import train
from assistant.clock import utc_now
from assistant.demo import identity_token
from assistant.ids import random_id
from assistant.journal.database import Database
from assistant.journal.rebuild import rebuild
from assistant.settings import Settings, load_settings
from assistant.supervisor import free_port
from benchmarks.evidence import Findings, examine, read_journal
from benchmarks.figures import Target, machine, unmet, verdict
from benchmarks.northlight import Northlight, northlight
from benchmarks.sides import ROOT, one_thread
from benchmarks.visitors import Dialogue, Visitor

READY_SECONDS = 180.0
SETTLE_SECONDS = 60.0
UP_SECONDS = (0.3, 4.0)  # how long the server lives, once it answers
SMALL_TALK = (
    ("hello", "how are you"),
    ("hi", "are you a bot?", "what can you do"),
    ("good morning", "thanks", "bye"),
)


@dataclass(frozen=True)
class Plan:
    """How much is tried."""

    kills: int
    visitors: int
    seed: int


class Server:
    """The assistant's own process; started, killed, started again on the same data."""

    def __init__(self, settings: Settings, company_url: str, log: Path) -> None:
        self._arguments = ["--data-dir", str(settings.data_dir), "--database", settings.database_url]
        self._company_url = company_url
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self.base_url = f"http://127.0.0.1:{settings.port}"
        self._port = settings.port

    def start(self) -> None:
        """Starts it; `ready` tells when it answers."""
        command = [
            *(sys.executable, "-m", "assistant", "serve", "--port", str(self._port)),
            *("--company-url", self._company_url, *self._arguments),
        ]
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                command, cwd=ROOT, env=os.environ | one_thread(), stdout=output, stderr=output
            )

    async def ready(self) -> float:
        """Seconds until it said it was ready. Raises RuntimeError."""
        started = time.monotonic()
        async with aiohttp.ClientSession() as http:
            while time.monotonic() - started < READY_SECONDS:
                if self._process is None or self._process.poll() is not None:
                    break
                with contextlib.suppress(aiohttp.ClientError, TimeoutError, OSError):
                    limit = aiohttp.ClientTimeout(total=2)
                    async with http.get(f"{self.base_url}/health/ready", timeout=limit) as answer:
                        if answer.status == 200:
                            return time.monotonic() - started
                await asyncio.sleep(0.1)
        raise RuntimeError(f"the server did not become ready; its log is {self._log}")

    def kill(self) -> None:
        """SIGKILL: no chance to finish anything."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self) -> None:
        """Ends it in peace."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(30)
            except subprocess.TimeoutExpired:
                self.kill()


def plan_dialogues(
    customers: list[dict[str, Any]], visitors: int, chance: random.Random
) -> list[list[Dialogue]]:
    """What each visitor comes for, one after another. No bill is paid by two of them."""
    kinds = {
        "pay_bill": ("I want to pay my bill", "open_bills"),
        "track_order": ("where is my order", "orders"),
        "move_visit": ("I need to move my engineer visit", "visits"),
        "fix_tv_box": ("my tv box does not record anymore", "box_signal"),
    }
    plans: list[list[Dialogue]] = [[] for _ in range(visitors)]
    payers = [customer for customer in customers if customer["open_bills"]]
    chance.shuffle(payers)
    rest = [customer for customer in customers if not customer["open_bills"]]
    for number in range(len(payers)):
        plan = plans[number % visitors]
        plan.append(Dialogue("pay_bill", (kinds["pay_bill"][0],), payers[number]))
        other = chance.choice(("track_order", "move_visit", "fix_tv_box", "small_talk", "talk_to_person"))
        fitting = [each for each in rest if other in kinds and each.get(kinds[other][1])]
        if fitting:
            plan.append(Dialogue(other, (kinds[other][0],), chance.choice(fitting)))
        elif other == "talk_to_person":
            plan.append(Dialogue(other, ("hello", "I want to talk to a person")))
        else:
            plan.append(Dialogue("small_talk", chance.choice(SMALL_TALK)))
    return plans


async def run(server: Server, plan: Plan, settings: Settings, company: Northlight, console: Console) -> Any:
    """Chats and kills; gives the visitors' conversations and the seconds of each restart."""
    chance = random.Random(plan.seed)
    stopped = asyncio.Event()

    def sign_in(customer: dict[str, Any]) -> str:
        return identity_token(customer, settings.identity_secret, utc_now())

    dialogues = plan_dialogues(company.customers(), plan.visitors, chance)
    visitors = [
        Visitor(server.base_url, sign_in, each, random.Random(plan.seed * 1000 + number), stopped)
        for number, each in enumerate(dialogues)
    ]
    server.start()
    restarts = [await server.ready()]
    tasks = [asyncio.create_task(visitor.run()) for visitor in visitors]
    for number in range(plan.kills):
        await asyncio.sleep(chance.uniform(*UP_SECONDS))
        server.kill()
        await asyncio.sleep(chance.uniform(0, 0.3))
        server.start()
        restarts.append(await server.ready())
        done = sum(len(visitor.conversations) for visitor in visitors)
        console.print(
            f"kill {number + 1} of {plan.kills}, ready after {restarts[-1]:.1f} s, {done} conversations",
            style="dim",
        )
    stopped.set()
    _, late = await asyncio.wait(tasks, timeout=SETTLE_SECONDS * 2)
    for task in late:
        task.cancel()
    for task in tasks:
        if task.done() and not task.cancelled() and (error := task.exception()):
            raise error
    return [talk for visitor in visitors for talk in visitor.conversations], restarts, len(late)


async def settle(database: Database) -> None:
    """Waits until nothing is in line any more, or for as long as a lease that was lost needs twice."""
    until = time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < until:
        if (await database.read(lambda tx: read_journal(tx, ()))).pending == 0:
            return
        await asyncio.sleep(0.5)


def findings_table(findings: Findings, rebuilt: dict[str, tuple[int, int]]) -> Table:
    """Each promise with how often it was found broken."""
    table = Table(title="After the crashes", title_justify="left")
    table.add_column("what must hold")
    table.add_column("found broken", justify="right")
    for promise, broken in findings.violations.items():
        table.add_row(promise, str(len(broken)))
    rows = sum(count for count, _ in rebuilt.values())
    table.add_row(f"rebuild changes no row (of {rows})", str(sum(each for _, each in rebuilt.values())))
    table.add_section()
    for what, count in findings.counts.items():
        table.add_row(what, str(count), style="dim")
    return table


@contextlib.contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """A database on a PostgreSQL server of this run's own: its URL. Raises RuntimeError without binaries."""
    from tests.postgres import MISSING, find_binaries
    from tests.postgres import Server as PostgresServer

    binaries = find_binaries()
    if binaries is None:
        raise RuntimeError(MISSING)
    user = "postgres" if os.geteuid() == 0 else None
    place = folder / "postgresql"
    place.mkdir()
    folder.chmod(0o755)
    if user is not None:
        shutil.chown(place, user)
    server = PostgresServer(binaries, place, user)
    server.start()
    try:
        yield server.new_database()
    finally:
        server.stop()


def main() -> int:
    """Runs, prints what was found, and the verdict; 0 when every promise held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="3 kills")
    parser.add_argument("--postgres", action="store_true", help="on a PostgreSQL server of its own")
    parser.add_argument("--kills", type=int)
    parser.add_argument("--visitors", type=int, default=14)
    parser.add_argument("--seed", type=int, default=2016)
    options = parser.parse_args()
    kills = options.kills or (3 if options.quick else 30)
    console = Console(width=110)
    model = train(ROOT, ROOT / "var" / "models").path
    with ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="crash-")))
        (folder / "models").mkdir()
        shutil.copy(model, folder / "models")
        url = running.enter_context(postgres(folder)) if options.postgres else None
        settings = load_settings(data_dir=folder, port=free_port(), database=url)
        events_url = f"http://127.0.0.1:{settings.port}/intake/events"
        company = running.enter_context(northlight(settings, folder, events_url))
        log = ROOT / "results" / "crash-server.log"
        log.parent.mkdir(exist_ok=True)
        log.unlink(missing_ok=True)
        server = Server(settings, company.url, log)
        running.callback(server.stop)
        console.print(machine(), style="dim")
        plan = Plan(kills, options.visitors, options.seed)
        findings, rebuilt, restarts = asyncio.run(crash(server, plan, settings, company, console))
    return report(console, "crash_postgres" if url else "crash", kills, findings, rebuilt, restarts)


async def crash(
    server: Server, plan: Plan, settings: Settings, company: Northlight, console: Console
) -> tuple[Findings, dict[str, tuple[int, int]], list[float]]:
    """The run and the examination after it."""
    database = Database(settings.database_url, clock=utc_now, ids=random_id)
    talks, restarts, late = await run(server, plan, settings, company, console)
    await settle(database)
    server.stop()
    journal = await database.read(lambda tx: read_journal(tx, [talk.conversation_id for talk in talks]))
    findings = examine(journal, talks, company.payments())
    findings.check("visitors came to their end", ["a visitor still waited"] * late)
    rebuilt = rebuild(database).tables
    database.close()
    return findings, rebuilt, restarts


def report(
    console: Console,
    name: str,
    kills: int,
    findings: Findings,
    rebuilt: dict[str, tuple[int, int]],
    restarts: list[float],
) -> int:
    """Tables, the first violations of each kind in words, and the last line."""
    console.print(findings_table(findings, rebuilt))
    for promise, broken in findings.violations.items():
        for text in broken[:5]:
            console.print(f"{promise}: {text}", markup=False)
    figures: dict[str, Any] = {"kills": kills, "slowest_restart_seconds": max(restarts)}
    figures |= {what.replace(" ", "_"): count for what, count in findings.counts.items()}
    broken_figures = {
        promise.replace(" ", "_") + "_broken": len(each) for promise, each in findings.violations.items()
    }
    broken_figures["rows_changed_by_rebuild"] = sum(each for _, each in rebuilt.values())
    targets = {each: Target("exactly", 0) for each in broken_figures}
    targets["payments"] = Target("at_least", 1)
    figures |= broken_figures
    print(verdict(name, figures, targets))
    return 1 if unmet(figures, targets) else 0


if __name__ == "__main__":
    sys.exit(main())
