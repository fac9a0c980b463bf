"""Trains the model with one progress bar, and knows whether there is one for the present data."""

from __future__ import annotations

import contextlib
import hashlib
import io
import logging
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

# What a model is made from: settings, data, and the code whose results are stored in it.
CODE = (
    *("embedding", "encoder", "minilm", "multilingual", "onnx_graph", "classifier", "model", "similarity"),
    *("linear", "doubt", "ngrams", "calibration", "mending", "wishes", "language", "language_evidence"),
    *("importer", "policy"),
)
INPUTS = (
    *("config.yml", "domain.yml", "data", "assistant/bot/glossary"),
    *(f"assistant/bot/{name}.py" for name in CODE),
)
SUFFIXES = {".yml", ".yaml", ".py"}
Progress = Callable[[str, float], None]  # (what is being done, share done 0..1)


class TrainingFailed(RuntimeError):
    """Rasa could not train; the message says what it said."""


@dataclass(frozen=True)
class Trained:
    """Where the model is, and how long it took in seconds (0 when there was one already)."""

    path: Path
    seconds: float


def fingerprint(root: Path) -> str:
    """16 hex digits over everything a model is made from: the same data gives the same model name."""
    digest = hashlib.sha256()
    for name in INPUTS:
        path = root / name
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            if file.is_file() and file.suffix in SUFFIXES:
                digest.update(file.relative_to(root).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]


def model_path(root: Path, models: Path) -> Path:
    """Where the model for the present data is, or would be."""
    return models / f"{fingerprint(root)}.tar.gz"


def train(root: Path, models: Path, progress: Progress = lambda what, share: None) -> Trained:
    """Trains unless there is a model for the present data. Raises TrainingFailed."""
    wanted = model_path(root, models)
    if wanted.exists():
        return Trained(wanted, 0.0)
    started = time.monotonic()
    models.mkdir(parents=True, exist_ok=True)
    progress("loading Rasa", 0.05)
    from assistant.bot import bridge

    bridge.silence()
    import rasa.model_training
    from rasa.engine.training.graph_trainer import GraphTrainer

    bridge.silence_rasa()
    partial = wanted.with_name(f"{wanted.name.removesuffix('.tar.gz')}-{os.getpid()}.tar.gz")
    said = io.StringIO()
    watched = _steps(GraphTrainer, progress)
    with _in(root), watched, _light_copies(), contextlib.redirect_stdout(said), _quiet():
        try:
            result = rasa.model_training.train(
                domain="domain.yml",
                config="config.yml",
                training_files=["data"],
                output=str(models.absolute()),
                fixed_model_name=partial.name.removesuffix(".tar.gz"),
            )
        except SystemExit as error:
            raise TrainingFailed(said.getvalue().strip() or "Rasa stopped") from error
    if result.code != 0 or not partial.exists():
        raise TrainingFailed(said.getvalue().strip() or f"Rasa ended with code {result.code}")
    partial.rename(wanted)
    progress("trained", 1.0)
    return Trained(wanted, time.monotonic() - started)


@contextlib.contextmanager
def _in(root: Path) -> Iterator[None]:
    """Rasa reads its files relative to where it runs."""
    with contextlib.chdir(root):
        yield


@contextlib.contextmanager
def _light_copies() -> Iterator[None]:
    """Rasa copies all examples deeply whenever it merges training data, and hashes the copies anew.

    Nothing changes inside what an example holds, so a copy may share it, and its hash.
    """
    from rasa.shared.nlu.training_data.message import Message

    def light(self: Message, memo: object) -> Message:
        made = Message(self.data, set(self.output_properties), self.time, list(self.features))
        made._cached_fingerprint = self._cached_fingerprint
        return made

    Message.__deepcopy__ = light
    try:
        yield
    finally:
        del Message.__deepcopy__


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Rasa shows a bar of its own per tracker; people get one bar for all."""
    import tqdm

    previous = os.environ.get("TQDM_DISABLE")
    os.environ["TQDM_DISABLE"] = "1"
    logging.disable(logging.WARNING)
    original = tqdm.tqdm.__init__

    def silent(self: object, *args: object, **kwargs: object) -> None:
        original(self, *args, **{**kwargs, "disable": True})

    tqdm.tqdm.__init__ = silent
    try:
        yield
    finally:
        tqdm.tqdm.__init__ = original
        logging.disable(logging.NOTSET)
        if previous is None:
            os.environ.pop("TQDM_DISABLE", None)
        else:
            os.environ["TQDM_DISABLE"] = previous


@contextlib.contextmanager
def _steps(trainer: type, progress: Progress) -> Iterator[None]:
    """Tells the progress by the nodes of Rasa's training graph as they finish, and inside long ones."""
    from rasa.engine.graph import GraphNode

    from assistant.bot.progress import heard_by

    original_call, original_train = GraphNode.__call__, trainer.train  # type: ignore[attr-defined]
    state = {"done": 0, "all": 1}

    def told(what: str, share: float) -> None:
        progress(f"training: {what}", 0.1 + 0.85 * min(1.0, (state["done"] + share) / state["all"]))

    def call(self: GraphNode, *inputs: object) -> object:
        result = original_call(self, *inputs)
        state["done"] += 1
        told(self._node_name, 0.0)
        return result

    def run(self: object, configuration: object, *args: object, **kwargs: object) -> object:
        # Each node is visited twice: once for its fingerprint, once for real.
        state["all"] = 2 * len(configuration.train_schema.nodes)  # type: ignore[attr-defined]
        return original_train(self, configuration, *args, **kwargs)

    GraphNode.__call__ = call
    trainer.train = run  # type: ignore[attr-defined]
    try:
        with heard_by(told):
            yield
    finally:
        GraphNode.__call__ = original_call
        trainer.train = original_train  # type: ignore[attr-defined]
