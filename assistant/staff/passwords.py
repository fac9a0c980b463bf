"""Passwords: hashed with argon2id off the event loop, and refused when they are short or obvious."""

from __future__ import annotations

import asyncio
import re
import unicodedata
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from assistant.web import ApiError

SHORTEST = 12  # characters
LONGEST = 256  # so that nobody makes us hash a book
FEWEST_DIFFERENT = 5

ROWS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890123456789",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjkl",
)


def normal_password(text: str) -> str:
    """One form for the same characters typed on different keyboards (NFKC)."""
    return unicodedata.normalize("NFKC", text)


def weakness(password: str, about: Iterable[str] = ()) -> str | None:
    """Why the password is refused, in a sentence for its owner; None when it will do.

    `about` are words anybody knows of the owner (name, address); a password made of them is obvious.
    """
    text = normal_password(password)
    if len(text) < SHORTEST:
        return f"Use at least {SHORTEST} characters. Several words are easiest to remember."
    if len(text) > LONGEST:
        return f"Use at most {LONGEST} characters."
    lower = text.lower()
    if len(set(lower)) < FEWEST_DIFFERENT:
        return "Use more different characters."
    stem = re.sub(r"[\W\d_]+$", "", lower)
    letters = re.sub(r"[^a-z]", "", stem.translate(str.maketrans("01345$@", "oleassa")))
    if {stem, re.sub(r"[^a-z]", "", lower), letters} & _obvious() or _is_row(lower):
        return "This is one of the first passwords that anybody would try."
    rest = lower
    for word in sorted(
        {w for text in about for w in re.split(r"[\W_]+", text.lower()) if len(w) > 2}, key=len
    ):
        rest = rest.replace(word, "")
    if len(re.sub(r"[\W\d_]", "", rest)) < FEWEST_DIFFERENT and rest != lower:
        return "Do not make it from your own name or address."
    return None


def check_password(password: str, about: Iterable[str] = ()) -> None:
    """Raises ApiError 400 `weak_password` with the reason."""
    reason = weakness(password, about)
    if reason is not None:
        raise ApiError(400, "weak_password", reason)


def hash_now(password: str) -> str:
    """The argon2id hash, made in the calling thread (commands). About 50 ms and 32 MiB."""
    return _hasher().hash(normal_password(password))


class Passwords:
    """Hashing and checking on two threads of its own: the event loop never waits, memory stays bounded."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="passwords")

    async def hash(self, password: str) -> str:
        """The hash to store."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, hash_now, password)

    async def verify(self, stored: str | None, password: str) -> bool:
        """Whether it is the password. With no stored hash it takes just as long and says no."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, _verify, stored, password)

    def outdated(self, stored: str) -> bool:
        """Whether the hash was made with weaker parameters than today's."""
        return _hasher().check_needs_rehash(stored)

    def close(self) -> None:
        """Let go of the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)


@lru_cache(maxsize=1)
def _obvious() -> frozenset[str]:
    lines = (Path(__file__).parent / "obvious_passwords.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


@lru_cache(maxsize=1)
def _hasher() -> PasswordHasher:
    # OWASP's argon2id minimum is 19 MiB, 2 passes, 1 lane; a little more costs an attacker, not us.
    return PasswordHasher(time_cost=3, memory_cost=32 * 1024, parallelism=1)


@lru_cache(maxsize=1)
def _nobodys_hash() -> str:
    return hash_now("a password that belongs to nobody")


def _verify(stored: str | None, password: str) -> bool:
    try:
        _hasher().verify(stored or _nobodys_hash(), normal_password(password))
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


def _is_row(text: str) -> bool:
    core = re.sub(r"[\W_]", "", text)
    if not core:
        return True
    for size in range(1, len(core) // 2 + 1):  # the same few characters again and again
        if len(core) % size == 0 and core[:size] * (len(core) // size) == core and size <= 4:
            return True
    return any(core in row * 3 or core[::-1] in row * 3 for row in ROWS)
