"""Reading `input`: a text, or items in any of their accepted forms, into items with ids as the service stores them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from . import parameter, refusals
from .ids import new_id

Item = dict[str, Any]

_LONGEST_TEXT = 10_485_760
_ROLES = ("assistant", "system", "developer", "user")
_PREFIXES = {
    "message": "msg",
    "reasoning": "rs",
    "function_call": "fc",
    "function_call_output": "fc",
    "custom_tool_call": "ctc",
    "custom_tool_call_output": "ctc",
    "mcp_list_tools": "mcpl",
    "mcp_approval_request": "mcpr",
    "mcp_approval_response": "mcpr",
    "mcp_call": "mcp",
    "image_generation_call": "ig",
    "code_interpreter_call": "ci",
    "web_search_call": "ws",
    "file_search_call": "fs",
    "compaction": "cmp",
}
"""Item types that are read, and how their ids begin."""
_OUTPUT_OF = {"function_call_output": "function_call", "custom_tool_call_output": "custom_tool_call"}


def read_input(value: Any, *, optional: bool, name: str = "input") -> list[Item]:
    """`optional`: with previous_response_id a request may bring nothing new."""
    match value:
        case None:
            if optional:
                return []
            raise parameter.missing("input")
        case str():
            if len(value) > _LONGEST_TEXT:
                raise parameter.too_long("input", _LONGEST_TEXT, len(value))
            return [_message("user", [{"type": "input_text", "text": value}])]
        case list():
            return [_read_item(f"{name}[{index}]", item) for index, item in enumerate(value)]
        case _:
            raise parameter.wrong_type("input", "one of an array of input items or string", value)


def resolve(items: Sequence[Item], context: Sequence[Item], find: Callable[[str], Item | None]) -> list[Item]:
    """Replace references by what they name; refuse ids, calls and outputs that fit nothing. `find` asks the store."""
    resolved: list[Item] = []
    for item in items:
        if item["type"] == "item_reference":
            found = find(item["id"])
            if found is None:
                raise refusals.item_not_found(item["id"])
            resolved.append(found)
        else:
            _check_replayed(item, find)
            resolved.append(item)
    _check_twice(resolved, context)
    _check_calls(resolved, context)
    return resolved


def _check_twice(new: Sequence[Item], context: Sequence[Item]) -> None:
    seen = {item["id"] for item in context}
    for item in new:
        if item["id"] in seen:
            raise refusals.duplicate_item(item["id"])
        seen.add(item["id"])


def _check_replayed(item: Item, find: Callable[[str], Item | None]) -> None:
    """A reasoning item comes back by its id, or else with its ciphertext; a picture, or else with its result."""
    bare = {"reasoning": "encrypted_content", "image_generation_call": "result"}.get(item["type"])
    if bare is not None and not item.get(bare) and find(item["id"]) is None:
        raise refusals.item_not_found(item["id"])


def _check_calls(new: Sequence[Item], context: Sequence[Item]) -> None:
    calls = {(item["type"], item.get("call_id")) for item in (*context, *new)}
    answered = {(_OUTPUT_OF.get(type_), call_id) for type_, call_id in calls}
    for item in new:
        call = _OUTPUT_OF.get(item["type"])
        if call and (call, item["call_id"]) not in calls:
            kind = "function call" if call == "function_call" else "custom tool call"
            raise refusals.no_call_for_output(item["call_id"], kind)
    for type_, call_id in sorted(_waiting((*context, *new))):
        if (type_, call_id) not in answered:
            raise refusals.no_output_for_call(call_id)


def _waiting(items: Iterable[Mapping[str, Any]]) -> set[tuple[str, str]]:
    return {(item["type"], item["call_id"]) for item in items if item["type"] in _OUTPUT_OF.values()}


def _read_item(name: str, item: Any) -> Item:
    if not isinstance(item, dict):
        raise parameter.wrong_type(name, "an object", item)
    type_ = item.get("type", "message" if "role" in item else None)
    if type_ is None:
        raise parameter.missing(f"{name}.type")
    if not isinstance(type_, str):
        raise parameter.wrong_type(f"{name}.type", "a string", type_)
    if type_ == "message":
        return _read_message(name, item)
    if type_ == "item_reference":
        _need_text(name, item, "id")
        return dict(item)
    if type_ not in _PREFIXES:
        raise parameter.wrong_value(f"{name}.type", type_, ("item_reference", *_PREFIXES))
    _check_fields(name, type_, item)
    _check_id(name, item)
    return {**item, "id": item.get("id") or new_id(_PREFIXES[type_])}


def _check_fields(name: str, type_: str, item: Mapping[str, Any]) -> None:
    match type_:
        case "function_call":
            for field in ("call_id", "name", "arguments"):
                _need_text(name, item, field)
        case "custom_tool_call":
            _need_text(name, item, "call_id")
        case "function_call_output" | "custom_tool_call_output":
            _need_text(name, item, "call_id")
            if not isinstance(item.get("output"), str | list):
                raise parameter.missing(f"{name}.output")
        case "mcp_approval_response":
            _need_text(name, item, "approval_request_id")
            if "approve" not in item:
                raise parameter.missing(f"{name}.approve")
            if not isinstance(item["approve"], bool):
                raise parameter.wrong_type(f"{name}.approve", "a boolean", item["approve"])
        case "mcp_approval_request" | "mcp_call":
            for field in ("server_label", "name", "arguments"):
                _need_text(name, item, field)
        case "mcp_list_tools":
            _need_text(name, item, "server_label")
            if not isinstance(item.get("tools"), list):
                raise parameter.missing(f"{name}.tools")
        case "reasoning":
            if not isinstance(item.get("summary"), list):
                raise parameter.missing(f"{name}.summary")
            if item.get("encrypted_content") is not None:
                _need_text(name, item, "encrypted_content")
        case "compaction":
            _need_text(name, item, "encrypted_content")
        case _:
            return


def _check_id(name: str, item: Mapping[str, Any]) -> None:
    if item.get("id") is not None:
        _need_text(name, item, "id")


def _need_text(name: str, item: Mapping[str, Any], field: str) -> None:
    if field not in item:
        raise parameter.missing(f"{name}.{field}")
    if not isinstance(item[field], str):
        raise parameter.wrong_type(f"{name}.{field}", "a string", item[field])


def _read_message(name: str, item: Mapping[str, Any]) -> Item:
    role = item.get("role")
    if role is None:
        raise parameter.missing(f"{name}.role")
    if not isinstance(role, str):
        raise parameter.wrong_type(f"{name}.role", "a string", role)
    if role not in _ROLES:
        raise parameter.wrong_value(f"{name}.role", role, _ROLES)
    _check_id(name, item)
    content = item.get("content")
    plain = "output_text" if role == "assistant" else "input_text"
    match content:
        case str():
            return _message(role, [_part(plain, content)], item)
        case list():
            return _message(
                role, [_read_part(f"{name}.content[{i}]", p, role) for i, p in enumerate(content)], item
            )
        case None:
            raise parameter.missing(f"{name}.content")
        case _:
            raise parameter.wrong_type(
                f"{name}.content", "one of a string or array of content parts", content
            )


def _read_part(name: str, part: Any, role: str) -> Item:
    if not isinstance(part, dict):
        raise parameter.wrong_type(name, "an object", part)
    assistant = role == "assistant"
    allowed = ("output_text", "refusal") if assistant else ("input_text", "input_image", "input_file")
    type_ = part.get("type")
    if type_ is None:
        raise parameter.missing(f"{name}.type")
    if type_ not in allowed:
        raise parameter.wrong_value(f"{name}.type", type_, allowed)
    match type_:
        case "input_text" | "output_text":
            _need_text(name, part, "text")
            if len(part["text"]) > _LONGEST_TEXT:
                raise parameter.too_long(f"{name}.text", _LONGEST_TEXT, len(part["text"]))
            return part | _part(type_, part["text"]) if type_ == "output_text" else dict(part)
        case "refusal":
            _need_text(name, part, "refusal")
        case "input_image":
            if not (part.get("image_url") or part.get("file_id")):
                raise parameter.missing(f"{name}.image_url")
            return {"detail": "auto", **part}
        case _:
            if not any(part.get(field) for field in ("file_data", "file_id", "file_url")):
                raise parameter.missing(f"{name}.file_id")
    return dict(part)


def _part(type_: str, text: str) -> Item:
    if type_ == "output_text":
        return {"type": type_, "annotations": [], "logprobs": [], "text": text}
    return {"type": type_, "text": text}


def _message(role: str, content: list[Item], source: Mapping[str, Any] | None = None) -> Item:
    source = source or {}
    item: Item = {
        "id": source.get("id") or new_id("msg"),
        "type": "message",
        "status": "completed",
        "content": content,
        "role": role,
    }
    if source.get("phase") is not None:
        item["phase"] = source["phase"]
    return item
