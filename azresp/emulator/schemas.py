"""The rules that a JSON schema must keep before the service takes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from . import refusals

_KINDS = ("object", "array", "string", "number", "integer", "boolean", "null")
_NUMBERS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
_COUNTS = ("minLength", "maxLength", "minItems", "maxItems")


def check_schema(schema: Any, owner: str, param: str, code: str) -> None:
    """Refuses what is no JSON schema at all."""
    for path, node in _nodes(schema, ()):
        if (complaint := _complaint(node)) is not None:
            raise _refusal(owner, path, complaint, param, code)


def _complaint(node: Any) -> str | None:
    """What is wrong with this node itself."""
    if isinstance(node, bool):
        return None
    if not isinstance(node, Mapping):
        return f"{node!r} is not of type 'object', 'boolean'."
    kinds = node.get("type", "object")
    for kind in kinds if isinstance(kinds, list) and kinds else [kinds]:
        if kind not in _KINDS:
            return f"{kind!r} is not valid under any of the given schemas."
    wanted: tuple[tuple[tuple[str, ...], type | tuple[type, ...], str], ...] = (
        (("properties", "$defs", "definitions"), Mapping, "object"),
        (("required", "enum", "anyOf", "oneOf", "allOf"), list, "array"),
        (("format", "pattern", "$ref"), str, "string"),
        (_NUMBERS, (int, float), "number"),
        (_COUNTS, int, "integer"),
    )
    for names, types, called in wanted:
        for name in names:
            if (
                name in node
                and (not isinstance(node[name], types) or node[name] == [])
                and name != "required"
            ):
                return f"{node[name]!r} is not of type '{called}'."
    required = node.get("required", [])
    if not isinstance(required, list) or not all(isinstance(name, str) for name in required):
        return f"{required!r} is not an array of strings."
    return None


def _nodes(node: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The schema and every schema in it, parents first, so that a bad parent is met before its parts."""
    yield path, node
    if not isinstance(node, Mapping):
        return
    for key in ("properties", "$defs", "definitions"):
        for name, inner in node.get(key, {}).items():
            yield from _nodes(inner, (*path, key, str(name)))
    if "items" in node:
        yield from _nodes(node["items"], (*path, "items"))
    for key in ("anyOf", "oneOf", "allOf"):
        for index, inner in enumerate(node.get(key, ())):
            yield from _nodes(inner, (*path, key, str(index)))


def check_strict(schema: Mapping[str, Any], owner: str, param: str, code: str) -> None:
    """Every object of a valid schema closes itself and requires all its properties; else the service's 400."""
    for path, node in _nodes(schema, ()):
        if not isinstance(node, Mapping) or not (node.get("type") == "object" or "properties" in node):
            continue
        if node.get("additionalProperties") is not False:
            message = "'additionalProperties' is required to be supplied and to be false."
            raise _refusal(owner, path, message, param, code)
        required = node.get("required")
        missing = [name for name in node.get("properties", {}) if name not in (required or [])]
        if required is None or missing:
            tail = f" Missing '{missing[0]}'." if missing else ""
            message = (
                "'required' is required to be supplied and to be an array including every key in properties."
                + tail
            )
            raise _refusal(owner, path, message, param, code)


def _refusal(owner: str, path: tuple[str, ...], message: str, param: str, code: str) -> refusals.Refused:
    return refusals.invalid(f"Invalid schema for {owner}: In context={path!r}, {message}", param, code)
