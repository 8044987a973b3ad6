"""What the server just said. Some 60 event types of the wire reduce to ten shapes; `read` takes any JSON object.

Dispatch is on the wire's `type` string: the SDK builds wrong classes for types it does not know. Types, fields and
orders follow the contract's notes (facts.md 4.1), recorded traffic first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from azresp.core.sse import Wire

TERMINAL = frozenset({"completed", "incomplete", "failed", "cancelled"})
"""Statuses after which a response does not change any more."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a response failed, in the service's words."""

    code: str
    message: str
    param: str = ""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The whole response as it stands: lifecycle events, and the answer of GET and of a POST without stream."""

    seq: int | None
    response: Wire


@dataclass(frozen=True, slots=True)
class ItemOpened:
    """An output item begins."""

    seq: int | None
    index: int
    item: Wire


@dataclass(frozen=True, slots=True)
class ItemClosed:
    """An output item is final, so far as the stream is concerned."""

    seq: int | None
    index: int
    item: Wire


@dataclass(frozen=True, slots=True)
class TextGrew:
    """Some text of an item got longer."""

    seq: int | None
    index: int
    slot: str
    at: int
    """Which part of the slot: content_index or summary_index."""
    delta: str


@dataclass(frozen=True, slots=True)
class TextSettled:
    """Some text of an item is final and stands here in full, with its annotations where they are known."""

    seq: int | None
    index: int
    slot: str
    at: int
    text: str | None
    annotations: tuple[Wire, ...] | None = None


@dataclass(frozen=True, slots=True)
class Annotated:
    """A citation was added to a text."""

    seq: int | None
    index: int
    at: int
    annotation: Wire


@dataclass(frozen=True, slots=True)
class ToolMoved:
    """A hosted tool entered another phase, e.g. `searching` of a web_search_call."""

    seq: int | None
    index: int
    phase: str


@dataclass(frozen=True, slots=True)
class PictureSketched:
    """A partial picture arrived."""

    seq: int | None
    index: int
    sketch: int
    """partial_image_index"""
    wire: Wire


@dataclass(frozen=True, slots=True)
class Failed:
    """The stream itself brought an error; in both its shapes, flat and nested."""

    seq: int | None
    fault: Fault


@dataclass(frozen=True, slots=True)
class Silent:
    """Something that changes nothing we show: keepalive, unknown types, opened parts."""

    seq: int | None
    type: str


Event = (
    Snapshot
    | ItemOpened
    | ItemClosed
    | TextGrew
    | TextSettled
    | Annotated
    | ToolMoved
    | PictureSketched
    | Failed
    | Silent
)

_SLOTS = {
    # prefix of the event type: (slot, field of the index, field of the final text)
    "response.output_text": ("text", "content_index", "text"),
    "response.refusal": ("refusal", "content_index", "refusal"),
    "response.reasoning_summary_text": ("summary", "summary_index", "text"),
    "response.reasoning_text": ("reasoning", "content_index", "text"),
    "response.function_call_arguments": ("arguments", "", "arguments"),
    "response.mcp_call_arguments": ("arguments", "", "arguments"),
    "response.custom_tool_call_input": ("input", "", "input"),
    "response.code_interpreter_call_code": ("code", "", "code"),
}
_LIFECYCLE = {
    f"response.{name}"
    for name in ("created", "queued", "in_progress", "completed", "incomplete", "failed", "cancelled")
}
_GROWS = {f"{prefix}.delta": (slot, at) for prefix, (slot, at, _) in _SLOTS.items()}
_SETTLES = {f"{prefix}.done": fields for prefix, fields in _SLOTS.items()}


def place_of(kind: str) -> str:
    """The field that tells which part of an item a delta belongs to; empty where an item has but one."""
    return _GROWS[kind][1]


def read(wire: Wire) -> Event:
    """The event that a JSON object of the stream stands for. Total: fields missing or mistyped never raise."""
    kind = wire.get("type")
    seq = wire.get("sequence_number")
    if type(seq) is not int or seq < 0:
        seq = None
    if not isinstance(kind, str):
        return _untyped(wire, seq)
    grows = _GROWS.get(kind)
    if grows is not None:
        slot, at = grows
        delta = wire.get("delta")
        if isinstance(delta, str):
            return TextGrew(seq, _index(wire, "output_index"), slot, _index(wire, at), delta)
        return Silent(seq, kind)
    return _read_rare(wire, kind, seq)


def _untyped(wire: Wire, seq: int | None) -> Event:
    """A JSON object without a type: the plain answer of GET or POST, or an error body in a stream's place."""
    if wire.get("object") == "response":
        return Snapshot(seq, wire)
    if isinstance(wire.get("error"), dict | str):
        return Failed(seq, fault_of(wire))
    return Silent(seq, "")


