"""Who plays what: the first twenty customers by hand, the others by chance."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """What is so about one customer. What is None is drawn.

    `visit` is booked or done; `order` placed, packed, shipped, delayed, delivered or cancelled.
    `boxes` counts TV boxes where the package has television; `signal` is that of the first one. `router` is
    the signal at the router, `wifi` how its Wi-Fi does: ok, crowded or off.
    """

    name: tuple[str, str] | None = None
    language: str | None = None
    town: int | None = None
    package: str | None = None
    preferred_channel: str | None = None
    vulnerable: bool = False
    open_bills: int = 0
    reasons: tuple[str, ...] = ()
    methods: int = 1
    card_declines: str | None = None
    boxes: int = 1
    signal: str = "ok"
    router: str = "ok"
    wifi: str = "ok"
    visit: str | None = None
    order: str | None = None
    arrangement: str | None = None  # running (the newest bill is paid later), broken (an older one was)


_TV = "TV Plus and Broadband 200"
_TV_ONLY = "TV Plus"
_NET = "Broadband 500"
_BIG = "TV Complete and Broadband 1000"

CAST: tuple[Part, ...] = (
    Part(("Anna", "de Vries"), "nl", 5, _TV, "sms", open_bills=1, reasons=("discount_ended",), methods=2),
    Part(
        ("Piet", "Jansen"),
        "nl",
        0,
        _TV,
        "email",
        open_bills=2,
        reasons=("extra_channel", "rentals"),
        methods=2,
    ),
    Part(("Giulia", "Rossi"), "it", 3, _TV, "email", visit="booked"),
    Part(("Sanne", "Bakker"), "nl", 1, _TV_ONLY, "sms"),
    Part(("Thomas", "Walker"), "en", 2, _TV, "email", signal="none"),
    Part(("Marco", "Bianchi"), "it", 6, _NET, "sms", order="shipped"),
    Part(
        ("Truus", "Mulder"), "nl", 7, _TV, "phone", vulnerable=True, open_bills=1, reasons=("engineer_fee",)
    ),
    Part(("Daan", "Visser"), "nl", 8, _NET, "email", router="none"),
    Part(
        ("Emma", "Hughes"),
        "en",
        5,
        _BIG,
        "email",
        open_bills=1,
        reasons=("roaming",),
        visit="booked",
        order="packed",
    ),
    Part(("Lotte", "Smit"), "nl", 4, _TV, "sms", signal="weak"),
    Part(
        ("Kees", "van Dijk"),
        "nl",
        9,
        _TV,
        "phone",
        open_bills=1,
        reasons=("late_fee",),
        card_declines="card_declined",
        arrangement="broken",
    ),
    Part(("Chiara", "Romano"), "it", 10, _BIG, "email", boxes=2, order="delayed"),
    Part(("Oliver", "Green"), "en", 11, _TV, "email", open_bills=1, router="weak"),
    Part(("Fleur", "Postma"), "nl", 5, _TV, "sms", visit="done", order="delivered"),
    Part(("Jeroen", "Hofman"), "nl", 0, _NET, "email", visit="booked"),
    Part(("Hannah", "Reid"), "en", 3, _TV, "email", wifi="crowded", order="placed"),
    Part(
        ("Bram", "Dekker"),
        "nl",
        1,
        _TV,
        "sms",
        open_bills=2,
        reasons=("discount_ended", "roaming"),
        arrangement="running",
    ),
    Part(("Paola", "Conti"), "it", 4, _TV_ONLY, "phone", signal="none", vulnerable=True),
    Part(
        ("Wouter", "Brouwer"), "nl", 8, _BIG, "email", boxes=2, open_bills=1, reasons=("rentals",), methods=2
    ),
    Part(("Alice", "Cooper-Hall"), "en", 2, _TV, "email", wifi="off", order="cancelled"),
)

_REASONS = ("discount_ended", "extra_channel", "engineer_fee", "roaming", "rentals", "late_fee")


def draw_router(number: int) -> tuple[str, str]:
    """(signal, Wi-Fi) at the router of a customer without a part of their own; changes no other draw."""
    rng = random.Random(f"router:{number}")  # noqa: S311 - made-up data, not secrets
    signal = rng.choices(("ok", "weak", "none"), weights=(90, 7, 3))[0]
    return signal, rng.choices(("ok", "crowded", "off"), weights=(86, 11, 3))[0]


def draw_part(rng: random.Random) -> Part:
    """What is so about a customer who has no part of their own."""
    some = rng.random()
    reasons = tuple(rng.sample(_REASONS, 1 if some < 0.45 else 2 if some < 0.6 else 0))
    return Part(
        vulnerable=rng.random() < 0.06,
        open_bills=rng.choices((0, 1, 2), weights=(60, 34, 6))[0],
        reasons=reasons,
        methods=rng.choice((1, 2)),
        card_declines="card_declined" if rng.random() < 0.05 else None,
        boxes=2 if rng.random() < 0.15 else 1,
        signal=rng.choices(("ok", "weak", "none"), weights=(84, 10, 6))[0],
        visit=rng.choices((None, "booked", "done"), weights=(72, 14, 14))[0],
        order=rng.choices(
            (None, "placed", "packed", "shipped", "delayed", "delivered", "cancelled"),
            weights=(60, 5, 5, 10, 4, 13, 3),
        )[0],
    )
