"""The conversation and its tools in chat-completions form."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .brain import Offer, Prompt

if TYPE_CHECKING:
    from .attachments import Attachment

_CALLS = ("function_call", "custom_tool_call")
_OUTPUTS = ("function_call_output", "custom_tool_call_output")
_FREE_TEXT = {"type": "object", "properties": {"input": {"type": "string"}}, "required": ["input"]}


def names_of(offers: Sequence[Offer]) -> dict[str, Offer]:
    """What each offer is called in a chat: its name, with its server's label before it where two share one."""
    names: dict[str, Offer] = {}
    for offer in offers:
        name = offer.name if offer.name not in names else f"{offer.server or offer.type}__{offer.name}"
        names[name] = offer
    return names


def chat_tools(prompt: Prompt, names: Mapping[str, Offer]) -> dict[str, Any]:
    """The request's fields about tools; none where nothing may be called."""
    if not names:
        return {}
    fields: dict[str, Any] = {"tools": [_tool(name, offer) for name, offer in names.items()]}
    if prompt.must_call:
        one = next(iter(names)) if len(names) == 1 else None
        fields["tool_choice"] = {"type": "function", "function": {"name": one}} if one else "required"
    if prompt.request.get("parallel_tool_calls") is False:
        fields["parallel_tool_calls"] = False
    return fields


def messages(prompt: Prompt) -> Iterator[dict[str, Any]]:
    """Reasoning and lists of tools have no place there; calls that follow each other share one message."""
    if prompt.instructions:
        yield {"role": "system", "content": prompt.instructions}
    denials = {
        item["approval_request_id"]: item
        for item in prompt.items
        if item.get("type") == "mcp_approval_response" and not item["approve"]
    }
    calls: list[dict[str, Any]] = []
    pictures: list[dict[str, Any]] = []
    for item in (_seen(item, prompt) for item in prompt.items if item.get("type") != "reasoning"):
        if calls and item.get("type") not in _CALLS:
            yield {"role": "assistant", "content": None, "tool_calls": calls}
            calls = []
        if pictures and item.get("type") not in _OUTPUTS:
            yield {"role": "user", "content": pictures}
            pictures = []
        if item.get("type") in _CALLS:
            calls.append(_call(item["call_id"], item))
        elif item.get("type") in _OUTPUTS:
            text, shown = _output(item["output"])
            pictures += shown
            yield {"role": "tool", "tool_call_id": item["call_id"], "content": text}
        else:
            yield from _said(item, denials)
            yield from _ran(item, prompt)
    if calls:
        yield {"role": "assistant", "content": None, "tool_calls": calls}
    if pictures:
        yield {"role": "user", "content": pictures}
    yield from _files(prompt.attachments)


def _seen(item: Mapping[str, Any], prompt: Prompt) -> Mapping[str, Any]:
    """Uploaded pictures are put in: nobody up there knows their ids."""
    for field in ("content", "output"):
        if isinstance(parts := item.get(field), list):
            item = {**item, field: [_part(part, prompt) for part in parts]}
    return item


def _part(part: Any, prompt: Prompt) -> Any:
    match part:
        case {"type": "input_image", "file_id": str(id_)} if url := prompt.stored(id_):
            return {**part, "image_url": url}
        case _:
            return part


def _files(attachments: Sequence[Attachment]) -> Iterator[dict[str, Any]]:
    """Chats have no files: their text stands in for them."""
    for one in attachments:
        if one.document is not None:
            yield {"role": "user", "content": f"The attached file {one.name!r} holds:\n\n{one.document.text}"}


def _ran(item: Mapping[str, Any], prompt: Prompt) -> Iterator[dict[str, Any]]:
    """A call of a tool that ran here, and what the model may know of its outcome."""
    match item.get("type"):
        case "image_generation_call":
            name, arguments = "image_generation", {"prompt": item.get("revised_prompt") or "", "edit": False}
            outcome = "The picture is made, and the user sees it."
        case "file_search_call":
            name, arguments = "file_search", {"queries": item["queries"]}
            texts = [
                f"{hit.passage.filename}:\n{hit.passage.text}" for hit in prompt.found.get(item["id"], ())
            ]
            texts = texts or [f"{hit['filename']}:\n{hit['text']}" for hit in item.get("results") or ()]
            outcome = "\n\n".join(texts) or "Nothing was found."
        case _:
            return
    call = {"name": name, "arguments": json.dumps(arguments, ensure_ascii=False)}
    yield {"role": "assistant", "content": None, "tool_calls": [_call(item["id"], call)]}
    yield {"role": "tool", "tool_call_id": item["id"], "content": outcome}


def _said(item: Mapping[str, Any], denials: Mapping[str, Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    match item.get("type"):
        case "message":
            role = "system" if item["role"] == "developer" else item["role"]
            yield {"role": role, "content": _content(item["content"])}
        case "mcp_call":
            yield {"role": "assistant", "content": None, "tool_calls": [_call(item["id"], item)]}
            error = item.get("error")
            output = f"error: {json.dumps(error, ensure_ascii=False)}" if error else item.get("output") or ""
            yield {"role": "tool", "tool_call_id": item["id"], "content": output}
        case "mcp_approval_request" if (verdict := denials.get(item["id"])) is not None:
            yield {"role": "assistant", "content": None, "tool_calls": [_call(item["id"], item)]}
            reason = f" Their reason: {verdict['reason']}" if verdict.get("reason") else ""
            refused = f"The user did not approve this call; do not repeat it.{reason}"
            yield {"role": "tool", "tool_call_id": item["id"], "content": refused}


def _tool(name: str, offer: Offer) -> dict[str, Any]:
    parameters = _FREE_TEXT if offer.type == "custom" else dict(offer.parameters) or {"type": "object"}
    function = {"name": name, "description": offer.description, "parameters": parameters}
    return {"type": "function", "function": function}


def _call(id_: str, item: Mapping[str, Any]) -> dict[str, Any]:
    arguments = item["arguments"] if "arguments" in item else json.dumps({"input": item.get("input", "")})
    return {"id": id_, "type": "function", "function": {"name": item["name"], "arguments": arguments}}


def _output(output: Any) -> tuple[str, list[dict[str, Any]]]:
    """A tool's message is text; pictures follow the last of them, as if the user had shown them."""
    content = output if isinstance(output, str) else _content(output)
    if isinstance(content, str):
        return content, []
    text = "".join(part["text"] for part in content if part["type"] == "text")
    return text or "(see the picture)", [part for part in content if part["type"] != "text"]


def _content(parts: Any) -> Any:
    """Plain text where there is only text, which every server understands."""
    if isinstance(parts, str):
        return parts
    if all(part["type"] in ("input_text", "output_text", "refusal") for part in parts):
        return "".join(part.get("text") or part.get("refusal") or "" for part in parts)
    return [converted for part in parts if (converted := _convert(part))]


def _convert(part: Mapping[str, Any]) -> dict[str, Any] | None:
    match part:
        case {"type": "input_text" | "output_text", "text": str(text)}:
            return {"type": "text", "text": text}
        case {"type": "input_image", "image_url": str(url)}:
            return {"type": "image_url", "image_url": {"url": url}}
        case _:
            return None
