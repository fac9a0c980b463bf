"""Makes journeys and languages part of the Rasa project.

A designer adds a top task with a definition, examples and responses; intents, actions and responses
then join the domain by themselves. `data/responses/<language>/*.yml` become variants with a condition
on the `language` slot, so one response name has texts in every language.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rasa.shared.core.domain import Domain
from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.training_data.training_data import TrainingData

from assistant.journeys.marked import read_marked
from assistant.texts import read_responses

RESPONSES = "responses"
ACTION_KEYS = ("act", "choose_from_action")


def _is_response_file(path: str) -> bool:
    return Path(path).parent.parent.name == RESPONSES


def _acts(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key in ACTION_KEYS and isinstance(value, str):
                yield value
            else:
                yield from _acts(value)
    elif isinstance(node, list):
        for each in node:
            yield from _acts(each)


class JourneyImporter(RasaFileImporter):
    """Rasa's own importer plus journey definitions and per-language response files."""

    def __init__(
        self,
        config_file: str | None = None,
        domain_path: str | None = None,
        training_data_paths: list[str] | str | None = None,
    ) -> None:
        super().__init__(config_file, domain_path, training_data_paths)
        found = list[str](self._nlu_files)  # type: ignore[has-type]
        self._response_files = [file for file in found if _is_response_file(file)]
        self._nlu_files = [
            file for file in found if not _is_response_file(file) and not Path(file).name.startswith("_")
        ]
        paths = [training_data_paths] if isinstance(training_data_paths, str) else training_data_paths or []
        self._journey_files = sorted(
            str(file) for path in paths if Path(path).is_dir() for file in Path(path).glob("journeys/*.yml")
        )

    def get_domain(self) -> Domain:
        """The domain file's content plus what journeys, examples and responses bring."""
        domain = super().get_domain()
        if not self._domain_path:
            return domain
        responses = read_responses(self._response_files)
        added: dict[str, Any] = {
            "intents": sorted(self._nlu().intents - set(domain.intents)),
            "actions": sorted(self._action_names() - set(domain.action_names_or_texts)),
            "responses": responses,
        }
        return domain.merge(Domain.from_dict(added))

    def _nlu(self) -> TrainingData:
        if not hasattr(self, "_nlu_data"):
            self._nlu_data = super().get_nlu_data()
        return self._nlu_data

    def get_nlu_data(self, language: str | None = "en") -> TrainingData:
        """Training examples of every language's folder together (read once)."""
        return self._nlu()

    def _action_names(self) -> set[str]:
        names: set[str] = set()
        for file in self._journey_files:
            names.update(_acts(read_marked(Path(file))[0]))
        return {name if name.startswith("action_") else f"action_{name}" for name in names}
