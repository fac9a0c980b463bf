"""The help centre as the company publishes it: the website's own words in passages, in three languages."""

from __future__ import annotations

from html import unescape

import pytest
import requests

from company import website
from company.help_pages import all_pages
from tests.company.test_openapi import assert_fits
from tests.northlight import NorthlightUnderTest

LANGUAGES = ("en", "nl", "it")


def test_that_every_language_has_the_same_pages() -> None:
    ids = {language: {page["page_id"] for page in all_pages()[language]} for language in LANGUAGES}
    assert ids["nl"] == ids["it"] <= ids["en"]
    assert len(ids["nl"]) >= 14


@pytest.mark.parametrize("language", LANGUAGES)
def test_that_every_passage_stands_on_its_page_and_is_short_enough_for_a_chat(language: str) -> None:
    for page in all_pages()[language]:
        on_page = " ".join(unescape(website.page(f"help/{page['page_id']}", language)).split())
        anchors = [passage["passage_id"] for passage in page["passages"]]
        assert len(anchors) == len(set(anchors)), page["url"]
        assert page["title"] in on_page
        assert page["summary"]
        for passage in page["passages"]:
            assert passage["heading"] in on_page
            assert 20 < len(passage["text"]) < 700, passage["url"]
            anchor = passage["url"].partition("#")[2]
            assert not anchor or f'id="{anchor}"' in on_page, passage["url"]


def test_that_the_buttons_below_a_page_are_no_part_of_its_text() -> None:
    texts = [passage["text"] for page in all_pages()["en"] for passage in page["passages"]]
    assert not any("Not what you were looking for" in text or "Ask the assistant\n" in text for text in texts)


@pytest.mark.parametrize("language", [*LANGUAGES, "sv"])
def test_that_the_pages_come_as_the_document_says(northlight: NorthlightUnderTest, language: str) -> None:
    answer = northlight.call("GET", f"/help/pages?language={language}")
    found = assert_fits(answer, "/help/pages")
    assert (found["language"], bool(found["pages"])) == (language, language in LANGUAGES)
    assert all(page["url"].startswith("https://") for page in found["pages"])


def test_that_pages_that_did_not_change_are_not_sent_again(northlight: NorthlightUnderTest) -> None:
    first = northlight.call("GET", "/help/pages?language=it")
    headers = {"Authorization": f"Bearer {northlight.token}", "If-None-Match": first.headers["ETag"]}
    url = f"{northlight.base_url}/help/pages?language="
    again = requests.get(f"{url}it", headers=headers, timeout=10)
    assert (again.status_code, again.content) == (304, b"")
    assert requests.get(f"{url}nl", headers=headers, timeout=10).status_code == 200


@pytest.mark.parametrize("language", ["", "n", "nld", "NL", "../", "n1"])
def test_that_what_is_no_language_is_refused(northlight: NorthlightUnderTest, language: str) -> None:
    answer = northlight.call("GET", f"/help/pages?language={language}")
    assert (answer.status_code, answer.json()["code"]) == (400, "language_invalid")
