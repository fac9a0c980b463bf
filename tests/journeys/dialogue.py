"""A conversation with the pure engine, the company played by a table of answers."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from assistant.handoff.policy import load_policy
from assistant.journeys.definitions import Definitions
from assistant.journeys.engine import (
    Heard,
    Listen,
    Run,
    Say,
    after_action,
    begin_turn,
    next_move,
    wants_turn,
)

Json = Any
ROOT = Path(__file__).parents[2]
DEFINITIONS = Definitions.load(ROOT / "data" / "journeys")
RULES = load_policy(ROOT / "data" / "handoff.yml").escalation
MOST_MOVES = 15
AT = "2026-11-22T22:00:00Z"
ANNA = {"customer_id": "cus_anna", "account": "441100", "name": "Anna de Vries", "verified": True}


def eur(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "EUR"}


def window(day: str, start: str, end: str) -> dict[str, str]:
    return {"start": f"{day}T{start}:00+01:00", "end": f"{day}T{end}:00+01:00"}


NOVEMBER = {"bill_id": "b_11", "amount": eur("64.20"), "issued": "2026-11-03", "due": "2026-11-24"}
OCTOBER = {"bill_id": "b_10", "amount": eur("52.20"), "issued": "2026-10-03", "due": "2026-10-24"}
CARD = {"method_id": "m_card", "label": "Visa •••• 4242"}
DEBIT = {"method_id": "m_debit", "label": "Direct debit •••• 11"}
BOX = {"equipment_id": "eq_1", "kind": "tv_box", "model": "HX-20", "status": "active"}
BOX_TWO = {"equipment_id": "eq_2", "kind": "tv_box", "model": "HX-10", "status": "active"}
VISIT = {"visit_id": "v_1", "kind": "repair", "window": window("2026-11-24", "08:00", "12:00")}
CANCELLABLE = {"cancel_fee": "0.00", "free_until": "2026-11-23T12:00:00+01:00", "currency": "EUR"}
_REPAIR = {"kind": "repair", "price": "0.00", "currency": "EUR"}
VISIT_TOPICS = [
    {"visit_topic": "tv", "visit_hint": "tv", "title": "Television", "service": "tv", **_REPAIR},
    {"visit_topic": "socket", "visit_hint": "socket", "title": "A broken socket", "service": None, **_REPAIR},
]
SLOTS = [
    {"slot_id": "s_1", "window": window("2026-11-26", "08:00", "10:00")},
    {"slot_id": "s_2", "window": window("2026-11-27", "08:00", "10:00")},
    {"slot_id": "s_3", "window": window("2026-11-27", "13:00", "15:00")},
]
PARCEL = {"order_id": "ord-77", "items": "Router", "placed": "2026-11-18", "status": "under_way"}
OLD_PARCEL = {"order_id": "ord-12", "items": "Remote", "placed": "2026-09-02", "status": "delivered"}

PLANS = [
    {
        "arrangement": code,
        "title": title,
        "meaning": meaning,
        "start": start,
        "parts": [{"amount": "64.20", "due": start}],
    }
    for code, title, meaning, start in (
        ("later_20261224", "By 24 December", "Everything at once, €64.20 by 24 December.", "2026-12-24"),
        ("parts_2", "In 2 parts", "In 2 parts: €32.10 now, €32.10 later.", "2026-11-24"),
        ("parts_3", "In 3 parts", "In 3 parts: €21.40 now, €21.40 twice later.", "2026-11-24"),
        ("later_20261208", "By 8 December", "Everything at once, €64.20 by 8 December.", "2026-12-08"),
    )
] + [{"arrangement": "person", "title": "Something else", "meaning": "", "start": "2026-11-24"}]
CONTACT = {
    "contact_changes": [
        {"contact_change": name, "title": title}
        for name, title in (
            ("email", "E-mail address"),
            ("phone", "Phone number"),
            ("contact_way", "How you reach me"),
            ("no_advertising", "No advertising"),
            ("name", "My name"),
            ("other", "Something else"),
        )
    ],
    "contact_ways": [
        {"contact_way": "sms", "title": "By text message"},
        {"contact_way": "letter", "title": "By letter"},
    ],
    "email_on_file": "anna@example.com",
    "phone_on_file": "+31612345678",
    "contact_way_now": "By text message",
    "gets_advertising": True,
}


DELIVERY = {
    "delivery_block": "none",
    "delivery_place": "Oudegracht 12, Utrecht",
    "delivery_window": SLOTS[0]["window"],
    "delivery_ways": [
        {"delivery_way": way, "delivery_hint": way, "title": title}
        for way, title in (
            ("day", "Another day"),
            ("pickup", "A pick-up point"),
            ("address", "Another address"),
        )
    ],
    "delivery_days": [
        {"delivery_day": day, "start": day, "title": title}
        for day, title in (("2026-11-27", "Friday"), ("2026-11-28", "Saturday"), ("2026-11-30", "Monday"))
    ],
    "pickup_points": [
        {"pickup_point": "pick_1", "title": "Linde, Oudegracht 31"},
        {"pickup_point": "pick_2", "title": "De Hoek, Voorstraat 4"},
    ],
}
NEW_HOME = {"new_address_id": "1018AB-14", "title": "Roetersstraat 14, Amsterdam"}
PACKAGE = {
    "contract_id": "con_anna",
    "package_now": "TV Plus and Broadband 200",
    "package_about": "200 Mbit/s and 95 channels",
    "monthly_now": eur("64.20"),
    "package_block": "none",
    "package_wishes": [
        {"package_wish": "faster", "package_hint": "faster", "title": "Faster internet"},
        {"package_wish": "cheaper", "package_hint": "cheaper", "title": "A lower price"},
        {
            "package_wish": "look",
            "package_hint": "look",
            "title": "See what there is",
            "name_0": "Broadband 500",
            "name_1": "TV Start",
        },
        {"package_wish": "other", "package_hint": "other", "title": "Something else"},
    ],
}


def offer(offer_id: str, name: str, monthly: str, kind: str = "package") -> dict[str, str]:
    return {
        "offer_id": offer_id,
        "package": name,
        "name": name,
        "title": f"{name}, {monthly}",
        "meaning": f"{name} for {monthly} a month.",
        "kind": kind,
        "monthly": monthly,
        "total": monthly,
        "currency": "EUR",
        "valid_until": "2026-11-30",
    }


_FITTING = [offer("off_500", "TV Plus and Broadband 500", "68.20"), offer("off_1000", "TV Complete", "86.50")]
OFFERS = {
    "offers": _FITTING,
    "offer_meanings": [{"text": each["meaning"]} for each in _FITTING],
    "price_changed": False,
}
START_DAYS = [
    {"start_day": day, "start": day, "title": title, "first_bill": "69.00", "first_bill_on": "2026-12-03"}
    for day, title in (("2026-11-24", "Tuesday 24 November"), ("2026-12-01", "1 December"))
]


def ok(outputs: Json = None, *events: dict[str, Json], code: str | None = None) -> dict[str, Json]:
    return {"result": "ok", "outputs": outputs or {}, "events": list(events), "code": code}


def declined(code: str) -> dict[str, Json]:
    return {"result": "declined", "code": code}


ERROR: dict[str, Json] = {"result": "error", "code": "fault"}
TIMEOUT: dict[str, Json] = {"result": "timeout", "code": "in_doubt"}
NOTHING = "the action set no result"


def event(kind: str, subject: str) -> dict[str, Json]:
    return {"id": f"evt_{kind}_{subject}", "type": kind, "subject": subject}


def company() -> dict[str, Json]:
    """Every action's answer on a good day."""
    return {
        "action_list_bills": ok({"bills": [NOVEMBER, OCTOBER], "open_bills": [OCTOBER, NOVEMBER]}),
        "action_explain_bill": ok(
            {
                **NOVEMBER,
                "usual_amount": eur("52.20"),
                "difference": eur("12.00"),
                "reasons": [{"code": "film", "text": "One film", "amount": eur("12.00")}],
            },
            code="higher",
        ),
        "action_list_payment_methods": ok({"payment_methods": [CARD, DEBIT]}),
        "action_pay_bill": ok({"receipt": "pay_9"}, event("payment.captured", "b_11")),
        "action_list_equipment": ok({"equipment": [BOX]}),
        "action_restart_box": ok({"code": "restarted", "text": "Restarted."}, code="restarted"),
        "action_test_signal": ok({"code": "weak", "text": "Weak."}, code="weak"),
        "action_list_slots": ok({"slots": SLOTS}),
        "action_book_visit": ok(
            {"visit_id": "v_9", "window": SLOTS[0]["window"]}, event("visit.booked", "v_9")
        ),
        "action_list_visits": ok({"visits": [VISIT]}),
        "action_move_visit": ok(
            {"visit_id": "v_1", "window": SLOTS[1]["window"], "old_window": VISIT["window"]},
            event("visit.moved", "v_1"),
        ),
        "action_find_postcode": ok({"postcode": "3511 AB"}),
        "action_check_outage": ok({"outages": [], "outage_area": "3511"}, code="none"),
        "action_request_notice": ok({}, event("outage.notice_requested", "o_1")),
        "action_check_router": ok({"router_status": "online", "router_wifi": "ok"}),
        "action_advise_wifi": ok({"wifi_advice": [{"text": "Put it in the open."}]}),
        "action_list_visit_topics": ok({"visit_topics": VISIT_TOPICS}),
        "action_list_visits_to_cancel": ok({"visits": [VISIT | CANCELLABLE]}),
        "action_cancel_visit": ok({"visit_id": "v_1"}, event("visit.cancelled", "v_1")),
        "action_list_orders": ok({"orders": [PARCEL, OLD_PARCEL]}),
        "action_track_order": ok(
            {**PARCEL, "carrier": "PostNL", "tracking": "3S1", "delivery_window": SLOTS[0]["window"]},
            code="under_way",
        ),
        "action_list_arrangements": ok(
            {
                "arrangement_block": "none",
                "arrangements": PLANS,
                "arrangement_meanings": [{"text": plan["meaning"]} for plan in PLANS[:-1]],
                "wished_in_time": False,
            },
            code="none",
        ),
        "action_arrange_payment": ok({"arrangement_id": "arr_1"}, event("payment.arranged", "b_11")),
        "action_look_up_contact_details": ok(CONTACT),
        "action_send_contact_code": ok({"code_sent_to": "anna@example.org"}),
        "action_verify_contact_code": ok({"contact_proof": "prf_1"}),
        "action_change_contact_details": ok(
            {"email_on_file": "anna@example.org", "contact_way_now": "By letter"},
            event("contact_details.changed", "email"),
        ),
        "action_list_delivery_options": ok(DELIVERY, code="none"),
        "action_change_delivery": ok(
            {"delivery_place": "Oudegracht 31, Utrecht"}, event("delivery.changed", "ord-77")
        ),
        "action_find_new_address": ok({"new_addresses": [NEW_HOME]}),
        "action_look_up_package": ok(PACKAGE, code="none"),
        "action_find_package_offers": ok(OFFERS),
        "action_list_start_days": ok({"start_days": START_DAYS}),
        "action_change_package": ok({"package_change_id": "pkg_1"}, event("package.changed", "con_anna")),
        "action_look_up_move": ok({"contract_id": "con_anna", "contract_package": "TV Plus"}, code="none"),
        "action_check_new_address": ok(
            {
                "services_there": "same",
                "package_there": "TV Plus",
                "monthly_there": eur("64.20"),
                "move_needs_visit": True,
            },
            code="same",
        ),
        "action_check_move_day": ok({"move_day": "2026-12-14", "slots": SLOTS}),
        "action_plan_move": ok({"move_id": "move_1", "visit_id": "v_8"}, event("move.planned", "con_anna")),
        "action_send_code": ok(),
        "action_verify_code": ok({"customer_id": "cus_anna", "account": "441100", "name": "Anna de Vries"}),
    }


