"""The Rasa agent in this process, without the parts of Rasa that could lose a turn.

"Agent" is a person in this project; Rasa's is always written RasaAgent.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
from rasa.shared.core.domain import Domain

from assistant.bot.actions import InProcessActions
from assistant.bot.embedding import AHEAD
from assistant.bot.nlg import LanguageGenerator
from assistant.bot.policy import JourneyPolicy
from assistant.bot.processor import PlannedRunner, TurnProcessor
from assistant.bot.tracker_store import JournalTrackerStore
from assistant.bot.turn import CURRENT, Turn, Utterance
from assistant.journal.database import Database

MOVES_PER_TURN = 40  # predictions; a turn of 15 actions with what is said between them fits


class TurnLost(RuntimeError):
    """Rasa finished a turn without saving it; nothing may be said."""


class RasaAgent(Agent):
    """Rasa's Agent with the journal as its only store, so that a failed save is a failed turn."""

    @staticmethod
    def _create_tracker_store(store: JournalTrackerStore, domain: Domain) -> JournalTrackerStore:
        # Rasa wraps stores in FailSafeTrackerStore, which goes on from memory when the database is away.
        store.domain = domain or store.domain
        return store

    def load_model(self, model_path: str | Path, fingerprint: str | None = None) -> None:
        """Loads the model into our processor. Raises rasa's ModelNotFound."""
        self.processor = TurnProcessor(
            model_path=model_path,
            tracker_store=self.tracker_store,
            lock_store=self.lock_store,
            generator=self.nlg,
            action_endpoint=self.action_endpoint,
            max_number_of_predictions=MOVES_PER_TURN,
        )
        self.processor.graph_runner = PlannedRunner.of(self.processor.graph_runner)
        self.domain = self.processor.domain
        self.tracker_store.domain = self.domain
        self.nlg.responses = self.domain.responses
        self._set_fingerprint(fingerprint)


def _said(text: str) -> str:
    # A leading slash would be read as an intent by Rasa; what the customer wrote is kept elsewhere.
    return text.lstrip("/ \t\n") or "…"


class Bot:
    """Understands and answers one message at a time; the caller keeps a conversation's messages in line."""

    def __init__(self, model: Path, database: Database, actions: InProcessActions) -> None:
        """Loads the model; takes some seconds. Raises rasa's ModelNotFound."""
        self.rasa = RasaAgent(
            tracker_store=JournalTrackerStore(database=database),
            generator=LanguageGenerator(),
            action_endpoint=actions,
        )
        self.rasa.load_model(str(model))
        self.model_version = model.name.removesuffix(".tar.gz")

    @property
    def _processor(self) -> TurnProcessor:
        return self.rasa.processor

    @property
    def responses(self) -> dict[str, list[dict[str, Any]]]:
        """Every text the model was trained with, by name."""
        return dict(self.rasa.domain.responses)

    def keep_definitions(self, bodies: list[str]) -> None:
        """Older journey definitions, for journeys that began with them."""
        for policy in self._processor.graph_runner.components(JourneyPolicy):
            for body in bodies:
                policy.definitions.keep(body)

    def hear(self, text: str) -> None:
        """A message is on its way into the journal: what can be understood of it already begins."""
        AHEAD.begin(_said(text))

    async def take(self, turn: Turn) -> Turn:
        """Runs the turn and fills it in; nothing is committed here.

        Raises TurnLost when Rasa did not save, and whatever the journal raises.
        """
        message = UserMessage(
            _said(turn.text),
            CollectingOutputChannel(),
            turn.conversation_id,
            input_channel=turn.context.get("channel"),
            message_id=str(turn.sequence),
            metadata={
                "sequence": turn.sequence,
                "at": turn.at.isoformat(),
                "language": turn.language,
                "first": turn.last is None,
                "choice": turn.choice,
                "expects": turn.expects,
            },
        )
        token = CURRENT.set(turn)
        try:
            await self._processor.handle_message(message)
        finally:
            CURRENT.reset(token)
        if not turn.saved:
            raise TurnLost(turn.conversation_id)
        self._add_choices(turn)
        return turn

    @staticmethod
    def _add_choices(turn: Turn) -> None:
        awaiting = turn.journey.get("awaiting") or {}
        choices = [{"id": c["id"], "title": c["title"]} for c in awaiting.get("choices") or ()]
        if choices and turn.utterances:
            turn.utterances[-1].choices = choices

    async def understand(self, text: str) -> dict[str, Any]:
        """What the model makes of a text, in Rasa's shape; for tools and tests."""
        return dict(await self._processor.parse_message(UserMessage(text)))


__all__ = ["Bot", "RasaAgent", "TurnLost", "Utterance"]
