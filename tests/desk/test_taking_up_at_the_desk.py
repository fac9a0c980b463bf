"""An agent sees what their customer left in the middle elsewhere, and takes it up with them."""

from __future__ import annotations

import pytest

from assistant.handoff.service import HandoffService
from assistant.journal import views
from assistant.journal.events import BOT, AttemptResumed, ResumeOffered, TurnCommitted, from_wire
from assistant.texts import Texts, load_responses
from tests.desk.desk_scene import Desk
from tests.handoff.scenario import ROOT, Company
from tests.journeys.dialogue import DEFINITIONS, Dialogue


@pytest.fixture
def company(company: Company) -> Company:
    """With the real journeys and texts."""
    texts = Texts(load_responses(ROOT / "data" / "responses"))
    company.handoffs = HandoffService.from_files(ROOT / "data", texts=texts, definitions=DEFINITIONS)
    return company


def leaves_a_visit_half_moved(company: Company, customer: str = "cus_1") -> str:
    chat = company.conversation(customer=customer)
    talk = Dialogue().say("move my visit", "move_visit").say("2")
    events = [found for each in talk.all_log if (found := from_wire(each["event"], each)) is not None]
    committed = TurnCommitted(received=1, model="m", slots={"journey": talk.state})
    company.write(lambda tx: tx.append(chat, [*events, committed], actor=BOT))
    company.clock.forward(days=2)
    return chat


async def test_that_the_agent_sees_what_was_left_takes_it_up_once_and_the_packet_holds_its_facts(
    desk: Desk, company: Company
) -> None:
    left_in = leaves_a_visit_half_moved(company)
    chat = company.conversation(customer="cus_1")
    company.says(chat, "a person please")
    handoff = company.asks_for_person(chat)
    at = f"/api/handoffs/{handoff.handoff_id}"
    async with desk.person() as agent:
        left = (await agent.get(f"{at}/left")).json()
        assert (left["journey"], left["conversation_id"]) == ("move_visit", left_in)
        assert ("Visit", "v_1") in {(each["label"], str(each["value"])) for each in left["facts"]}
        assert (await agent.post(f"{at}/take-up")).status_code == 409  # not theirs yet
        await agent.post(f"{at}/accept")
        taken = await agent.post(f"{at}/take-up")
        assert taken.status_code == 200
        again = await agent.post(f"{at}/take-up")
        assert (again.status_code, again.json()["code"]) == (409, "nothing_left")
        facts = (await agent.get(f"{at}/packet")).json()["facts"]
        assert ("visit_id", "v_1", "system") in {(f["name"], f["value"], f["source"]) for f in facts}
    attempt = company.read(lambda tx: views.attempt(tx, taken.json()["attempt_id"]))
    earlier = company.read(lambda tx: views.attempts_of(tx, left_in))[0]
    assert (attempt.intent, attempt.conversation_id) == ("move_visit", chat)
    assert attempt.journey_id == earlier.journey_id
    [resumed] = company.events(chat, AttemptResumed.name)
    assert resumed.actor.kind == "agent"
    assert len(company.events(left_in, ResumeOffered.name)) == 1
    company.check_rebuild()


async def test_that_a_customer_who_was_offered_it_here_and_asked_for_a_person_has_it_taken_up(
    desk: Desk, company: Company
) -> None:
    left_in = leaves_a_visit_half_moved(company)
    attempt = company.read(lambda tx: views.attempts_of(tx, left_in))[0]
    here, elsewhere = company.conversation(customer="cus_1"), company.conversation(customer="cus_1")
    company.record(left_in, ResumeOffered(attempt_id=attempt.attempt_id, later_conversation_id=here))
    async with desk.person() as agent:
        shown = {}
        for chat in (here, elsewhere):
            handoff = company.asks_for_person(chat)
            shown[chat] = (await agent.get(f"/api/handoffs/{handoff.handoff_id}/left")).json()["journey"]
    assert shown == {here: "move_visit", elsewhere: None}


async def test_that_nothing_of_it_is_shown_for_somebody_else_or_to_other_skills(
    desk: Desk, company: Company
) -> None:
    leaves_a_visit_half_moved(company)
    nobody, other = company.conversation(), company.conversation(customer="cus_2")
    async with desk.person() as agent:
        for chat in (nobody, other):
            at = f"/api/handoffs/{company.asks_for_person(chat).handoff_id}"
            assert (await agent.get(f"{at}/left")).json()["journey"] is None
            await agent.post(f"{at}/accept")
            assert (await agent.post(f"{at}/take-up")).json()["code"] == "nothing_left"
        assert (await agent.get("/api/handoffs/h_none/left")).status_code == 404
    async with desk.person("analyst") as analyst:
        assert (await analyst.get(f"{at}/left")).status_code == 403
