"""Streams to fold: the recorded ones, and ones that Hypothesis makes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from azresp.core.events import read
from azresp.core.sse import EventReader, Wire
from azresp.core.turn import Turn, advance


def wires_of(body: bytes) -> list[Wire]:
    """The events of a stream's bytes."""
    reader = EventReader()
    return reader.feed(body) + reader.finish()


def recorded_streams(shared: Path) -> Iterator[tuple[str, list[Wire]]]:
    """Name and events of every recording that is a stream."""
    for file in sorted((shared / "recordings").glob("*/response.sse")):
        yield file.parent.name, wires_of(file.read_bytes())


def is_numbered(wires: list[Wire]) -> bool:
    """Every event has a number, as Azure and OpenAI send them."""
    return all(type(wire.get("sequence_number")) is int for wire in wires)


def fold_wires(wires: list[Wire], turn: Turn | None = None) -> Turn:
    """The turn that the events make."""
    turn = turn or Turn()
    for wire in wires:
        turn = advance(turn, read(wire))
    return turn


def shown(turn: Turn) -> object:
    """What a reader sees of a turn: status, kinds and texts; not ids, which differ between stream and output."""
    return (
        turn.status,
        [
            (item.kind, [(part.slot, str(part.text)) for part in item.parts if part.text])
            for item in turn.items
            if item.kind != "reasoning" or item.parts
        ],
    )


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
_FIELDS = (
    *(
        "sequence_number",
        "output_index",
        "content_index",
        "summary_index",
        "delta",
        "text",
        "item",
        "part",
        "refusal",
    ),
    *(
        "response",
        "error",
        "arguments",
        "annotation",
        "annotations",
        "id",
        "status",
        "output",
        "object",
        "code",
    ),
    *("message", "content", "summary", "partial_image_index", "param", "detail", "incomplete_details"),
)
_TYPES = (
    *(
        f"response.{name}"
        for name in ("created", "queued", "in_progress", "completed", "failed", "incomplete")
    ),
    *(f"response.output_text.{name}" for name in ("delta", "done", "annotation.added")),
    *(f"response.output_item.{name}" for name in ("added", "done")),
    *(f"response.content_part.{name}" for name in ("added", "done")),
    *(f"response.refusal.{name}" for name in ("delta", "done")),
    *(f"response.reasoning_summary_text.{name}" for name in ("delta", "done")),
    *("response.function_call_arguments.delta", "response.mcp_call.in_progress", "error", "keepalive"),
    *("response.image_generation_call.partial_image", "response.new_thing.delta", ""),
)
_odd_items = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(("message", "reasoning", "function_call", "mystery")) | json_values,
        "id": st.sampled_from(("a", "b")) | json_values,
        "content": st.lists(
            st.fixed_dictionaries(
                {"type": st.sampled_from(("output_text", "refusal", "reasoning_text"))},
                optional={
                    "text": st.text(max_size=3) | json_values,
                    "refusal": st.text(max_size=3) | json_values,
                },
            ),
            max_size=3,
        )
        | json_values,
        "summary": json_values,
        "arguments": json_values,
    },
)
odd_wires = st.dictionaries(st.sampled_from(_FIELDS), json_values | _odd_items, max_size=6).flatmap(
    lambda fields: st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(_TYPES) | json_values,
            "sequence_number": st.integers(-2, 12) | json_values,
            "output_index": st.integers(0, 2) | json_values,
            "delta": st.text(max_size=3) | json_values,
            "item": _odd_items | json_values,
            "response": st.fixed_dictionaries(
                {},
                optional={
                    "id": st.sampled_from(("resp_a", "resp_b")) | json_values,
                    "status": st.sampled_from(("completed", "failed", "in_progress")) | json_values,
                    "output": st.lists(_odd_items, max_size=3) | json_values,
                    "error": json_values,
                },
            )
            | json_values,
        },
    ).map(lambda more: fields | more)
)
"""JSON objects that look like events here and there."""


@st.composite
def streams(draw: st.DrawFn) -> list[Wire]:
    """A well-formed stream: items in order, texts in pieces (also of halves of a surrogate pair), a terminal event."""
    wires: list[Wire] = [{"type": "response.created", "response": {"id": "resp_1", "status": "in_progress"}}]
    output: list[Wire] = []
    for index in range(draw(st.integers(0, 3))):
        kind = draw(st.sampled_from(("message", "reasoning", "function_call")))
        deltas = draw(st.lists(st.text(max_size=4) | st.sampled_from(("\ud83d", "\ude86", "")), max_size=6))
        events, item = _item_events(kind, index, deltas)
        output.append(item)
        wires += events
        if draw(st.booleans()):
            wires.append({"type": "keepalive"})
    ending = draw(st.sampled_from(("completed", "incomplete")))
    final = {"id": "resp_1", "status": ending, "output": output, "usage": {"total_tokens": 5}}
    wires.append({"type": f"response.{ending}", "response": final})
    return [wire | {"sequence_number": number} for number, wire in enumerate(wires)]


def _item_events(kind: str, index: int, deltas: list[str]) -> tuple[list[Wire], Wire]:
    text = (
        json.loads(json.dumps("".join(deltas)))
        .encode("utf-16-le", "surrogatepass")
        .decode("utf-16-le", "replace")
    )
    ident = f"{kind}_{index}"
    place: Wire = {"output_index": index, "item_id": ident}
    opened: dict[str, Any]
    match kind:
        case "message":
            slot = "output_text"
            opened = {"role": "assistant", "content": []}
            closed = {
                "role": "assistant",
                "content": [{"type": "output_text", "text": text, "annotations": []}],
            }
            place["content_index"] = 0
        case "reasoning":
            slot = "reasoning_summary_text"
            opened, closed = {"summary": []}, {"summary": [{"type": "summary_text", "text": text}]}
            place["summary_index"] = 0
        case _:
            slot = "function_call_arguments"
            opened, closed = {"arguments": "", "call_id": "c"}, {"arguments": text, "call_id": "c"}
    item = {"id": ident, "type": kind, "status": "completed"} | closed
    field = "arguments" if slot == "function_call_arguments" else "text"
    return [
        {
            "type": "response.output_item.added",
            "output_index": index,
            "item": {"id": ident, "type": kind} | opened,
        },
        *({"type": f"response.{slot}.delta", "delta": delta} | place for delta in deltas),
        {"type": f"response.{slot}.done", field: text} | place,
        {"type": "response.output_item.done", "output_index": index, "item": item},
    ], item
