"""Wrong labels are found by what the other examples say."""

from __future__ import annotations

import pytest

from assistant.bot.suspects import ranked, suspects

EXAMPLES = {
    "pay_bill": ["I want to pay my bill", "how can I pay my invoice", "pay the bill now", "settle my bill",
                 "let me pay what I owe", "pay my open invoice"],
    "move_visit": ["move my engineer visit", "another day for the engineer please", "reschedule the visit",
                   "can the technician come later", "change the visit to friday", "move the appointment"],
    "track_order": ["where is my parcel", "track my order", "when does my package arrive",
                    "has my order been sent", "where is my delivery", "status of my order"],
}  # fmt: skip


def test_that_the_one_wrong_label_comes_first_with_the_intent_it_rather_is() -> None:
    labelled = [(text, intent) for intent, texts in EXAMPLES.items() for text in texts]
    labelled[3] = (labelled[3][0], "track_order")
    texts, intents = zip(*labelled, strict=True)
    found = suspects(texts, intents, cache=None)
    assert (found[0].place, found[0].intent, found[0].rather) == (3, "track_order", "pay_bill")
    assert found[0].text == "settle my bill"
    assert len(found) < len(texts) == len(ranked(texts, intents, cache=None))
    assert [s.margin for s in found] == sorted((s.margin for s in found), reverse=True)


def test_that_one_intent_alone_has_no_suspects() -> None:
    assert suspects(["pay", "pay my bill"], ["pay_bill", "pay_bill"], cache=None) == []


def test_that_texts_without_their_intents_are_refused() -> None:
    with pytest.raises(ValueError, match="do not belong together"):
        suspects(["pay"], [], cache=None)
