"""The peer: Rasa's own starter project, made by Rasa's scaffold and trained with its default config.

`python -m benchmarks.starter FOLDER` makes and trains it there.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from benchmarks.sides import ROOT, one_thread

CACHE = ROOT / "results" / "cache"

# The starter's stories and rules, each message taken from its own training examples.
DIALOGUES: tuple[tuple[str, ...], ...] = (
    ("hello", "I am great"),
    ("hi", "I am sad", "yes"),
    ("good morning", "very sad", "no"),
    ("hey", "are you a bot?", "bye"),
    ("hello there", "perfect", "goodbye"),
    ("good evening", "not good", "of course", "see you later"),
)
# One long conversation goes round these; nothing in them leaves a question open.
ROUND = ("hello", "I am great", "are you a bot?", "goodbye")


def project(cache: Path = CACHE) -> Path:
    """Where the starter project of the installed Rasa is, or will be."""
    return cache / f"rasa-{version('rasa')}-starter"


def find_model(folder: Path) -> Path | None:
    """The newest trained model of that project."""
    models = sorted((folder / "models").glob("*.tar.gz"), key=lambda path: path.stat().st_mtime)
    return models[-1] if models else None


def ensure_model(folder: Path, seconds: float = 1800) -> tuple[Path, bool]:
    """The trained model, and whether it had to be trained now. Raises RuntimeError with what Rasa said."""
    found = find_model(folder)
    if found is not None:
        return found, False
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "training.log"
    with log.open("wb") as output:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.starter", str(folder)],
            cwd=ROOT,
            env=os.environ | one_thread(),
            stdout=output,
            stderr=output,
            timeout=seconds,
            check=False,
        )
    found = find_model(folder)
    if done.returncode or found is None:
        raise RuntimeError(f"the starter project could not be trained; what Rasa said is in {log}")
    return found, True


def make_and_train(folder: Path) -> None:
    """Scaffolds and trains in this process; takes minutes."""
    from assistant.bot import bridge

    bridge.silence()
    import rasa.model_training
    from rasa.cli.scaffold import create_initial_project

    bridge.silence_rasa()
    create_initial_project(str(folder))
    with contextlib.chdir(folder):
        rasa.model_training.train("domain.yml", "config.yml", ["data"], output="models")


if __name__ == "__main__":
    make_and_train(Path(sys.argv[1]))
