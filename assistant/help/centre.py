"""The help centre in the assistant: the company's pages, kept on disk, looked at again every few minutes.

A customer never waits for the company here once an index was made: it is renewed in a thread of its own,
and when the company is away the pages of last time go on answering.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import structlog
from pydantic import ValidationError

from assistant.help.index import Encode, Found, PassageIndex
from assistant.help.pages import Pages
from assistant.help.words import Words, load_words

log = structlog.get_logger(__name__)

LOOK_AGAIN_SECONDS = 300.0


class CannotFetch(Exception):
    """The company does not answer, or answers with what are no help pages."""


@dataclass(frozen=True)
class Fetched:
    """The pages and their ETag, or neither when they are as they were."""

    pages: Pages | None
    etag: str | None


class Source(Protocol):
    """Where pages come from."""

    def __call__(self, language: str, etag: str | None) -> Fetched:
        """The pages in that language, unless they are those of `etag`. Raises CannotFetch."""


@dataclass
class _Kept:
    index: PassageIndex
    etag: str | None
    looked_at: float  # monotonic seconds; minus infinity for pages that come from the disk


class HelpCentre:
    """Safe for threads. `folder` keeps the last pages of each language; `clock` gives monotonic seconds."""

    def __init__(
        self,
        source: Source,
        folder: Path,
        encode: Encode,
        clock: Callable[[], float],
        words: dict[str, Words] | None = None,
    ) -> None:
        self._source = source
        self._folder = folder
        self._encode = encode
        self._clock = clock
        self._words = words or {}
        self._kept: dict[str, _Kept] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()

    @classmethod
    def from_files(
        cls, source: Source, folder: Path, encode: Encode, clock: Callable[[], float], root: Path
    ) -> HelpCentre:
        """The same with the words of `root`/data/help/words.yml."""
        return cls(source, folder, encode, clock, load_words(root / "data" / "help" / "words.yml"))

    def answers(self, question: str, language: str, limit: int = 2) -> list[Found]:
        """The passages that answer, best first. Raises CannotFetch when no pages were ever had."""
        return self._index(language).answers(question, limit)

    def search(self, question: str, language: str, limit: int = 5) -> list[Found]:
        """The nearest passages, also those that are no answer. Raises CannotFetch."""
        return self._index(language).search(question, limit)

    def warm(self, languages: tuple[str, ...]) -> None:
        """Makes all indices, so that no customer waits for one. What cannot be had is left for later."""
        for language in languages:
            try:
                self._index(language)
            except CannotFetch as error:
                log.warning("help pages are not to be had", language=language, why=str(error))

    def _index(self, language: str) -> PassageIndex:
        with self._lock(language):
            kept = self._kept.get(language) or self._from_disk(language)
            if kept is None:
                kept = self._renew(language, None)
            self._kept[language] = kept
        if self._clock() - kept.looked_at >= LOOK_AGAIN_SECONDS:
            kept.looked_at = self._clock()  # one look at a time, however many customers ask
            threading.Thread(target=self._look_again, args=(language,), daemon=True).start()
        return kept.index

    def _look_again(self, language: str) -> None:
        try:
            renewed = self._renew(language, self._kept[language])
        except CannotFetch as error:
            log.warning("help pages were not renewed", language=language, why=str(error))
            return
        self._kept[language] = renewed

    def _renew(self, language: str, kept: _Kept | None) -> _Kept:
        fetched = self._source(language, kept.etag if kept else None)
        if fetched.pages is None:
            if kept is None:
                raise CannotFetch("nothing came, and nothing is kept")
            return _Kept(kept.index, kept.etag, self._clock())
        index = PassageIndex(fetched.pages, self._words.get(language, Words()), self._encode)
        self._to_disk(language, fetched.pages, fetched.etag)
        return _Kept(index, fetched.etag, self._clock())

    def _path(self, language: str) -> Path:
        return self._folder / f"{language}.json"

    def _from_disk(self, language: str) -> _Kept | None:
        try:
            stored = json.loads(self._path(language).read_text(encoding="utf-8"))
            pages = Pages.model_validate(stored["pages"])
        except (OSError, ValueError, KeyError, TypeError, ValidationError):  # none, or a damaged file
            return None
        index = PassageIndex(pages, self._words.get(language, Words()), self._encode)
        return _Kept(index, stored.get("etag"), float("-inf"))

    def _to_disk(self, language: str, pages: Pages, etag: str | None) -> None:
        part = self._path(language).with_suffix(f".{threading.get_ident()}.part")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            part.write_text(json.dumps({"etag": etag, "pages": pages.model_dump()}), encoding="utf-8")
            part.replace(self._path(language))
        except OSError as error:  # a read-only place costs a fetch at the next start, nothing else
            log.warning("help pages were not kept", language=language, why=type(error).__name__)

    def _lock(self, language: str) -> threading.Lock:
        with self._guard:
            return self._locks.setdefault(language, threading.Lock())
