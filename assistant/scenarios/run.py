"""Plays scenarios one after the other on one stage, and says which turn was the first wrong one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from assistant.scenarios.people import cast, people
from assistant.scenarios.playing import Played, play
from assistant.scenarios.reading import Scenario
from assistant.scenarios.stage import set_up
from assistant.settings import Settings, load_settings

Progress = Callable[[Played], None]


async def run(
    everything: Sequence[Scenario],
    names: Sequence[str],
    model: Path,
    progress: Progress = lambda played: None,
) -> list[Played]:
    """Plays those whose name or file begins with one of `names` (all without any), in their order.

    On data of its own, which is gone afterwards. Raises BadScenario, CompanyDidNotStart.
    """
    with TemporaryDirectory(prefix="scenarios-") as folder:
        async with set_up(settings_in(Path(folder)), model) as stage:
            parts = cast(everything, people(stage.database))
            results = []
            for scenario in chosen(everything, names):
                played = await play(scenario, stage, parts.get(scenario.name))
                progress(played)
                results.append(played)
            return results


def settings_in(folder: Path) -> Settings:
    """Settings with secrets of their own; what the environment says of other installations is left out."""
    return load_settings(data_dir=folder, database=f"sqlite:///{folder / 'journal.sqlite'}")


def chosen(everything: Sequence[Scenario], names: Sequence[str]) -> list[Scenario]:
    """Those that are meant, in their order."""
    wanted = [name.casefold().removesuffix(".yml") for name in names]
    return [
        each
        for each in everything
        if not wanted
        or any(each.name.casefold().startswith(name) or each.file.stem == name for name in wanted)
    ]


def told(played: Played) -> str:
    """A wrong turn in words: where it is written, what was expected, what happened, the dialogue so far."""
    wrong, scenario = played.wrong, played.scenario
    if wrong is None:
        now = f"goes as written now: take its “bug” out ({scenario.bug})" if scenario.bug else "as written"
        return f"{scenario.file}:{scenario.line}: “{scenario.name}” {now}"
    return "\n".join(
        [
            f"{scenario.file}:{wrong.line}: “{scenario.name}”",
            *([f"  known: {scenario.bug}"] if scenario.bug else []),
            *played.said,
            f"  {wrong.what}",
            f"    expected  {wrong.expected}",
            f"    actual    {wrong.actual}",
        ]
    )
