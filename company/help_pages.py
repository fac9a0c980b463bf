"""The help centre as the assistant reads it: the pages of Northlight's website, cut at their headings.

The website's own files are the only place where the texts stand, so what the assistant quotes is what the
customer finds behind the link.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from typing import Any

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import empty
from sanic.response import json as json_response

from company import website
from company.errors import BadRequest

VOID = frozenset({"br", "hr", "img", "input", "link", "meta"})

blueprint = Blueprint("help_pages")


@dataclass
class Section:
    """A heading and the lines of plain text below it. `anchor` is empty for the page's opening."""

    heading: str
    anchor: str = ""
    lines: list[str] = field(default_factory=list)


class PageReader(HTMLParser):
    """Reads one help page: its title, the sentence below it, and its sections."""

    def __init__(self) -> None:
        super().__init__()
        self.title = ""
        self.summary = ""
        self.sections: list[Section] = []
        self._open: list[str] = []
        self._text = ""
        self._anchor = ""
        self._numbers: list[int] = []
        self._cells: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Notes where we are."""
        if tag in VOID:
            return
        self._open.append(tag)
        if tag in ("h1", "h2", "p", "li", "td", "th"):
            self._text = ""
        if tag == "h2":
            self._anchor = dict(attrs).get("id") or ""
        elif tag in ("ol", "ul"):
            self._numbers.append(0 if tag == "ol" else -1)
        elif tag == "tr":
            self._cells = []

    def handle_data(self, data: str) -> None:
        """Collects text."""
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        """A heading, a paragraph, a point of a list or a row of a table is complete."""
        if tag not in self._open:
            return
        text = " ".join(self._text.split())
        while self._open.pop() != tag:
            pass
        if tag == "h1":
            self.title = text
        elif tag == "h2":
            self.sections.append(Section(text, self._anchor))
        elif tag == "p" and not self.summary:
            self.summary = text  # what the page is about, below its title
        elif tag == "p":
            self._add(text)
        elif tag == "li":
            self._numbers[-1] += 1 if self._numbers[-1] >= 0 else 0
            self._add(f"{self._numbers[-1]}. {text}" if self._numbers[-1] > 0 else f"• {text}")
        elif tag in ("ol", "ul"):
            self._numbers.pop()
        elif tag == "td":
            self._cells.append(text)
        elif tag == "tr" and self._cells:
            self._add("• " + ": ".join(self._cells))

    def _add(self, line: str) -> None:
        if not self.sections:
            self.sections.append(Section(self.title))
        if line:
            self.sections[-1].lines.append(line)


def read_page(source: str) -> PageReader:
    """That page, read."""
    reader = PageReader()
    reader.feed(source)
    reader.close()
    return reader


@cache
def all_pages() -> dict[str, list[dict[str, Any]]]:
    """All pages by language, each with its passages; addresses are those on the website, without its name."""
    return {
        language: [_page(name, language) for name in website.article_names()]
        for language in website.languages()
    }


def _page(name: str, language: str) -> dict[str, Any]:
    page = read_page(website.article_source(name, language))
    url = website.address(website.ARTICLES + name, language)
    passages = [
        {
            "passage_id": section.anchor or "opening",
            "heading": section.heading,
            "text": "\n".join(section.lines),
            "url": f"{url}#{section.anchor}" if section.anchor else url,
        }
        for section in page.sections
        if section.lines
    ]
    return {
        "page_id": name,
        "title": page.title,
        "summary": page.summary,
        "url": url,
        "passages": passages,
    }


def published(language: str, site_url: str) -> dict[str, Any]:
    """The answer of /help/pages: every page in that language, with full addresses."""
    pages = [
        {
            **page,
            "url": site_url + page["url"],
            "passages": [{**each, "url": site_url + each["url"]} for each in page["passages"]],
        }
        for page in all_pages().get(language, [])
    ]
    return {"language": language, "pages": pages}


@blueprint.get("/help/pages")
async def get_pages(request: Request) -> HTTPResponse:
    """The help pages in one language; 304 when the caller has them as they are."""
    language = request.args.get("language") or ""
    if not (len(language) == 2 and language.isalpha() and language.islower()):
        raise BadRequest("language_invalid", "language has to be a code of two letters, like nl.")
    body = published(language, request.app.ctx.site_url)
    etag = f'"{hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:32]}"'
    if request.headers.get("if-none-match") == etag:
        return empty(status=304, headers={"ETag": etag})
    return json_response(body, headers={"ETag": etag, "Content-Language": language})
