"""Sentence embeddings for every message, made once, by two encoders that ship as packages.

For all languages the Universal Sentence Encoder, multilingual v3 (multilingual.py, 16 languages, 512 numbers
a sentence); for English MiniLM beside it (minilm.py, 2 x 384 numbers, zero for other languages), and one
number that says how far the text is English. Both are loaded at first use and shared by everything in the
process. Embeddings of training texts are kept in `.rasa/embeddings`, keyed by content; the folder may be
deleted at any time.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import sqlite3
import threading
import unicodedata
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt

from assistant.bot.glossary import fingerprint, glossed
from assistant.bot.minilm import MiniLM
from assistant.bot.multilingual import Multilingual

Matrix = npt.NDArray[np.float32]

MEANING = slice(0, 512)  # where each part of a row is; the first has length 1, the second 1 or 0
ENGLISH = slice(512, 1280)
SHARE = 1280
DIMENSIONS = 1281
HANDLED_CHARACTERS = 2_000
CACHED_ROWS = 40_000  # 5 kB each
AT_ONCE = 500
MIXED = 0.3  # the share of letters from which on a second script is no mere name in passing
BEGUN_AHEAD = 64
MOSTLY_ENGLISH = 0.5  # a text with this share of English and more is not glossed
_MODEL = "usem3-q8-minilm-q8"

_lock = threading.Lock()
_encoders: tuple[Multilingual, MiniLM] | None = None


def handled_text(text: str) -> str:
    """The part of a message that is understood: its first 2,000 characters, without control characters.

    The length of the handled part never exceeds that of the text and offsets stay valid: what is taken
    out is replaced by a space.
    """
    cut = text[:HANDLED_CHARACTERS]
    if cut.isascii() and cut.isprintable():
        return cut
    return "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in cut)


def encode(texts: Sequence[str]) -> Matrix:
    """Embed texts: (n, 1281) float32. Loads the models at first use (about a second)."""
    general, english = _loaded()
    handled = [handled_text(text) for text in texts]
    rows = np.empty((len(texts), DIMENSIONS), dtype=np.float32)
    if texts:
        rows[:, MEANING] = general.encode(handled)
        rows[:, ENGLISH], rows[:, SHARE] = english.encode(handled)
        _add_glosses(rows, handled, general)
    return rows


def gloss_of(text: str, row: Matrix) -> str | None:
    """A text with that embedding in English, word by word; None where it is English or no list fits."""
    return glossed(text) if row[SHARE] < MOSTLY_ENGLISH else None


def with_gloss(text: str, row: Matrix) -> str:
    """The text and its gloss, for what is found by words: the n-grams of one language serve others too."""
    gloss = gloss_of(text, row)
    return text if gloss is None else f"{text} {gloss}"


def _add_glosses(rows: Matrix, texts: Sequence[str], general: Multilingual) -> None:
    """What is said in another language counts half as said and half as its English gloss."""
    found = ((i, gloss_of(text, row)) for i, (text, row) in enumerate(zip(texts, rows, strict=True)))
    glosses = {i: gloss for i, gloss in found if gloss is not None}
    if glosses:
        both = rows[list(glosses), MEANING] + general.encode(list(glosses.values()))
        rows[list(glosses), MEANING] = both / np.linalg.norm(both, axis=1, keepdims=True)


def is_english_word(word: str) -> bool:
    """Whether the English encoder has this lower-case word in one piece."""
    return _loaded()[1].knows(word)


def _loaded() -> tuple[Multilingual, MiniLM]:
    global _encoders
    if _encoders is None:
        with _lock:
            if _encoders is None:
                _encoders = Multilingual(), MiniLM()
    return _encoders


class Ahead:
    """Encodes a message in a thread of its own while it is still being written to the journal.

    What was begun is taken by the message's turn, or forgotten when too many others came.
    """

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="encoder")
        self._begun: OrderedDict[str, Future[Matrix]] = OrderedDict()
        self._guard = threading.Lock()

    def begin(self, text: str) -> None:
        """Start encoding that text; `take` it soon."""
        if not has_words(handled_text(text)):
            return
        with self._guard:
            if text not in self._begun:
                self._begun[text] = self._pool.submit(encode, [text])
            while len(self._begun) > BEGUN_AHEAD:
                self._begun.popitem(last=False)[1].cancel()

    def take(self, text: str) -> Matrix:
        """The (1, 1281) embedding, begun ahead or made now."""
        with self._guard:
            begun = self._begun.pop(text, None)
        if begun is None or begun.cancel():
            return encode([text])
        return begun.result()


AHEAD = Ahead()


def version() -> str:
    """What embeddings depend on beside the text."""
    return f"{_MODEL}-{fingerprint()}"


class EmbeddingCache:
    """Embeddings of training texts on disk, keyed by a hash of model and text.

    Trainings at the same time share it. Where it cannot be read or written it costs time, nothing else.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / f"{version()}.sqlite"

    def encode(self, texts: Sequence[str], told: Callable[[float], None] = lambda share: None) -> Matrix:
        """Embed texts as `encode` does, taking known ones from disk and adding new ones to it.

        `told` hears the share done, 0 to 1.
        """
        keys = [
            hashlib.blake2b(handled_text(text).encode("utf-8", "replace"), digest_size=16).digest()
            for text in texts
        ]
        rows = np.empty((len(texts), DIMENSIONS), dtype=np.float32)
        places: dict[bytes, list[int]] = {}
        for i, key in enumerate(keys):
            places.setdefault(key, []).append(i)
        known = self._read(list(places))
        for key, row in known.items():
            rows[places[key]] = row
        missing = [key for key in places if key not in known]
        parts = [missing[first : first + AT_ONCE] for first in range(0, len(missing), AT_ONCE)]
        wanted = ([texts[places[key][0]] for key in part] for part in parts)
        with ThreadPoolExecutor(os.cpu_count()) as pool:  # each encoder on one thread, several at a time
            for done, (part, made) in enumerate(zip(parts, pool.map(encode, wanted), strict=True), start=1):
                for key, row in zip(part, made, strict=True):
                    rows[places[key]] = row
                self._write(part, made)
                told(done / len(parts))
        return rows

    def _read(self, keys: Sequence[bytes]) -> dict[bytes, Matrix]:
        found: dict[bytes, Matrix] = {}
        try:
            with self._opened() as database:
                for first in range(0, len(keys), AT_ONCE):
                    part = keys[first : first + AT_ONCE]
                    marks = ",".join("?" * len(part))
                    query = f"SELECT key, row FROM embeddings WHERE key IN ({marks})"  # noqa: S608
                    found |= {
                        key: np.frombuffer(row, dtype=np.float32)
                        for key, row in database.execute(query, part)
                    }
        except (sqlite3.Error, OSError):
            return {}
        return {key: row for key, row in found.items() if len(row) == DIMENSIONS}

    def _write(self, keys: Sequence[bytes], rows: Matrix) -> None:
        try:
            with self._opened() as database:
                pairs = [(key, row.tobytes()) for key, row in zip(keys, rows, strict=True)]
                database.executemany("INSERT OR REPLACE INTO embeddings (key, row) VALUES (?, ?)", pairs)
                newest = "SELECT max(number) FROM embeddings"
                database.execute(f"DELETE FROM embeddings WHERE number <= ({newest}) - ?", (CACHED_ROWS,))  # noqa: S608
                database.commit()
        except sqlite3.DatabaseError:  # damaged, unless it is only busy
            if not _is_database(self._path):
                self._path.unlink(missing_ok=True)
        except OSError:
            return

    @contextlib.contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.closing(sqlite3.connect(self._path, timeout=10)) as database:
            database.execute("PRAGMA synchronous=OFF")  # what is lost is made again
            database.execute(
                "CREATE TABLE IF NOT EXISTS embeddings"
                " (number INTEGER PRIMARY KEY AUTOINCREMENT, key BLOB UNIQUE NOT NULL, row BLOB NOT NULL)"
            )
            yield database


