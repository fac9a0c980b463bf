"""The whole run with peers that are made up: what is learnt, what is asked, and what becomes of it."""

from __future__ import annotations

import argparse
import contextlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from benchmarks.understanding import Plan, compare, given_files, measure
from benchmarks.understanding_data import Example, read_clinc
from benchmarks.understanding_report import Sheet, derive
from benchmarks.understanding_runs import Answers, Learnt, Peer, Runs

pytestmark = pytest.mark.filterwarnings("ignore:pkg_resources is deprecated")


class MadeUp(Runs):
    """Ours knows the intent from the digits in the text; DIET knows every other one; nothing is trained."""

    def __init__(self, folder: Path) -> None:
        super().__init__(Console(quiet=True), folder)
        self.learnt: list[tuple[str, str, Any]] = []

    def peers(self, configs: dict[str, Path], running: contextlib.ExitStack) -> list[Peer]:
        assert all(config.exists() for config in configs.values())
        return [Peer(name, config, None) for name, config in configs.items()]  # type: ignore[arg-type]

    def learn(
        self,
        peer: Peer,
        what: str,
        data: Sequence[Example] | Path,
        *,
        beside: str = "",
        keep: bool = False,
    ) -> Learnt:
        self.learnt.append((peer.name, what, data))
        return Learnt(Path(what), 1.0 if peer.name == "ours" else 30.0, 100.0)

    def suspects(self, examples: Sequence[Example]) -> list[int]:
        return [
            place for place, example in enumerate(examples) if example.intent != true_intent(example.text)
        ]

    def ask(
        self, peer: Peer, learnt: Learnt, texts: Sequence[str], metadata: Sequence[Any] | None = None
    ) -> Answers:
        ours = peer.name == "ours"
        answers = [self._answer(text, knows=ours or place % 2 == 0) for place, text in enumerate(texts)]
        return Answers(answers, [1.0 if ours else 4.0] * len(texts))

    def _answer(self, text: str, *, knows: bool) -> dict[str, Any]:
        intent = true_intent(text) if knows else "nonsense"
        foreign = 0.9 if intent == "unknown" else 0.2
        return {"intent": intent, "best": intent, "confidence": 0.9, "foreign": foreign, "facts": []}


def true_intent(text: str) -> str:
    """Typing errors never touch digits."""
    digits = "".join(c for c in text if c.isdigit())[:2]
    return f"intent_{digits}" if len(digits) == 2 else "unknown"


@pytest.fixture
def clinc(tmp_path: Path) -> Path:
    def part(each: int) -> list[list[str]]:
        return [[f"please do {i:02} now {n}", f"intent_{i:02}"] for i in range(20) for n in range(each)]

    content = {"train": part(20), "val": part(4), "test": part(5), "oos_test": [["who are you", "oos"]] * 9}
    (tmp_path / "data_full.json").write_text(json.dumps(content))
    return tmp_path


@pytest.fixture
def runs(tmp_path: Path) -> MadeUp:
    (tmp_path / "run").mkdir()
    return MadeUp(tmp_path / "run")


def options(**given: Any) -> argparse.Namespace:
    names = ("quick", "full", "clinc", "train", "test", "validation", "without_peer")
    return argparse.Namespace(**(dict.fromkeys(names) | given))


def test_that_both_learn_the_same_fifth_of_the_intents_with_ten_and_a_hundred_examples(
    runs: MadeUp, clinc: Path
) -> None:
    measure(runs, options(clinc=clinc), Sheet())
    learnt: dict[str, list[Any]] = {"ours": [], "DIET": []}
    for name, what, data in runs.learnt:
        if "4 intents" in what:
            learnt[name].append(data)
    assert learnt["ours"] == learnt["DIET"]
    few, many, flipped = learnt["ours"]
    assert {example.intent for example in few} == {"intent_00", "intent_05", "intent_10", "intent_15"}
    assert (len(few), len(many), len(flipped)) == (40, 80, 80)
    assert [example.text for example in flipped] == [example.text for example in many]
    assert sum(a != b for a, b in zip(many, flipped, strict=True)) == round(0.14 * 80)


