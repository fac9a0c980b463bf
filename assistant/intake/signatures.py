"""Whether a webhook was signed by whom we share a secret with, and lately (Standard Webhooks)."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from standardwebhooks import Webhook

TOLERANCE = timedelta(minutes=5)  # the specification's window against replays
LONGEST_ID = 200


class BadSignature(ValueError):
    """Forged, altered, replayed too late, or not signed at all. It says no more, on purpose."""


def verified_id(secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> str:
    """The webhook's id, when its signature holds and its time is within five minutes of `now`.

    `headers` by lower-case name. Several signatures may be given (keys are rotated): one must hold.
    Raises BadSignature.
    """
    webhook_id = headers.get("webhook-id", "")
    if not secret or not 0 < len(webhook_id) <= LONGEST_ID or not webhook_id.isprintable():
        raise BadSignature
    try:
        sent_at = datetime.fromtimestamp(int(headers.get("webhook-timestamp", "")), UTC)
        text = body.decode("utf-8")
    except (ValueError, OverflowError, OSError):
        raise BadSignature from None
    if abs(now - sent_at) > TOLERANCE:
        raise BadSignature
    expected = Webhook(secret).sign(webhook_id, sent_at, text).encode()
    given = headers.get("webhook-signature", "").split(" ")
    if not any(hmac.compare_digest(each.encode("utf-8", "replace"), expected) for each in given):
        raise BadSignature
    return webhook_id