def _is_database(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(16) == b"SQLite format 3\0"
    except OSError:
        return True


_LETTERS = re.compile(r"[^\W\d_]", re.UNICODE)
_WRITTEN_TOGETHER = frozenset({"HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "HANGUL"})
_CODE_SIGNS = frozenset("{}<>;=\\|[]()`$#_*")


def looks_like_code(text: str) -> bool:
    """Whether a text is program code, markup or data rather than something said."""
    signs = sum(1 for c in text if c in _CODE_SIGNS)
    return signs >= 4 and signs > 0.06 * len(text)


def mixes_scripts(text: str) -> bool:
    """Whether a text is put together from several scripts, none of them in passing, as noise is."""
    if text.isascii():
        return False
    counts = Counter(_script(c) for c in text if c.isalpha())
    return len(counts) > 1 and counts.most_common(2)[1][1] >= MIXED * counts.total()


def _script(letter: str) -> str:
    if letter.isascii():
        return "LATIN"
    script = unicodedata.name(letter, "UNKNOWN").split()[0]
    return "CJK" if script in _WRITTEN_TOGETHER else script


def has_words(text: str) -> bool:
    """Whether a text can say something: not only digits, emoji, symbols, code, mixed scripts or noise."""
    letters = len(_LETTERS.findall(text))
    words = text.split()
    if not letters or looks_like_code(text) or mixes_scripts(text):
        return False
    endless = sum(len(word) for word in words if len(word) > 30)
    solid = sum(map(len, words))
    return endless <= 0.5 * solid and letters >= 0.3 * solid
