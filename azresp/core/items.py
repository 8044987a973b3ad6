"""One entry of a response's output: message, reasoning, call, approval request, picture and what may come."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import cast

from azresp.core.events import dicts
from azresp.core.pictures import kept_from
from azresp.core.sse import Wire
from azresp.core.text import Grown


@dataclass(frozen=True, slots=True)
class Part:
    """One text inside an item."""

    slot: str
    """text, refusal, summary, reasoning, arguments, input or code"""
    at: int
    """content_index or summary_index, 0 where an item has one such text only"""
    text: Grown
    annotations: tuple[Wire, ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """One output item as far as heard."""

    index: int
    """output_index"""
    id: str
    kind: str
    """the wire's `type`"""
    wire: Wire
    """the item's JSON as last sent whole; its texts may lag behind `parts`"""
    parts: tuple[Part, ...] = ()
    phase: str = ""
    """last tool phase heard, e.g. `searching`; not every tool ends in `completed`"""
    closed: bool = False
    sketch: Wire | None = None
    """the last partial picture as a reference (see `pictures`), until the final one is there"""

    @property
    def picture(self) -> Wire | None:
        """The reference to the best picture that this item has, whatever its status says."""
        result = self.wire.get("result")
        return cast("Wire", result) if kept_from(result) is not None else self.sketch

    @property
    def status(self) -> str:
        """The item's own status, which may stay `searching` or `generating` in a completed response."""
        status = self.wire.get("status")
        return status if isinstance(status, str) else ""

    def text(self, slot: str) -> str:
        """All texts of a slot, in order."""
        return "".join(str(part.text) for part in self.parts if part.slot == slot)

    def grow(self, slot: str, at: int, delta: str) -> Item:
        """This item with `delta` added to one of its texts."""
        parts = self.parts
        if parts:
            last = parts[-1]
            if last.at == at and last.slot == slot:
                longer = Part(slot, at, last.text.plus(delta), last.annotations)
                parts = (*parts[:-1], longer) if len(parts) > 1 else (longer,)
                return Item(
                    self.index, self.id, self.kind, self.wire, parts, self.phase, self.closed, self.sketch
                )
        part = self._part(slot, at)
        return self._with_part(replace(part, text=part.text.plus(delta)))

    def settle(self, slot: str, at: int, text: str | None, annotations: tuple[Wire, ...] | None) -> Item:
        """This item with one of its texts as the service finally has it."""
        part = self._part(slot, at)
        if text is not None and str(part.text) != text:
            part = replace(part, text=Grown(text))
        if annotations is not None:
            part = replace(part, annotations=annotations)
        return self._with_part(part)

    def sketched(self, ident: str, reference: object) -> Item:
        """This item with a partial picture. Only a reference is kept: base64 has no place in a turn."""
        if kept_from(reference) is None or self.wire.get("result"):
            return self
        return replace(self, id=self.id or ident, sketch=cast("Wire", reference))

    def annotate(self, at: int, annotation: Wire) -> Item:
        """This item with one more citation."""
        part = self._part("text", at)
        return self._with_part(replace(part, annotations=(*part.annotations, annotation)))

    def close(self, wire: Wire) -> Item:
        """This item with its whole JSON as sent at its end.

        Its texts win slot by slot, since even a part's index may differ between deltas and end (Bedrock);
        a slot that was heard but is empty there is kept.
        """
        told = item_from(self.index, wire)
        final = {part.slot for part in told.parts if part.text}
        kept = [part for part in self.parts if part.slot not in final]
        taken = [_as_heard(part, self.parts) for part in told.parts if part.slot in final]
        parts = tuple(sorted([*kept, *taken], key=lambda part: _order((part.slot, part.at))))
        sketch = None if wire.get("result") else self.sketch
        return Item(
            self.index, told.id or self.id, told.kind or self.kind, wire, parts, self.phase, True, sketch
        )

    def to_wire(self) -> Wire:
        """The item's JSON with its texts as heard: a stream that was cut never sends it whole."""
        told = item_from(self.index, self.wire)
        if told.parts == self.parts:
            return self.wire
        wire = self.wire | {"type": self.kind}
        contents = [_content(part) for part in self.parts if part.slot in _CONTENTS]
        if contents:
            wire["content"] = contents
        summaries = [part for part in self.parts if part.slot == "summary"]
        if summaries:
            wire["summary"] = [{"type": "summary_text", "text": str(part.text)} for part in summaries]
        return wire | {part.slot: str(part.text) for part in self.parts if part.slot in _SINGLE}

    def _part(self, slot: str, at: int) -> Part:
        for part in self.parts:
            if part.slot == slot and part.at == at:
                return part
        return Part(slot, at, Grown())

    def _with_part(self, new: Part) -> Item:
        others = [part for part in self.parts if (part.slot, part.at) != (new.slot, new.at)]
        parts = sorted([*others, new], key=lambda part: _order((part.slot, part.at)))
        return replace(self, parts=tuple(parts))


_SLOT_ORDER = ("summary", "reasoning", "text", "refusal", "arguments", "input", "code")


def _order(key: tuple[str, int]) -> tuple[int, int]:
    slot, at = key
    # Texts and refusals of a message share one content_index row: keep the message's own order.
    rank = 2 if slot == "refusal" else _SLOT_ORDER.index(slot) if slot in _SLOT_ORDER else len(_SLOT_ORDER)
    return rank, at


_CONTENTS = {
    "text": ("output_text", "text"),
    "refusal": ("refusal", "refusal"),
    "reasoning": ("reasoning_text", "text"),
}
_SINGLE = ("arguments", "input", "code")


def _content(part: Part) -> Wire:
    kind, field = _CONTENTS[part.slot]
    more = {"annotations": list(part.annotations)} if part.slot == "text" else {}
    return {"type": kind, field: str(part.text)} | more


def _as_heard(told: Part, heard: tuple[Part, ...]) -> Part:
    """The final part, sharing the heard text where it is the same: so a screen sees that nothing changed."""
    for part in heard:
        if part.slot == told.slot and str(part.text) == str(told.text):
            return replace(told, text=part.text, annotations=told.annotations or part.annotations)
    return told


def item_from(index: int, wire: Wire, *, closed: bool = False) -> Item:
    """The item that a whole item's JSON describes."""
    ident, kind = wire.get("id"), wire.get("type")
    return Item(
        index,
        ident if isinstance(ident, str) else "",
        kind if isinstance(kind, str) else "",
        wire,
        tuple(sorted(_parts_of(wire), key=lambda part: _order((part.slot, part.at)))),
        closed=closed,
    )


def _parts_of(wire: Wire) -> list[Part]:
    parts = []
    for at, content in enumerate(dicts(wire.get("content"))):
        match content:
            case {"type": "output_text", "text": str(text)}:
                parts.append(Part("text", at, Grown(text), dicts(content.get("annotations"))))
            case {"type": "refusal", "refusal": str(text)}:
                parts.append(Part("refusal", at, Grown(text)))
            case {"type": "reasoning_text", "text": str(text)}:
                parts.append(Part("reasoning", at, Grown(text)))
    for at, summary in enumerate(dicts(wire.get("summary"))):
        if isinstance(told := summary.get("text"), str):
            parts.append(Part("summary", at, Grown(told)))
    for slot in _SINGLE:
        value = wire.get(slot)
        if isinstance(value, dict):
            # Learn prints approval arguments as an object; the wire and the specs have a string.
            value = json.dumps(value, ensure_ascii=False)
        if isinstance(value, str) and value:
            parts.append(Part(slot, 0, Grown(value)))
    return parts
