"""A definition that changes while customers are in the middle: who began on one version ends on it."""

from __future__ import annotations

from assistant.journeys.definitions import Definitions
from tests.journeys.dialogue import ROOT, Dialogue

FOLDER = ROOT / "data" / "journeys"
OLD = {file.name: file.read_text("utf-8") for file in sorted(FOLDER.glob("*.yml"))}
# The new version asks for no way to pay and confirms nothing: whoever began on the old one would notice.
BEGINNING, _, REST = OLD["pay_bill.yml"].partition("  - collect: method_id\n")
END = REST[REST.index("achieved_when:") :]
NEW = OLD | {"pay_bill.yml": BEGINNING + "  - tell: utter_nothing_to_pay\n    step: told_new\n" + END}


def test_that_a_customer_in_the_middle_ends_on_the_version_they_began_with() -> None:
    talk = Dialogue(definitions=Definitions.from_bodies(OLD))
    began_with = talk.definitions.hash_of("pay_bill")
    talk.say("pay my bill", "pay_bill").say("the second one", ordinal=2)
    assert talk.said == ["utter_ask_payment_method"]
    changed = Definitions.from_bodies(NEW)
    for body in talk.definitions.bodies().values():
        changed.keep(body)  # as the journal gives them back at start
    assert changed.hash_of("pay_bill") != began_with
    talk.definitions = changed
    talk.say("visa")
    assert talk.said == ["utter_confirm_payment"]
    talk.say("yes")
    assert (talk.ran, talk.said) == (["action_pay_bill"], ["utter_bill_paid"])
    assert talk.outcomes() == [("pay_bill", "achieved", "system", None)]
    assert talk.events("attempt.opened")[0]["definition"] == began_with


def test_that_whoever_begins_after_the_change_has_the_new_version() -> None:
    changed = Definitions.from_bodies(NEW)
    for body in OLD.values():
        if "journey: pay_bill" in body:
            changed.keep(body)
    talk = Dialogue(definitions=changed).say("pay my bill", "pay_bill").say("the second one", ordinal=2)
    assert "utter_ask_payment_method" not in talk.said
    assert talk.events("attempt.opened")[0]["definition"] == changed.hash_of("pay_bill")
