"""Lists of messages and items become exchanges: what was said, and what answered it.

Takes input items of the Responses API, and messages as Chat Completions has them: `items_of` of the exchanges gives
the items again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from azresp.core.events import dicts
from azresp.core.items import item_from
from azresp.core.sse import Wire
from azresp.core.turn import Turn

ROLES = ("user", "system", "developer")
"""of messages that are said"""


class Said(NamedTuple):
    """What was said at once, and the turn that answered it; empty where nothing did."""

    said: tuple[Wire, ...]
    turn: Turn


def turns_of(items: list[Wire]) -> list[Said]:
    """The items in turns, in the same order: a turn begins where something is said after an answer."""
    turns: list[tuple[list[Wire], list[Wire]]] = []
    for item in items:
        if _is_said(item):
            if not turns or turns[-1][1]:
                turns.append(([], []))
            turns[-1][0].append(item)
        else:
            if not turns:
                turns.append(([], []))
            turns[-1][1].append(item)
    return [Said(tuple(said), _completed(given)) for said, given in turns]


def _is_said(item: Wire) -> bool:
    """Whether an item is the caller's: a message, the output of a call, an answer to an approval."""
    kind = item.get("type", "message")
    if kind == "message":
        return item.get("role") != "assistant"
    return kind == "mcp_approval_response" or (isinstance(kind, str) and kind.endswith("_output"))


def items_from(value: object) -> tuple[list[Wire], list[str]]:
    """The items that an entry of a list stands for, and why what is left of it can't be used. Total."""
    if not isinstance(value, dict):
        return [], ["it is no object"]
    kind = value.get("type")
    if isinstance(kind, str) and kind != "message":
        return (
            ([], ["a reference to an item of another conversation"])
            if kind == "item_reference"
            else ([value], [])
        )
    role = value.get("role")
    if role in ROLES:
        parts, wrong = _said_parts(value.get("content"))
        return ([{"type": "message", "role": role, "content": parts}] if parts or not wrong else []), wrong
    if role == "assistant":
        return _assistant(value)
    if role == "tool" and isinstance(value.get("tool_call_id"), str):
        given = value.get("content")
        output = given if isinstance(given, str) else "".join(_texts(given))
        return [{"type": "function_call_output", "call_id": value["tool_call_id"], "output": output}], []
    return [], [f"the role is {json.dumps(role)[:40]}" if role else "it has neither type nor role"]


def _completed(items: list[Wire]) -> Turn:
    wires = enumerate(items)
    return Turn(status="completed", items=tuple(item_from(at, wire, closed=True) for at, wire in wires))


def _assistant(message: Wire) -> tuple[list[Wire], list[str]]:
    content: list[Wire] = []
    given = message.get("content")
    for part in [{"type": "text", "text": given}] if isinstance(given, str) and given else dicts(given):
        match part:
            case {"type": "output_text" | "text" | "input_text", "text": str(text)}:
                content.append(
                    {"type": "output_text", "text": text, "annotations": list(dicts(part.get("annotations")))}
                )
            case {"type": "refusal", "refusal": str(text)}:
                content.append({"type": "refusal", "refusal": text})
    if isinstance(refusal := message.get("refusal"), str) and refusal:
        content.append({"type": "refusal", "refusal": refusal})
    phase = {"phase": message["phase"]} if isinstance(message.get("phase"), str) else {}
    said: list[Wire] = (
        [{"type": "message", "role": "assistant", "content": content} | phase] if content else []
    )
    calls = [call for one in dicts(message.get("tool_calls")) if (call := _call(one))]
    wrong = [] if said or calls else ["an answer without text"]
    return [*said, *calls], wrong


def _call(call: Wire) -> Wire | None:
    function = call.get("function")
    match call.get("id"), function:
        case str(ident), {"name": str(name), "arguments": str(arguments)}:
            return {"type": "function_call", "call_id": ident, "name": name, "arguments": arguments}
    return None


def _said_parts(content: object) -> tuple[list[Wire], list[str]]:
    if isinstance(content, str):
        return [{"type": "input_text", "text": content}] if content else [], [] if content else ["no text"]
    parts: list[Wire] = []
    wrong: list[str] = []
    for part in content if isinstance(content, list) else [None]:
        found = _said_part(part) if isinstance(part, dict) else None
        if found is not None:
            parts.append(found)
        else:
            kind = part.get("type") if isinstance(part, dict) else None
            wrong.append(
                f"a part of type {kind}" if isinstance(kind, str) else "its content is neither text nor parts"
            )
    return parts, wrong


def _said_part(part: Wire) -> Wire | None:
    match part:
        case {"type": "text" | "input_text" | "output_text", "text": str(text)}:
            return {"type": "input_text", "text": text}
        case {"type": "image_url", "image_url": {"url": str(url)} | str(url)}:
            return {"type": "input_image", "image_url": url}
        case {"type": "file", "file": dict(file)}:
            named = {
                key: file[key]
                for key in ("file_data", "file_id", "filename")
                if isinstance(file.get(key), str)
            }
            return {"type": "input_file", **named} if named else None
        case {"type": "input_image" | "input_file"}:
            return part
    return None


def _texts(content: Any) -> Iterator[str]:
    return (part["text"] for part in dicts(content) if isinstance(part.get("text"), str))
