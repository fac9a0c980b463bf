"""A running desk on the scenario that the other parts of handing over share."""

from collections.abc import AsyncIterator

import pytest

from tests.desk.desk_scene import Desk, open_desk
from tests.handoff.scenario import Company, clock, company, policy

__all__ = ["clock", "company", "desk", "policy"]


@pytest.fixture
async def desk(company: Company) -> AsyncIterator[Desk]:
    async with open_desk(company) as opened:
        yield opened
