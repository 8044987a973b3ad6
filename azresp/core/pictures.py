"""Pictures leave the wire before anything keeps it: base64 of 20 MB each must not stay in turns, stores and sessions.

The hearing side cuts them out, saves them, and puts a reference where each one stood; before a request they are
read back. Between the two, `result` and `partial_image_b64` hold a reference instead of text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from azresp.core.sse import Wire

CALL = "image_generation_call"
SKETCHED = "response.image_generation_call.partial_image"


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture as it stood in the wire."""

    item_id: str
    index: int
    """output_index, or the place in a list of items"""
    sketch: int | None
    """partial_image_index; None for the final picture"""
    base64: str

    def __repr__(self) -> str:
        return f"Picture({self.item_id!r}, {self.index}, {self.sketch}, {len(self.base64)} characters)"


@dataclass(frozen=True, slots=True)
class Kept:
    """Where a picture is now; what `to_wire` gives stands in the wire in the picture's place."""

    saved: str
    """path of the file; empty if there is none"""
    bytes: int = 0
    sha256: str = ""
    """of what was saved, or would have been if the disk had taken it"""
    mime: str = ""
    remark: str = ""
    """why there is no file"""

    def to_wire(self) -> Wire:
        """The reference as JSON."""
        told = {"bytes": self.bytes, "sha256": self.sha256, "mime": self.mime, "remark": self.remark}
        return {"saved": self.saved or None} | {name: value for name, value in told.items() if value}


def kept_from(value: object) -> Kept | None:
    """The reference that stands in a `result` or `partial_image_b64`; None for anything else."""
    if not isinstance(value, dict) or "saved" not in value:
        return None

    def text(name: str) -> str:
        told = value.get(name)
        return told if isinstance(told, str) else ""

    size = value.get("bytes")
    size = size if isinstance(size, int) else 0
    return Kept(text("saved"), size, text("sha256"), text("mime"), text("remark"))


def may_hold_pictures(wire: Wire) -> bool:
    """Whether an event may hold a picture: almost none does, and text comes by the thousand."""
    kind = wire.get("type")
    return not isinstance(kind, str) or kind == SKETCHED or "output_item" in kind or "response" in wire


def cut_pictures(wire: Wire) -> tuple[Wire, tuple[Picture, ...]]:
    """The wire without the base64 of its pictures, and those pictures in order. The wire given is not changed.

    Where the n-th picture stood is `{"cut": n}`: `refer` puts its reference there. Total: any JSON object will do.
    What is no text there becomes null: a service that sends a reference of its own would choose the file that is
    sent back to it.
    """
    found: list[Picture] = []

    def cut(place: _Place, value: object) -> object:
        if not isinstance(value, str) or not value:
            return None
        found.append(Picture(*place, value))
        return {"cut": len(found) - 1}

    return _changed(wire, cut), tuple(found)


def refer(wire: Wire, references: Sequence[Kept]) -> Wire:
    """A wire that `cut_pictures` cut, with a reference for each of its pictures, in the same order."""

    def put(_: _Place, value: object) -> object:
        match value:
            case {"cut": int(n)} if 0 <= n < len(references):
                return references[n].to_wire()
        return value

    return _changed(wire, put)


def restore_pictures(wire: Wire, read: Callable[[Kept], str | None]) -> Wire:
    """The wire with the base64 that `read` gives for each reference; what it has not got becomes null.

    References in the parts of a message become data URLs; a part without its picture tells so in words.
    """

    def put(_: _Place, value: object) -> object:
        kept = kept_from(value)
        return value if kept is None else read(kept)

    wire = _changed(wire, put)
    if not isinstance(items := wire.get("input"), list):
        return wire
    return _put(wire, "input", [_restored_item(item, read) for item in items])


def _restored_item(item: Any, read: Callable[[Kept], str | None]) -> Any:
    if not isinstance(item, dict):
        return item
    for name in ("content", "output"):
        if isinstance(parts := item.get(name), list):
            item = item | {name: [_restored_part(part, read) for part in parts]}
    return item


def _restored_part(part: Any, read: Callable[[Kept], str | None]) -> Any:
    for name in ("image_url", "file_data"):
        if isinstance(part, dict) and (kept := kept_from(part.get(name))) is not None:
            text = read(kept)
            if text is None:
                return {"type": "input_text", "text": "(what was attached here is no longer at hand)"}
            return part | {name: f"data:{kept.mime};base64,{text}"}
    return part


def unforged(item: Wire) -> Wire:
    """An input item in whose parts a picture or file is a text, as the service has it, or nothing."""
    for place in ("content", "output"):
        if isinstance(parts := item.get(place), list):
            item = item | {place: [_plain(part) if isinstance(part, dict) else part for part in parts]}
    return item


def _plain(part: Wire) -> Wire:
    return {
        key: value
        for key, value in part.items()
        if key not in ("image_url", "file_data") or isinstance(value, str)
    }


def as_input(item: Wire) -> Wire | None:
    """A generated picture as a message for a service that does not hold the call; None if it was never saved.

    Not as the call itself: its id would be looked up and not be found.
    """
    kept = kept_from(item.get("result"))
    if kept is None or not (kept.saved or kept.sha256):
        return None
    prompt = item.get("revised_prompt")
    told = (
        f"The picture generated above: {prompt}"
        if isinstance(prompt, str)
        else "The picture generated above."
    )
    shown = {"type": "input_image", "image_url": kept.to_wire()}
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": told}, shown]}


_Place = tuple[str, int, int | None]
_Change = Callable[[_Place, object], object]


def _changed(wire: Wire, change: _Change) -> Wire:
    """The wire with every place where a picture may stand changed; shares all that stays the same."""
    if wire.get("type") == SKETCHED:
        place = (
            _text(wire.get("item_id")),
            _number(wire, "output_index"),
            _number(wire, "partial_image_index"),
        )
        return _field(wire, "partial_image_b64", place, change)
    if wire.get("type") == CALL:
        return _call(0, wire, change)
    if isinstance(item := wire.get("item"), dict):
        return _put(wire, "item", _item(_number(wire, "output_index"), item, change))
    if isinstance(response := wire.get("response"), dict):
        return _put(wire, "response", _lists(response, ("output",), change))
    return _lists(wire, ("output", "data", "input"), change)


def _lists(wire: Wire, names: Iterable[str], change: _Change) -> Wire:
    """Lists of items: a response's output, a page of input items, a request's input."""
    for name in names:
        if isinstance(items := wire.get(name), list):
            new = [_item(index, item, change) for index, item in enumerate(items)]
            if any(one is not other for one, other in zip(new, items, strict=True)):
                wire = _put(wire, name, new)
    return wire


def _item(index: int, item: Any, change: _Change) -> Any:
    if not isinstance(item, dict) or item.get("type") != CALL:
        return item
    return _call(index, item, change)


def _call(index: int, item: Wire, change: _Change) -> Wire:
    return _field(item, "result", (_text(item.get("id")), index, None), change)


def _field(wire: Wire, name: str, place: _Place, change: _Change) -> Wire:
    return _put(wire, name, change(place, wire[name])) if name in wire else wire


def _put(wire: Wire, name: str, value: object) -> Wire:
    return wire if wire.get(name) is value else wire | {name: value}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _number(wire: Mapping[str, object], name: str) -> int:
    value = wire.get(name)
    return value if type(value) is int and value >= 0 else 0
