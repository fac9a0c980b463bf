"""Rasa's starter project with Rasa's SQL tracker store: `python -m benchmarks.rasa_side MODEL DATABASE`."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.sides import Orders, memory, serve
from benchmarks.talking import crowd_of, long_talk, talk


async def start() -> Orders:
    """Loads the agent as Rasa's server would, and answers one message."""
    from assistant.bot import bridge

    bridge.silence()
    from rasa.core.agent import Agent
    from rasa.core.tracker_store import SQLTrackerStore
    from rasa.utils.tensorflow.environment import setup_tf_environment

    bridge.silence_rasa()
    setup_tf_environment()
    model, database = Path(sys.argv[1]), sys.argv[2]
    agent = Agent.load(model, tracker_store=SQLTrackerStore(host=f"sqlite:///{database}"))
    count = 0

    async def visitor() -> Any:
        nonlocal count
        count += 1
        sender = f"visitor-{count}-{time.time_ns()}"

        async def say(text: str) -> bool:
            replies = await agent.handle_text(text, sender_id=sender)
            return bool(replies) and all(reply.get("text") or reply.get("image") for reply in replies)

        return say

    await (await visitor())("hello")

    async def talks(dialogues: list[list[str]], turns: int) -> dict[str, Any]:
        return await talk(visitor, dialogues, turns)

    async def crowd(dialogues: list[list[str]], visitors: int, each: int) -> dict[str, Any]:
        return await crowd_of(visitor, dialogues, visitors, each)

    async def long(texts: list[str], messages: int, seconds: float, rounds: int) -> dict[str, Any]:
        return await long_talk(visitor, texts, messages, seconds, rounds)

    async def peak() -> float:
        return await memory()

    return {"talks": talks, "crowd": crowd, "long": long, "memory": peak}


if __name__ == "__main__":
    serve(start)
