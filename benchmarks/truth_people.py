"""Simulated customers: what each of them wants, how they are, and what they do next. Pure but for dice."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

PERSONAS = (
    "patient",
    "hasty",
    "wordy",
    "typing_badly",
    "changing_mind",
    "switching_language",
    "leaving",
    "asking_for_person",
    "coming_back",
    "believing",
)
LANGUAGES = ("en", "nl", "it")
PATIENCE = 3  # times that the same thing is tried again
MOST_MOVES = 18
_PLACEHOLDER = re.compile(r"\\\{[a-z_][a-z0-9_.]*\\\}")

Kind = Literal["say", "press", "leave", "wait"]
Json = dict[str, Any]

# What is read last in a conversation that needs nothing more, and what it tells the customer.
NOTHING_THERE = frozenset({"utter_nothing_to_pay", "utter_no_bills", "utter_no_visit", "utter_no_orders"})
NOBODY_CAN_SAY = frozenset(
    {
        "utter_already_paid",
        "utter_engineer_comes_already",
        "utter_outage_ask_again",
        "utter_notice_set",
        "utter_notice_already",
    }
)
QUEUED = frozenset(
    {
        "utter_getting_person",
        "utter_handoff_queued",
        "utter_handoff_queued_no_estimate",
        "utter_callback_promised",
    }
)
CONFIRMATIONS = frozenset({"utter_confirm_payment", "utter_confirm_move", "utter_confirm_visit"})
TRY_AGAIN = frozenset({"utter_action_failed", "utter_in_doubt"})
# The company's systems said no, or the journey's own rule on what they said did.
REFUSED = frozenset(
    {"utter_declined", "utter_declined_person", "utter_payment_declined", "utter_offer_person"}
)
# A person is offered because the company's systems refused, or failed more than once.
GIVEN_UP = frozenset({"utter_failed_person", "utter_declined_person", "utter_offer_person"})
PERSON_OFFERS = re.compile(r"utter_\w*person(_again)?$|utter_out_of_scope$")


@dataclass(frozen=True)
class Move:
    """What the customer does: `text` is said or the pressed title, `choice` the id of what is pressed."""

    kind: Kind
    text: str = ""
    choice: str | None = None


@dataclass(frozen=True)
class Heard:
    """What was said to the customer since their last move."""

    names: frozenset[str]
    choices: tuple[tuple[str, str], ...] = ()  # (id, title)


class Reader:
    """Knows which response a text is, as somebody who reads it does."""

    def __init__(self, responses: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        self._patterns = [
            (name, re.compile(_PLACEHOLDER.sub(".+?", re.escape(variant["text"])), re.DOTALL))
            for name, variants in responses.items()
            for variant in variants
            if variant.get("text")
        ]
        self._known: dict[str, frozenset[str]] = {}

    def names(self, text: str) -> frozenset[str]:
        """The responses that this text can be; empty for a text of nobody's."""
        if text not in self._known:
            self._known[text] = frozenset(name for name, each in self._patterns if each.fullmatch(text))
        return self._known[text]

    def heard(self, messages: Iterable[Json]) -> Heard:
        """What those `message` frames say; the choices are those under the last one."""
        found: set[str] = set()
        choices: tuple[tuple[str, str], ...] = ()
        for each in messages:
            found |= self.names(each["text"])
            choices = tuple((c["id"], c["title"]) for c in each.get("choices") or ())
        return Heard(frozenset(found), choices)


@dataclass
class Known:
    """What the customer knows of one wish afterwards. `said` is what they said of it last, done or not."""

    intent: str
    said: bool | None = None
    asked_for_word: bool = False
    nothing_there: bool = False
    nobody_can_say: bool = False
    refused: bool = False
    given_up: bool = False
    person: bool = False
    believed_wrongly: bool = False


