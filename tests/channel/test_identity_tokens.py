"""What an identity token must be before anybody is somebody."""

from __future__ import annotations

import jwt
import pytest

from assistant.channel.sessions import LONGEST_CUSTOMER_ID, read_identity_token
from assistant.web import ApiError
from tests.journal.conftest import START

SECRET = "a secret of the website, long enough for HS256"


def token(sub: str) -> str:
    return jwt.encode({"sub": sub, "exp": int(START.timestamp()) + 600}, SECRET, algorithm="HS256")


def test_that_a_customers_id_is_taken_whole_or_not_at_all() -> None:
    longest = "c" * LONGEST_CUSTOMER_ID
    assert read_identity_token(token(longest), SECRET, START, None).customer_id == longest
    with pytest.raises(ApiError) as refused:
        read_identity_token(token(longest + "1"), SECRET, START, None)
    assert (refused.value.status, refused.value.code) == (401, "identity_token_refused")
