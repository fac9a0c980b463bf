"""Northlight's website as its customers see it: every page in every language, made of files in `site/`.

`words/` holds a language's texts, `pages/` the help pages, `layouts/` the HTML around them, the same for all
languages. Nothing is built beforehand: a page is put together when it is asked for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from html import escape, unescape
from pathlib import Path
from typing import Any

import yaml

from company.catalogue.source import read_catalogue
from company.texts import money, pick

SITE = Path(__file__).parent / "site"
ARTICLES = "help/"
MINE = ("account", "bills", "visits", "orders", "equipment")  # what a customer sees who is signed in
PLACES = ("packages", "help", "account")
FOOTER_HELP = ("reading-your-bill", "restarting-your-tv-box", "moving-a-visit")
HOLE = re.compile(r"\{\{\{([\w.]+)\}\}\}|\{\{([\w.]+)\}\}")  # {{{HTML}}} or {{text}}
HEAD = re.compile(r"\s*<h1>(?P<title>.+?)</h1>\s*<p>(?P<summary>.+?)</p>", re.DOTALL)


class NoSuchPage(LookupError):
    """The website has no such page."""


@dataclass(frozen=True)
class Article:
    """One help page: its title, what it is about, and its HTML (`head` is those two, `body` the rest)."""

    name: str
    title: str
    summary: str
    head: str
    body: str


def languages() -> tuple[str, ...]:
    """The languages of the website, the main one first."""
    return tuple(read_catalogue()["languages"])


def names() -> Iterator[str]:
    """What every page is called, the same in all languages; a help page is `help/` and its name."""
    yield from ("home", "packages", "help", *MINE)
    yield from (ARTICLES + name for name in article_names())


@cache
def article_names() -> tuple[str, ...]:
    """The help pages, in the order of the page that lists them."""
    order = yaml.safe_load((SITE / "help-order.yml").read_text(encoding="utf-8"))
    found = {path.stem for path in (SITE / "pages" / languages()[0] / "help").glob("*.html")}
    return (*(name for name in order if name in found), *sorted(found.difference(order)))


def article_source(name: str, language: str) -> str:
    """The HTML that the writers of help pages write. Raises NoSuchPage."""
    if name not in article_names():
        raise NoSuchPage(name)
    return (SITE / "pages" / language / "help" / f"{name}.html").read_text(encoding="utf-8")


def address(name: str, language: str) -> str:
    """Where that page is: /help/paying, /nl/help/paying."""
    prefix = "" if language == languages()[0] else f"/{language}"
    return f"{prefix}/{name}" if name != "home" else prefix or "/"


def page(name: str, language: str) -> str:
    """That page as HTML. Raises NoSuchPage."""
    if language not in languages():
        raise NoSuchPage(language)
    words = _words(language)
    title, description, content, scripts = _made(name, language, words)
    own = "account" if name in MINE else name.partition("/")[0]
    given = {
        **words,
        "language": language,
        "title": title,
        "description": description,
        "home": address("home", language),
        "alternates": _lines(
            f'<link rel="alternate" hreflang="{other}" href="{address(name, other)}">'
            for other in languages()
        ),
        "scripts": scripts,
        "places": _links(language, words, PLACES, own, name),
        "languages": _lines(_switch(name, other, language) for other in languages()),
        "footer_places": _items(_link(language, words, place) for place in PLACES),
        "footer_help": _items(
            f'<a href="{address(ARTICLES + each, language)}">{_article(each, language).title}</a>'
            for each in FOOTER_HELP
        ),
        "content": content,
    }
    return _fill(_layout("shell.html"), given)


def _made(name: str, language: str, words: Mapping[str, Any]) -> tuple[str, str, str, str]:
    """A page's title, its description, its content, and the scripts it needs beside those of all pages."""
    if name.startswith(ARTICLES):
        article = _article(name.removeprefix(ARTICLES), language)
        title = f"{_plain(article.title)} · {words['help']['title_after']}"
        given = {
            **words,
            "help_address": address("help", language),
            "head": article.head,
            "body": article.body,
        }
        return title, _plain(article.summary), _fill(_layout("article.html"), given), ""
    if name not in words["pages"]:
        raise NoSuchPage(name)
    about = words["pages"][name]
    scripts = ""
    if name in MINE:
        content = _mine(name, language, words)
        scripts = '<script type="module" src="/site/account.js"></script>'
    else:
        content = {"home": _home, "packages": _packages, "help": _help}[name](language, words)
    return about["title"], about["description"], content, scripts


def _home(language: str, words: Mapping[str, Any]) -> str:
    tasks = [
        (address(ARTICLES + each["to"], language), escape(each["title"]), escape(each["text"]))
        for each in words["home"]["tasks"]
    ]
    given = {
        **words,
        "packages_address": address("packages", language),
        "tasks": _tasks(tasks),
        "living_room": _fill(_layout("living-room.svg"), {"scene": words["home"]["living_room"]}),
        "balloons": _fill(_layout("balloons.svg"), {"scene": words["home"]["balloons"]}),
    }
    return _fill(_layout("home.html"), given)


