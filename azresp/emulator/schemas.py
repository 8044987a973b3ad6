"""The rules that a strict JSON schema must keep before the service takes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from . import refusals


def check_strict(schema: Mapping[str, Any], owner: str, param: str, code: str) -> None:
    """Every object closes itself and requires all its properties; else the service's 400, naming the place."""
    for path, node in _objects(schema, ()):
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


def _objects(node: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    if not isinstance(node, Mapping):
        return
    if node.get("type") == "object" or "properties" in node:
        yield path, node
    for key in ("properties", "$defs", "definitions"):
        for name, inner in (node.get(key) or {}).items():
            yield from _objects(inner, (*path, key, name))
    yield from _objects(node.get("items"), (*path, "items"))
    for index, inner in enumerate(node.get("anyOf") or ()):
        yield from _objects(inner, (*path, "anyOf", str(index)))
