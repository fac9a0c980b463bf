"""Believable data of Northlight for the pages under test, with the awkward cases in it."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

Json = Any
NASTY = '<img src=x onerror="window.pwned=1"><script>window.pwned=1</script> {{7*7}} ${1}'
LONG = "Wilhelmina-Alexandra van Oldenbarnevelt-Schimmelpenninck van der Oye tot Nijenbeek"

INTENTS = {
    "fix_tv_box": "Fix my TV box",
    "understand_bill": "Understand my bill",
    "pay_bill": "Pay my bill",
    "move_visit": "Move my engineer visit",
    "track_order": "Track my order",
    "talk_to_person": "Talk to a person",
}
SKILLS = {"service": "Customer service", "billing": "Billing", "field_service": "Engineer visits"}
STAFF: dict[str, Json] = {
    "agent": {"staff_id": "s_mia", "name": "Mia Jansen", "role": "agent"},
    "supervisor": {"staff_id": "s_ruth", "name": "Ruth Bakker", "role": "supervisor"},
    "analyst": {"staff_id": "s_ben", "name": "Ben Smit", "role": "analyst"},
    "admin": {"staff_id": "s_ada", "name": "Ada Visser", "role": "admin"},
}


def ago(**parts: float) -> str:
    """An instant before now, ISO 8601 in UTC."""
    return (datetime.now(UTC) - timedelta(**parts)).isoformat(timespec="seconds").replace("+00:00", "Z")


def catalogue() -> Json:
    return {
        "intents": [{"name": name, "title": title} for name, title in INTENTS.items()],
        "skills": [{"name": name, "title": title} for name, title in SKILLS.items()],
        "languages": ["en", "nl", "it"],
        "reasons": ["card_declined", "no_slot_fits", "nothing_to_move", "needs_new_equipment"],
    }


def handoff(number: int, **changes: Json) -> Json:
    base = {
        "handoff_id": f"h_{number}",
        "conversation_id": f"c_{number}",
        "state": "queued",
        "reason": "customer_asked",
        "intent": "fix_tv_box",
        "customer": "Anna de Vries",
        "skill": "service",
        "language": "nl",
        "priority": "normal",
        "requested_at": ago(seconds=40),
        "agent": None,
    }
    return {**base, **changes}


def queue_of(scenario: str) -> list[Json]:
    """The open handoffs of a scenario: few, none, or far too many."""
    if scenario == "empty":
        return []
    if scenario == "many":
        return [
            handoff(n, customer=LONG if n % 7 == 0 else f"Customer {n}", requested_at=ago(seconds=5 * n))
            for n in range(1, 201)
        ]
    return [
        handoff(1, requested_at=ago(seconds=192)),
        handoff(2, intent="pay_bill", reason="declined", customer=None, language="en", priority="high"),
        handoff(
            3,
            intent="move_visit",
            reason="stuck",
            customer=NASTY,
            language="it",
            requested_at=ago(seconds=12),
        ),
        handoff(4, intent="understand_bill", state="callback", customer=LONG, due=ago(minutes=-95)),
        handoff(
            5, state="with_agent", customer="Piet Mulder", agent="Noor Dekker", requested_at=ago(minutes=9)
        ),
    ]


def conversation(item: Json) -> Json:
    """What `GET /api/conversations/{id}` gives for a handoff of the queue."""
    number = item["handoff_id"][2:]
    nasty = item["customer"] == NASTY
    return {
        "conversation_id": item["conversation_id"],
        "owner": "queue",
        "language": item["language"],
        "customer": {"customer_id": f"cus_{number}", "name": item["customer"]} if item["customer"] else None,
        "messages": [
            message(1, "customer", NASTY if nasty else "mijn kast neemt niks op", 400),
            message(
                2,
                "bot",
                "Ik kan je tv-kast op afstand herstarten. Zal ik dat doen?",
                396,
                choices=["Ja", "Nee"],
            ),
            message(3, "customer", "ja", 380),
            message(4, "bot", "De kast is herstart. Neemt hij nu wel op?", 372),
            message(5, "customer", "nee en ik wil nu een mens", 300),
            message(6, "system", "We brengen je in contact met een collega.", 299),
            message(7, "customer", "hallo?", 120),
        ],
        "attempts": [
            attempt(f"a_{number}", item["intent"], "open", conversation_id=item["conversation_id"]),
            *([attempt("a_done", "pay_bill", "achieved", linked=True)] if number == "2" else []),
        ],
    }


def message(sequence: int, sender: str, text: str, seconds: float, choices: list[str] | None = None) -> Json:
    made: Json = {"sequence": sequence, "from": sender, "text": text, "at": ago(seconds=seconds)}
    if choices:
        made["choices"] = [{"id": str(i), "title": title} for i, title in enumerate(choices)]
    return made


def attempt(attempt_id: str, intent: str, outcome: str, **changes: Json) -> Json:
    opened = ago(minutes=50)
    evidence = {"achieved": "system", "not_achieved": "agent"}.get(outcome, "none")
    base = {
        "attempt_id": attempt_id,
        "conversation_id": "c_1",
        "customer_id": "cus_1",
        "intent": intent,
        "title": INTENTS[intent],
        "confidence": 0.94,
        "language": "nl",
        "channel": "web_chat",
        "opened_at": opened,
        "closed_at": None if outcome == "open" else ago(minutes=42),
        "outcome": outcome,
        "evidence": "none" if outcome == "open" else evidence,
        "by": "self_service" if outcome == "achieved" else None,
        "reason": "came_back" if outcome == "unknown" else None,
        "step": "restart_box",
        "subject": "HX-20-4411",
        "disputed_at": None,
        "linked": False,
        "history": [],
    }
    if outcome == "unknown":
        base["history"] = [
            {
                "at": ago(minutes=45),
                "outcome": "achieved",
                "evidence": "customer",
                "reason": None,
                "actor": "customer",
            },
            {
                "at": ago(minutes=42),
                "outcome": "unknown",
                "evidence": "none",
                "reason": "came_back",
                "actor": "system",
            },
        ]
    elif outcome != "open":
        row = {
            "at": ago(minutes=42),
            "outcome": outcome,
            "evidence": evidence,
            "reason": None,
            "actor": "system",
        }
        base["history"] = [row]
    return {**base, **changes}


def packet(item: Json) -> Json:
    """A full packet, version 1."""
    name, number = item["customer"], item["handoff_id"][2:]
    nasty = name == NASTY
    known = name is not None
    return {
        "packet_version": 1,
        "revision": 1,
        "packet_id": f"p_{number}",
        "handoff_id": item["handoff_id"],
        "conversation_id": item["conversation_id"],
        "created_at": item["requested_at"],
        "language": item["language"],
        "channel": "web_chat",
        "customer": {
            "customer_id": f"cus_{number}" if known else None,
            "name": name,
            "account": "4411 2093" if known else None,
            "verification": "verified" if known else "claimed",
            "method": "one_time_code" if known else None,
            "verified_at": ago(minutes=6) if known else None,
            "contact": {"email": "anna@post.example", "phone": "+31 6 1234 5678"} if known else {},
            "preferred_channel": "sms" if known else None,
            "vulnerable": number == "1",
        },
        "reason": {
            "code": item["reason"],
            "text": "asked for a person",
            "trigger": "customer",
            "step": "signal_test",
        },
        "intent": {
            "name": item["intent"],
            "title": INTENTS[item["intent"]],
            "confidence": 0.94,
            "first_words": NASTY if nasty else "mijn kast neemt niks op",
            "alternatives": [{"name": "understand_bill", "confidence": 0.03}],
        },
        "journey": {
            "journey_id": f"j_{number}",
            "name": "fix_tv_box",
            "goal": "The box records again, or an engineer visit is booked",
            "started_at": ago(minutes=7),
            "status": "open",
            "step": "signal_test",
            "steps": [
                {
                    "name": "find_box",
                    "title": "Find the box",
                    "status": "done",
                    "at": ago(minutes=7),
                    "result": "done",
                },
                {"name": "restart_box", "title": "Restart it", "status": "done", "result": "done"},
                {"name": "signal_test", "title": "Test the signal", "status": "current"},
                {"name": "book_visit", "title": "Book an engineer visit", "status": "to_do"},
            ],
        },
        "facts": [
            fact("account", "Account", "4411 2093", "customer", True),
            fact("equipment_id", "Equipment number", "eq_0000101", "system", True),
            fact("box", "TV box", "HX-20, living room", "system", True),
            fact("since", "Since when", NASTY if nasty else "three days", "customer", False),
            fact("bill", "Open bill", {"amount": "64.20", "currency": "EUR"}, "system", True),
            fact("wants_visit", "Wants an engineer", True, "customer", False),
            fact("slot_id", "Chosen time", "slot_77", "system", True),
        ],
        "tried": [
            {
                "at": ago(minutes=6),
                "action": "restart_box",
                "title": "Restart the box",
                "inputs": {},
                "result": "ok",
            },
            {
                "at": ago(minutes=5),
                "action": "signal_test",
                "title": "Signal test",
                "inputs": {"customer_id": "cus_000010", "equipment_id": "eq_0000101", "day": "2027-11-28"},
                "result": "declined",
                "code": "no_signal",
                "detail": "Nothing came back from the box within 20 seconds.",
            },
        ],
        "promises": [
            {"at": ago(minutes=4), "text": "A colleague calls you before 17:00", "due": ago(minutes=-90)}
        ],
        "earlier": [
            {
                "at": ago(days=13),
                "channel": "web_chat",
                "intent": "fix_tv_box",
                "outcome": "unknown",
                "same_matter": True,
            },
            {
                "at": ago(days=40),
                "channel": "phone",
                "intent": "pay_bill",
                "outcome": "achieved",
                "same_matter": False,
            },
        ],
        "pages": [
            {"at": ago(minutes=8), "url": "/help/recording", "title": NASTY if nasty else "Help: recording"}
        ],
        "mood": {"label": "tense", "score": 0.5, "signals": ["repeated_asking"]},
        "summary": {"text": "The box does not record; a restart did not help.", "language": "en"},
        "routing": {
            "skill": item["skill"],
            "language": item["language"],
            "priority": "normal",
            "hours_open": True,
        },
        "told_customer": "Je bent als tweede aan de beurt, ongeveer 3 minuten.",
        "unanswered": [7],
        "redactions": [{"kind": "card_number", "count": 1}],
        "messages": [],
    }


def fact(name: str, label: str, value: Json, source: str, verified: bool) -> Json:
    return {
        "name": name,
        "label": label,
        "value": value,
        "source": source,
        "verified": verified,
        "at": ago(minutes=6),
    }


def insight(scenario: str) -> Json:
    """Counts per intent; `empty` has none, one row has no closed attempts (null rates)."""
    if scenario == "empty":
        rows = []
    else:
        rows = [
            row("understand_bill", 1204, 662),
            row("fix_tv_box", 803, 305),
            row("pay_bill", 2210, 1893),
            row("move_visit", 402, 301),
            row("track_order", 12, 0),
            row("talk_to_person", 0, 0),
        ]
    total = row("pay_bill", sum(r["closed"] for r in rows), sum(r["achieved"] for r in rows))
    del total["intent"], total["title"]
    return {"definition_version": "1", "totals": total, "intents": rows}


def row(intent: str, closed: int, achieved: int) -> Json:
    system, customer = int(achieved * 0.7), int(achieved * 0.2)
    lost = closed - achieved
    not_achieved, abandoned = int(lost * 0.4), int(lost * 0.35)
    low, high = wilson(achieved, closed)
    self_service = int(achieved * 0.8)
    return {
        "intent": intent,
        "title": INTENTS[intent],
        "eligible": closed + 31,
        "open": 31,
        "closed": closed,
        "achieved": achieved,
        "achieved_system": system,
        "achieved_customer": customer,
        "achieved_agent": achieved - system - customer,
        "not_achieved": not_achieved,
        "abandoned": abandoned,
        "unknown": lost - not_achieved - abandoned,
        "self_service": self_service,
        "assisted": achieved - self_service,
        "handed_off": int(closed * 0.17),
        "came_back": int(closed * 0.06),
        "customers": int(closed * 0.83),
        "success_rate": achieved / closed if closed else None,
        "success_low": low if closed else None,
        "success_high": high if closed else None,
        "self_service_rate": self_service / closed if closed else None,
        "held_rate": 0.91 if achieved else None,
        "claimed_containment": 0.83 if closed else None,
        "median_seconds": 214 if closed else None,
    }


def wilson(hits: int, n: int) -> tuple[float, float]:
    if not n:
        return 0.0, 0.0
    z, p = 1.959964, hits / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return middle - half, middle + half
