"""Random ids with a prefix that says what they are of."""

import secrets


def random_id(prefix: str) -> str:
    """`c_…`, `h_…`: the prefix, an underscore, and 128 random bits, safe in addresses."""
    return f"{prefix}_{secrets.token_urlsafe(16)}"
