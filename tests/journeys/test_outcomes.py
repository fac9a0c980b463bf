"""The outcome rules, case by case: what stands, what is learned, what comes of it."""

# ruff: noqa: E501 -- the cases are a table that a reader checks by eye
from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from assistant.journeys.attempts import Attempt
from assistant.journeys.outcomes import (
    DEFAULT_TERMS,
    AgentSaid,
    CameBackAgain,
    CustomerSaid,
    DefaultTerms,
    Disputed,
    FellQuiet,
    HandoffUnanswered,
    Standing,
    SystemConfirmed,
    SystemDeclined,
    SystemReversed,
    Verdict,
    is_quiet,
    is_same_matter,
    is_same_person,
    judge,
    owner_of_browser,
)

OPEN = Standing()
TOLD = Standing(told=True)
HELPED = Standing(assisted=True)
LOST = Standing(understood=False)


def closed(outcome: str, evidence: str, assisted: bool = False) -> Standing:
    return Standing(outcome=outcome, evidence=evidence, assisted=assisted)


BY_SYSTEM = closed("achieved", "system")
OVERTAKEN = Standing(outcome="achieved", evidence="system", by="elsewhere")
BY_CUSTOMER = closed("achieved", "customer")
BY_AGENT = closed("achieved", "agent", assisted=True)
DENIED = closed("not_achieved", "customer")
DECLINED = closed("not_achieved", "system")
LEFT = closed("abandoned", "none")
SILENT = closed("unknown", "none")
DISPUTED = replace(closed("not_achieved", "agent"), disputed=True)

STANDS = None

