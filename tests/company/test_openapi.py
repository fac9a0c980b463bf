"""What Northlight answers is what its document says, and the document leaves nothing out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

import company
from tests.northlight import NorthlightUnderTest

DOCUMENT: dict[str, Any] = yaml.safe_load(
    Path(company.__file__).with_name("openapi.yaml").read_text(encoding="utf-8")
)


def anchored(node: Any) -> Any:
    """The same with every reference into the document made absolute, so that parts of it stand alone."""
    if isinstance(node, dict):
        return {
            key: ROOT + value if key == "$ref" and isinstance(value, str) else anchored(value)
            for key, value in node.items()
        }
    return [anchored(one) for one in node] if isinstance(node, list) else node


ROOT = "urn:northlight"
ANCHORED = anchored(DOCUMENT)
REGISTRY: Registry[Any] = Registry().with_resource(
    ROOT, Resource(contents=ANCHORED, specification=DRAFT202012)
)


def resolved(node: dict[str, Any]) -> dict[str, Any]:
    """The node itself, or what its $ref names."""
    found = node
    while "$ref" in found:
        found = REGISTRY.resolver().lookup(found["$ref"]).contents
    return found


def schema_of(template: str, method: str, status: int) -> dict[str, Any]:
    """The schema that the document gives for this answer. KeyError when it gives none."""
    responses = ANCHORED["paths"][template][method.lower()]["responses"]
    answer = resolved(responses[str(status)] if str(status) in responses else responses["default"])
    schema: dict[str, Any] = answer["content"]["application/json"]["schema"]
    return schema


def assert_fits(answer: requests.Response, template: str, method: str = "GET") -> Any:
    """The answer's JSON, found to be what the document says."""
    schema = schema_of(template, method, answer.status_code)
    errors = list(Draft202012Validator(schema, registry=REGISTRY).iter_errors(answer.json()))
    assert not errors, f"{method} {template} {answer.status_code}: {errors[0].message}"
    return answer.json()


def test_that_the_document_is_served_to_anyone(northlight: NorthlightUnderTest) -> None:
    answer = requests.get(f"{northlight.base_url}/openapi.yaml", timeout=10)
    assert yaml.safe_load(answer.text) == DOCUMENT


def test_that_every_path_of_the_server_is_in_the_document() -> None:
    from company import (
        addresses,
        arrangements,
        bills,
        complaints,
        contact_details,
        contracts,
        customers,
        deliveries,
        equipment,
        help_pages,
        identity,
        moves,
        orders,
        outage_notices,
        outages,
        package_desk,
        routers,
        visit_terms,
        visits,
    )

    modules = (
        *(
            arrangements,
            bills,
            complaints,
            contact_details,
            contracts,
            customers,
            equipment,
            help_pages,
            identity,
            orders,
            outage_notices,
            outages,
            routers,
            visit_terms,
        ),
        *(addresses, deliveries, moves, package_desk, visits),
    )
    served = {
        (str(route.uri).replace("<", "{").replace(">", "}"), method)
        for module in modules
        for route in module.blueprint._future_routes
        for method in route.methods
    }
    documented = {(path, method.upper()) for path, methods in DOCUMENT["paths"].items() for method in methods}
    assert served <= documented
    assert {path for path, _ in documented - served} == {"/operations/{key}", "/health"}


@pytest.mark.parametrize("name", sorted(DOCUMENT["components"]["schemas"]))
def test_that_the_examples_fit_their_own_schemas(name: str) -> None:
    schema = ANCHORED["components"]["schemas"][name]
    Draft202012Validator.check_schema(schema)
    for example in schema.get("examples", []):
        Draft202012Validator(schema, registry=REGISTRY).validate(example)


def test_that_all_reads_of_all_demo_customers_fit(northlight: NorthlightUnderTest) -> None:
    for owner in northlight.control("GET", "/customers?limit=20")["customers"]:
        path = f"/customers/{owner['customer_id']}"
        assert_fits(northlight.call("GET", path), "/customers/{customer}")
        for what in ("bills", "payment-methods", "equipment", "visits", "orders"):
            found = assert_fits(northlight.call("GET", f"{path}/{what}"), f"/customers/{{customer}}/{what}")
            assert found
        for bill in owner["open_bills"]:
            assert_fits(northlight.call("GET", f"/bills/{bill['bill_id']}"), "/bills/{bill_id}")
        for order in owner["orders"]:
            assert_fits(northlight.call("GET", f"/orders/{order['order_id']}"), "/orders/{order_id}")
        for visit_id in owner["visits"]:
            found = assert_fits(
                northlight.call("GET", f"/visits/{visit_id}/slots"), "/visits/{visit_id}/slots"
            )
            assert found["slots"]
    assert assert_fits(northlight.call("GET", "/slots?postcode=3511AB&kind=repair"), "/slots")["slots"]
    assert assert_fits(northlight.call("GET", "/outages?postcode=3012%20AB"), "/outages")["outages"]
    assert assert_fits(northlight.call("GET", "/outages?postcode=3511AB"), "/outages")["outages"] == []


