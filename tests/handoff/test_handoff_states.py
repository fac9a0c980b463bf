"""The state table, tried exhaustively and by random sequences of everything that can happen."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.handoff import handoffs as h
from assistant.handoff.handoffs import MOVES, IllegalMove, fold_handoff, move_of, next_state
from assistant.journal.events import (
    SYSTEM,
    CallbackPromised,
    Event,
    HandoffAccepted,
    HandoffClosed,
    HandoffOffered,
    HandoffReleased,
    HandoffRequested,
    HandoffReturned,
    HandoffWithdrawn,
    OfferEnded,
    PacketWritten,
    Recorded,
)

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
DUE = "2026-11-24T12:00:00Z"
EVENTS: dict[str, Event] = {
    h.OFFER: HandoffOffered(handoff_id="h_1", agent_id="s_1", until=DUE),
    h.END_OFFER: OfferEnded(handoff_id="h_1", agent_id="s_1", reason="expired"),
    h.ACCEPT: HandoffAccepted(handoff_id="h_1", agent_id="s_1", agent_name="Sam"),
    h.RETURN: HandoffReturned(handoff_id="h_1", agent_id="s_1"),
    h.TRANSFER: HandoffReleased(handoff_id="h_1", agent_id="s_1", reason="transferred", skill="billing"),
    h.LOSE_AGENT: HandoffReleased(handoff_id="h_1", agent_id="s_1", reason="agent_lost"),
    h.CLOSE: HandoffClosed(handoff_id="h_1", agent_id="s_1"),
    h.PROMISE: CallbackPromised(handoff_id="h_1", due=DUE, reason="nobody_in_time"),
    h.BREAK_PROMISE: HandoffClosed(handoff_id="h_1", reason="handoff_unanswered"),
    h.WITHDRAW: HandoffWithdrawn(handoff_id="h_1"),
}
STATES = (h.QUEUED, h.OFFERED, h.WITH_AGENT, h.CALLBACK, h.RETURNED, h.CLOSED, h.WITHDRAWN)
# Written out once more, from the design: what each state allows.
ALLOWED = {
    h.QUEUED: {h.OFFER, h.ACCEPT, h.PROMISE, h.WITHDRAW},
    h.OFFERED: {h.ACCEPT, h.END_OFFER},
    h.WITH_AGENT: {h.RETURN, h.TRANSFER, h.LOSE_AGENT, h.CLOSE},
    h.CALLBACK: {h.ACCEPT, h.BREAK_PROMISE, h.WITHDRAW},
    h.RETURNED: set(),
    h.CLOSED: set(),
    h.WITHDRAWN: set(),
}


def recorded(event: Event, sequence: int = 1) -> Recorded:
    return Recorded("c_1", sequence, f"e_{sequence}", NOW + timedelta(seconds=sequence), SYSTEM, None, event)


def requested(state: str = h.QUEUED) -> HandoffRequested:
    return HandoffRequested(
        handoff_id="h_1", reason="customer_asked", trigger="customer", skill="general", language="en",
        priority="normal", state=state, due=DUE if state == h.CALLBACK else None,
    )  # fmt: skip


@pytest.mark.parametrize(("state", "move"), list(itertools.product(STATES, EVENTS)))
def test_that_a_state_allows_exactly_the_moves_of_the_design(state: str, move: str) -> None:
    if move in ALLOWED[state]:
        assert next_state(state, move) in STATES
    else:
        with pytest.raises(IllegalMove):
            next_state(state, move)


def test_that_every_event_makes_its_own_move() -> None:
    assert {move: move_of(event) for move, event in EVENTS.items()} == {move: move for move in EVENTS}


def test_that_every_open_state_can_come_to_an_end() -> None:
    ends = {h.RETURNED, h.CLOSED, h.WITHDRAWN}
    for state in h.OPEN_STATES:
        reached = {state}
        while more := {to for (of, _), to in MOVES.items() if of in reached} - reached:
            reached |= more
        assert reached & ends, f"{state} waits for ever"


def test_that_nothing_comes_before_the_request_and_no_second_request() -> None:
    with pytest.raises(IllegalMove):
        fold_handoff(None, recorded(EVENTS[h.ACCEPT]))
    row = fold_handoff(None, recorded(requested()))
    with pytest.raises(IllegalMove):
        fold_handoff(row, recorded(requested(), 2))
    with pytest.raises(IllegalMove):
        fold_handoff(None, recorded(requested(h.WITH_AGENT)))


@given(st.sampled_from([h.QUEUED, h.CALLBACK]), st.lists(st.sampled_from(sorted(EVENTS)), max_size=30))
def test_that_a_row_names_an_agent_only_while_that_agent_has_had_it(first: str, moves: list[str]) -> None:
    row = fold_handoff(None, recorded(requested(first)))
    for number, move in enumerate(moves, start=2):
        if move not in ALLOWED[row.state]:
            with pytest.raises(IllegalMove):
                fold_handoff(row, recorded(EVENTS[move], number))
            continue
        row = fold_handoff(row, recorded(EVENTS[move], number))
        assert (row.offered_to is not None) == (row.state == h.OFFERED)
        assert (row.agent_id is not None) == (
            row.state in (h.WITH_AGENT, h.RETURNED, h.CLOSED) and move != h.BREAK_PROMISE
        )
        assert (row.ended_at is not None) == (not row.is_open)
        assert row.last_change_at == NOW + timedelta(seconds=number)


def test_that_a_callback_knows_when_it_is_due_and_a_transfer_its_new_skill() -> None:
    row = fold_handoff(None, recorded(requested(h.CALLBACK)))
    assert row.due == datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
    row = fold_handoff(row, recorded(EVENTS[h.ACCEPT], 2))
    assert row.due is None
    row = fold_handoff(row, recorded(EVENTS[h.TRANSFER], 3))
    assert (row.state, row.skill, row.agent_id) == (h.QUEUED, "billing", None)


def test_that_a_packet_changes_the_revision_and_nothing_else() -> None:
    row = fold_handoff(None, recorded(requested()))
    after = fold_handoff(row, recorded(PacketWritten(handoff_id="h_1", packet_id="p_1", revision=3), 2))
    assert (after.packet_revision, after.state, after.last_change_at) == (3, h.QUEUED, row.last_change_at)
