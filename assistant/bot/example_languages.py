"""Examples in another language than their folder's. Short ones say nothing: “ok” is at home everywhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from assistant.bot.examples import OUT_OF_SCOPE, Block, Example
from assistant.journeys.check import Finding, error_at, warning_at

FEWEST_WORDS = 4  # of an example that is judged by itself
FEWEST_WORDS_OF_ALL = 12  # of examples that are judged together
SURE = 0.9  # of another language
HARDLY = 0.02  # of the folder's own, when two related languages share the rest
# Told apart even where they are not configured: the ones that are most often pasted in.
COMMON = ("de", "en", "es", "fr", "it", "nl")


def in_other_languages(blocks: Sequence[Block], configured: Sequence[str]) -> Iterator[Finding]:
    """One finding for each block that is in another language as a whole, and for each odd example.

    About 0.2 ms an example, and half a second to load what languages look like.
    """
    detector = _detector(tuple(sorted({*configured, *COMMON})))
    for block in blocks:
        if block.language not in detector.languages:
            continue
        other = detector.other_than(block.language, _joined(block.examples), FEWEST_WORDS_OF_ALL)
        if other:
            message = (
                f"These examples of {block.intent} are in {other}, not in {detector.name(block.language)}."
            )
            yield error_at(block.place, message)
            continue
        # What nobody understands may be in no language at all, and song lines in any.
        for example in block.examples if block.intent != OUT_OF_SCOPE else ():
            other = detector.other_than(block.language, example.text, FEWEST_WORDS)
            if other:
                message = f"“{example.text}” is in {other}, not in {detector.name(block.language)}."
                yield warning_at(example.place, message)


def _joined(examples: Sequence[Example]) -> str:
    return " . ".join(example.text for example in examples)


class _Detector:
    def __init__(self, codes: Sequence[str]) -> None:
        from lingua import IsoCode639_1, LanguageDetectorBuilder

        known = {code: getattr(IsoCode639_1, code.upper(), None) for code in codes}
        usable = [each for each in known.values() if each is not None]
        self.languages = {code for code, each in known.items() if each is not None}
        self._lingua: Any = LanguageDetectorBuilder.from_iso_codes_639_1(*usable).build()

    def other_than(self, language: str, text: str, fewest_words: int) -> str:
        """The English name of the language a text is clearly in, when that is another one; else empty."""
        if len(text.split()) < fewest_words:
            return ""
        values = self._lingua.compute_language_confidence_values(text)
        first = values[0]
        own = next(each.value for each in values if _code(each.language) == language)
        if _code(first.language) == language or (first.value < SURE and own > HARDLY):
            return ""
        return str(first.language.name.title())

    def name(self, language: str) -> str:
        """“Dutch” for nl."""
        from lingua import IsoCode639_1, Language

        return str(Language.from_iso_code_639_1(getattr(IsoCode639_1, language.upper())).name.title())


def _code(language: Any) -> str:
    return str(language.iso_code_639_1.name.lower())


@cache
def _detector(codes: tuple[str, ...]) -> _Detector:
    return _Detector(codes)
