"""What tools were called since the user last spoke, and what came of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_SHOWN = 1500


@dataclass(frozen=True, slots=True)
class Deed:
    """One call: done, failed, denied, or not answered yet (`text` None)."""

    name: str
    arguments: str
    text: str | None = None
    failed: bool = False
    denied: bool = False
    """By the user; `text` is the reason, perhaps empty."""


def deeds(items: Sequence[Mapping[str, Any]]) -> list[Deed]:
    """In the order of the calls."""
    latest = _since_the_user(items)
    outputs = {item["call_id"]: item for item in latest if str(item.get("type")).endswith("_call_output")}
    verdicts = {
        item["approval_request_id"]: item for item in latest if item["type"] == "mcp_approval_response"
    }
    carried_out = {item.get("approval_request_id") for item in latest if item["type"] == "mcp_call"}
    return [
        deed
        for item in latest
        if item.get("id") not in carried_out and (deed := _deed(item, outputs, verdicts)) is not None
    ]


def _since_the_user(items: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    spoken = [index for index, item in enumerate(items) if item.get("role") == "user"]
    return list(items[spoken[-1] + 1 if spoken else 0 :])


def _deed(
    item: Mapping[str, Any],
    outputs: Mapping[str, Mapping[str, Any]],
    verdicts: Mapping[str, Mapping[str, Any]],
) -> Deed | None:
    match item:
        case {"type": "function_call" | "custom_tool_call", "name": name, "call_id": call_id}:
            output = outputs.get(call_id)
            text = None if output is None else "\n".join(_shown(output["output"]))
            return Deed(name, item.get("arguments", item.get("input", "")), text)
        case {"type": "mcp_call", "name": name, "arguments": arguments}:
            if error := item.get("error"):
                return Deed(name, arguments, _reason(error), failed=True)
            return Deed(name, arguments, item.get("output") or "")
        case {"type": "mcp_approval_request", "id": id_, "name": name, "arguments": arguments}:
            verdict = verdicts.get(id_)
            if verdict is None or verdict.get("approve"):
                return Deed(name, arguments)
            return Deed(name, arguments, verdict.get("reason") or "", denied=True)
        case _:
            return None


def report(done: Sequence[Deed]) -> str:
    """The answered deeds as Markdown."""
    names = [deed.name for deed in done]
    lines = [_line(deed, plain=names.count(deed.name) == 1) for deed in done if deed.text is not None]
    if all(deed.denied for deed in done if deed.text is not None):
        return "".join(lines)
    return "The tools answered:\n\n" + "".join(lines)


def _line(deed: Deed, *, plain: bool) -> str:
    """`plain`: the name alone tells which call it was."""
    called = f"**{deed.name}**" if plain else f"**{deed.name}** `{deed.arguments}`"
    text = (deed.text or "").strip()
    if deed.denied:
        because = f" The reason given: {text}" if text else ""
        return f"- I did not call {called}: the call was not approved.{because}\n"
    if deed.failed:
        return f"- {called} failed: {text}\n"
    if len(text) > _SHOWN:
        text = f"{text[:_SHOWN]}… ({len(text):,} characters)"
    if "\n" not in text:
        return f"- {called}: {text or '(nothing)'}\n"
    fence = "`" * max([3, *(len(run) + 1 for run in re.findall(r"`{3,}", text))])
    lines = "".join(f"  {line}\n" for line in (fence, *text.splitlines(), fence))
    return f"- {called}:\n\n{lines}\n"


def _shown(output: Any) -> Iterator[str]:
    if isinstance(output, str):
        yield output
        return
    for part in output:
        match part:
            case {"type": "input_text" | "output_text", "text": str(text)}:
                yield text
            case {"type": "input_image"}:
                yield f"(an image: {_source(part, 'image_url')})"
            case {"type": "input_file"}:
                yield f"(a file: {part.get('filename') or _source(part, 'file_url')})"
            case _:
                yield f"({part.get('type')})"


def _source(part: Mapping[str, Any], field: str) -> str:
    """Where a part's bytes are, without the bytes."""
    where = str(part.get(field) or part.get("file_id") or part.get("file_data") or "")
    if where.startswith("data:"):
        head, _, data = where.partition(",")
        return f"{head[5:].partition(';')[0]}, {len(data) * 3 // 4:,} bytes"
    return where[:200]


def _reason(error: Any) -> str:
    if not isinstance(error, Mapping):
        return str(error)
    if error.get("message"):
        return str(error["message"])
    return (
        " ".join(_shown([{**part, "type": "input_text"} for part in error.get("content") or ()]))
        or "no reason given"
    )
