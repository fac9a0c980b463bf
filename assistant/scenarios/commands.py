"""What `assistant scenarios` prints."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console

from assistant.logs import configure_logging
from assistant.scenarios.playing import Played
from assistant.scenarios.reading import BadScenario, load
from assistant.scenarios.run import chosen, run, told
from assistant.settings import Settings

FOLDER = Path("tests", "scenarios")


def play_all(
    settings: Settings, names: Sequence[str], model: Callable[[], Path], out: Console, *, show: bool = False
) -> bool:
    """Plays them; whether all went as written."""

    def say(text: str) -> None:
        out.print(text, markup=False, highlight=False, soft_wrap=True)

    def progress(played: Played) -> None:
        if not played.as_expected:
            say(f"\n{told(played)}")
        elif show:
            say(
                f"\n{told(played)}"
                if played.wrong
                else "\n".join([f"\n{played.scenario.name} ({played.seconds:.1f} s)", *played.said])
            )

    try:
        everything = load(settings.root / FOLDER)
        if not chosen(everything, names):
            say(f"No scenario begins with {', '.join(names)}." if names else f"No scenarios in {FOLDER}.")
            return False
        configure_logging()
        trained = model()
        began = time.monotonic()
        results = asyncio.run(run(everything, names, trained, progress))
    except BadScenario as error:
        say(str(error))
        return False
    unexpected = sum(not each.as_expected for each in results)
    known = [each for each in results if each.as_expected and each.wrong is not None]
    for each in known:
        say(f"known bug: “{each.scenario.name}”: {each.scenario.bug}")
    counted = (
        f"{len(results) - unexpected - len(known)} as written, {len(known)} known bugs, {unexpected} wrong"
    )
    say(f"{len(results)} scenarios in {time.monotonic() - began:.0f} s: {counted}.")
    return not unexpected
