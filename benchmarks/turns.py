"""Our bot with its journal against Rasa's own starter project with Rasa's SQL tracker store.

`uv run python benchmarks/turns.py [--quick]`. Both sides run in this one run, on this machine, each in a
process of its own with one thread for linear algebra, in alternating rounds.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from rich.console import Console
from rich.table import Table

from assistant.bot.training import model_path, train
from assistant.settings import load_settings
from benchmarks import starter
from benchmarks.figures import Target, machine, median_ratio, percentile, unmet, verdict
from benchmarks.northlight import Northlight, northlight
from benchmarks.sides import ROOT, Side

VISITORS = 50
READY_SECONDS = 180.0
TARGETS = {
    "turns_per_second_ratio": Target("at_least", 4),
    "memory_ratio": Target("at_most", 0.7),
    "time_to_ready_ratio": Target("at_most", 0.5),
    "empty_replies": Target("exactly", 0),
    "empty_replies_of_50_visitors": Target("exactly", 0),
    "cost_of_1000th_message": Target("at_most", 1.2),
    "journeys_not_finished": Target("exactly", 0),
}


@dataclass(frozen=True)
class Plan:
    """How much is measured."""

    starts: int  # of each side; the last ones are used for the rest
    rounds: int
    turns: int  # of each side in each round
    dialogues: int  # of each of the visitors at once
    length: int  # messages of our long conversation
    their_length: int
    their_seconds: float  # for theirs to get there
    length_rounds: int
    journeys: int  # customers per journey


FULL = Plan(3, 6, 300, 3, 1000, 1000, 240, 8, 25)
QUICK = Plan(1, 2, 60, 1, 1000, 100, 6, 3, 2)


@dataclass
class Measured:
    """What came of one side."""

    ready: list[float]
    rates: list[float]
    latencies: list[float]
    crowd: dict[str, Any]
    memory: float
    long: dict[str, Any]
    empty: list[str]

    @property
    def growth(self) -> float:
        """The cost of a late message over that of an early one."""
        return float(statistics.median(self.long["late"]) / statistics.median(self.long["early"]))

    @property
    def crowd_rate(self) -> float:
        return len(self.crowd["latencies"]) / float(self.crowd["seconds"])


Ready = tuple[Side, list[float]]  # a side, and the seconds of each of its starts


def started(makers: list[Callable[[], Side]], times: int, running: ExitStack) -> list[Ready]:
    """Each side started so many times, alternating; the last one of each stays.

    Started once only, in haste, they start at the same time: each has one thread, on a core of its own.
    """
    if times == 1:
        with ThreadPoolExecutor(len(makers)) as threads:
            made = [running.enter_context(side) for side in threads.map(lambda make: make(), makers)]
        return [(side, [side.seconds_to_ready]) for side in made]
    ready: list[list[float]] = [[] for _ in makers]
    kept: list[Side] = []
    for left in reversed(range(times)):
        for number, make in enumerate(makers):
            side = make()
            ready[number].append(side.seconds_to_ready)
            if left:
                side.close()
            else:
                kept.append(running.enter_context(side))
    return list(zip(kept, ready, strict=True))


def compare(sides: list[Ready], plan: Plan, console: Console) -> list[Measured]:
    """Rounds one side after the other, then the crowd, the memory, and the long conversation."""
    rates: list[list[float]] = [[] for _ in sides]
    latencies: list[list[float]] = [[] for _ in sides]
    empty: list[list[str]] = [[] for _ in sides]
    for side, _ in sides:  # what is made at the first use is made now, on both sides
        side.call("talks", dialogues=starter.DIALOGUES, turns=20)
    for _ in range(plan.rounds):
        for number, (side, _) in enumerate(sides):
            talked = side.call("talks", dialogues=starter.DIALOGUES, turns=plan.turns)
            rates[number].append(len(talked["latencies"]) / talked["seconds"])
            latencies[number] += talked["latencies"]
            empty[number] += talked["empty"]
    console.print(f"{VISITORS} visitors at once…", style="dim")
    crowds = [
        side.call("crowd", dialogues=starter.DIALOGUES, visitors=VISITORS, each=plan.dialogues)
        for side, _ in sides
    ]
    memory = [side.call("memory") for side, _ in sides]
    console.print("one long conversation…", style="dim")
    lengths = [(plan.length, 600.0), (plan.their_length, plan.their_seconds)]
    longs = [
        side.call("long", texts=starter.ROUND, messages=messages, seconds=seconds, rounds=plan.length_rounds)
        for (side, _), (messages, seconds) in zip(sides, lengths, strict=True)
    ]
    return [
        Measured(ready, rates[n], latencies[n], crowds[n], memory[n], longs[n], empty[n])
        for n, (_, ready) in enumerate(sides)
    ]


def replies_table(ours: Measured, theirs: Measured) -> Table:
    """Workload 1."""
    table = Table(title="Replies only: the starter's dialogues", title_justify="left")
    table.add_column("")
    for heading in ("Wayfinder, journal", "Rasa starter, SQL store", "ratio"):
        table.add_column(heading, justify="right")

    def row(title: str, of: Callable[[Measured], float], form: str) -> None:
        a, b = of(ours), of(theirs)
        table.add_row(title, format(a, form), format(b, form), f"{a / b:.2f}")

    row("turns per second (median round)", lambda m: statistics.median(m.rates), ".1f")
    row("p50, ms", lambda m: percentile(m.latencies, 0.5), ".1f")
    row("p99, ms", lambda m: percentile(m.latencies, 0.99), ".1f")
    row(f"turns per second, {VISITORS} visitors at once", lambda m: m.crowd_rate, ".1f")
    row("peak memory, MB", lambda m: m.memory, ".0f")
    row("time to ready, s (median start)", lambda m: statistics.median(m.ready), ".1f")
    empty = [f"{len(m.empty)} + {len(m.crowd['empty'])}" for m in (ours, theirs)]
    table.add_row(f"empty replies, alone + {VISITORS} at once", *empty, "")
    growth = [f"{m.growth:.2f} (at the {m.long['reached']}th)" for m in (ours, theirs)]
    table.add_row("cost of a late message over the 10th", *growth, "")
    return table


def journeys_table(ran: dict[str, Any]) -> Table:
    """Workload 2."""
    count = len(ran["latencies"])
    wire = ran["wire_milliseconds"] / count
    table = Table(title="Journeys with actions against Northlight: ours alone", title_justify="left")
    table.add_column("")
    table.add_column("Wayfinder", justify="right")
    table.add_row("journeys", ", ".join(f"{name} {times}" for name, times in ran["journeys"].items()))
    table.add_row("turns", str(count))
    table.add_row("p50, ms", f"{percentile(ran['latencies'], 0.5):.1f}")
    table.add_row("p99, ms", f"{percentile(ran['latencies'], 0.99):.1f}")
    table.add_row("mean of a turn, ms", f"{statistics.mean(ran['latencies']):.1f}")
    table.add_row("  of it on the wire to the company, ms", f"{wire:.1f}")
    table.add_row("calls to the company per turn", f"{ran['wire_calls'] / count:.2f}")
    return table


def run_journeys(side: Side, company: Northlight, each: int) -> tuple[dict[str, Any], int]:
    """What was measured, and how many journeys did not end achieved."""
    before = side.call("outcomes")
    ran = side.call("journeys", customers=company.customers(), each=each)
    after = side.call("outcomes")
    done = sum(
        after.get(f"{name} achieved", 0) - before.get(f"{name} achieved", 0) for name in ran["journeys"]
    )
    return ran, sum(ran["journeys"].values()) - done


def main() -> int:
    """Measures, prints the tables and the verdict; 0 when all targets are met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="within a minute, with smaller samples")
    plan = QUICK if parser.parse_args().quick else FULL
    console = Console(width=110)
    their_model, trained = starter.ensure_model(starter.project())
    if trained:
        console.print("trained Rasa's starter project with its default config (kept for later runs)")
    models = ROOT / "var" / "models"
    ours_there = model_path(ROOT, models).exists()
    our_model = train(ROOT, models).path
    if not ours_there:
        console.print("trained our model (kept for later runs)")
    with ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="turns-")))
        settings = load_settings(data_dir=folder)
        company = running.enter_context(northlight(settings, folder))
        ours_at = [str(our_model), str(folder), company.url]
        theirs_at = [str(their_model), str(folder / "rasa.sqlite")]

        def our_side() -> Side:
            return Side("ours", "benchmarks.our_side", ours_at, folder / "ours.log", READY_SECONDS)

        def their_side() -> Side:
            return Side("Rasa's", "benchmarks.rasa_side", theirs_at, folder / "theirs.log", READY_SECONDS)

        # Ours first: whoever starts second finds the libraries both need in the file cache.
        sides = started([our_side, their_side], plan.starts, running)
        console.print(machine(), style="dim")
        ours, theirs = compare(sides, plan, console)
        ran, unfinished = run_journeys(sides[0][0], company, plan.journeys)
    figures = figures_of(ours, theirs, ran, unfinished)
    console.print(replies_table(ours, theirs), journeys_table(ran))
    report(console, figures, ran)
    print(verdict("turns", figures, TARGETS))
    return 1 if unmet(figures, TARGETS) else 0