# fmt: off
CASES: list[tuple[str, Standing, object, Verdict | None]] = [
    # what is known             what stands  what is learned                      what comes of it
    ("confirmed, own action",   OPEN,        SystemConfirmed(own=True),           Verdict("achieved", "system", "self_service")),
    ("confirmed, with an agent", HELPED,     SystemConfirmed(own=True),           Verdict("achieved", "system", "assisted")),
    ("confirmed, other cause",  OPEN,        SystemConfirmed(own=False),          Verdict("achieved", "system", "elsewhere")),
    ("event before its turn",   OVERTAKEN,   SystemConfirmed(own=True),           Verdict("achieved", "system", "self_service")),
    ("elsewhere, told twice",   OVERTAKEN,   SystemConfirmed(own=False),          STANDS),
    ("agent's own systems",     HELPED,      SystemConfirmed(own=False),          Verdict("achieved", "system", "assisted")),
    ("declined",                OPEN,        SystemDeclined("card_declined"),     Verdict("not_achieved", "system", None, "card_declined")),
    ("customer: done",          TOLD,        CustomerSaid(done=True),             Verdict("achieved", "customer", "self_service")),
    ("customer: done, helped",  HELPED,      CustomerSaid(done=True),             Verdict("achieved", "customer", "assisted")),
    ("customer: no",            TOLD,        CustomerSaid(done=False),            Verdict("not_achieved", "customer")),
    ("agent: done",             HELPED,      AgentSaid("achieved"),               Verdict("achieved", "agent", "assisted")),
    ("agent: not done",         HELPED,      AgentSaid("not_achieved", "no_slot"), Verdict("not_achieved", "agent", None, "no_slot")),
    ("agent: nobody can say",   HELPED,      AgentSaid("unknown"),                Verdict("unknown", "none")),
    ("nobody took it",          OPEN,        HandoffUnanswered(),                 Verdict("not_achieved", "system", None, "handoff_unanswered")),
    ("left in the middle",      OPEN,        FellQuiet(),                         Verdict("abandoned", "none")),
    ("told, then silence",      TOLD,        FellQuiet(),                         Verdict("unknown", "none")),
    ("never understood",        LOST,        FellQuiet(),                         Verdict("unknown", "none", None, "not_understood")),
    # silence overrules nobody
    ("quiet after the fact",    BY_CUSTOMER, FellQuiet(),                         STANDS),
    ("quiet after a no",        DENIED,      FellQuiet(),                         STANDS),
    ("late and unanswered",     BY_SYSTEM,   HandoffUnanswered(),                 STANDS),
    # a later fact amends
    ("paid after leaving",      LEFT,        SystemConfirmed(own=False),          Verdict("achieved", "system", "elsewhere")),
    ("proved what was said",    BY_CUSTOMER, SystemConfirmed(own=True),           Verdict("achieved", "system", "self_service")),
    ("confirmed twice",         BY_SYSTEM,   SystemConfirmed(own=True),           STANDS),
    ("thanks, after silence",   SILENT,      CustomerSaid(done=True),             Verdict("achieved", "customer", "self_service")),
    ("disputed",                BY_CUSTOMER, CustomerSaid(done=False),            Verdict("not_achieved", "customer")),
    ("disputes the agent",      BY_AGENT,    CustomerSaid(done=False),            Verdict("not_achieved", "customer")),
    ("disputes the system",     BY_SYSTEM,   CustomerSaid(done=False),            STANDS),
    ("agent against customer",  BY_CUSTOMER, AgentSaid("not_achieved"),           STANDS),
    ("agent against system",    BY_SYSTEM,   AgentSaid("not_achieved"),           STANDS),
    ("agent fixes it after all", replace(DENIED, assisted=True), AgentSaid("achieved"), Verdict("achieved", "agent", "assisted")),
    ("agent shrugs",            BY_AGENT,    AgentSaid("unknown"),                STANDS),
    ("second card accepted",    DECLINED,    SystemConfirmed(own=True),           Verdict("achieved", "system", "self_service")),
    ("a later try declined",    BY_CUSTOMER, SystemDeclined("card_declined"),     STANDS),
    ("the payment bounced",     BY_SYSTEM,   SystemReversed("bounced"),           Verdict("not_achieved", "system", None, "bounced")),
    ("nothing to take back, open", OPEN,     SystemReversed("bounced"),           STANDS),
    ("nothing to take back, no", DECLINED,   SystemReversed("bounced"),           STANDS),
    ("bounced, customer said so", BY_CUSTOMER, SystemReversed("bounced"),         Verdict("not_achieved", "system", None, "bounced")),
    ("paid again after that",   DECLINED,    SystemConfirmed(own=False),          Verdict("achieved", "system", "elsewhere")),
    # disputed by CX
    ("CX against the system",   BY_SYSTEM,   Disputed("wrong_bill"),              Verdict("not_achieved", "agent", None, "wrong_bill")),
    ("CX against the customer", BY_CUSTOMER, Disputed("misread"),                 Verdict("not_achieved", "agent", None, "misread")),
    ("CX against the agent",    BY_AGENT,    Disputed("misread"),                 Verdict("not_achieved", "agent", None, "misread")),
    ("nothing to dispute, open", OPEN,       Disputed("misread"),                 STANDS),
    ("nothing to dispute, no",  DENIED,      Disputed("misread"),                 STANDS),
    ("disputed twice",          DISPUTED,    Disputed("misread"),                 STANDS),
    ("the system says it again", DISPUTED,   SystemConfirmed(own=True),           STANDS),
    ("the customer disagrees",  DISPUTED,    CustomerSaid(done=True),             STANDS),
    ("back after a dispute",    DISPUTED,    CameBackAgain("failure"),            STANDS),
    # coming back
    ("back, customer said so",  BY_CUSTOMER, CameBackAgain("failure"),            Verdict("unknown", "none", None, "came_back")),
    ("back, agent said so",     BY_AGENT,    CameBackAgain("failure"),            Verdict("unknown", "none", None, "came_back")),
    ("back, system said so",    BY_SYSTEM,   CameBackAgain("failure"),            STANDS),
    ("back, naturally",         BY_CUSTOMER, CameBackAgain("repeat"),             STANDS),
    ("back after a no",         DENIED,      CameBackAgain("failure"),            STANDS),
    ("back after leaving",      LEFT,        CameBackAgain("failure"),            STANDS),
]
# fmt: on


