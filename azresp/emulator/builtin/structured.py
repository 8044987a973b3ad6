"""Structured output: JSON that conforms to a schema, filled from what was said where it fits."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from . import intents
from .filler import Filler
from .talk import Talk


def wanted(format_: Mapping[str, Any]) -> bool:
    return format_.get("type") in ("json_object", "json_schema")


def answer(talk: Talk, format_: Mapping[str, Any]) -> Iterator[str]:
    """One JSON text. Refusals stay refusals, as with the service."""
    plain = "".join(_first_chunks(talk))
    if format_["type"] == "json_object":
        value: Any = {"answer": plain, "you_said": talk.said, "turn": talk.turn}
    else:
        value = Filler(format_["schema"], talk.said, plain).fill(format_["schema"], "value", 0)
    yield json.dumps(value, ensure_ascii=False)


def _first_chunks(talk: Talk, limit: int = 2000) -> Iterator[str]:
    size = 0
    for chunk in intents.answer(talk):
        yield chunk
        size += len(chunk)
        if size > limit:
            return