def _packages(language: str, words: Mapping[str, Any]) -> str:
    """Prices are the catalogue's, so that this page and the assistant never name different ones."""
    catalogue, texts = read_catalogue(), words["packages"]
    sold = {each["name"]: each for each in catalogue["packages"]}
    plans = [_plan(plan, sold[plan["package"]], language, words) for plan in texts["plans"]]
    shown = {plan["package"] for plan in texts["plans"]}
    film = money(catalogue["extras"]["Film Channels"]["monthly"], language)
    given = {
        **words,
        "plans": _lines(plans),
        "others": _lines(
            _row(escape(name), escape(_about(each, language)), _price(each, language))
            for name, each in sold.items()
            if name not in shown
        ),
        "in_every": _lines(
            f"<tr><td>{escape(each['what'])}</td><td>{escape(each['how'].format(film=film))}</td></tr>"
            for each in texts["in_every"]
        ),
    }
    return _fill(_layout("packages.html"), given)


def _plan(plan: Mapping[str, Any], sold: Mapping[str, Any], language: str, words: Mapping[str, Any]) -> str:
    chosen = bool(plan.get("chosen"))
    given = {
        **words,
        "package": plan["package"],
        "kind": "chosen" if chosen else "",
        "button": "" if chosen else "plain",
        "flag": f'<span class="flag">{escape(words["packages"]["chosen"])}</span>' if chosen else "",
        "price": _price(sold, language),
        "discount": words["packages"]["discount"].format(amount=money(sold["discount"], language)),
        "points": _items(escape(point) for point in plan["points"]),
    }
    return _fill(_layout("plan.html"), given)


def _row(name: str, about: str, price: str) -> str:
    return f'<tr><td>{name}</td><td>{about}</td><td class="number">{price}</td></tr>'


def _price(sold: Mapping[str, Any], language: str) -> str:
    return money(str(Decimal(sold.get("tv", 0)) + Decimal(sold.get("broadband", 0))), language)


def _about(sold: Mapping[str, Any], language: str) -> str:
    texts = read_catalogue()["package_texts"]
    parts = {
        name: pick(texts[name], language, **{name: sold[name]})
        for name in ("speed", "channels")
        if name in sold
    }
    return pick(texts["both"], language, **parts) if len(parts) == 2 else next(iter(parts.values()))


def _help(language: str, words: Mapping[str, Any]) -> str:
    articles = [_article(name, language) for name in article_names()]
    tasks = [(address(ARTICLES + each.name, language), each.title, each.summary) for each in articles]
    return _fill(_layout("help.html"), {**words, "articles": _tasks(tasks)})


def _mine(name: str, language: str, words: Mapping[str, Any]) -> str:
    """A frame for what `account.js` shows once it is known who is signed in."""
    titles = {**words["pages"], "account": {"name": words["account"]["overview"]}}
    given = {
        **words,
        "page": name,
        "name": words["pages"][name]["name"],
        "tabs": _links(language, {**words, "pages": titles}, MINE, name, name),
        "below": _fill(_layout("behind.html"), words) if name == "account" else "",
    }
    return _fill(_layout("mine.html"), given)


def _link(language: str, words: Mapping[str, Any], name: str, current: str = "") -> str:
    here = f' aria-current="{current}"' if current else ""
    return f'<a href="{address(name, language)}"{here}>{escape(words["pages"][name]["name"])}</a>'


def _links(language: str, words: Mapping[str, Any], places: Iterable[str], own: str, name: str) -> str:
    """Links to these places; the one that the page `name` belongs to, `own`, is marked."""
    marks = {own: "page" if own == name else "true"}
    return _lines(_link(language, words, place, marks.get(place, "")) for place in places)


def _switch(name: str, other: str, language: str) -> str:
    """A link to the same page in another language, in that language's own words."""
    here = ' aria-current="true"' if other == language else ""
    called = escape(_words(other)["language_name"])
    return f'<a href="{address(name, other)}" lang="{other}" hreflang="{other}"{here}>{called}</a>'


def _tasks(tasks: Iterable[tuple[str, str, str]]) -> str:
    """Links with a title and a line of text below it, both HTML."""
    return _items(f'<a href="{to}"><strong>{title}</strong>{text}</a>' for to, title, text in tasks)


def _article(name: str, language: str) -> Article:
    source = article_source(name, language)
    head = HEAD.match(source)
    if head is None:
        raise ValueError(f"the help page {name} in {language} has to begin with <h1> and <p>")
    return Article(name, head["title"], head["summary"], head[0].strip(), source[head.end() :].strip())


def _words(language: str) -> dict[str, Any]:
    words: dict[str, Any] = json.loads((SITE / "words" / f"{language}.json").read_text(encoding="utf-8"))
    return words


def _layout(name: str) -> str:
    return (SITE / "layouts" / name).read_text(encoding="utf-8")


def _fill(layout: str, given: Mapping[str, Any]) -> str:
    """The layout with its holes filled. Raises KeyError for one that nothing fills."""

    def filled(hole: re.Match[str]) -> str:
        found: Any = given
        for key in (hole[1] or hole[2]).split("."):
            found = found[key]
        return str(found) if hole[1] else escape(str(found))

    return HOLE.sub(filled, layout)


def _plain(html: str) -> str:
    return unescape(re.sub(r"<[^>]+>", "", html))


def _items(entries: Iterable[str]) -> str:
    return _lines(f"<li>{each}</li>" for each in entries)


def _lines(entries: Iterable[str]) -> str:
    return "\n".join(entries)