@pytest.mark.parametrize(
    ("standing", "fact", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_that_each_fact_brings_about_its_outcome(standing, fact, expected):
    assert judge(standing, fact) == expected


@pytest.mark.parametrize(
    "fact", [FellQuiet(), AgentSaid("unknown"), AgentSaid("abandoned"), CameBackAgain("failure")]
)
@pytest.mark.parametrize("told", [True, False])
def test_that_nothing_is_achieved_without_evidence(fact, told):
    verdict = judge(Standing(told=told), fact)
    assert verdict is None or verdict.outcome != "achieved"


def test_that_an_outcome_nobody_knows_is_refused():
    with pytest.raises(ValueError, match="solved"):
        judge(OPEN, AgentSaid("solved"))


NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def test_that_a_customer_is_gone_only_after_the_definition_says_so():
    assert not is_quiet(NOW - timedelta(minutes=30), NOW, DEFAULT_TERMS)
    assert is_quiet(NOW - timedelta(minutes=30, seconds=1), NOW, DEFAULT_TERMS)


def attempt(name: str, opened: datetime, **changes) -> Attempt:
    made = Attempt(
        attempt_id=f"a_{name}",
        conversation_id=f"c_{name}",
        customer_id="cus_1",
        browser_id=None,
        journey_id=f"j_{name}",
        intent="fix_tv_box",
        first_intent=None,
        title="Fix my TV box",
        confidence=0.9,
        language="en",
        channel="web_chat",
        definition=None,
        model=None,
        eligible=True,
        opened_at=opened,
        opened_by="customer",
        last_activity_at=opened,
        subject="box_1",
    )
    return replace(made, **changes)


EARLIER = attempt(
    "earlier",
    NOW - timedelta(days=7, minutes=5),
    closed_at=NOW - timedelta(days=7),
    outcome="achieved",
    evidence="customer",
)
LATER = attempt("later", NOW)

# fmt: off
MATTERS = [
    ("the same box within the window",   EARLIER,                               LATER, "failure", True),
    ("just past the window",             replace(EARLIER, closed_at=NOW - timedelta(days=7, seconds=1)), LATER, "failure", False),
    ("another box",                      replace(EARLIER, subject="box_2"),     LATER, "failure", False),
    ("no subject: the intent is enough", replace(EARLIER, subject="box_2"),     replace(LATER, subject=None), "failure", True),
    ("another intent",                   replace(EARLIER, intent="pay_bill"),   LATER, "failure", False),
    ("another customer",                 replace(EARLIER, customer_id="cus_2"), LATER, "failure", False),
    ("nobody known",                     replace(EARLIER, customer_id=None),    replace(LATER, customer_id=None), "failure", False),
    ("the same contact",                 replace(EARLIER, conversation_id="c_later"), LATER, "failure", False),
    ("resuming an open attempt",         replace(EARLIER, outcome="open", closed_at=None), LATER, "failure", False),
    ("resuming the same journey",        replace(EARLIER, journey_id="j_later"), LATER, "failure", False),
    ("on the very edge of the window",   EARLIER,                               LATER, "failure", True),
    ("opened while it was still open",   replace(EARLIER, closed_at=NOW + timedelta(seconds=1)), LATER, "failure", False),
    ("the same browser, nobody known",   replace(EARLIER, customer_id=None, browser_id="b_1"), replace(LATER, customer_id=None, browser_id="b_1"), "failure", True),
    ("another browser, nobody known",    replace(EARLIER, customer_id=None, browser_id="b_1"), replace(LATER, customer_id=None, browser_id="b_2"), "failure", False),
    ("linked to the same customer",      replace(EARLIER, customer_id=None, browser_id="b_1", linked_to="cus_1"), LATER, "failure", True),
    ("same browser, two customers",      replace(EARLIER, customer_id="cus_2", browser_id="b_1"), replace(LATER, browser_id="b_1"), "failure", False),
    ("same browser, one of them known",  replace(EARLIER, customer_id=None, browser_id="b_1"), replace(LATER, browser_id="b_1"), "failure", False),
    ("natural after a success",          EARLIER,                               LATER, "repeat", False),
    ("natural, but it had failed",       replace(EARLIER, outcome="not_achieved"), LATER, "repeat", True),
]
# fmt: on


@pytest.mark.parametrize(
    ("earlier", "later", "means", "expected"), [m[1:] for m in MATTERS], ids=[m[0] for m in MATTERS]
)
def test_that_coming_back_is_told_from_everything_that_looks_like_it(earlier, later, means, expected):
    assert is_same_matter(earlier, later, DefaultTerms(came_back_means=means)) is expected


def test_that_a_verified_customer_outweighs_whom_the_browser_is_linked_to():
    one = replace(EARLIER, customer_id="cus_2", linked_to="cus_1")
    assert not is_same_person(one, LATER)


@pytest.mark.parametrize(
    ("signed_in", "owner"),
    [((), None), (("cus_1",), "cus_1"), (("cus_1", "cus_1"), "cus_1"), (("cus_1", "cus_2"), None)],
)
def test_that_a_browser_is_somebodys_only_when_nobody_else_signed_in_on_it(signed_in, owner):
    assert owner_of_browser(signed_in) == owner
