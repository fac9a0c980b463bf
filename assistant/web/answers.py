"""Answers made from pydantic models, so that what leaves is checked as strictly as what enters."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel
from sanic import HTTPResponse


def answer(
    model: BaseModel, status: int = 200, *, headers: Mapping[str, str] | None = None, sparse: bool = False
) -> HTTPResponse:
    """The model as JSON, times as ISO 8601 with `Z`. `sparse` leaves out what is None."""
    return HTTPResponse(
        model.model_dump_json(by_alias=True, exclude_none=sparse),
        status=status,
        headers=dict(headers or {}),
        content_type="application/json",
    )
