"""Scripted dialogues, written as data, played against the real bot. The format: docs/scenarios.md."""
