"""Find help, look up a contract, make a complaint: the actions against the real Northlight."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import ActionExecutor, CollectingDispatcher

from actions import company, help
from actions.company import CompanyClient, Timeout
from tests.northlight import NorthlightUnderTest

ANNA, PIET = "cus_000001", "cus_000002"
COMPLAINT = {"customer_id": ANNA, "complaint_topic": "visit", "complaint": "Nobody came."}
Run = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def executor() -> ActionExecutor:
    made = ActionExecutor()
    made.register_package("actions")
    return made


@pytest.fixture
def run(northlight: NorthlightUnderTest, executor: ActionExecutor, tmp_path: Path) -> Iterator[Run]:
    """Runs an action as the bot does; gives its `action_result`."""
    client = CompanyClient(northlight.base_url, northlight.token, timeout=Timeout(5.0, 2.0, 1.0))
    company.configure(client)
    help.configure(help.make_centre(tmp_path))

    def run_action(
        name: str, inputs: dict[str, Any], *, key: str | None = None, language: str = "en"
    ) -> dict[str, Any]:
        running = {"action": name, "inputs": inputs, "key": key, "attempt_id": "a_1"}
        slots = {"journey": {"running": running}, "language": language}
        tracker = Tracker("c_1", slots, {}, [], False, None, {}, "action_listen")
        [event] = executor.actions[name](CollectingDispatcher(), tracker, {})
        result: dict[str, Any] = event["value"]
        return result

    yield run_action
    company.configure(None)
    help.configure(None)
    client.close()


@pytest.mark.parametrize(
    ("language", "words", "page"),
    [
        ("en", "how do I pair a remote control?", "remote-control"),
        ("nl", "hoe koppel ik de afstandsbediening?", "remote-control"),
        ("it", "come si abbina il telecomando?", "remote-control"),
    ],
)
def test_that_help_is_quoted_from_the_page_in_the_customers_language(
    run: Run, northlight: NorthlightUnderTest, language: str, words: str, page: str
) -> None:
    result = run("action_find_help", {"words": words}, language=language)
    outputs = result["outputs"]
    assert (result["result"], result["code"], outputs["help_page"]) == ("ok", "found", page)
    published = northlight.get(f"/help/pages?language={language}")["pages"]
    texts = {each["url"]: each["text"] for one in published for each in one["passages"]}
    assert texts[outputs["help_url"]] == outputs["help_text"]
    assert ("/nl/help/" in outputs["help_url"]) == (language == "nl")


@pytest.mark.parametrize("words", [None, "", "hello there", "how do I cook risotto with mushrooms?"])
def test_that_help_that_is_not_there_is_not_made_up(run: Run, words: str | None) -> None:
    result = run("action_find_help", {"words": words} if words is not None else {})
    assert (result["result"], result["code"], result["outputs"]) == ("ok", "none", {})


@pytest.mark.parametrize("mode", ["fail", "nonsense", "down"])
def test_that_help_under_a_fault_is_an_error_and_the_pages_of_before_still_answer(
    run: Run, northlight: NorthlightUnderTest, mode: str, tmp_path: Path
) -> None:
    words = {"words": "how do I pair a remote control?"}
    northlight.fault(mode, path="/help")
    assert run("action_find_help", words)["result"] == "error"
    northlight.control("DELETE", "/faults")
    assert run("action_find_help", words)["result"] == "ok"
    northlight.fault(mode, path="/help")
    help.configure(help.make_centre(tmp_path))
    assert run("action_find_help", words)["outputs"]["help_page"] == "remote-control"


def test_that_a_contract_is_told_with_what_ending_it_costs(run: Run) -> None:
    result = run("action_look_up_contract", {"customer_id": ANNA}, language="nl")
    outputs = result["outputs"]
    assert result["code"] == outputs["contract_kind"]
    assert set(outputs["ending_fee"]) == {"amount", "currency"}
    assert "Te duur" in [each["title"] for each in outputs["leaving_reasons"]]


def test_that_a_complaint_is_confirmed_by_the_companys_event(
    run: Run, northlight: NorthlightUnderTest
) -> None:
    result = run("action_register_complaint", COMPLAINT, key="key-1")
    assert [event["type"] for event in result["events"]] == ["complaint.registered"]
    assert result["events"][0]["subject"] == result["outputs"]["complaint_id"]
    listed = run(
        "action_list_complaints", {"customer_id": ANNA, "words": "again no engineer came to my door!"}
    )["outputs"]
    assert listed["open_complaint"] == result["outputs"]["complaint_number"]
    short = run("action_list_complaints", {"customer_id": ANNA, "words": "I have a complaint"})["outputs"]
    assert "complaint" not in short
    assert listed["complaint"] == "again no engineer came to my door!"
    assert "open_complaint" not in run("action_list_complaints", {"customer_id": PIET})["outputs"]


def test_that_a_complaint_is_made_once_whatever_is_lost(run: Run, northlight: NorthlightUnderTest) -> None:
    northlight.fault("applied_then_down", path="/complaints", count=1)
    assert run("action_register_complaint", COMPLAINT, key="key-1")["result"] == "ok"
    assert run("action_register_complaint", COMPLAINT, key="key-1")["result"] == "ok"
    assert len(northlight.get(f"/customers/{ANNA}/complaints")["complaints"]) == 1


@pytest.mark.parametrize(
    ("mode", "result", "code"),
    [
        ("fail", "error", "internal"),
        ("nonsense", "error", "bad_answer"),
        ("decline", "declined", "not_today"),
    ],
)
def test_that_a_complaint_under_a_fault_is_no_success(
    run: Run, northlight: NorthlightUnderTest, mode: str, result: str, code: str
) -> None:
    northlight.fault(mode, code="not_today")
    found = run("action_register_complaint", COMPLAINT, key="key-1")
    assert (found["result"], found["code"], found["events"]) == (result, code, [])


@pytest.mark.parametrize(
    "name", ["action_look_up_contract", "action_list_complaints", "action_register_complaint"]
)
def test_that_nothing_personal_is_done_for_somebody_unknown(
    run: Run, northlight: NorthlightUnderTest, name: str
) -> None:
    inputs = {key: value for key, value in COMPLAINT.items() if key != "customer_id"}
    found = run(name, inputs, key="key-1")
    assert (found["result"], found["code"]) == ("error", "not_verified")
    assert northlight.control("GET", "/events")["events"] == []


def test_that_no_complaint_is_made_without_a_confirmation(run: Run) -> None:
    assert run("action_register_complaint", COMPLAINT)["code"] == "not_confirmed"
