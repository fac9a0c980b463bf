"""The two ends of a turn in the database: taking the next message in line, and committing what came of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Protocol

import sqlalchemy as sa

from assistant.bot.turn import Turn
from assistant.channel.conversation import Conversation
from assistant.channel.taking_up import note_offered
from assistant.journal import attempts, tables, views
from assistant.journal.database import Transaction
from assistant.journal.events import (
    BOT,
    SYSTEM,
    AttemptClosed,
    AttemptOpened,
    AttemptRenamed,
    AttemptResumed,
    Event,
    FactLearned,
    HandoffClosed,
    HandoffReturned,
    IdentityVerified,
    LanguageChanged,
    MessageReceived,
    MessageSent,
    MessageWithheld,
    PageViewed,
    PromiseMade,
    Recorded,
    Returned,
    SubjectFound,
    TurnCommitted,
    TurnFailed,
    from_wire,
)

LEASE = timedelta(seconds=15)
CARRIED = ("customer", "page", "came_back", "tried", "looked_for")  # what the next turns know too
MOST_SAID, SAID_LENGTH = 4, 200  # the customer's last messages, for their mood


def nothing_before(tx: Transaction, conversation: Conversation) -> dict[str, Any]:
    """Where nobody looks at what a customer did in earlier contacts."""
    return {}


class LeaseLost(RuntimeError):
    """Another worker has taken this conversation's line; what was worked out here is dropped."""


class Handoffs(Protocol):
    """What a turn needs of handoffs (assistant/handoff/service.py)."""

    def request(self, tx: Transaction, conversation_id: str, wish: dict[str, Any]) -> Any: ...
    def revise(self, tx: Transaction, conversation_id: str) -> Any: ...
    def follow_language(self, tx: Transaction, conversation_id: str) -> None: ...


_PENDING, _LEASES, _EVENTS = tables.pending_turns, tables.turn_leases, tables.events
_OF_PENDING = _PENDING.c.conversation_id == sa.bindparam("of")
_OF_LEASE = _LEASES.c.conversation_id == sa.bindparam("of")
_OLDEST_PENDING = (
    sa.select(_PENDING.c.sequence, _PENDING.c.secret)
    .where(_OF_PENDING)
    .order_by(_PENDING.c.sequence)
    .limit(1)
)
_LEASE_HOLDER = sa.select(_LEASES.c.worker).where(_OF_LEASE)
_SETTLE = sa.delete(_PENDING).where(
    _OF_PENDING,
    _PENDING.c.sequence == sa.bindparam("at"),
    _LEASE_HOLDER.scalar_subquery() == sa.bindparam("me"),
)
# Takes a lease that is free, run out or one's own; gives no row when another worker holds it.
_TAKE_LEASE = sa.text(
    "INSERT INTO turn_leases (conversation_id, worker, expires_at) VALUES (:of, :me, :until) "
    "ON CONFLICT (conversation_id) DO UPDATE SET worker = excluded.worker, expires_at = excluded.expires_at "
    "WHERE turn_leases.worker = excluded.worker OR turn_leases.expires_at < :now RETURNING worker"
).bindparams(
    sa.bindparam("until", type_=_LEASES.c.expires_at.type),
    sa.bindparam("now", type_=_LEASES.c.expires_at.type),
)
_RENEW_LEASE = (
    sa.update(_LEASES)
    .where(_OF_LEASE, _LEASES.c.worker == sa.bindparam("me"))
    .values(expires_at=sa.bindparam("until"))
)
_FORGET_BACKLOG = sa.delete(_PENDING).where(_OF_PENDING)
_GIVE_UP_LEASE = sa.delete(_LEASES).where(_OF_LEASE, _LEASES.c.worker == sa.bindparam("me"))
# From the end backwards: a maximum would look at every event of a long conversation.
_TURNS = _EVENTS.alias()
_LAST_TURN = (
    sa.select(_TURNS.c.sequence)
    .where(_TURNS.c.stream_id == sa.bindparam("of"), _TURNS.c.name == TurnCommitted.name)
    .order_by(_TURNS.c.sequence.desc())
    .limit(1)
    .scalar_subquery()
)
# In a burst the message to answer may lie before the last turn: they were received while it ran.
_SINCE_LAST_TURN = (
    sa.select(_EVENTS)
    .where(
        _EVENTS.c.stream_id == sa.bindparam("of"),
        sa.or_(
            _EVENTS.c.sequence >= sa.func.coalesce(_LAST_TURN, 0),
            _EVENTS.c.sequence == sa.bindparam("message"),
        ),
    )
    .order_by(_EVENTS.c.sequence)
)


