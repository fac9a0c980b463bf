"""Something to fill every placeholder of every response with, typed as the engine fills it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from assistant.journeys.definitions import Definitions

DATA = Path(__file__).parents[2] / "data"
EURO = {"amount": "1264.20", "currency": "EUR"}
BY_TYPE: dict[str, Any] = {
    "text": "HX-20",
    "money": EURO,
    "date": "2026-11-03",
    "window": {"start": "2026-11-24T08:00:00+01:00", "end": "2026-11-24T10:00:00+01:00"},
    "flag": "HX-20",
    "list": [{"code": "rentals", "text": "Northlight.", "amount": EURO}, {"code": "a", "text": "HX-20."}],
}
# What the engine, the queue and the packet fill in besides facts.
BESIDES: dict[str, Any] = {
    "actions": ["HX-20", "HX-30"],
    "count": 2,
    "journey": "Northlight",
    "minutes": 4,
    "next": "HX-30",
    "now": EURO,
    "position": 2,
    "promises": ["Northlight"],
    "reference": "7Q4K",
    "skill": "Northlight",
    "step": "Northlight",
    "times": 1,
    "title": "Northlight",
    "was": EURO,
    "what": "HX-20",
    "words": "HX-20",
}
FACTS = {name: BY_TYPE[fact.type] for name, fact in Definitions.load(DATA / "journeys").facts.items()}
SAMPLES: dict[str, Any] = {**FACTS, **BESIDES}
