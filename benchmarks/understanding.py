"""How well messages are understood, beside Rasa's default pipeline (DIET), both trained in this one run.

`uv run python benchmarks/understanding.py [--quick] [--clinc PATH] [--full] [--without-peer]`
`uv run python benchmarks/understanding.py --train FILE --test FILE [--validation FILE]`

Ours is `config.yml` as it is, trained through Rasa's own training graph. What is measured, and where CLINC150
comes from, is in docs/understanding.md.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import warnings
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from rich.console import Console

from benchmarks.figures import machine, percentile
from benchmarks.sides import ROOT, SideBroke
from benchmarks.understanding_data import (
    Split,
    every_nth,
    flip_labels,
    hold_out,
    only,
    own_files,
    read_clinc,
    read_nlu,
    sample,
    some_each,
)
from benchmarks.understanding_own import examine_own
from benchmarks.understanding_report import Sheet, report
from benchmarks.understanding_runs import (
    DEFAULT_PIPELINE,
    Learnt,
    Peer,
    Runs,
    examine,
    race,
    right,
    texts_of,
)
from benchmarks.understanding_scores import found_early, share

SEED = 2016
STEP = 5  # every fifth intent in alphabetical order: 30 of CLINC150's 150
FEW, MANY = 10, 100  # training examples per intent
FLIPPED = 0.14


@dataclass(frozen=True)
class Plan:
    """How much is measured. Numbers of messages are None for all."""

    test: int | None
    foreign: int | None
    own: int | None
    rounds: int
    raced: int  # messages per round and side
    draws: int  # of ten examples per intent out of all intents
    many: bool  # also 100 examples per intent, flipped labels, and all of CLINC150 for ours
    peer_on_all: bool


DEFAULT = Plan(None, None, None, 6, 150, 2, True, False)
QUICK = Plan(250, 200, 60, 3, 60, 0, False, False)


def smaller(split: Split, plan: Plan) -> Split:
    """The part of a set that the plan has time for; all of its training examples."""
    return replace(
        split,
        validation=sample(split.validation, plan.test, SEED),
        test=sample(split.test, plan.test, SEED),
        foreign=sample(split.foreign, plan.foreign, SEED),
    )


def own_english() -> Split:
    """The project's own English examples and held-out messages, as a set like any other."""
    folder = ROOT / "tests/data/held_out/en"
    test = read_nlu(folder / "intents.yml", folder / "out_of_scope.yml")
    return hold_out("own English", read_nlu(*own_files(ROOT, "en")), test)


def compare(runs: Runs, peers: list[Peer], split: Split, plan: Plan, sheet: Sheet) -> None:
    """Both peers with few and with many examples of each intent, then answering in turns."""
    few = replace(split, name=f"{split.name}, {FEW} each", train=some_each(split.train, FEW, SEED))
    models = both(runs, peers, few, plan, sheet, "few", keep=True)
    if plan.many:
        many = replace(split, name=f"{split.name}, {MANY} each", train=some_each(split.train, MANY, SEED))
        models = both(runs, peers, many, plan, sheet, "many")
        flipped_labels(runs, peers, many, sheet, "many")
    texts = texts_of(sample(split.test, plan.raced, SEED))
    times, faster = race(runs, peers, models, texts, plan.rounds)
    sheet.put("answering_speedup", faster)
    for peer, taken in zip(peers, times, strict=True):
        sheet.put(f"{peer.name}_p50_ms", percentile(taken, 0.5))
        sheet.put(f"{peer.name}_p99_ms", percentile(taken, 0.99))


def both(
    runs: Runs, peers: list[Peer], split: Split, plan: Plan, sheet: Sheet, short: str, keep: bool = False
) -> list[Learnt]:
    """Each peer's scores on one set. The models are given back in the peers' order."""
    models = []
    for peer in peers:
        models.append(runs.learn(peer, split.name, split.train, keep=keep))
        scores = examine(runs, peer, models[-1], smaller(split, plan), seed=SEED)
        sheet.column(short, split, peer.name, scores)
    return models


def flipped_labels(runs: Runs, peers: list[Peer], split: Split, sheet: Sheet, short: str) -> None:
    """What each loses when some training examples are under a wrong intent; whether ours finds them.

    Wants the same set examined with its true labels before.
    """
    spoilt, places = flip_labels(split.train, FLIPPED, SEED)
    for peer in peers:
        learnt = runs.learn(peer, f"{split.name}, {FLIPPED:.0%} flipped", spoilt)
        with runs.step(f"{peer.name} answers what it learnt from flipped labels"):
            answers = runs.ask(peer, learnt, texts_of(split.test))
        sheet.loss(short, peer.name, share(right(answers, split.test)))
    with runs.step("looking for the flipped labels"):
        order = runs.suspects(spoilt)
    sheet.put(f"{short}_flips_in_first_fifth", found_early(order, places, len(spoilt)))


