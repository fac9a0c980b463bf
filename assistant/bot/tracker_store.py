"""Rasa's tracker, kept in the journal.

A tracker is a window: the last turn's events and one snapshot of the slots, so that the thousandth
message costs what the tenth does. The journal has the whole story. Errors propagate: a turn that
cannot be read or kept is never answered from memory.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any

from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME, ACTION_SESSION_START_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, BotUttered, Event, SessionStarted, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from assistant.bot.turn import CURRENT, Turn, Utterance
from assistant.clock import utc_now
from assistant.journal import views
from assistant.journal.database import Database, Transaction
from assistant.journal.events import BOT, SYSTEM, ConversationOpened, LanguageChanged, TurnCommitted

PASSING_SLOTS = frozenset({"context", "action_result", "session_started_metadata", "requested_slot"})
KEPT_EVENTS = (UserUttered, ActionExecuted, BotUttered)
KEPT_PARSE_KEYS = ("intent", "entities", "text", "doubt", "language")
RANKING_KEPT = 3
ALONE = "rasa"  # the channel of Rasa's own commands


@functools.cache
def _event_types() -> dict[str, type[Event]]:
    # Event.from_parameters walks all subclasses for each event; one table does for all.
    found: dict[str, type[Event]] = {}
    pending: list[type[Event]] = [Event]
    while pending:
        for cls in pending.pop().__subclasses__():
            found[cls.type_name] = cls
            pending.append(cls)
    return found


def read_events(serialized: Iterable[dict[str, Any]]) -> list[Event]:
    """Rasa events from their dicts; kinds this Rasa does not know are left out."""
    types = _event_types()
    made = (types[each["event"]]._from_parameters(each) for each in serialized if each.get("event") in types)
    return [event for event in made if event is not None]


def _slim(event: Event, turn: Turn) -> dict[str, Any]:
    data: dict[str, Any] = event.as_dict()
    data.pop("metadata", None)
    if isinstance(event, UserUttered):
        parse = data.get("parse_data") or {}
        kept = {key: parse[key] for key in KEPT_PARSE_KEYS if key in parse}
        kept["intent_ranking"] = list(parse.get("intent_ranking") or [])[:RANKING_KEPT]
        if turn.kept_text not in (None, turn.text):
            # A one-time code was in it; neither the text nor what was read from it is kept.
            data["text"] = kept["text"] = turn.kept_text
            kept["entities"] = []
        data["parse_data"] = kept
    return data


class JournalTrackerStore(TrackerStore):
    """`await store.retrieve(id)` reads the window, `await store.save(tracker)` hands the turn over.

    Inside `assistant serve` the turn is committed by the conversation's line, together with everything
    else that happened in it. Rasa's own commands have no such turn: there, saving appends to the journal.
    """

    def __init__(
        self,
        domain: Domain | None = None,
        host: Any = None,
        event_broker: EventBroker | None = None,
        database: Database | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(domain or Domain.empty(), event_broker)
        self._database = database or _database_of_commands()

    async def create_tracker(self, sender_id: str, append_action_listen: bool = True) -> DialogueStateTracker:
        """A blank tracker; nothing is written for a conversation in which nothing was said."""
        tracker = self.init_tracker(sender_id)
        _begin(tracker, self.domain)
        _remember(tracker)
        self._prelude(tracker)
        return tracker

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """The window of that conversation, or None when the bot never had a turn in it."""
        turn = CURRENT.get()
        last = turn.last if turn is not None else await self._last_turn(sender_id)
        if last is None:
            return None
        tracker = self.init_tracker(sender_id)
        _begin(tracker, self.domain)
        for event in read_events(last.rasa):
            tracker.update(event, self.domain)
        for name, value in last.slots.items():
            if name in tracker.slots:
                tracker.update(SlotSet(name, value), self.domain)
        _remember(tracker)
        self._prelude(tracker)
        return tracker

    async def _last_turn(self, conversation_id: str) -> TurnCommitted | None:
        turns = await self._database.read(
            lambda tx: tx.events(conversation_id, names={TurnCommitted.name}, newest_first=True, limit=1)
        )
        event = turns[0].event if turns else None
        return event if isinstance(event, TurnCommitted) else None

    def _prelude(self, tracker: DialogueStateTracker) -> None:
        turn = CURRENT.get()
        if turn is None:
            return
        tracker.update(SlotSet("context", turn.context), self.domain)
        if tracker.get_slot("language") != turn.language:
            tracker.update(SlotSet("language", turn.language), self.domain)

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Hands the tracker's new events to the current turn, or appends them when Rasa runs on its own."""
        turn = CURRENT.get()
        alone = turn is None
        if turn is None:
            turn = Turn(tracker.sender_id, 0, "", utc_now(), "en")
        _collect(tracker, turn)
        if alone and turn.rasa_events:
            committed = TurnCommitted(
                received=None,
                model=tracker.model_id,
                intent=turn.intent,
                confidence=turn.confidence,
                rasa=turn.rasa_events,
                slots=turn.slots,
            )
            language = turn.language
            await self._database.write(lambda tx: _append_alone(tx, tracker.sender_id, language, committed))
            _remember(tracker)


def _append_alone(tx: Transaction, sender_id: str, language: str, committed: TurnCommitted) -> None:
    """A turn of `rasa shell` and the like, in a conversation marked as a test: no figure counts it."""
    if tx.lock(sender_id) == 0:
        opened = ConversationOpened(channel=ALONE, language=language, staff_test=True)
        tx.append(sender_id, [opened], actor=SYSTEM, channel=ALONE)
    known = views.conversation(tx, sender_id)
    changed = [LanguageChanged(language=language)] if known and known.language != language else []
    tx.append(sender_id, [*changed, committed], actor=BOT, channel=ALONE)


def _begin(tracker: DialogueStateTracker, domain: Domain) -> None:
    for event in (
        ActionExecuted(ACTION_SESSION_START_NAME),
        SessionStarted(),
        ActionExecuted(ACTION_LISTEN_NAME),
    ):
        tracker.update(event, domain)


def _remember(tracker: DialogueStateTracker) -> None:
    # The events themselves are kept, not their number: a deque may be shortened, and an id reused.
    tracker.known_events = list(tracker.events)


def _collect(tracker: DialogueStateTracker, turn: Turn) -> None:
    known = {id(event) for event in getattr(tracker, "known_events", ())}
    new = [event for event in tracker.events if id(event) not in known]
    turn.rasa_events = [_slim(event, turn) for event in new if isinstance(event, KEPT_EVENTS)]
    turn.slots = {
        name: slot.value
        for name, slot in tracker.slots.items()
        if slot.value is not None and name not in PASSING_SLOTS
    }
    turn.utterances = [
        Utterance(
            event.text or "",
            (event.metadata or {}).get("utter_action"),
            list(event.data.get("buttons") or []),
        )
        for event in new
        if isinstance(event, BotUttered) and event.text
    ]
    heard = next((event for event in new if isinstance(event, UserUttered)), None)
    if heard is not None:
        turn.intent = heard.intent.get("name")
        turn.confidence = heard.intent.get("confidence")
    turn.language = str(tracker.get_slot("language") or turn.language)
    turn.saved = True


@functools.cache
def _database_of_commands() -> Database:
    """The journal for `rasa shell` and the like: the same settings as `assistant serve`."""
    from assistant.ids import random_id
    from assistant.settings import load_settings

    database = Database(load_settings().database_url, clock=utc_now, ids=random_id)
    database.migrate()
    return database