@dataclass(frozen=True)
class TurnDesk:
    """Reads and writes turns; everything it depends on is given."""

    worker: str
    model: str
    handoffs: Handoffs
    note_subject: Callable[[Transaction, str, str], Any]  # (tx, conversation, attempt)
    earlier_failure: Callable[[Transaction, Returned], attempts.EarlierFailure | None]
    has_subject: Callable[[str], bool]  # by intent: whether its journey says what it is about
    trouble_text: Callable[[str], str]  # by language
    look_back: Callable[[Transaction, Conversation], dict[str, Any]] = nothing_before  # `left`, `tried`

    def next_turn(self, tx: Transaction, conversation_id: str) -> Turn | None:
        """Leases the conversation and gives its oldest unanswered message.

        None when there is none (the lease is then given up) or another worker holds the lease. What was in
        line when a person or the queue got the conversation is theirs to answer: the bot owes it no more.
        """
        of = {"of": conversation_id}
        row = tx.connection.execute(_OLDEST_PENDING, of).one_or_none()
        if row is None:
            tx.connection.execute(_GIVE_UP_LEASE, of | {"me": self.worker})
            return None
        if not self._lease(tx, conversation_id):
            return None
        conversation = views.conversation(tx, conversation_id)
        if conversation is None or conversation.owner != "bot":
            self._forget_backlog(tx, conversation_id)
            tx.connection.execute(_GIVE_UP_LEASE, of | {"me": self.worker})
            return None
        found = tx.connection.execute(_SINCE_LAST_TURN, of | {"message": row.sequence}).all()
        since = {each.sequence: each for each in tx.recorded(found)}
        last = next((e.event for e in since.values() if isinstance(e.event, TurnCommitted)), None)
        received = since[row.sequence]
        event = received.event
        if not isinstance(event, MessageReceived):
            raise TypeError(f"sequence {row.sequence} of {conversation_id} is {event.name}")
        return Turn(
            conversation_id=conversation_id,
            sequence=row.sequence,
            text=row.secret or event.text,
            kept_text=event.text,
            at=received.at,
            language=conversation.language,
            choice=event.choice,
            owner_epoch=conversation.owner_epoch,
            expects=_expects(last),
            context=self._context(tx, conversation, received, last, list(since.values())),
            last=last,
        )

    def commit(self, tx: Transaction, turn: Turn) -> None:
        """One transaction for everything that came of the turn.

        If a person took over meanwhile, facts and action results are kept, what the bot would have said is
        withheld, and the packet is revised. Raises LeaseLost when another worker answers instead.
        """
        conversation_id = turn.conversation_id
        tx.lock(conversation_id)
        if not self._settle(tx, conversation_id, turn.sequence):
            return  # answered already: the commit before a crash went through
        conversation = views.conversation(tx, conversation_id)
        if conversation is None:
            raise LookupError(conversation_id)
        withheld = conversation.owner != "bot" or conversation.owner_epoch != turn.owner_epoch
        log = turn.journey.get("log") or []
        happened = [
            event
            for event in self._happened(tx, log)
            # Somebody else signed in on the website meanwhile: two customers are never merged.
            if not isinstance(event, IdentityVerified)
            or conversation.customer_id in (None, event.customer_id)
        ]
        switched = [LanguageChanged(language=turn.language)] if turn.language != conversation.language else []
        events: list[Event] = [
            *switched,  # first: what follows was said in it, and a handoff asks for somebody who speaks it
            *happened,
            *self._said(turn, withheld),
            *([] if withheld else _promised(turn)),
            self._committed(turn, withheld),
        ]
        tx.append(conversation_id, events, actor=BOT, channel=conversation.channel)
        resumed = {e["attempt_id"] for e in turn.journey.get("attempts") or () if e.get("resumed")}
        for event in happened:
            if (
                isinstance(event, SubjectFound | AttemptOpened | AttemptRenamed)
                and event.attempt_id in resumed
            ):
                continue  # taken up again, which is not coming back
            if (
                isinstance(event, SubjectFound)
                or (isinstance(event, AttemptOpened | AttemptRenamed) and not self.has_subject(event.intent))
                or (isinstance(event, AttemptClosed) and _ended_about_nothing(tx, event))
            ):
                self.note_subject(tx, conversation_id, event.attempt_id)
        if switched:
            self.handoffs.follow_language(tx, conversation_id)
        for entry in log:
            if entry.get("request") == "resume_offered":
                note_offered(tx, conversation_id, entry)
        wishes = [entry for entry in log if entry.get("request") == "handoff"]
        if any(isinstance(event, IdentityVerified) for event in happened):
            for attempt in views.open_attempts(tx, conversation_id):
                self.note_subject(tx, conversation_id, attempt.attempt_id)
        if conversation.owner != "bot":
            self.handoffs.revise(tx, conversation_id)
        elif wishes:
            # Also when an agent came and went during the turn: a wish for a person is never lost.
            self.handoffs.request(tx, conversation_id, wishes[-1])

    def fail(self, tx: Transaction, turn: Turn, trace_id: str) -> None:
        """The turn broke: on record, and the customer is told, so that the conversation goes on."""
        tx.lock(turn.conversation_id)
        if not self._settle(tx, turn.conversation_id, turn.sequence):
            return
        sorry = MessageSent(
            sender="system",
            text=self.trouble_text(turn.language),
            response="utter_trouble",
            in_reply_to=turn.sequence,
        )
        failed = TurnFailed(received=turn.sequence, trace_id=trace_id)
        tx.append(turn.conversation_id, [failed, sorry], actor=SYSTEM, channel=turn.context.get("channel"))

    def renew(self, tx: Transaction, conversation_id: str) -> None:
        """Holds the lease a while longer, for a turn whose actions take their time; never takes one anew."""
        values = {"of": conversation_id, "me": self.worker, "until": tx.now + LEASE}
        tx.connection.execute(_RENEW_LEASE, values)

    def forget_leases(self, tx: Transaction) -> None:
        """For the only process on a database: leases found at its start are those of its dead predecessor."""
        tx.connection.execute(sa.delete(_LEASES))

    def waiting(self, tx: Transaction, limit: int = 200) -> Sequence[str]:
        """Conversations with an unanswered message that nobody is working on."""
        pending, lease = tables.pending_turns, tables.turn_leases
        query = (
            sa.select(pending.c.conversation_id)
            .distinct()
            .outerjoin(lease, lease.c.conversation_id == pending.c.conversation_id)
            .where(sa.or_(lease.c.worker.is_(None), lease.c.expires_at < tx.now))
            .limit(limit)
        )
        return list(tx.connection.execute(query).scalars())

    # --- leases -------------------------------------------------------------------------------

    def _lease(self, tx: Transaction, conversation_id: str) -> bool:
        values = {"of": conversation_id, "me": self.worker, "now": tx.now, "until": tx.now + LEASE}
        return tx.connection.execute(_TAKE_LEASE, values).first() is not None

    @staticmethod
    def _forget_backlog(tx: Transaction, conversation_id: str) -> None:
        tx.lock(conversation_id)  # the bot may have got it back since it was looked at
        now = views.conversation(tx, conversation_id)
        if now is not None and now.owner != "bot":
            tx.connection.execute(_FORGET_BACKLOG, {"of": conversation_id})

    def _settle(self, tx: Transaction, conversation_id: str, sequence: int) -> bool:
        """Whether this worker may answer that message, which is then owed no more.

        False when it was answered already. Raises LeaseLost.
        """
        of = {"of": conversation_id}
        if tx.connection.execute(_SETTLE, of | {"at": sequence, "me": self.worker}).rowcount:
            return True
        if tx.connection.execute(_LEASE_HOLDER, of).scalar_one_or_none() != self.worker:
            raise LeaseLost(conversation_id)
        return False

    # --- what the bot knows at the start, and says at the end -----------------------------------

    def _context(
        self,
        tx: Transaction,
        conversation: Conversation,
        received: Recorded,
        last: TurnCommitted | None,
        since: Sequence[Recorded],
    ) -> dict[str, Any]:
        """What the channel knows: carried over from the last turn, brought up to date by what came since."""
        before = (last.slots.get("carried") if last else None) or {}
        carried = {key: before.get(key) for key in CARRIED}
        for recorded in since:
            event = recorded.event
            if isinstance(event, PageViewed):
                carried["page"] = {"url": event.url, "title": event.title}
            elif isinstance(event, IdentityVerified):
                carried["customer"] = _customer(event)
            elif isinstance(event, Returned):
                carried |= self._came_back(tx, event)
        context = {
            "conversation_id": conversation.conversation_id,
            "sequence": received.sequence,
            "at": received.at.isoformat(),
            "channel": conversation.channel,
            "said": before.get("said") or [],
            **carried,
        }
        new_customer = carried["looked_for"] != conversation.customer_id
        if conversation.customer_id is not None and (new_customer or _taken_up_by_agent(since)):
            found = self.look_back(tx, conversation)
            tried = sorted({*(carried["tried"] or []), *found.pop("tried", [])})
            context |= {**found, "tried": tried, "looked_for": conversation.customer_id}
        gone_quiet = _gone_quiet(since, last)
        returned = _returned(since)
        if gone_quiet:
            context["gone_quiet"] = gone_quiet
        return context if returned is None else context | {"returned": returned}

    def _came_back(self, tx: Transaction, returned: Returned) -> dict[str, Any]:
        """What to know of the earlier attempt when the customer comes back because it failed them."""
        earlier = self.earlier_failure(tx, returned)
        if earlier is None:
            return {}
        came_back = {
            "attempt_id": returned.attempt_id,
            "intent": earlier.intent,
            "outcome": earlier.outcome,
            "at": earlier.at.isoformat(),
        }
        return {"came_back": came_back, "tried": list(earlier.tried)}

    def _happened(self, tx: Transaction, log: Sequence[dict[str, Any]]) -> list[Event]:
        """The turn's log as events; what it says of outcomes goes through the rules."""
        events: list[Event] = []
        for entry in log:
            if "event" in entry:
                event: Event | None = from_wire(entry["event"], entry)
                if isinstance(event, AttemptClosed):
                    event = attempts.judged(tx, event)
                elif isinstance(event, AttemptOpened):
                    event = replace(event, model=self.model, journey_id=_journey_of(event))
                events += [event] if event is not None else []
        return events

    @staticmethod
    def _said(turn: Turn, withheld: bool) -> list[Event]:
        if withheld:
            return [
                MessageWithheld(sender="bot", text=u.text, response=u.response, in_reply_to=turn.sequence)
                for u in turn.utterances
            ]
        return [
            MessageSent(
                sender="bot", text=u.text, response=u.response, choices=u.choices, in_reply_to=turn.sequence
            )
            for u in turn.utterances
        ]

    def _committed(self, turn: Turn, withheld: bool) -> TurnCommitted:
        slots = dict(turn.slots)
        slots["carried"] = {key: turn.context[key] for key in CARRIED if turn.context.get(key)}
        slots["carried"]["said"] = _last_said(turn)
        if "journey" in slots:
            slots["journey"] = {
                k: v for k, v in slots["journey"].items() if k not in ("log", "agenda", "say")
            }
        return TurnCommitted(
            received=turn.sequence,
            model=self.model,
            intent=turn.intent,
            confidence=turn.confidence,
            withheld=withheld,
            rasa=turn.rasa_events,
            slots=slots,
        )