def _read_rare(wire: Wire, kind: str, seq: int | None) -> Event:
    if kind in _LIFECYCLE:
        return _lifecycle(wire, kind, seq)
    if kind in ("response.output_item.added", "response.output_item.done"):
        item = wire.get("item")
        if not isinstance(item, dict):
            return Silent(seq, kind)
        shape = ItemOpened if kind.endswith("added") else ItemClosed
        return shape(seq, _index(wire, "output_index"), item)
    if kind == "error":
        return Failed(seq, fault_of(wire))
    return _read_part(wire, kind, seq)


def _lifecycle(wire: Wire, kind: str, seq: int | None) -> Event:
    response = wire.get("response")
    response = response if isinstance(response, dict) else {}
    told, named = response.get("status"), _status_of(kind)
    # The event's name tells whether this is the end, whatever an abridged or hasty snapshot says: what comes after
    # the end is not heard. A response.failed may be `cancelled`.
    if not isinstance(told, str) or (named in TERMINAL) != (told in TERMINAL):
        response = response | {"status": named}
    return Snapshot(seq, response)


def _read_part(wire: Wire, kind: str, seq: int | None) -> Event:
    index = _index(wire, "output_index")
    if kind in _SETTLES:
        slot, at, field = _SETTLES[kind]
        text = wire.get(field)
        return TextSettled(seq, index, slot, _index(wire, at), text if isinstance(text, str) else None)
    if kind == "response.content_part.done":
        part = wire.get("part")
        if isinstance(part, dict) and (settled := _settled_part(part)) is not None:
            slot, text, annotations = settled
            return TextSettled(seq, index, slot, _index(wire, "content_index"), text, annotations)
    if kind == "response.output_text.annotation.added" and isinstance(wire.get("annotation"), dict):
        return Annotated(seq, index, _index(wire, "content_index"), wire["annotation"])
    if kind == "response.image_generation_call.partial_image":
        return PictureSketched(seq, index, _index(wire, "partial_image_index"), wire)
    family, dot, phase = kind.removeprefix("response.").partition(".")
    if dot and "." not in phase and (family.endswith("_call") or family == "mcp_list_tools"):
        return ToolMoved(seq, index, phase)
    return Silent(seq, kind)


def _settled_part(part: Wire) -> tuple[str, str | None, tuple[Wire, ...] | None] | None:
    match part:
        case {"type": "output_text", "text": str(text)}:
            return "text", text, dicts(part.get("annotations"))
        case {"type": "refusal", "refusal": str(text)}:
            return "refusal", text, None
    return None


def _status_of(kind: str) -> str:
    name = kind.removeprefix("response.")
    return "in_progress" if name == "created" else name


def _index(wire: Wire, field: str) -> int:
    value = wire.get(field, 0)
    return value if type(value) is int and value >= 0 else 0


def dicts(value: object) -> tuple[Wire, ...]:
    """The objects of a JSON array; anything else in it, or anything else at all, is left out."""
    return tuple(one for one in value if isinstance(one, dict)) if isinstance(value, list) else ()


def fault_of(wire: Wire) -> Fault:
    """The reason in an error event or error body: nested, flat, with `detail`, or a bare string."""
    inner: Any = wire.get("error")
    if not isinstance(inner, dict):
        inner = wire | {"message": inner} if isinstance(inner, str) else wire
    code = inner.get("code") or inner.get("type")
    message = inner.get("message") or inner.get("detail") or ""
    param = inner.get("param")
    code = "" if code in (None, "error") else str(code)
    return Fault(code, str(message), param if isinstance(param, str) else "")
