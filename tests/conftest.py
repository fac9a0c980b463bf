"""Fixtures shared by all tests, one plugin module each."""

pytest_plugins = ["tests.postgres", "tests.server"]
