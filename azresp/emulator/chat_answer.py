"""A chat-completions stream, line by line, into a brain's pieces."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .brain import BrainError, Call, Offer, Piece, Refuse, Say, Spent, Thought


@dataclass(slots=True)
class _Growing:
    """A call of which more may come."""

    index: int
    name: str = ""
    arguments: str = ""


class ChatAnswer:
    """Calls grow over many lines; each is handed over when the next one begins or the choice ends."""

    def __init__(self, names: Mapping[str, Offer]) -> None:
        """`names`: what the offers are called up there."""
        self._names = names
        self._growing: _Growing | None = None

    def hear(self, line: bytes) -> Iterator[Piece]:
        """What one line says."""
        text = line.strip()
        if not text.startswith(b"data:") or (data := text[5:].strip()) == b"[DONE]":
            return
        chunk = json.loads(data)
        if (error := chunk.get("error")) is not None:
            raise BrainError(str(error.get("message", error) if isinstance(error, dict) else error))
        for choice in chunk.get("choices") or ():
            yield from self._say(choice.get("delta") or {})
            if choice.get("finish_reason"):
                yield from self.end()
        if usage := chunk.get("usage"):
            yield Spent(usage.get("prompt_tokens", 0), usage.get("completion_tokens", 0))

    def end(self) -> Iterator[Piece]:
        """The call that was still growing, if any."""
        growing, self._growing = self._growing, None
        if growing is None:
            return
        offer = self._names.get(growing.name)
        if offer is None:
            raise BrainError(
                f"The model behind the emulator called {growing.name!r}, which is no tool of this request."
            )
        yield Call(
            offer, _free_text(growing.arguments) if offer.type == "custom" else growing.arguments or "{}"
        )

    def _say(self, delta: Mapping[str, Any]) -> Iterator[Piece]:
        if thought := delta.get("reasoning_content") or delta.get("reasoning"):
            yield Thought(thought)
        if content := delta.get("content"):
            yield Say(content)
        if refusal := delta.get("refusal"):
            yield Refuse(refusal)
        for place, part in enumerate(delta.get("tool_calls") or ()):
            index = part.get("index", place)
            if self._growing is None or self._growing.index != index:
                yield from self.end()
                self._growing = _Growing(index)
            function = part.get("function") or {}
            self._growing.name += function.get("name") or ""
            self._growing.arguments += function.get("arguments") or ""


def _free_text(arguments: str) -> str:
    """A custom tool's input, which travels as the one argument of a function."""
    try:
        value = json.loads(arguments)
    except ValueError:
        return arguments
    return value["input"] if isinstance(value, dict) and isinstance(value.get("input"), str) else arguments
