"""Reasoning and what came of it belong together: sent back one without the other, they are refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from . import refusals

_KEPT = 20_000
_ANSWERS = ("_output", "_approval_response")


class Pairs:
    """Which item of which answer needs which reasoning item, stored answers or not; the oldest are forgotten."""

    def __init__(self) -> None:
        self._reasoning_of: dict[str, str] = {}
        self._reasons: dict[str, None] = {}

    def note(self, output: Sequence[Mapping[str, Any]]) -> None:
        """Learn the pairs of an answer."""
        for before, item in pairwise(output):
            if before["type"] == "reasoning" and item["type"] != "reasoning":
                self._reasoning_of[item["id"]] = before["id"]
                self._reasons[before["id"]] = None
        for known in (self._reasoning_of, self._reasons):
            for id_ in list(known)[: max(0, len(known) - _KEPT)]:
                del known[id_]

    def check(self, new: Sequence[Mapping[str, Any]], context: Sequence[Mapping[str, Any]]) -> None:
        """Refuse new items whose other half is neither among them nor in the conversation before."""
        ids = {item["id"] for item in (*context, *new)}
        for item, after in zip(new, (*new[1:], None), strict=False):
            needed = self._reasoning_of.get(item["id"])
            if needed is not None and needed not in ids:
                raise refusals.without_reasoning(item["id"], item["type"], needed)
            if item["id"] in self._reasons and not _follows(after):
                raise refusals.nothing_follows(item["id"])


def _follows(item: Mapping[str, Any] | None) -> bool:
    """Whether this can be what a model put out after thinking."""
    if item is None:
        return False
    if item["type"] == "message":
        return item.get("role") == "assistant"
    return not str(item["type"]).endswith(_ANSWERS)
