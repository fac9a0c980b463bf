"""Facts in messages: numbers, dates, amounts and the like, as entities with JSON values."""

from assistant.bot.facts.component import FactExtractor

__all__ = ["FactExtractor"]
