"""Fixtures shared with the other parts of handing over."""

from tests.handoff.scenario import clock, company, policy

__all__ = ["clock", "company", "policy"]
