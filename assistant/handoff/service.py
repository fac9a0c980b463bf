"""The one face of handing over: what the turn, the channel, the desk and the timers call.

Each call works inside the caller's transaction, takes the conversation's lock first, changes state and
writes the events in one go. What the world is told follows from the journal after the commit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from assistant.handoff import assignment, closing, packets, presence, queueing, sweeping
from assistant.handoff.closing import Disposition
from assistant.handoff.ground import Ground, handoff_of
from assistant.handoff.handoffs import Handoff
from assistant.handoff.packet_words import Render
from assistant.handoff.policy import HandoffPolicy, load_policy
from assistant.handoff.sweeping import Swept
from assistant.journal.database import Transaction
from assistant.journeys.definitions import Definitions
from assistant.staff.access import Principal
from assistant.texts import Texts


class HandoffService:
    """See the functions of the same names for what each does and raises."""

    def __init__(
        self, policy: HandoffPolicy, render: Render, definitions: Callable[[], Definitions] | Definitions
    ) -> None:
        found = definitions if callable(definitions) else lambda: definitions
        self.ground = Ground(policy=policy, render=render, definitions=found)

    @classmethod
    def from_files(
        cls, data: Path, *, texts: Texts, definitions: Callable[[], Definitions] | Definitions
    ) -> HandoffService:
        """With the policy of `data/handoff.yml`. Raises PolicyError, OSError."""
        return cls(load_policy(data / "handoff.yml"), texts.render, definitions)

    @property
    def policy(self) -> HandoffPolicy:
        """The rules as data."""
        return self.ground.policy

    # the customer and the bot

    def request(self, tx: Transaction, conversation_id: str, wish: Mapping[str, Any]) -> Handoff:
        """Makes the handoff that a turn decided on, in that turn's own transaction."""
        return queueing.request(tx, self.ground, conversation_id, wish)

    def withdraw(self, tx: Transaction, conversation_id: str) -> Handoff:
        """The customer no longer wants a person."""
        return queueing.withdraw(tx, self.ground, conversation_id)

    def go_on_with_bot(self, tx: Transaction, conversation_id: str) -> Handoff:
        """The customer keeps their place, the bot answers meanwhile."""
        return queueing.go_on_with_bot(tx, self.ground, conversation_id)

    def way_out(self, tx: Transaction, conversation_id: str, choice: str) -> str | None:
        """The title of a choice that leads out of waiting; None if it is none, or not open any more."""
        return queueing.way_out(tx, self.ground, conversation_id, choice)

    def take_way_out(self, tx: Transaction, conversation_id: str, choice: str, received: int) -> Handoff:
        """Does what the customer pressed with the message of that sequence."""
        return queueing.take_way_out(tx, self.ground, conversation_id, choice, received)

    def place(self, tx: Transaction, handoff_id: str) -> tuple[int | None, int | None]:
        """What the customer may know of their wait: place (1 is next) and estimate in seconds, if known."""
        facts = packets.routing_facts(tx, self.ground, handoff_of(tx, handoff_id))
        return facts.position, facts.eta_seconds

    def revise(self, tx: Transaction, conversation_id: str) -> int | None:
        """A new packet revision if there is something new: call it when a turn's words were withheld.

        Gives the present revision, None without an open handoff.
        """
        handoff = queueing.open_handoff(tx, conversation_id)
        return packets.revise_packet(tx, self.ground, handoff.handoff_id) if handoff else None

    def follow_language(self, tx: Transaction, conversation_id: str) -> None:
        """Who waits for a person waits for one who speaks the conversation's language of now."""
        queueing.follow_language(tx, self.ground, conversation_id)

    def staffed(self, tx: Transaction, language: str | None = None) -> dict[str, bool]:
        """For each skill, whether somebody is there now."""
        return presence.staffed(tx, self.policy, language)

    # the agent

    def accept(self, tx: Transaction, principal: Principal, handoff_id: str) -> Handoff:
        """Gives the chat to this agent, exactly once."""
        return assignment.accept(tx, self.ground, principal, handoff_id)

    def say(self, tx: Transaction, principal: Principal, handoff_id: str, client_id: str, text: str) -> int:
        """The agent's message; gives its sequence."""
        return assignment.say(tx, principal, handoff_id, client_id, text)

    def give_back(
        self,
        tx: Transaction,
        principal: Principal,
        handoff_id: str,
        note: str | None = None,
        facts: Sequence[Mapping[str, Any]] = (),
    ) -> Handoff:
        """Back to the bot, with what the agent found out."""
        return assignment.give_back(tx, self.ground, principal, handoff_id, note, facts)

    def transfer(
        self, tx: Transaction, principal: Principal, handoff_id: str, skill: str, note: str | None = None
    ) -> Handoff:
        """To the queue of another skill."""
        return assignment.transfer(tx, self.ground, principal, handoff_id, skill, note)

    def close(
        self,
        tx: Transaction,
        principal: Principal,
        handoff_id: str,
        dispositions: Sequence[Disposition],
        note: str | None = None,
    ) -> Handoff:
        """Ends the chat with an outcome for each open attempt."""
        return closing.close(tx, self.ground, principal, handoff_id, dispositions, note)

    def close_short(
        self,
        tx: Transaction,
        principal: Principal,
        handoff_id: str,
        given: Disposition,
        note: str | None = None,
    ) -> Handoff:
        """The same when exactly one attempt is open, without naming it."""
        return closing.close_short(tx, self.ground, principal, handoff_id, given, note)

    def packet_for(
        self, tx: Transaction, principal: Principal, handoff_id: str, revision: int | None = None
    ) -> dict[str, Any]:
        """The packet, for those who may read it; on record."""
        return packets.packet_for(tx, principal, handoff_id, revision)

    # routing and timers

    def offer(self, tx: Transaction, handoff_id: str, agent_id: str) -> Handoff:
        """Reserves a queued handoff for one agent for a while."""
        return assignment.offer(tx, self.ground, handoff_id, agent_id)

    def release_lost(self, tx: Transaction, agent_id: str) -> int:
        """Gives back everything that an agent holds who is gone."""
        return sweeping.release_lost(tx, self.ground, agent_id)

    def sweep(self, tx: Transaction) -> Swept:
        """Everything that is due by now. Call it every second or so, in any number of workers."""
        return sweeping.sweep(tx, self.ground)
