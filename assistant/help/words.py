"""Words as the search sees them: only those that tell something, one for all of the same thing, in pieces."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import yaml

from assistant.bot.ngrams import normalised

ENOUGH = 5.3  # the score from which a passage is an answer, where a language has none of its own
# Sizes of pieces of words, so that "opname" meets "opnames" and "wifiwachtwoord" "wachtwoord".
SHORTEST, LONGEST = 3, 5


@dataclass(frozen=True)
class Words:
    """One language's `skip`, `same` and `elided` of data/help/words.yml, normalised, and its `enough`."""

    skip: frozenset[str] = frozenset()
    same: Mapping[str, str] = field(default_factory=dict)
    enough: float = ENOUGH
    elided: frozenset[str] = frozenset()

    def of(self, text: str) -> list[str]:
        """The words of a text that say what it is about."""
        whole = (self._unelided(word) for word in normalised(text).replace("wi fi", "wifi").split())
        padded = f" {' '.join(whole)} "
        for words, one in self.same.items():
            if " " in words:
                padded = padded.replace(f" {words} ", f" {one} ")
        return [self.same.get(word, word) for word in padded.split() if word not in self.skip]

    def _unelided(self, word: str) -> str:
        """“appuntamento” for “l'appuntamento”."""
        before, _, after = word.partition("'")
        return after if after and before in self.elided and word not in self.skip else word


def load_words(path: Path) -> dict[str, Words]:
    """`data/help/words.yml` by language. Without the file every word counts as it stands."""
    if not path.is_file():
        return {}
    data = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    skip, same = data.get("skip") or {}, data.get("same") or {}
    enough, elided = data.get("enough") or {}, data.get("elided") or {}
    return {
        language: Words(
            frozenset(part for word in skip.get(language, []) for part in normalised(str(word)).split()),
            {
                normalised(str(word)): normalised(str(group[0])).replace(" ", "")
                for group in same.get(language, [])
                for word in group
            },
            float(enough.get(language, ENOUGH)),
            frozenset(elided.get(language, [])),
        )
        for language in {*skip, *same}
    }


@lru_cache(maxsize=20_000)
def pieces(word: str) -> frozenset[str]:
    """The word itself between spaces, and all its pieces of three to five letters."""
    padded = f" {word} "
    found = {padded}
    for size in range(SHORTEST, LONGEST + 1):
        found.update(padded[at : at + size] for at in range(len(padded) - size + 1))
    return frozenset(found)


def pieces_of(words: list[str]) -> frozenset[str]:
    """All pieces of all those words."""
    return frozenset().union(*(pieces(word) for word in words))
