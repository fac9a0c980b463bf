"""Two peers learn the same examples and answer the same messages, each in processes of its own."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from benchmarks.figures import median_ratio, percentile
from benchmarks.sides import ROOT, Side
from benchmarks.understanding_data import Example, Split, as_nlu, with_typing_errors
from benchmarks.understanding_scores import auroc, calibration_error, lost, rejected, share, strictest

CACHE = ROOT / "results" / "cache" / "understanding"
READY_SECONDS = 180.0
LEARN_SECONDS = 12 * 3600.0
ANSWER_SECONDS = 3600.0

# Rasa's default pipeline, as its template of a new project has it; what only picks responses, renames
# entities or replaces unsure intents is left out, which spares it time and changes no ranking.
DEFAULT_PIPELINE = """
recipe: default.v1
assistant_id: default_pipeline
language: en
pipeline:
  - name: WhitespaceTokenizer
  - name: RegexFeaturizer
  - name: LexicalSyntacticFeaturizer
  - name: CountVectorsFeaturizer
  - name: CountVectorsFeaturizer
    analyzer: char_wb
    min_ngram: 1
    max_ngram: 4
  - name: DIETClassifier
    epochs: 100
    constrain_similarities: true
    random_seed: 2016
policies: []
"""


@dataclass(frozen=True)
class Learnt:
    """A trained model. `seconds` and `memory` (peak, MB) are of its training, if that was in this run."""

    model: Path
    seconds: float | None = None
    memory: float | None = None


@dataclass(frozen=True)
class Answers:
    """What a model made of messages, in their order."""

    answers: list[dict[str, Any]]
    milliseconds: list[float]

    def best(self) -> list[str | None]:
        """The likeliest trained intents, nothing rejected."""
        return [each["best"] for each in self.answers]

    def intents(self) -> list[str | None]:
        """The intents as the assistant takes them, with what it rejects."""
        return [each["intent"] for each in self.answers]

    def confidences(self) -> list[float]:
        return [each["confidence"] for each in self.answers]

    def belonging(self) -> list[float]:
        """How sure the model is that a message belongs to any trained intent."""
        return [1.0 - each["foreign"] for each in self.answers]

    def facts(self) -> list[list[tuple[str, Any]]]:
        return [[(name, value) for name, value in each["facts"]] for each in self.answers]


@dataclass
class Peer:
    """One side: a pipeline, and the process that answers with what it learnt."""

    name: str
    config: Path
    answerer: Side
    loaded: Path | None = None


@dataclass
class Runs:
    """Does the work step by step and tells what it is doing and how long it took."""

    console: Console
    folder: Path
    reuse: bool = False  # take models that an earlier run has kept
    spent: dict[str, float] = field(default_factory=dict)

    @contextlib.contextmanager
    def step(self, what: str) -> Iterator[None]:
        """One thing that takes a while: a clock while it runs, a line when it is done."""
        started = time.monotonic()
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        with Progress(
            *columns, console=self.console, transient=True, disable=not self.console.is_terminal
        ) as progress:
            progress.add_task(what, total=None)
            yield
        seconds = time.monotonic() - started
        self.spent[what] = self.spent.get(what, 0.0) + seconds
        self.console.print(f"{seconds:7.1f} s  {what}", style="dim", highlight=False)

    def side(self, name: str, workplace: Path, environment: dict[str, str] | None) -> Side:
        """A process of its own, ready to work there."""
        workplace.mkdir(exist_ok=True)
        log = self.folder / f"{name}.log"
        module, arguments = "benchmarks.understanding_side", [str(workplace)]
        return Side(name, module, arguments, log, READY_SECONDS, environment)

    def peers(self, configs: dict[str, Path], running: contextlib.ExitStack) -> list[Peer]:
        """Sides that answer with one thread each, by name, until `running` is closed."""
        with self.step("starting"), ThreadPoolExecutor() as pool:
            begun = [pool.submit(self.side, f"{name} answers", self.folder / name, None) for name in configs]
            answering = [running.enter_context(each.result()) for each in begun]
        return [
            Peer(name, config, side) for (name, config), side in zip(configs.items(), answering, strict=True)
        ]

    def learn(
        self, peer: Peer, what: str, data: Sequence[Example] | Path, *, beside: str = "", keep: bool = False
    ) -> Learnt:
        """Trains the peer's pipeline, in a new process with as many threads as Rasa takes by itself.

        `data` are examples, or a folder of the project. `beside` is the part of the project's `data` folder
        that the training may see from its working directory ("" for none). With `keep` the model stays for
        later runs that reuse models.
        """
        workplace = self.folder / f"{peer.name} {what}"
        workplace.mkdir(exist_ok=True)
        if beside:
            (workplace / beside).parent.mkdir(parents=True, exist_ok=True)
            (workplace / beside).symlink_to(ROOT / beside)
        source = data if isinstance(data, Path) else workplace / "nlu.yml"
        if not isinstance(data, Path):
            source.write_text(as_nlu(data), encoding="utf-8")
        stem = f"{peer.name} {what} ".replace(" ", "-")
        kept = CACHE / f"{stem}{_fingerprint(peer, source)}.tar.gz"
        if keep and self.reuse and kept.exists():
            return Learnt(kept)
        with (
            self.step(f"{peer.name} learns {what}"),
            self.side(f"{peer.name} learns", workplace, _as_it_comes()) as trainer,
        ):
            arguments = {"config": str(peer.config), "data": str(source), "output": str(workplace)}
            done = trainer.call("train", LEARN_SECONDS, name="model", **arguments)
            memory = trainer.call("memory")
        if not done["model"]:
            raise RuntimeError(f"{peer.name} could not be trained on {what}")
        learnt = Learnt(Path(done["model"]), done["seconds"], memory)
        if keep:
            for old in CACHE.glob(f"{stem}*"):
                old.unlink()
            CACHE.mkdir(parents=True, exist_ok=True)
            shutil.copy(learnt.model, kept)
        return learnt

    def suspects(self, examples: Sequence[Example]) -> list[int]:
        """Places of the examples whose labels are suspicious, worst first."""
        texts, intents = zip(*examples, strict=True)
        with self.side("suspects", self.folder / "suspects", _as_it_comes()) as side:
            found: list[int] = side.call("suspects", texts=texts, intents=intents)
        return found

    def ask(
        self, peer: Peer, learnt: Learnt, texts: Sequence[str], metadata: Sequence[Any] | None = None
    ) -> Answers:
        """What that model makes of the texts, one after the other."""
        if peer.loaded != learnt.model:
            peer.answerer.call("load", model=str(learnt.model))
            peer.loaded = learnt.model
        about = None if metadata is None else list(metadata)
        return Answers(**peer.answerer.call("answer", ANSWER_SECONDS, texts=list(texts), metadata=about))


def _as_it_comes() -> dict[str, str]:
    """Environment of a training: Rasa takes the threads that it takes, and reports to nobody."""
    return {"RASA_TELEMETRY_ENABLED": "false", "TF_CPP_MIN_LOG_LEVEL": "3", "TQDM_DISABLE": "1"}


def _fingerprint(peer: Peer, source: Path) -> str:
    """16 hex digits over all that the model comes from: pipeline, data, versions, and our own code."""
    digest = hashlib.sha256(f"{peer.name} {version('rasa')} {version('tensorflow-cpu')}".encode())
    digest.update(peer.config.read_bytes())
    for file in sorted(source.rglob("*.yml")) if source.is_dir() else [source]:
        digest.update(file.read_bytes())
    if peer.config == ROOT / "config.yml":
        for file in sorted((ROOT / "assistant/bot").rglob("*.*")):
            if file.suffix in (".py", ".yml"):
                digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


# --- what is made of the answers -------------------------------------------------------------------


def right(answers: Answers, examples: Sequence[Example]) -> list[bool]:
    """Which messages have the right intent first, nothing rejected."""
    return [best == example.intent for best, example in zip(answers.best(), examples, strict=True)]


def texts_of(examples: Sequence[Example]) -> list[str]:
    return [example.text for example in examples]


def examine(runs: Runs, peer: Peer, learnt: Learnt, split: Split, *, seed: int) -> dict[str, float]:
    """All scores of one model on one set. The threshold comes from the validation part alone."""
    with runs.step(f"{peer.name} answers {split.name}"):
        test = runs.ask(peer, learnt, texts_of(split.test))
        spoilt = runs.ask(peer, learnt, with_typing_errors(texts_of(split.test), seed))
        validation = runs.ask(peer, learnt, texts_of(split.validation)) if split.foreign else None
        foreign = runs.ask(peer, learnt, split.foreign) if split.foreign else None
    good = right(test, split.test)
    scores = {
        "accuracy": share(good),
        "ece": calibration_error(test.confidences(), good),
        "typo_accuracy": share(right(spoilt, split.test)),
        "p50_ms": percentile(test.milliseconds, 0.5),
        "p99_ms": percentile(test.milliseconds, 0.99),
    }
    if learnt.seconds is not None and learnt.memory is not None:
        scores |= {"seconds": learnt.seconds, "memory_mb": learnt.memory}
    if foreign is not None and validation is not None:
        scores["auroc"] = auroc(test.belonging(), foreign.belonging())
        if split.validation:
            threshold = strictest(validation.belonging(), right(validation, split.validation))
            scores["oos_recall"] = rejected(foreign.belonging(), threshold)
            scores["lost_to_rejection"] = lost(test.belonging(), good, threshold)
    return scores


def race(
    runs: Runs, peers: Sequence[Peer], models: Sequence[Learnt], texts: Sequence[str], rounds: int
) -> tuple[list[list[float]], float | None]:
    """All milliseconds of each peer in alternating rounds, and the median ratio of the rounds' medians.

    The ratio is theirs over ours: how many times faster we answer. None without a peer.
    """
    times: list[list[float]] = [[] for _ in peers]
    medians: list[list[float]] = [[] for _ in peers]
    with runs.step("answering in turns, one thread each"):
        for _ in range(rounds):
            for number, (peer, model) in enumerate(zip(peers, models, strict=True)):
                taken = runs.ask(peer, model, texts).milliseconds
                times[number] += taken
                medians[number].append(percentile(taken, 0.5))
    return times, median_ratio(medians[1], medians[0]) if len(peers) > 1 else None