def _ended_about_nothing(tx: Transaction, closed: AttemptClosed) -> bool:
    """Whether an attempt ended before anybody knew what it was about."""
    attempt = views.attempt(tx, closed.attempt_id)
    return attempt is not None and attempt.subject is None


def _promised(turn: Turn) -> list[Event]:
    """What was said in this turn that a definition calls a promise, in the words in which it was said."""
    texts = {each.response: each.text for each in turn.utterances}
    return [
        PromiseMade(text=texts[each["response"]], due=each["due"], attempt_id=each["attempt_id"])
        for each in turn.journey.get("log") or []
        if each.get("request") == "promise" and each["response"] in texts
    ]


def _journey_of(event: AttemptOpened) -> str:
    """A journey begins with its first attempt; a later one about the same matter joins it."""
    return event.journey_id or "j_" + event.attempt_id.partition("_")[2]


def _expects(last: TurnCommitted | None) -> str | None:
    """The name of the fact that the bot asked for, which helps to read a bare number."""
    awaiting = ((last.slots.get("journey") if last else None) or {}).get("awaiting") or {}
    fact = awaiting.get("fact")
    return fact if isinstance(fact, str) else None


def _last_said(turn: Turn) -> list[str]:
    """The customer's last messages as they may be kept, this one included; a pressed button says nothing."""
    before = turn.context.get("said") or []
    now = [] if turn.choice else [(turn.text if turn.kept_text is None else turn.kept_text)[:SAID_LENGTH]]
    return [*before, *now][-MOST_SAID:]