@dataclass
class Customer:
    """One customer in one conversation. `works` is whether what they have does work after a restart."""

    persona: str
    intent: str
    language: str
    title: str  # of the journey they mean, as the assistant writes it
    works: bool
    phrases: Json
    chance: random.Random
    known: Known = field(init=False)
    moves: int = 0
    _tried: int = 0
    _refused: bool = False
    _switched: bool = False
    _leaves_at: int = field(init=False)

    def __post_init__(self) -> None:
        self.known = Known(self.intent)
        self._leaves_at = self.chance.randint(1, 3)

    def next(self, heard: Heard | None) -> Move:
        """The move after what was heard; None before anything was said."""
        self.moves += 1
        if heard is None:
            return Move("say", self._opening())
        self._note(heard)
        if self.moves > MOST_MOVES:
            return Move("leave")
        if heard.names & QUEUED:
            self.known.person = True
            return Move("wait")
        return self._by_persona(heard) or self._answer(heard)

    def _note(self, heard: Heard) -> None:
        if "utter_did_that_help" in heard.names:
            self.known.asked_for_word = True
        if heard.names & NOTHING_THERE:
            self.known.nothing_there = True
        if heard.names & NOBODY_CAN_SAY:
            self.known.nobody_can_say = True
        if heard.names & REFUSED:
            self.known.refused = True

    def _by_persona(self, heard: Heard) -> Move | None:
        if self.persona == "leaving" and self.moves > self._leaves_at:
            return Move("leave")
        if self.persona == "asking_for_person" and self.moves > self._leaves_at and heard.choices:
            self._leaves_at = MOST_MOVES
            return Move("say", self.phrases["person"][self.language])
        if self.persona == "switching_language" and not self._switched and heard.choices:
            self._switched = True
            self.language = self.chance.choice([each for each in LANGUAGES if each != self.language])
            return Move("say", self._wish())
        return None

    def _answer(self, heard: Heard) -> Move:
        asked = {each.removesuffix("_again") for each in heard.names}
        if "utter_did_that_help" in asked:
            return self._word()
        if "utter_did_restart_help" in asked:
            return self._after_restart(heard)
        if "utter_ask_wants_visit" in asked:
            return self._wants_visit(heard)
        if asked & CONFIRMATIONS:
            return self._confirm(heard)
        if asked & TRY_AGAIN:
            return self._try_again(heard)
        if "utter_did_you_mean" in asked or "utter_which_one" in asked:
            return self._which(heard)
        if any(map(PERSON_OFFERS.match, asked)):
            return self._offered_person(heard)
        if asked & {"utter_not_understood", "utter_say_it_otherwise", "utter_how_can_i_help"}:
            self._tried += 1
            return Move("say", self._wish()) if self._tried <= PATIENCE else Move("leave")
        if "utter_same_visit" in asked:
            return self._yes_or_no(heard, False)
        if not heard.choices:
            return self._end()
        return self._choose(heard)

    def _opening(self) -> str:
        text = self._wish()
        if self.persona == "wordy":
            return f"{self.chance.choice(self.phrases['wordy'][self.language])} {text}"
        return mistyped(text, self.chance) if self.persona == "typing_badly" else text

    def _wish(self) -> str:
        return str(self.chance.choice(self.phrases["wishes"][self.intent][self.language]))

    def _word(self) -> Move:
        """Asked whether it helped: the truth as they see it, or nothing at all."""
        roll = self.chance.random()
        if self.persona == "hasty" or roll < 0.25:
            return Move("leave")
        self.known.said = self.persona == "believing" or roll < 0.75
        return Move("say", self.phrases["yes" if self.known.said else "no"][self.language])

    def _after_restart(self, heard: Heard) -> Move:
        helped = self.works or self.persona == "believing"
        if helped:  # that this step did not help is no word on the whole
            self.known.said = True
            self.known.believed_wrongly = not self.works
        return self._yes_or_no(heard, helped)

    def _wants_visit(self, heard: Heard) -> Move:
        wants = self.chance.random() < 0.7
        if not wants:
            self.known.said = False
        return self._yes_or_no(heard, wants)

    def _confirm(self, heard: Heard) -> Move:
        if self.persona == "changing_mind" and not self._refused:
            self._refused = True
            return self._yes_or_no(heard, False)
        return self._yes_or_no(heard, True)

    def _try_again(self, heard: Heard) -> Move:
        self._tried += 1
        if self.persona == "hasty" or self._tried > PATIENCE:
            return Move("say", self.phrases["stop"][self.language])
        return self._yes_or_no(heard, True)

    def _which(self, heard: Heard) -> Move:
        meant = next((c for c in heard.choices if c[1] == self.title), None)
        if meant:
            return Move("press", meant[1], meant[0])
        return self._yes_or_no(heard, len(heard.choices) == 2 and self._tried > 0)

    def _offered_person(self, heard: Heard) -> Move:
        wants = self.persona in ("asking_for_person", "patient") or self.intent == "talk_to_person"
        if wants or self.chance.random() < 0.3:
            return self._yes_or_no(heard, True)
        self._tried += 1
        if self._tried > PATIENCE:
            return Move("leave")
        self.known.given_up = self.known.given_up or bool(heard.names & GIVEN_UP)
        return self._yes_or_no(heard, False)

    def _yes_or_no(self, heard: Heard, yes: bool) -> Move:
        """Half press, half write; yes is the first choice and no the last."""
        if heard.choices and (self.persona == "hasty" or self.chance.random() < 0.5):
            id_, title = heard.choices[0 if yes else -1]
            return Move("press", title, id_)
        return Move("say", self.phrases["yes" if yes else "no"][self.language])

    def _choose(self, heard: Heard) -> Move:
        id_, title = heard.choices[0] if self.persona == "hasty" else self.chance.choice(heard.choices[:2])
        return Move("press", title, id_)

    def _end(self) -> Move:
        if self.persona in ("wordy", "patient") and self._tried < PATIENCE and self.chance.random() < 0.5:
            self._tried = MOST_MOVES
            return Move("say", self.phrases["thanks"][self.language])  # politeness is no evidence
        return Move("leave")


def mistyped(text: str, chance: random.Random) -> str:
    """Two neighbouring letters inside the longest word change places."""
    longest = max(re.findall(r"\w+", text), key=len)
    if len(longest) < 5:
        return text
    at = chance.randrange(1, len(longest) - 2)
    wrong = longest[:at] + longest[at + 1] + longest[at] + longest[at + 2 :]
    return text.replace(longest, wrong, 1)
