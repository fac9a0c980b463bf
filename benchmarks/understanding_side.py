"""Trains Rasa NLU models, or answers with one: a process of its own, the same code for both peers.

`python -m benchmarks.understanding_side WORKPLACE`

Everything goes through Rasa itself: `rasa.model_training.train_nlu`, as `rasa train nlu` does, and the loaded
model's parse. WORKPLACE is the working directory, whose caches are thrown away before each training.
"""

from __future__ import annotations

import logging
import os
import shutil
import sys
import time
from typing import Any

from benchmarks.sides import Orders, memory, serve


async def suspects(texts: list[str], intents: list[str]) -> list[int]:
    """Places of the examples that `assistant check` would list, the most doubtful labels first."""
    from assistant.bot.suspects import suspects as find

    return [suspect.place for suspect in find(texts, intents)]


class Trainer:
    """Trains models; never from a cache, so that the seconds are those of the whole training."""

    async def train(self, config: str, data: str, output: str, name: str) -> dict[str, Any]:
        """The model's path, and the seconds that its training took, from reading the file to the archive."""
        from rasa.model_training import train_nlu

        shutil.rmtree(".rasa", ignore_errors=True)
        started = time.perf_counter()
        model = train_nlu(config, data, output, fixed_model_name=name)
        return {"model": model, "seconds": time.perf_counter() - started}


class Answerer:
    """Answers with one model at a time, one message after the other."""

    def __init__(self) -> None:
        self._processor: Any = None

    async def load(self, model: str) -> float:
        """Seconds until the model was there and had answered its first message."""
        from rasa.core.agent import Agent

        started = time.perf_counter()
        self._processor = Agent.load(model).processor
        await self.answer(["hello there"])
        return time.perf_counter() - started

    async def answer(self, texts: list[str], metadata: list[Any] | None = None) -> dict[str, Any]:
        """What the model makes of each text, and the milliseconds each took."""
        from rasa.core.channels.channel import UserMessage

        answers, milliseconds = [], []
        for text, about in zip(texts, metadata or [None] * len(texts), strict=True):
            message = UserMessage(text, metadata=about)
            started = time.perf_counter()
            parsed = await self._processor.parse_message(message)
            milliseconds.append(1000 * (time.perf_counter() - started))
            answers.append(shaped(parsed))
        return {"answers": answers, "milliseconds": milliseconds}


def shaped(parsed: dict[str, Any]) -> dict[str, Any]:
    """What the benchmark looks at.

    `best` is the likeliest trained intent, also where the model rejects it and says another `intent`;
    `foreign` is the model's own measure (0 to 1) of belonging to no intent, where it has one.
    """
    intent = parsed.get("intent") or {}
    ranking = parsed.get("intent_ranking") or []
    best = ranking[0] if ranking else {"name": None, "confidence": 0.0}
    doubt = parsed.get("doubt") or {}
    return {
        "intent": intent.get("name"),
        "best": best["name"],
        "confidence": float(best["confidence"]),
        "foreign": doubt.get("foreign", 1.0 - float(best["confidence"])),
        "facts": [[entity["entity"], entity["value"]] for entity in parsed.get("entities") or []],
    }


async def start() -> Orders:
    """Imports Rasa with the threads that the environment gives it."""
    os.chdir(sys.argv[1])
    import rasa.core.agent
    import rasa.model_training  # noqa: F401
    from rasa.utils.log_utils import configure_structlog
    from rasa.utils.tensorflow.environment import setup_tf_environment

    from assistant.bot import bridge

    bridge.silence_rasa()
    configure_structlog(logging.ERROR)  # Rasa's library alone would print a line per message
    setup_tf_environment()  # Rasa's command line does it, its library does not
    trainer, answerer = Trainer(), Answerer()
    return {
        "train": trainer.train,
        "load": answerer.load,
        "answer": answerer.answer,
        "suspects": suspects,
        "memory": memory,
    }


if __name__ == "__main__":
    serve(start)