class Dialogue:
    """`say` one message; `said`, `ran` and `log` tell what that turn brought, `all_log` all turns."""

    def __init__(self, *, signed_in: bool = True, definitions: Definitions = DEFINITIONS) -> None:
        self.definitions = definitions
        self.answers: dict[str, Json] = company()
        self.customer = ANNA if signed_in else None
        self.state: dict[str, Json] | None = None
        self.sequence = 0
        self.texts: list[str] = []
        self.said: list[str] = []
        self.args: dict[str, dict[str, Json]] = {}
        self.ran: list[str] = []
        self.runs: list[dict[str, Json]] = []
        self.log: list[dict[str, Json]] = []
        self.all_log: list[dict[str, Json]] = []
        self.not_ours = False

    def say(
        self,
        text: str,
        intent: str | None = None,
        *,
        confidence: float = 0.9,
        choice: str | None = None,
        context: dict[str, Json] | None = None,
        between: tuple[str, ...] = (),
        outside: bool = False,
        more: tuple[tuple[str, dict[str, Json]], ...] = (),
        language: str = "en",
        language_asked: bool = False,
        **entities: Json,
    ) -> Dialogue:
        """One message of the customer, and everything the bot then does, until it listens."""
        self.sequence += 1
        heard = Heard(
            text=text,
            sequence=self.sequence,
            at=AT,
            intent=intent,
            confidence=confidence if intent else 0.2,
            ranking=[{"name": intent or "pay_bill", "confidence": confidence}],
            entities=entities,
            choice=choice,
            between=between,
            outside=outside,
            language=language,
            language_asked=language_asked,
            more=tuple(
                Heard(text=text, sequence=self.sequence, at=AT, intent=name, confidence=0.9, entities=said)
                for name, said in more
            ),
        )
        self.said, self.ran, self.log = [], [], []
        slot = {"conversation_id": "c_1", "customer": self.customer, "said": self.texts, **(context or {})}
        self.texts = [*self.texts, text][-4:]
        self.not_ours = not wants_turn(self.state, heard, slot, RULES)
        if self.not_ours:
            return self
        before = copy.deepcopy(self.state)
        state = begin_turn(self.state, heard, self.definitions, slot, RULES)
        assert before == self.state, "the engine changed the state it was given"
        self._play(state)
        return self

    def _play(self, state: dict[str, Json]) -> None:
        moves = 0
        while True:
            state = json.loads(json.dumps(state))  # the slot is stored as JSON between predictions
            move, state = next_move(state)
            if isinstance(move, Listen):
                break
            moves += 1
            assert moves <= MOST_MOVES, f"did not listen after {MOST_MOVES} moves: {self.said} {self.ran}"
            if isinstance(move, Say):
                self.said.append(move.response)
                self.args[move.response] = move.args
            elif isinstance(move, Run):
                result = self._run(move.action, state["running"])
                state = after_action(state, result, self.definitions, RULES)
        self.state = state
        self.log = state["log"]
        self.all_log.extend(self.log)

    def _run(self, action: str, running: dict[str, Json]) -> dict[str, Json] | None:
        self.ran.append(action)
        self.runs.append(running)
        answer = self.answers[action]
        if isinstance(answer, list):
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        if answer is NOTHING:
            return None
        return {"action": action, "inputs": running["inputs"], "key": running["key"], **answer}

    def press(self, title: str) -> Dialogue:
        """Presses the button with that title."""
        choice = next(each for each in self.awaiting["choices"] if each["title"] == title)
        return self.say(title, choice=choice["id"])

    @property
    def awaiting(self) -> dict[str, Json]:
        return (self.state or {}).get("awaiting") or {}

    @property
    def titles(self) -> list[str]:
        return [each["title"] for each in self.awaiting.get("choices", [])]

    def events(self, name: str, *, turn: bool = False) -> list[dict[str, Json]]:
        """The events of that name, of all turns or of the last."""
        return [each for each in (self.log if turn else self.all_log) if each.get("event") == name]

    @property
    def requests(self) -> list[dict[str, Json]]:
        return [each for each in self.all_log if each.get("request") == "handoff"]

    def outcomes(self) -> list[tuple[str, str, str, str | None]]:
        """(intent, outcome, evidence, reason) of what was closed, in order."""
        intents = {each["attempt_id"]: each["intent"] for each in self.events("attempt.opened")}
        intents |= {each["attempt_id"]: each["intent"] for each in self.events("attempt.renamed")}
        return [
            (intents[each["attempt_id"]], each["outcome"], each["evidence"], each["reason"])
            for each in self.events("attempt.closed")
        ]

    def keys(self, action: str) -> list[str | None]:
        return [each["key"] for each in self.runs if each["action"] == action]


Script = Callable[[Dialogue], Any]
