"""What a company publishes as its help centre: pages, cut into passages. Whatever does not fit is refused."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Line = Annotated[str, Field(max_length=300)]
Address = Annotated[str, Field(pattern=r"^(https?://|/)\S+$", max_length=500)]
MOST_PAGES = 5_000


class Part(BaseModel):
    """Base of all: unknown fields are ignored, so that a company may add some."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Passage(Part):
    """A few sentences below one heading, quoted as they are. `url` leads to where they stand."""

    passage_id: Line
    heading: Line
    text: Annotated[str, Field(min_length=1, max_length=2000)]
    url: Address


class Page(Part):
    """One page. `page_id` is the same in all languages; `summary` says in a sentence what it is about."""

    page_id: Annotated[str, Field(min_length=1, max_length=100)]
    title: Line
    summary: Line = ""
    url: Address
    passages: list[Passage]


class Pages(Part):
    """All pages in one language."""

    language: Annotated[str, Field(pattern=r"^[a-z]{2}$")]
    pages: Annotated[list[Page], Field(max_length=MOST_PAGES)]
