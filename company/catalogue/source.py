"""Reads northlight.yml: what Northlight sells, and every text of its that customers read."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml


@cache
def read_catalogue() -> Mapping[str, Any]:
    """What northlight.yml holds."""
    data: Mapping[str, Any] = yaml.safe_load(
        Path(__file__).with_name("northlight.yml").read_text(encoding="utf-8")
    )
    return data
