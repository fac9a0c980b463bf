"""Texts as the search compares them: by the encoder that knows all languages."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from assistant.bot.embedding import MEANING, encode


def encode_meaning(texts: Sequence[str]) -> npt.NDArray[np.float32]:
    """One row of length 1 per text."""
    return encode(texts)[:, MEANING]
