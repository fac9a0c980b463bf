"""Where the time of one of our turns goes.

`uv run python benchmarks/profile_turn.py [--quick] [--functions N]`

Wall and CPU time of each stage, on the path that benchmarks/turns.py measures. With `--functions` also the
N functions that cost the most, on the event loop and in the journal's threads apart.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import functools
import os
import pstats
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from rich.console import Console
from rich.table import Table

from benchmarks import starter
from benchmarks.figures import machine, verdict
from benchmarks.sides import one_thread


class Stages:
    """Wall and CPU milliseconds per call of whatever is watched, by name, in order of first use."""

    def __init__(self) -> None:
        self.wall: dict[str, list[float]] = defaultdict(list)
        self.cpu: dict[str, list[float]] = defaultdict(list)

    def clear(self) -> None:
        """Forgets what was measured; goes on watching."""
        self.wall.clear()
        self.cpu.clear()

    def _note(self, name: str, wall: float, cpu: float) -> None:
        self.wall[name].append((time.perf_counter() - wall) * 1000)
        self.cpu[name].append((time.thread_time() - cpu) * 1000)

    def watch(self, owner: Any, method: str, name: str) -> None:
        """Times a method, synchronous or not."""
        original = getattr(owner, method)
        if asyncio.iscoroutinefunction(original):

            @functools.wraps(original)
            async def timed_async(*args: Any, **kwargs: Any) -> Any:
                wall, cpu = time.perf_counter(), time.thread_time()
                try:
                    return await original(*args, **kwargs)
                finally:
                    self._note(name, wall, cpu)

            setattr(owner, method, timed_async)
            return

        @functools.wraps(original)  # Rasa checks the annotations of components
        def timed(*args: Any, **kwargs: Any) -> Any:
            wall, cpu = time.perf_counter(), time.thread_time()
            try:
                return original(*args, **kwargs)
            finally:
                self._note(name, wall, cpu)

        setattr(owner, method, timed)


def watch_turn(stages: Stages) -> None:
    """The stages of a message's way, from the visitor to the visitor."""
    from rasa.core.policies.rule_policy import RulePolicy

    from assistant.bot.agent import Bot
    from assistant.bot.classifier import LinearIntentClassifier
    from assistant.bot.encoder import SentenceEncoder
    from assistant.bot.facts import FactExtractor
    from assistant.bot.policy import JourneyPolicy
    from assistant.bot.processor import TurnProcessor
    from assistant.bot.tracker_store import JournalTrackerStore
    from assistant.channel import messages
    from assistant.channel.turns import TurnDesk
    from assistant.channel.visitors import Visitors
    from assistant.journal import views
    from assistant.journal.database import Database

    stages.watch(Visitors, "send", "visitor waits for the acknowledgement")
    stages.watch(messages, "receive", "  taken in (work in the database thread)")
    stages.watch(TurnDesk, "next_turn", "next in line (work)")
    stages.watch(Bot, "take", "Rasa's turn")
    stages.watch(SentenceEncoder, "process", "  sentence encoder")
    stages.watch(LinearIntentClassifier, "process", "  intent classifier")
    stages.watch(FactExtractor, "process", "  facts")
    stages.watch(JourneyPolicy, "predict_action_probabilities", "  journey policy, per prediction")
    stages.watch(RulePolicy, "predict_action_probabilities", "  Rasa's RulePolicy, per prediction")
    stages.watch(TurnProcessor, "_run_action", "  action, per action")
    stages.watch(JournalTrackerStore, "retrieve", "  tracker read")
    stages.watch(JournalTrackerStore, "save", "  tracker handed over")
    stages.watch(TurnDesk, "commit", "turn committed (work)")
    stages.watch(views, "visible_messages", "answer read from the journal (work)")
    stages.watch(Database, "_write_once", "each writing transaction, commit on disk included")
    stages.watch(Database, "read_now", "each reading transaction")


async def say_all(visitor: Callable[[], Any], turns: int) -> list[float]:
    """Latencies in ms, after as many turns as it takes to be warm."""
    from benchmarks.talking import talk

    talked = await talk(visitor, [list(dialogue) for dialogue in starter.DIALOGUES], turns)
    return list(talked["latencies"])


async def measure(turns: int, functions: int, folder: Path, console: Console) -> dict[str, Any]:
    """Runs, prints, and gives the figures."""
    stages = Stages()
    watch_turn(stages)
    from benchmarks import our_side

    orders, visitor = await our_side.wire_up(our_side.newest_model(), folder, None)
    await say_all(visitor, 60)
    stages.clear()
    cpu = time.process_time()
    latencies = await say_all(visitor, turns)
    cpu = (time.process_time() - cpu) * 1000 / len(latencies)
    console.print(stages_table(stages, latencies, cpu))
    figures: dict[str, Any] = {"turn_p50_ms": statistics.median(latencies), "cpu_ms_per_turn": cpu}
    for name, values in stages.wall.items():
        figures[f"{name.strip()} ms"] = sum(values) / len(latencies)
    if functions:
        await profile(visitor, turns, functions)
    await orders["stop"]()
    return figures


def stages_table(stages: Stages, latencies: list[float], cpu: float) -> Table:
    """Per stage: how often in a turn, and the time per turn."""
    table = Table(title=f"One turn, replies only; {machine()}", title_justify="left")
    table.add_column("stage")
    for heading in ("times a turn", "wall ms a turn", "CPU ms a turn", "median ms a time"):
        table.add_column(heading, justify="right")
    count = len(latencies)
    whole = (1.0, statistics.mean(latencies), cpu, statistics.median(latencies))
    table.add_row("the visitor waits for the answer", *(f"{value:.2f}" for value in whole))
    for name, wall in stages.wall.items():
        own = sum(stages.cpu[name]) / count
        values = (len(wall) / count, sum(wall) / count, own, statistics.median(wall))
        table.add_row(name, *(f"{value:.2f}" for value in values))
    return table


async def profile(visitor: Callable[[], Any], turns: int, functions: int) -> None:
    """The costliest functions, on the loop and in the database's threads."""
    from assistant.journal.database import Database

    loop_profile, thread_profile = cProfile.Profile(), cProfile.Profile()
    original = Database._write_once

    def profiled(self: Database, work: Any) -> Any:
        thread_profile.enable()
        try:
            return original(self, work)
        finally:
            thread_profile.disable()

    Database._write_once = profiled  # type: ignore[method-assign]
    loop_profile.enable()
    latencies = await say_all(visitor, turns)
    loop_profile.disable()
    Database._write_once = original  # type: ignore[method-assign]
    for title, found in (("event loop", loop_profile), ("writing transactions", thread_profile)):
        print(f"\n{title}, {len(latencies)} turns")
        pstats.Stats(found, stream=sys.stdout).strip_dirs().sort_stats("tottime").print_stats(functions)


def main() -> int:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--functions", type=int, default=0)
    options = parser.parse_args()
    os.environ.update(one_thread())
    with tempfile.TemporaryDirectory(prefix="profile-") as folder:
        turns = 100 if options.quick else 500
        figures = asyncio.run(measure(turns, options.functions, Path(folder), Console(width=120)))
    print(verdict("profile_turn", figures, {}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
