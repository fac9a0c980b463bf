"""What a visitor can do, whatever wire it comes over: start, sign in, send, read, know who answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import structlog

from assistant.channel import frames, messages, sessions
from assistant.channel.line import Line
from assistant.journal import views
from assistant.journal.database import Database, Transaction
from assistant.journal.events import Recorded
from assistant.settings import Settings

log = structlog.get_logger(__name__)

PAGE = 500  # visible things read at once


class Handoffs(messages.WaysOut, Protocol):
    """What the channel asks of handoffs: the place in the queue (1 is next), seconds to wait, ways out."""

    def place(self, tx: Transaction, handoff_id: str) -> tuple[int | None, int | None]: ...


@dataclass(frozen=True)
class Started:
    """A session that was opened, resumed or signed in."""

    session_token: str
    conversation_id: str


@dataclass(frozen=True)
class Page:
    """Where the visitor is on the website."""

    url: str | None = None
    title: str | None = None


class Visitors:
    """The website channel's service. `look_up` asks the company who a customer is; None when unknown."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        line: Line,
        handoffs: Handoffs,
        look_up: Callable[[str], sessions.Identity | None],
        clock: Callable[[], datetime],
        languages: tuple[str, ...],
        hear: Callable[[str], None],
    ) -> None:
        self.database = database
        self._settings = settings
        self._line = line
        self._handoffs = handoffs
        self._look_up = look_up
        self._clock = clock
        self._languages = languages
        self._hear = hear

    def language(self, wanted: str | None) -> str:
        """The best liked language that we speak; the first configured one when there is none.

        `wanted` is a language tag, or several as in an Accept-Language header.
        """
        spoken = (code for code in _by_liking(wanted or "") if code in self._languages)
        return next(spoken, self._languages[0])

    async def identify(self, token: str | None) -> sessions.Identity | None:
        """The verified identity of a token, completed from the company's own record of the customer."""
        if token is None:
            return None
        claimed = sessions.read_identity_token(
            token, self._settings.identity_secret, self._clock(), self._settings.audience
        )
        try:
            found = await asyncio.to_thread(self._look_up, claimed.customer_id)
            if found is None and claimed.account:
                found = await asyncio.to_thread(self._look_up, claimed.account)
        except Exception as error:
            # The company signed the token: its word is enough while its systems are away.
            log.warning("identity.lookup_failed", error=type(error).__name__)
            found = None
        if found is None:
            return claimed
        return sessions.Identity(
            found.customer_id,
            found.account or claimed.account,
            claimed.name or found.name,
            claimed.email or found.email,
            found.phone,
            found.preferred_channel,
            found.vulnerable,
        )

    async def start(
        self,
        *,
        bearer: str | None,
        language: str | None,
        page: Page,
        identity_token: str | None,
        browser_id: str | None = None,
    ) -> Started:
        """Opens a conversation, or goes on with the bearer's; signs it in when a token says who it is.

        Another customer than the one signed in gets a conversation of their own.
        Raises ApiError 401 for a token or a session that is not accepted.
        """
        identity = await self.identify(identity_token)

        def work(tx: Transaction) -> Started:
            if bearer is not None:
                session = sessions.find_session(tx, bearer)
                tx.lock(session.conversation_id)  # two people who sign in at once never share it
                conversation = views.conversation(tx, session.conversation_id)
                known = conversation.customer_id if conversation else None
                if identity is None or known in (None, identity.customer_id):
                    if identity is not None:
                        sessions.verify(tx, session.conversation_id, identity, "identity_token")
                    sessions.note_page(tx, session.conversation_id, page.url, page.title)
                    return Started(bearer, session.conversation_id)
            made = sessions.open_conversation(
                tx, channel=sessions.WEB_CHAT, language=self.language(language), browser_id=browser_id
            )
            sessions.note_page(tx, made, page.url, page.title)
            if identity is not None:
                sessions.verify(tx, made, identity, "identity_token")
            return Started(sessions.start_session(tx, made, browser_id), made)

        return await self.database.write(work)

    async def session(self, token: str | None) -> sessions.VisitorSession:
        """Raises ApiError 401."""
        return await self.database.read(lambda tx: sessions.find_session(tx, token))

    async def send(
        self, conversation_id: str, client_id: object, text: object, choice: str | None = None
    ) -> messages.Received:
        """Takes a message in; it is on record when this returns. Raises ApiError 400."""
        wanted = messages.check_client_id(client_id)
        cleaned = messages.check_text(text)
        self._hear(cleaned)
        return await self._line.take_in(
            conversation_id,
            lambda tx: messages.receive(
                tx, conversation_id, wanted, cleaned, choice=choice, ways_out=self._handoffs
            ),
        )

    async def visible(self, conversation_id: str, after: int) -> list[Recorded]:
        """The visible things after that sequence, in order, at most 500 (a future one gives none)."""
        return await self.database.read(lambda tx: views.visible_messages(tx, conversation_id, after, PAGE))

    async def resume_from(self, conversation_id: str, after: int) -> int:
        """Where delivery begins: that sequence, or the conversation's last when it lies in the future."""

        def work(tx: Transaction) -> int:
            conversation = views.conversation(tx, conversation_id)
            return min(after, conversation.last_sequence if conversation else 0)

        return await self.database.read(work)

    async def owner(self, conversation_id: str) -> frames.Frame:
        """The `owner` frame as of now."""
        return await self.database.read(self._owner_frame(conversation_id))

    async def news(self, conversation_id: str, after: int) -> tuple[list[Recorded], frames.Frame]:
        """What `visible` and `owner` give, as of one moment."""
        owner = self._owner_frame(conversation_id)
        return await self.database.read(
            lambda tx: (views.visible_messages(tx, conversation_id, after, PAGE), owner(tx))
        )

    def _owner_frame(self, conversation_id: str) -> Callable[[Transaction], frames.Frame]:
        def work(tx: Transaction) -> frames.Frame:
            conversation = views.conversation(tx, conversation_id)
            if conversation is None:
                return frames.owner_frame("bot")
            if conversation.owner == "queue" and conversation.handoff_id:
                position, eta = self._handoffs.place(tx, conversation.handoff_id)
                return frames.owner_frame("queue", None, position, eta)
            return frames.owner_frame(conversation.owner, conversation.agent_name)

        return work


def _by_liking(wanted: str) -> list[str]:
    """The language codes of “nl-BE, en;q=0.8”, the best liked first. A weight that is no number is none."""
    weighed: list[tuple[float, str]] = []
    for part in wanted.lower().split(","):
        tag, _, weight = part.partition(";")
        try:
            liking = float(weight.partition("=")[2] or 1)
        except ValueError:
            liking = 0.0
        weighed.append((-liking, tag.strip().split("-")[0]))
    return [code for liking, code in sorted(weighed, key=lambda pair: pair[0]) if liking < 0]


def message_frames(recorded: list[Recorded]) -> list[dict[str, Any]]:
    """The frames of visible events, in order."""
    return [frame for frame in map(frames.message_frame, recorded) if frame is not None]
