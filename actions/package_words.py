"""What a customer's words say about the package or the delivery they want. The words are data."""

from __future__ import annotations

from pathlib import Path

from actions.contract import Call
from actions.visit_words import find

WORDS = Path(__file__).parents[1] / "data" / "packages" / "words.yml"


def hint(section: str, call: Call) -> str | None:
    """The one wish of that section which the words of the call point at."""
    return find(section, call.optional("words"), call.language, WORDS)
