"""Which of the demo company's customers plays in which scenario: chosen by what is so about them."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.scenarios.reading import BadScenario, Scenario

UNDER_WAY = ("placed", "packed", "shipped")


@dataclass(frozen=True)
class Person:
    """A customer with what is so about them; `row` is the company's own record."""

    row: dict[str, Any]
    open_bills: int
    methods: int
    declines: bool
    boxes: tuple[str, ...]  # the signals at the TV boxes
    router: str | None
    wifi: str
    visits: int
    orders: tuple[tuple[str, str, str | None], ...]  # (id, status, how the delivery goes)
    arrangement: str | None
    outages: frozenset[str]

    @property
    def id(self) -> str:
        return str(self.row["customer_id"])


Fits = Callable[[Person], bool]


def _order(*wanted: str) -> Fits:
    return lambda p: len(p.orders) == 1 and (p.orders[0][1] in wanted or p.orders[0][2] in wanted)


# Every trait, in a designer's words.
TRAITS: dict[str, Fits] = {
    "anybody": lambda p: True,
    "no open bill": lambda p: p.open_bills == 0,
    "one open bill": lambda p: p.open_bills == 1,
    "two open bills": lambda p: p.open_bills == 2,
    "one way to pay": lambda p: p.methods == 1,
    "two ways to pay": lambda p: p.methods == 2,
    "card is declined": lambda p: p.declines,
    "arrangement running": lambda p: p.arrangement == "running",
    "one TV box": lambda p: len(p.boxes) == 1,
    "two TV boxes": lambda p: len(p.boxes) == 2,
    "no TV box": lambda p: not p.boxes,
    "TV signal ok": lambda p: p.boxes[:1] == ("ok",),
    "TV signal weak": lambda p: p.boxes[:1] == ("weak",),
    "TV signal none": lambda p: p.boxes[:1] == ("none",),
    "router ok": lambda p: p.router == "ok",
    "router weak": lambda p: p.router == "weak",
    "router offline": lambda p: p.router == "none",
    "no router": lambda p: p.router is None,
    "Wi-Fi ok": lambda p: p.wifi == "ok",
    "Wi-Fi crowded": lambda p: p.wifi == "crowded",
    "Wi-Fi off": lambda p: p.wifi == "off",
    "visit booked": lambda p: p.visits == 1,
    "no visit": lambda p: p.visits == 0,
    "order not sent yet": _order("placed", "packed"),
    "order under way": lambda p: _order("shipped")(p) and p.orders[0][2] == "under_way",
    "order delayed": _order("delayed"),
    "order delivered": _order("delivered"),
    "order cancelled": _order("cancelled"),
    "no order": lambda p: not p.orders,
    "needs extra care": lambda p: bool(p.row["vulnerable"]),
    "outage TV": lambda p: "tv" in p.outages,
    "outage broadband": lambda p: "broadband" in p.outages,
}
# What is so unless a scenario says otherwise: nobody is surprised by what they did not ask for.
UNLESS_SAID: dict[str, tuple[Fits, tuple[str, ...]]] = {
    "no extra care": (lambda p: not p.row["vulnerable"], ("needs extra care",)),
    "no outage": (lambda p: not p.outages, ("outage TV", "outage broadband")),
    "card works": (lambda p: not p.declines, ("card is declined",)),
    "no arrangement": (lambda p: p.arrangement is None, ("arrangement running",)),
}


def people(company: Path) -> list[Person]:
    """All customers of the demo company's SQLite database, by id."""
    with closing(sqlite3.connect(f"file:{company}?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        return [_person(connection, dict(row)) for row in connection.execute("SELECT * FROM customers")]


def _person(connection: sqlite3.Connection, row: dict[str, Any]) -> Person:
    def ask(query: str) -> list[tuple[Any, ...]]:
        return [tuple(each) for each in connection.execute(query, (row["customer_id"],))]

    equipment = ask(
        "SELECT kind, signal, state FROM equipment LEFT JOIN router_wifi USING (equipment_id) "
        "WHERE customer_id = ? ORDER BY equipment_id"
    )
    routers = [each for each in equipment if each[0] == "router"]
    methods = ask("SELECT declines FROM payment_methods WHERE customer_id = ?")
    arrangements = ask("SELECT status FROM arrangements WHERE customer_id = ?")
    return Person(
        row=row,
        open_bills=len(ask("SELECT 1 FROM bills WHERE customer_id = ? AND status != 'paid'")),
        methods=len(methods),
        declines=any(each[0] for each in methods),
        boxes=tuple(each[1] for each in equipment if each[0] == "tv_box"),
        router=routers[0][1] if routers else None,
        wifi=(routers[0][2] or "ok") if routers else "ok",
        visits=len(ask("SELECT 1 FROM visits WHERE customer_id = ? AND status = 'booked'")),
        orders=tuple(
            (str(a), str(b), c)
            for a, b, c in ask("SELECT order_id, status, delivery_status FROM orders WHERE customer_id = ?")
        ),
        arrangement=str(arrangements[0][0]) if arrangements else None,
        outages=frozenset(
            str(each[0])
            for each in connection.execute(
                "SELECT kind FROM outages WHERE area = ? AND until > datetime('now')", (row["postcode"][:4],)
            )
        ),
    )


def fitting(scenario: Scenario, everybody: Sequence[Person]) -> list[Person]:
    """Those with all the traits a scenario names. Raises BadScenario."""
    for trait in scenario.traits:
        if trait not in TRAITS:
            raise BadScenario(
                f"{scenario.file}:{scenario.line}: “{trait}” is no trait; there are {', '.join(TRAITS)}"
            )
    wanted = [TRAITS[trait] for trait in scenario.traits]
    wanted += [fits for fits, but in UNLESS_SAID.values() if not set(but) & set(scenario.traits)]
    return [person for person in everybody if all(fits(person) for fits in wanted)]


def cast(scenarios: Sequence[Scenario], everybody: Sequence[Person]) -> dict[str, Person]:
    """A customer for each scenario that names traits, one for each while there are enough.

    The same whichever scenarios are played: the rarest traits choose first. A customer who plays twice is
    one whose scenarios were asked for by more than there are people for. Raises BadScenario.
    """
    parts = [(each, fitting(each, everybody)) for each in scenarios if each.traits]
    used: Counter[str] = Counter()
    found: dict[str, Person] = {}
    for scenario, candidates in sorted(parts, key=lambda part: len(part[1])):
        if not candidates:
            raise BadScenario(f"{scenario.file}:{scenario.line}: no customer is {', '.join(scenario.traits)}")
        chosen = min(candidates, key=lambda person: used[person.id])
        used[chosen.id] += 1
        found[scenario.name] = chosen
    return found


def complaints_of(company: Path, customer_id: str) -> list[str]:
    """The ids of a customer's complaints, oldest first."""
    query = "SELECT complaint_id FROM complaints WHERE customer_id = ? ORDER BY rowid"
    with closing(sqlite3.connect(f"file:{company}?mode=ro", uri=True)) as connection:
        return [str(row[0]) for row in connection.execute(query, (customer_id,))]