def figures_of(ours: Measured, theirs: Measured, ran: dict[str, Any], unfinished: int) -> dict[str, Any]:
    """All figures by name, as they go into the verdict."""
    figures: dict[str, Any] = {
        "turns_per_second_ratio": median_ratio(ours.rates, theirs.rates),
        "memory_ratio": ours.memory / theirs.memory,
        "time_to_ready_ratio": statistics.median(ours.ready) / statistics.median(theirs.ready),
        "empty_replies": len(ours.empty) + len(ours.long["empty"]) + len(ran["empty"]),
        "empty_replies_of_50_visitors": len(ours.crowd["empty"]),
        "cost_of_1000th_message": ours.growth,
        "journeys_not_finished": unfinished,
        "their_cost_of_late_message": theirs.growth,
        "their_late_message": theirs.long["reached"],
        "their_empty_replies": len(theirs.empty) + len(theirs.crowd["empty"]),
        "journey_turn_p50_ms": percentile(ran["latencies"], 0.5),
        "journey_turn_p99_ms": percentile(ran["latencies"], 0.99),
        "journey_wire_ms_per_turn": ran["wire_milliseconds"] / len(ran["latencies"]),
    }
    for who, measured in (("our", ours), ("their", theirs)):
        figures |= {
            f"{who}_turns_per_second": statistics.median(measured.rates),
            f"{who}_p50_ms": percentile(measured.latencies, 0.5),
            f"{who}_p99_ms": percentile(measured.latencies, 0.99),
            f"{who}_memory_mb": measured.memory,
            f"{who}_seconds_to_ready": statistics.median(measured.ready),
            f"{who}_crowd_turns_per_second": measured.crowd_rate,
        }
    return figures


def report(console: Console, figures: dict[str, Any], ran: dict[str, Any]) -> None:
    """Each target with what was measured."""
    table = Table(title="Wanted", title_justify="left")
    for heading in ("", "wanted", "measured", ""):
        table.add_column(heading, justify="right" if heading in ("wanted", "measured") else "left")
    for name, target in TARGETS.items():
        mark = "met" if target.met_by(figures[name]) else "NOT MET"
        table.add_row(name.replace("_", " "), str(target), f"{figures[name]:.2f}", mark)
    console.print(table)
    for text in ran["empty"][:5]:
        console.print(f"no answer: {text}", markup=False)


if __name__ == "__main__":
    sys.exit(main())
