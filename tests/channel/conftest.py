"""A journal on each kind of database for the channel's tests."""

from tests.journal.conftest import journal, sqlite_journal, url

__all__ = ["journal", "sqlite_journal", "url"]