def test_that_changes_and_their_refusals_fit(northlight: NorthlightUnderTest) -> None:
    payer = northlight.customer(lambda c: bool(c["open_bills"]))
    bill = payer["open_bills"][0]
    methods = northlight.get(f"/customers/{payer['customer_id']}/payment-methods")["payment_methods"]
    pay = {"amount": bill["amount"], "method_id": methods[0]["method_id"]}
    path, template = f"/bills/{bill['bill_id']}/payments", "/bills/{bill_id}/payments"
    for key, status in (("k1", 200), ("k2", 422), (None, 400)):
        answer = northlight.call("POST", path, pay, key=key)
        assert answer.status_code == status
        assert_fits(answer, template, "POST")
    for key in ("k1", "k2"):
        assert_fits(northlight.call("GET", f"/operations/{key}"), "/operations/{key}")

    mover = northlight.customer(lambda c: bool(c["visits"]))
    visit_id = mover["visits"][0]
    slots = northlight.get(f"/visits/{visit_id}/slots")["slots"]
    answer = northlight.call("POST", f"/visits/{visit_id}/move", {"slot_id": slots[0]["slot_id"]}, key="k3")
    assert_fits(answer, "/visits/{visit_id}/move", "POST")
    free = northlight.get(f"/slots?postcode={mover['postcode']}&kind=repair")["slots"]
    book = {"slot_id": free[-1]["slot_id"], "kind": "repair", "reason": "No picture"}
    answer = northlight.call("POST", f"/customers/{mover['customer_id']}/visits", book, key="k4")
    assert assert_fits(answer, "/customers/{customer}/visits", "POST")["visit"]["status"] == "booked"

    owner = northlight.customer(lambda c: c["box_signal"] == "none")
    box = northlight.get(f"/customers/{owner['customer_id']}/equipment")["equipment"][0]["equipment_id"]
    refused = northlight.call("POST", f"/equipment/{box}/restart", {}, key="k5")
    assert assert_fits(refused, "/equipment/{equipment_id}/restart", "POST")["code"] == "unreachable"
    tested = northlight.call("POST", f"/equipment/{box}/signal-test", {}, key="k6")
    assert assert_fits(tested, "/equipment/{equipment_id}/signal-test", "POST")["result"]["code"] == "none"


def test_that_identity_and_errors_fit(northlight: NorthlightUnderTest) -> None:
    account = northlight.control("GET", "/customers?limit=1")["customers"][0]["account"]
    sent = northlight.call("POST", "/identity/codes", {"account": account})
    assert sent.status_code == 202
    assert_fits(sent, "/identity/codes", "POST")
    code = northlight.last_code(account)
    verified = northlight.call("POST", "/identity/codes/verify", {"account": account, "code": code})
    assert assert_fits(verified, "/identity/codes/verify", "POST")["customer"]["account"] == account
    wrong = northlight.call("POST", "/identity/codes/verify", {"account": account, "code": code})
    assert_fits(wrong, "/identity/codes/verify", "POST")
    for path, template in (
        ("/customers/cus_999999", "/customers/{customer}"),
        ("/bills/bill_x", "/bills/{bill_id}"),
        ("/orders/ord_x", "/orders/{order_id}"),
        ("/operations/none", "/operations/{key}"),
    ):
        answer = northlight.call("GET", path)
        assert answer.status_code == 404
        assert_fits(answer, template)
    assert_fits(northlight.call("GET", "/customers/cus_000001", token="wrong"), "/customers/{customer}")


def test_that_events_fit(northlight: NorthlightUnderTest) -> None:
    moving = northlight.customer(lambda c: any(o["status"] == "shipped" for o in c["orders"]))
    order_id = moving["orders"][0]["order_id"]
    northlight.control("POST", f"/orders/{order_id}/deliver")
    schema = {"$ref": f"{ROOT}#/components/schemas/Event"}
    sent = northlight.control("GET", "/events")["events"]
    assert [one["event"]["type"] for one in sent] == ["order.delivered"]
    for one in sent:
        Draft202012Validator(schema, registry=REGISTRY).validate(one["event"])
