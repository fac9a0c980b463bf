"""Simulated customers do what their nature says, and the record is held against what they really know."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from benchmarks.sides import ROOT
from benchmarks.truth_clock import put_forward
from benchmarks.truth_expected import Contact, Tally, truth
from benchmarks.truth_people import LANGUAGES, Customer, Heard, Known, Reader, mistyped
from benchmarks.truth_world import Goals, goals_between

PHRASES = {
    "wishes": {"pay_bill": {"en": ["pay my bill"], "nl": ["betalen"], "it": ["pagare"]}},
    "wordy": {"en": ["Good evening."]},
    "person": {"en": "a person please"},
    "stop": {"en": "stop"},
    "thanks": {"en": "thank you"},
    "yes": {"en": "yes", "nl": "ja", "it": "sì"},
    "no": {"en": "no", "nl": "nee", "it": "no"},
}
BACK = frozenset({("pay_bill", "bill_1")})
YES_NO = (("c1", "Yes"), ("c2", "No"))


def customer(persona: str, works: bool = True) -> Customer:
    return Customer(persona, "pay_bill", "en", "Pay my bill", works, PHRASES, random.Random(1))


def heard(*names: str, choices: tuple[tuple[str, str], ...] = YES_NO) -> Heard:
    return Heard(frozenset(names), choices)


def row(**more: str | None) -> dict[str, str | None]:
    given = {
        "attempt_id": "a1",
        "intent": "pay_bill",
        "subject": "bill_1",
        "customer_id": "cus_1",
        "reason": None,
    }
    return {**given, "outcome": "abandoned", "evidence": "none", **more}


def contact(known: Known | None = None, **more: object) -> Contact:
    return Contact("c_1", "cus_1", "patient", known or Known("pay_bill"), **more)  # type: ignore[arg-type]


def test_that_a_text_is_known_by_the_response_it_comes_from() -> None:
    reader = Reader({"utter_paid": [{"text": "Done: {amount} is paid."}], "utter_other": [{"text": "No."}]})
    assert reader.names("Done: €12.00 is paid.") == {"utter_paid"}
    assert reader.names("Done: paid.") == frozenset()
    frames = [{"text": "No.", "choices": [{"id": "c1", "title": "Yes"}]}]
    assert reader.heard(frames) == Heard(frozenset({"utter_other"}), (("c1", "Yes"),))


def test_that_who_changes_their_mind_refuses_once_and_then_agrees() -> None:
    one = customer("changing_mind")
    one.next(None)
    assert one.next(heard("utter_confirm_payment")).text.lower() == "no"
    assert one.next(heard("utter_confirm_payment")).text.lower() == "yes"


def test_that_who_leaves_is_gone_after_three_moves_whatever_is_asked() -> None:
    one = customer("leaving")
    moves = [one.next(None)] + [one.next(heard("utter_confirm_payment")) for _ in range(3)]
    assert moves[-1].kind == "leave"


def test_that_a_believer_says_it_works_when_it_does_not_and_that_is_known() -> None:
    one = customer("believing", works=False)
    one.next(None)
    one.next(heard("utter_did_restart_help"))
    assert (one.known.said, one.known.believed_wrongly) == (True, True)


def test_that_a_step_that_did_not_help_is_no_word_on_the_whole() -> None:
    one = customer("patient", works=False)
    one.next(None)
    one.next(heard("utter_did_restart_help"))
    assert one.known.said is None


def test_that_who_switches_language_says_their_wish_again_in_another_one() -> None:
    one = customer("switching_language")
    one.next(None)
    assert one.next(heard("utter_ask_bill_to_pay")).text in ("betalen", "pagare")


def test_that_who_asks_for_a_person_waits_for_them() -> None:
    one = customer("asking_for_person")
    one.next(None)
    assert one.next(heard("utter_callback_promised", choices=())).kind == "wait"
    assert one.known.person


def test_that_who_refuses_a_person_after_systems_failed_knows_that_it_was_given_up() -> None:
    refused = [customer("hasty"), customer("hasty")]
    for one, offer in zip(refused, ("utter_declined_person", "utter_upset_person"), strict=True):
        one.chance.random = lambda: 0.9  # type: ignore[method-assign]
        one.next(None)
        one.next(heard(offer))
    assert [one.known.given_up for one in refused] == [True, False]
    assert [one.known.refused for one in refused] == [True, False]


def test_that_typing_badly_changes_the_longest_word_alone() -> None:
    wrong = mistyped("my television is off", random.Random(3))
    assert wrong != "my television is off"
    assert sorted(wrong) == sorted("my television is off")
    assert mistyped("tv off", random.Random(3)) == "tv off"


@pytest.mark.parametrize(
    ("given", "outcome", "evidence"),
    [
        (contact(goals={"pay_bill": frozenset({"bill_1"})}), "achieved", "system"),
        (
            contact(Known("pay_bill", said=False), goals={"pay_bill": frozenset({"bill_1"})}),
            "achieved",
            "system",
        ),
        (contact(goals={"pay_bill": frozenset({"bill_2"})}), "abandoned", "none"),
        (contact(Known("pay_bill", said=True)), "achieved", "customer"),
        (contact(Known("pay_bill", said=True), returned=BACK), "unknown", "none"),
        (contact(Known("pay_bill", said=False), returned=BACK), "not_achieved", "customer"),
        (contact(dispositions={"a1": "achieved"}), "achieved", "agent"),
        (contact(dispositions={"a1": "achieved"}, returned=BACK), "unknown", "none"),
        (contact(dispositions={"a1": "unknown"}), "unknown", "none"),
        (contact(Known("pay_bill", said=False), dispositions={"a1": "unknown"}), "not_achieved", "customer"),
        (contact(Known("pay_bill", nothing_there=True)), "not_achieved", "system"),
        (contact(Known("pay_bill", given_up=True, refused=True)), "not_achieved", "system"),
        (contact(Known("pay_bill", given_up=True)), "abandoned", "none"),
        (contact(goals={"pay_bill": frozenset({"cus_1"})}), "achieved", "system"),
        (contact(Known("pay_bill", asked_for_word=True)), "unknown", "none"),
        (
            contact(Known("pay_bill", said=True), returned=frozenset({("pay_bill", "bill_2")})),
            "achieved",
            "customer",
        ),
    ],
)
def test_that_the_truth_is_what_the_company_the_agent_and_the_customer_know(
    given: Contact, outcome: str, evidence: str
) -> None:
    expected = truth(given, row())
    assert (set(expected.outcomes), expected.evidence) == ({outcome}, evidence)


def test_that_a_success_nobody_vouched_for_is_counted_against_the_record() -> None:
    tally = Tally()
    tally.add(contact(), [row(outcome="achieved", evidence="system")])
    assert tally.counts["untrue_achieved_by_system"] == 1
    assert tally.counts["achieved_on_silence"] == 1
    assert tally.counts["equal"] == 0
    assert len(tally.mismatches) == 1


def test_that_two_attempts_at_one_thing_and_none_at_all_are_counted() -> None:
    tally = Tally()
    tally.add(contact(), [row(), row(attempt_id="a2")])
    tally.add(contact(), [])
    assert tally.counts["intents_with_two_attempts"] == 1
    assert tally.counts["intents_without_attempt"] == 1


def test_that_who_believed_wrongly_is_no_true_success() -> None:
    tally = Tally()
    known = Known("pay_bill", said=True, believed_wrongly=True)
    tally.add(contact(known), [row(outcome="achieved", evidence="customer")])
    assert tally.counts["equal"] == 1
    assert tally.counts["believed_wrongly"] == 1
    assert tally.counts["truly_achieved"] == 0
    assert tally.counts["claimed_contained"] == 1


def test_that_goals_are_what_came_about_between_two_looks_at_the_company() -> None:
    before = Goals(frozenset({"b1"}), frozenset({("v1", "mon")}), frozenset())
    after = Goals(
        frozenset({"b1", "b2"}), frozenset({("v1", "tue"), ("v2", "wed")}), frozenset({("v2", "box")})
    )
    assert {intent: found for intent, found in goals_between(before, after).items() if found} == {
        "pay_bill": {"b2"},
        "move_visit": {"v1"},
        "fix_tv_box": {"box"},
    }


def test_that_what_the_companys_ledger_says_meanwhile_is_a_goal_of_that_customer() -> None:
    old, new = ("e1", "package.changed", "cus_1"), ("e2", "package.changed", "cus_2")
    looks = [
        Goals(frozenset(), frozenset(), frozenset(), ledger=frozenset(each)) for each in ([old], [old, new])
    ]
    assert goals_between(*looks)["change_package"] == {"cus_2"}


def test_that_time_is_put_forward_by_what_the_file_says(tmp_path: Path) -> None:
    file = tmp_path / "seconds-passed"
    file.write_text("172800")
    ahead = put_forward(file)() - datetime.now(UTC)
    assert timedelta(days=2, seconds=-5) < ahead <= timedelta(days=2)


def test_that_there_are_phrases_for_every_language_of_every_wish() -> None:
    phrases = yaml.safe_load((ROOT / "benchmarks" / "truth" / "phrases.yml").read_text("utf-8"))
    assert all(by_language.keys() == set(LANGUAGES) for by_language in phrases["wishes"].values())
    assert {"yes", "no", "stop", "thanks", "person", "wordy"} <= phrases.keys()


def test_that_what_was_never_meant_may_be_anything_but_a_success_nobody_vouches_for() -> None:
    meant_another = contact(Known("fix_tv_box", said=True))
    assert truth(meant_another, row()).is_met_by(row(outcome="not_achieved", evidence="system"))
    assert not truth(meant_another, row()).is_met_by(row(outcome="achieved", evidence="customer"))
