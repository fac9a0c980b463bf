"""The website as it is put together: every page in every language, and nothing left open in any."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

import pytest

from company import website
from company.catalogue.source import read_catalogue

LANGUAGES = website.languages()
CUSTOMERS_PAGES = ("bills", "visits", "orders", "equipment")


def words(language: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        (website.SITE / "words" / f"{language}.json").read_text(encoding="utf-8")
    )
    return found


def shape(node: Any) -> Any:
    """What there is to say, without the words."""
    if isinstance(node, dict):
        return {key: shape(value) for key, value in node.items()}
    if isinstance(node, list):
        return [shape(each) for each in node]
    return sorted(re.findall(r"\{\w+\}", node)) if isinstance(node, str) else type(node).__name__


def test_that_every_language_says_the_same_things_with_the_same_holes() -> None:
    assert {language: shape(words(language)) for language in LANGUAGES} == dict.fromkeys(
        LANGUAGES, shape(words("en"))
    )


def test_that_every_help_page_is_there_in_every_language() -> None:
    folders = [website.SITE / "pages" / language / "help" for language in LANGUAGES]
    found = [{path.stem for path in folder.glob("*.html")} for folder in folders]
    assert found == [set(website.article_names())] * len(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_that_every_page_is_whole_and_in_its_own_language(language: str) -> None:
    for name in website.names():
        page = website.page(name, language)
        assert f'<html lang="{language}">' in page, name
        assert f'data-language="{language}"' in page, name
        assert not re.search(r"\{\w*\}|\{\{", page), name
        assert page.count("<h1>") == 1, name
        assert page.count("<main") == page.count("</main>") == 1, name


@pytest.mark.parametrize("language", LANGUAGES)
def test_that_every_link_leads_to_a_page_and_stays_in_the_language(language: str) -> None:
    addresses = {each: {website.address(name, each) for name in website.names()} for each in LANGUAGES}
    for name in website.names():
        page = website.page(name, language)
        switch = re.search(r'<nav class="languages".*?</nav>', page, re.DOTALL)
        assert switch
        led = re.findall(r'<a [^>]*href="([^"#]+)', switch[0])
        assert led == [website.address(name, each) for each in LANGUAGES]
        others = re.findall(r'<a [^>]*href="([^"#]+)', page.replace(switch[0], ""))
        assert len(others) > 5
        assert set(others) <= addresses[language], name


def test_that_no_two_pages_share_an_address() -> None:
    found = [website.address(name, language) for name in website.names() for language in LANGUAGES]
    assert len(found) == len(set(found))


@pytest.mark.parametrize("language", LANGUAGES)
def test_that_the_prices_are_those_that_the_assistant_names(language: str) -> None:
    page = website.page("packages", language)
    for package in read_catalogue()["packages"]:
        price = Decimal(package.get("tv", 0)) + Decimal(package.get("broadband", 0))
        written = f"{price:.2f}" if language == "en" else f"{price:.2f}".replace(".", ",")
        after_the_name = page.partition(f">{package['name']}<")[2]
        assert written in after_the_name[:200], package["name"]


@pytest.mark.parametrize(("name", "language"), [("nowhere", "en"), ("help/../words", "en"), ("help", "de")])
def test_that_there_are_no_other_pages(name: str, language: str) -> None:
    with pytest.raises(website.NoSuchPage):
        website.page(name, language)
