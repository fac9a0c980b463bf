"""What customers read of Northlight's comes in the language that the request asks for."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from babel.dates import format_date
from sqlalchemy import select, update

import company
from company.bills import show_bill
from company.catalogue.seed import seed
from company.catalogue.source import read_catalogue
from company.database import open_database, reading, writing
from company.tables import bills
from company.texts import all_texts, preferred
from tests.northlight import NorthlightUnderTest

LANGUAGES = ("en", "nl", "it")
TODAY = date(2026, 11, 23)
ANNA = "cus_000001"  # her welcome discount has ended


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("nl", "nl"),
        ("it-IT,it;q=0.9,en;q=0.8", "it"),
        ("nl-BE", "nl"),
        ("NL", "nl"),
        ("de, fr;q=0.9, it;q=0.3", "it"),
        ("en;q=0.1, nl;q=0.7, it;q=0.5", "nl"),
        ("nl;q=0, it;q=0.1", "it"),
        ("*", "en"),
        ("de", "en"),
        ("nl;q=much", "en"),
        (";;;,,q=1;=", "en"),
        ("nl" * 4000, "en"),
    ],
)
def test_that_the_language_liked_best_is_taken_and_english_without_one(header: str, language: str) -> None:
    assert preferred(header) == language


def test_that_every_text_of_the_catalogue_is_there_in_every_language_with_the_same_names() -> None:
    texts = list(all_texts(read_catalogue()))
    assert len(texts) > 30
    for text in texts:
        assert set(text) == set(LANGUAGES), text
        assert all(text.values()), text
        assert len({frozenset(re.findall(r"{\w+}", text[each])) for each in LANGUAGES}) == 1, text


def test_that_no_text_of_the_catalogue_means_two_things() -> None:
    seen: dict[str, Any] = {}
    for text in all_texts(read_catalogue()):
        for each in set(text.values()):
            assert seen.setdefault(each, text) == text, each


def test_that_a_bill_is_explained_in_the_language_of_the_request(northlight: NorthlightUnderTest) -> None:
    found = {each: northlight.get(f"/customers/{ANNA}/bills", each)["bills"][0] for each in LANGUAGES}
    said = {each: bill["reasons"][0]["text"] for each, bill in found.items()}
    last_month = date.fromisoformat(found["en"]["issued"]).replace(day=1).toordinal() - 1
    day = {each: format_date(date.fromordinal(last_month), "d MMMM", locale=each) for each in LANGUAGES}
    assert said == {
        "en": f"Your welcome discount of €12.00 a month ended on {day['en']}.",
        "nl": f"Uw welkomstkorting van €\xa012,00 per maand is op {day['nl']} afgelopen.",
        "it": f"Lo sconto di benvenuto di 12,00\xa0€ al mese è terminato il {day['it']}.",
    }
    lines = {each: bill["lines"][0]["text"] for each, bill in found.items()}
    assert lines["nl"] == lines["en"].replace("television", "televisie") != lines["en"]
    without = [{k: v for k, v in bill.items() if k not in {"lines", "reasons"}} for bill in found.values()]
    assert without[0] == without[1] == without[2]


def test_that_tests_outages_orders_visits_and_ways_to_pay_are_translated(
    northlight: NorthlightUnderTest,
) -> None:
    weak = northlight.customer(lambda c: c["box_signal"] == "weak")["customer_id"]
    box = northlight.get(f"/customers/{weak}/equipment")["equipment"][0]["equipment_id"]
    visitor = northlight.customer(lambda c: bool(c["visits"]))["customer_id"]
    buyer = northlight.customer(lambda c: bool(c["orders"]))["customer_id"]

    def read(language: str) -> list[str]:
        path = f"/equipment/{box}/signal-test"
        tested = northlight.call("POST", path, {}, key=f"test-{language}", language=language).json()
        again = northlight.call(
            "POST", f"/equipment/{box}/restart", {}, key=f"restart-{language}", language=language
        ).json()
        methods = northlight.get(f"/customers/{ANNA}/payment-methods", language)["payment_methods"]
        return [
            tested["result"]["text"],
            again["result"]["text"],
            northlight.get("/outages?postcode=3012AB", language)["outages"][0]["text"],
            northlight.get(f"/customers/{buyer}/orders", language)["orders"][0]["items"][0]["name"],
            northlight.get(f"/customers/{visitor}/visits", language)["visits"][0]["reason"],
            re.sub(r"\d", "0", methods[1]["label"]),
        ]

    english, dutch, italian = map(read, LANGUAGES)
    assert english[0] == "The signal at the box is weak."
    assert dutch[0] == "Het signaal bij het kastje is zwak."
    assert italian[0] == "Il segnale al decoder è debole."
    assert english[5] == "Bank account •••• 0000"
    assert dutch[5] == "Bankrekening •••• 0000"
    assert [a for a, b in zip(english, dutch, strict=True) if a == b] == []
    assert [a for a, b in zip(english, italian, strict=True) if a == b] == []


def test_that_what_somebody_wrote_stays_and_what_northlight_said_is_translated(
    northlight: NorthlightUnderTest,
) -> None:
    owner = northlight.customer(lambda c: c["customer_id"] == ANNA)
    slots = northlight.get(f"/slots?postcode={owner['postcode']}&kind=repair")["slots"]
    said = ["Il segnale al decoder è debole.", "The cat sat on it"]
    for slot, reason in zip(slots, said, strict=False):
        body = {"slot_id": slot["slot_id"], "kind": "repair", "reason": reason}
        path = f"/customers/{ANNA}/visits"
        assert northlight.call("POST", path, body, key=reason[:5], language="it").status_code == 200
    shown = {visit["reason"] for visit in northlight.get(f"/customers/{ANNA}/visits", "nl")["visits"]}
    assert shown == {"Het signaal bij het kastje is zwak.", "The cat sat on it"}


def test_that_a_code_is_sent_in_the_language_of_the_request(northlight: NorthlightUnderTest) -> None:
    account = northlight.customer(lambda c: c["customer_id"] == ANNA)["account"]
    opening = {"en": "Your Northlight code is", "nl": "Uw code van Northlight is", "it": "Il suo codice"}
    for language, words in opening.items():
        northlight.call("POST", "/identity/codes", {"account": account}, language=language)
        newest = northlight.control("GET", f"/outbox?account={account}")["codes"][0]
        assert newest["text"].startswith(words)
        assert newest["code"] in newest["text"]
        assert "{" not in newest["text"]


def test_that_a_repeated_change_keeps_its_first_language(northlight: NorthlightUnderTest) -> None:
    box = northlight.get(f"/customers/{ANNA}/equipment")["equipment"][0]["equipment_id"]
    path = f"/equipment/{box}/signal-test"
    first = northlight.call("POST", path, {}, key="k", language="nl").json()
    assert northlight.call("POST", path, {}, key="k", language="it").json() == first
    assert first["result"]["text"] == "Het signaal bij het kastje is goed."


def test_that_a_database_from_before_texts_had_languages_still_shows_them(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'old.sqlite'}")
    old = {"lines": [{"text": "Film Channels", "amount": "9.95", "reason": "extra_channel"}]}
    old["reasons"] = [
        {"code": "extra_channel", "text": "You added Film Channels on 3 May.", "amount": "9.95"}
    ]
    with writing(engine) as connection:
        seed(connection, TODAY)
        connection.execute(update(bills).values(**old))
    with reading(engine) as connection:
        shown = show_bill(connection.execute(select(bills).limit(1)).one(), "nl")
    assert shown["lines"] == [{"text": "Filmpakket", "amount": "9.95", "reason": "extra_channel"}]
    assert shown["reasons"] == old["reasons"]
    engine.dispose()


def test_that_the_document_names_the_language_where_texts_are_answered() -> None:
    document = yaml.safe_load(Path(company.__file__).with_name("openapi.yaml").read_text(encoding="utf-8"))
    told = Counter(
        operation["operationId"]
        for methods in document["paths"].values()
        for operation in methods.values()
        if {"$ref": "#/components/parameters/Language"} in operation.get("parameters", [])
    )
    texts = {"listBills", "getBill", "payBill", "listPaymentMethods", "restartEquipment", "testSignal"}
    texts |= {"listVisits", "bookVisit", "moveVisit", "listOrders", "getOrder", "listOutages", "sendCode"}
    texts |= {"listPossibleArrangements", "getContactDetails", "changeContactDetails", "sendContactCode"}
    texts |= {"cancelVisit", "listVisitTopics", "getRouterStatus", "requestOutageNotice"}
    texts |= {"getPackage", "makePackageOffers", "listStartDays", "listDeliveryOptions", "changeDelivery"}
    assert set(told) == texts
