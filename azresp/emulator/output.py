"""Output items while they grow: each kind knows its own events and how it looks when done.

Items that the model writes token by token. Items of tools that run at the service are placed whole, see `toolkit`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

Event = dict[str, Any]


class Reasoning:
    """A reasoning item: sections of a summary, each opened, grown and closed."""

    def __init__(self, id_: str, index: int, encrypt: Callable[[str], str] | None = None) -> None:
        self._id = id_
        self._index = index
        self._encrypt = encrypt
        self._parts: list[str] = []
        self._growing: list[str] | None = None
        self._section = -1

    def begin(self) -> Iterator[Event]:
        yield {
            "type": "response.output_item.added",
            "item": self.item("in_progress"),
            "output_index": self._index,
        }

    def grow(self, token: str, section: int) -> Iterator[Event]:
        """One more token; a new `section` closes the one before it."""
        if section != self._section:
            yield from self._close_part()
            self._section, self._growing = section, []
            yield self._about("part.added", part={"type": "summary_text", "text": ""})
        assert self._growing is not None  # noqa: S101 - opened above
        self._growing.append(token)
        yield self._about("text.delta", delta=token)

    def end(self, status: str) -> Iterator[Event]:
        yield from self._close_part()
        yield {"type": "response.output_item.done", "item": self.item(status), "output_index": self._index}

    def item(self, status: str) -> dict[str, Any]:
        """Reasoning has no status on the wire. The ciphertext differs each time, as recorded."""
        item: dict[str, Any] = {"id": self._id, "type": "reasoning"}
        if self._encrypt is not None:
            item |= {"content": [], "encrypted_content": self._encrypt(self._id)}
        item["summary"] = [{"type": "summary_text", "text": text} for text in self._parts]
        return item

    def _close_part(self) -> Iterator[Event]:
        if self._growing is None:
            return
        text = "".join(self._growing)
        yield self._about("text.done", text=text)
        yield self._about("part.done", part={"type": "summary_text", "text": text})
        self._parts.append(text)
        self._growing = None

    def _about(self, what: str, **fields: Any) -> Event:
        place = {"item_id": self._id, "output_index": self._index, "summary_index": len(self._parts)}
        return {"type": f"response.reasoning_summary_{what}", **place, **fields}


class Message:
    """An assistant message: one part at a time, output_text or refusal."""

    def __init__(self, id_: str, index: int, kind: str) -> None:
        self.kind = kind
        self._id = id_
        self._index = index
        self._parts: list[dict[str, Any]] = []
        self._text: list[str] = []
        self._annotations: list[dict[str, Any]] = []

    def begin(self) -> Iterator[Event]:
        empty = {
            "id": self._id,
            "type": "message",
            "status": "in_progress",
            "content": [],
            "role": "assistant",
        }
        yield {"type": "response.output_item.added", "item": empty, "output_index": self._index}
        yield self._about("content_part.added", part=_part(self.kind, ""))

    def turn(self, kind: str) -> Iterator[Event]:
        """Close the part and open one of the other kind."""
        yield from self._close_part()
        self.kind = kind
        yield self._about("content_part.added", part=_part(kind, ""))

    def grow(self, token: str) -> Event:
        self._text.append(token)
        if self.kind == "refusal":
            return self._about("refusal.delta", delta=token)
        return self._about("output_text.delta", delta=token, logprobs=[])

    def cite(self, annotation: Mapping[str, Any]) -> Event:
        """A source for the text so far."""
        placed = {**annotation, "index": sum(map(len, self._text))}
        self._annotations.append(placed)
        number = len(self._annotations) - 1
        return self._about("output_text.annotation.added", annotation_index=number, annotation=placed)

    def end(self, status: str) -> Iterator[Event]:
        yield from self._close_part()
        yield {"type": "response.output_item.done", "item": self.item(status), "output_index": self._index}

    def item(self, status: str) -> dict[str, Any]:
        parts = list(self._parts)
        return {"id": self._id, "type": "message", "status": status, "content": parts, "role": "assistant"}

    def _close_part(self) -> Iterator[Event]:
        text = "".join(self._text)
        if self.kind == "refusal":
            yield self._about("refusal.done", refusal=text)
        else:
            yield self._about("output_text.done", text=text, logprobs=[])
        part = _part(self.kind, text)
        if self._annotations:
            part["annotations"] = self._annotations
        yield self._about("content_part.done", part=part)
        self._parts.append(part)
        self._text, self._annotations = [], []

    def _about(self, what: str, **fields: Any) -> Event:
        place = {"item_id": self._id, "output_index": self._index, "content_index": len(self._parts)}
        return {"type": f"response.{what}", **place, **fields}


class Written:
    """A call that the client has to carry out: of a function, or of a custom tool."""

    def __init__(self, id_: str, index: int, call_id: str, name: str, *, custom: bool = False) -> None:
        self._id = id_
        self._index = index
        self._call_id = call_id
        self._name = name
        self._text: list[str] = []
        self._type, self._field, self._event = (
            ("custom_tool_call", "input", "custom_tool_call_input")
            if custom
            else ("function_call", "arguments", "function_call_arguments")
        )

    def begin(self) -> Iterator[Event]:
        item = self.item("in_progress")
        yield {"type": "response.output_item.added", "item": item, "output_index": self._index}

    def grow(self, token: str) -> Event:
        self._text.append(token)
        return self._about("delta", delta=token)

    def end(self, status: str) -> Iterator[Event]:
        yield self._about("done", **{self._field: "".join(self._text)})
        yield {"type": "response.output_item.done", "item": self.item(status), "output_index": self._index}

    def item(self, status: str) -> dict[str, Any]:
        return {
            "id": self._id,
            "type": self._type,
            "status": status,
            self._field: "".join(self._text),
            "call_id": self._call_id,
            "name": self._name,
        }

    def _about(self, what: str, **fields: Any) -> Event:
        place = {"item_id": self._id, "output_index": self._index}
        return {"type": f"response.{self._event}.{what}", **place, **fields}


def _part(kind: str, text: str) -> dict[str, Any]:
    if kind == "refusal":
        return {"type": "refusal", "refusal": text}
    return {"type": "output_text", "annotations": [], "logprobs": [], "text": text}