@pytest.mark.parametrize(("full", "theirs"), [(False, 0), (True, 4)])
def test_that_the_peer_learns_all_intents_only_when_hours_are_given(
    runs: MadeUp, clinc: Path, full: bool, theirs: int
) -> None:
    measure(runs, options(clinc=clinc, full=full), Sheet())
    on_all = [
        name
        for name, _, data in runs.learnt
        if not isinstance(data, Path) and len({example.intent for example in data}) == 20
    ]
    assert on_all.count("ours") >= 3
    assert on_all.count("DIET") == theirs


def test_that_the_figures_are_those_of_the_answers(runs: MadeUp, clinc: Path) -> None:
    sheet = Sheet()
    measure(runs, options(clinc=clinc), sheet)
    derive(sheet)
    figures = sheet.figures
    assert figures["many_ours_accuracy"] == figures["many_ours_typo_accuracy"] == 1.0
    assert figures["many_DIET_accuracy"] == 0.5
    assert figures["many_ours_auroc"] == 1.0
    assert figures["many_ours_oos_recall"] == 1.0
    assert figures["many_ours_ece"] == pytest.approx(0.1)
    assert figures["many_flips_in_first_fifth"] == 1.0
    assert figures["noise_loss_ratio"] == 0.0
    assert figures["training_speedup"] == 30.0
    assert figures["answering_speedup"] == 4.0
    assert figures["below_peer"] == 0
    assert figures["clinc_ours_accuracy"] == figures["clinc_few_ours_accuracy"] == 1.0
    assert {"own_en_intents", "own_nl_facts", "from_english_it"} <= set(figures)


def test_that_quick_leaves_out_what_takes_long(runs: MadeUp, clinc: Path) -> None:
    sheet = Sheet()
    measure(runs, options(clinc=clinc, quick=True), sheet)
    assert [what for _, what, _ in runs.learnt] == [
        "all own languages",
        *["CLINC150, 4 intents, 10 each"] * 2,
    ]
    assert "clinc_ours_accuracy" not in sheet.figures
    assert "few_DIET_accuracy" in sheet.figures


def test_that_without_clinc_our_own_english_is_compared(runs: MadeUp) -> None:
    sheet = Sheet()
    measure(runs, options(quick=True), sheet)
    assert sheet.sets["few"].startswith("own English, 10 each: 310 training examples")
    assert {name for name, what, _ in runs.learnt if "own English" in what} == {"ours", "DIET"}


def test_that_any_file_can_be_compared(runs: MadeUp, tmp_path: Path) -> None:
    def nlu(name: str, texts: dict[str, list[str]]) -> Path:
        lines = [
            line
            for intent, examples in texts.items()
            for line in (f"- intent: {intent}", "  examples: |", *(f"    - {each}" for each in examples))
        ]
        file = tmp_path / f"{name}.yml"
        file.write_text("\n".join(['version: "3.1"', "nlu:", *lines]) + "\n")
        return file

    intents = {f"intent_{i:02}": [f"please do {i:02} now {n}" for n in range(20)] for i in range(3)}
    train = nlu("train", intents)
    test = nlu("test", {"intent_01": ["do 01", "and 01"], "other": ["what's that", "who is it"]})
    split = given_files(options(train=train, test=test))
    assert (len(split.train), len(split.validation), len(split.test), len(split.foreign)) == (54, 6, 2, 2)
    with_validation = given_files(options(train=train, test=test, validation=test))
    assert (len(with_validation.train), len(with_validation.validation)) == (60, 4)
    sheet = Sheet()
    measure(runs, options(train=train, test=test), sheet)
    assert sheet.figures["given_ours_accuracy"] == 1.0
    assert sheet.figures["given_ours_auroc"] == 1.0
    assert not any(name.startswith(("own_", "clinc_")) for name in sheet.figures)


def test_that_ours_can_be_measured_alone(runs: MadeUp, clinc: Path) -> None:
    sheet = Sheet()
    plan = Plan(None, None, None, rounds=2, raced=5, draws=1, many=True, peer_on_all=False)
    compare(runs, [Peer("ours", clinc, None)], read_clinc(clinc), plan, sheet)  # type: ignore[arg-type]
    derive(sheet)
    assert {"answering_speedup", "below_peer", "noise_loss_ratio"}.isdisjoint(sheet.figures)
    assert sheet.figures["ours_p50_ms"] == 1.0