def all_of_clinc(runs: Runs, peers: list[Peer], clinc: Split, plan: Plan, sheet: Sheet) -> None:
    """All 150 intents: ours always, theirs only when hours are given."""
    taking = peers if plan.peer_on_all else peers[:1]
    both(runs, taking, clinc, plan, sheet, "clinc")
    for peer in taking:
        found = []
        for draw in range(plan.draws):
            name = f"{clinc.name}, {FEW} each, draw {draw + 1}"
            learnt = runs.learn(peer, name, some_each(clinc.train, FEW, SEED + draw))
            with runs.step(f"{peer.name} answers {name}"):
                found.append(share(right(runs.ask(peer, learnt, texts_of(clinc.test)), clinc.test)))
        sheet.put(f"clinc_few_{peer.name}_accuracy", sum(found) / len(found))
    if plan.peer_on_all:
        flipped_labels(runs, taking, clinc, sheet, "clinc")


def given_files(options: argparse.Namespace) -> Split:
    """The set of `--train` and `--test`."""
    train, test = read_nlu(options.train), read_nlu(options.test)
    if options.validation is None:
        return hold_out(options.train.stem, train, test)
    split = hold_out(options.train.stem, train, test, step=len(train) + 1)
    return replace(split, validation=read_nlu(options.validation))


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="within a minute; says what it leaves out")
    parser.add_argument("--full", action="store_true", help="DIET on all of CLINC150 too; takes hours")
    parser.add_argument("--clinc", type=Path, help="CLINC150: data_full.json, or its folder")
    parser.add_argument("--train", type=Path, help="compare on this Rasa NLU file instead")
    parser.add_argument("--test", type=Path, help="with --train; intents that are not trained are foreign")
    parser.add_argument("--validation", type=Path, help="with --train; else every tenth example of it")
    parser.add_argument("--without-peer", action="store_true", help="ours alone")
    options = parser.parse_args()
    if (options.train is None) != (options.test is None):
        parser.error("--train and --test go together")
    if options.full and (options.quick or options.clinc is None):
        parser.error("--full needs --clinc, and is not quick")
    return options


def measure(runs: Runs, options: argparse.Namespace, sheet: Sheet) -> None:
    """Everything the options ask for."""
    plan = QUICK if options.quick else replace(DEFAULT, peer_on_all=options.full)
    theirs = runs.folder / "default_pipeline.yml"
    theirs.write_text(DEFAULT_PIPELINE, encoding="utf-8")
    clinc = read_clinc(options.clinc) if options.clinc else None
    with ExitStack() as running:
        configs = {"ours": ROOT / "config.yml", "DIET": theirs}
        if options.without_peer:
            del configs["DIET"]
        peers = runs.peers(configs, running)
        if options.train is not None:
            given = given_files(options)
            models = both(runs, peers, given, plan, sheet, "given")
            texts = texts_of(sample(given.test, plan.raced, SEED))
            sheet.put("answering_speedup", race(runs, peers, models, texts, plan.rounds)[1])
            return
        examine_own(runs, peers[0], sheet, plan.own, cross_lingual=plan.many, seed=SEED)
        compared = only(clinc, every_nth(clinc.intents, STEP)) if clinc else own_english()
        compare(runs, peers, compared, plan, sheet)
        if clinc is not None and plan.many:
            all_of_clinc(runs, peers, clinc, plan, sheet)


def main() -> int:
    """Measures, prints the tables and the verdict; 0 when all that was measured meets its target."""
    options = read_options()
    warnings.filterwarnings("ignore", message="pkg_resources is deprecated")  # Rasa's
    console: Any = Console(width=110)
    console.print(machine(), style="dim")
    sheet = Sheet()
    with tempfile.TemporaryDirectory(prefix="understanding-") as folder:
        runs = Runs(console, Path(folder), reuse=options.quick)
        try:
            measure(runs, options, sheet)
        except SideBroke as error:
            console.print(str(error), error.log_end, sep="\n", markup=False, highlight=False)
            return 1
        seconds = sum(runs.spent.values())
    console.print(f"{seconds:7.1f} s in all", style="dim", highlight=False)
    return report(console, sheet, quick=options.quick)


if __name__ == "__main__":
    sys.exit(main())