def _customer(event: IdentityVerified) -> dict[str, Any]:
    return {
        "customer_id": event.customer_id,
        "verified": True,
        "account": event.account,
        "name": event.display_name,
        "email": event.email,
        "phone": event.phone,
        "preferred_channel": event.preferred_channel,
        "vulnerable": event.vulnerable,
    }


def _taken_up_by_agent(since: Sequence[Recorded]) -> bool:
    return any(isinstance(each.event, AttemptResumed) and each.actor.kind == "agent" for each in since)


def _gone_quiet(since: Sequence[Recorded], last: TurnCommitted | None) -> dict[str, Any] | None:
    """The attempts that silence closed since the bot's last turn, and when that turn was."""
    if last is None:
        return None
    gone = [
        each.event.attempt_id
        for each in since
        if isinstance(each.event, AttemptClosed)
        and each.event.outcome == "abandoned"
        and each.actor.kind == "system"
    ]
    then = next(each.at for each in since if isinstance(each.event, TurnCommitted))
    return {"attempts": gone, "at": then.isoformat()} if gone else None


def _returned(since: Sequence[Recorded]) -> dict[str, Any] | None:
    """What people did since the bot's last turn, when one of them had the conversation."""
    ends = [each.event for each in since if isinstance(each.event, HandoffReturned | HandoffClosed)]
    if not ends:
        return None
    facts = {
        e.event.fact: e.event.value
        for e in since
        if isinstance(e.event, FactLearned) and e.actor.kind == "agent"
    }
    closed = [each.event.attempt_id for each in since if isinstance(each.event, AttemptClosed)]
    return {"facts": facts, "note_given": bool(ends[-1].note), "attempts_closed": closed}
