"""A call's arguments: read strictly, and held against the schema before anything runs (cases L1, A2)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from azresp.core.canonical import NotStrict, strict_json
from azresp.core.sse import Wire
from azresp.core.tools import FunctionTool
from azresp.errors import LocalError

_MOST_ERRORS = 5
_LONGEST = 100


class BadArguments(ValueError):
    """The arguments don't fit; the message is a sentence for the model."""


def read_arguments(tool: FunctionTool, text: str) -> Wire:
    """The arguments of a call. Raises BadArguments: no object, keys twice, NaN, or not as the schema has it."""
    try:
        told = strict_json(text)
    except NotStrict as why:
        raise BadArguments(f"The arguments can't be read: {why}.") from None
    if not isinstance(told, dict):
        raise BadArguments(f"The arguments must be a JSON object, not {_called(told)}.")
    if wrong := _wrong_with(tool.parameters, told):
        raise BadArguments(" ".join(wrong))
    return told


def _wrong_with(schema: Wire, told: Wire) -> list[str]:
    """What does not fit, a sentence each; empty if all does."""
    jsonschema, referencing = _checker()
    # With a registry of its own, no $ref is looked up in the network.
    found = jsonschema.Draft202012Validator(schema, registry=referencing.Registry()).iter_errors(told)
    sentences: list[str] = []
    try:
        for error in found:
            sentences += [one for one in _sentences(error) if one not in sentences]
            if len(sentences) >= _MOST_ERRORS:
                break
    except referencing.exceptions.Unresolvable as error:
        return [f"The tool's schema is broken: its $ref {error.ref!r} leads nowhere."]
    except (RecursionError, re.error):
        return ["The tool's schema can't be used to check this."]
    return sentences[:_MOST_ERRORS]


def _sentences(error: Any) -> Iterator[str]:
    where = _where(error)
    match error.validator:
        case "required":
            missing = [name for name in error.validator_value if name not in error.instance]
            yield from (f"`{where}{'.' if where else ''}{name}` is required." for name in missing)
        case "additionalProperties" if error.validator_value is False:
            known = error.schema.get("properties", {})
            for name in [one for one in error.instance if one not in known]:
                yield f"`{where}{'.' if where else ''}{name[:_LONGEST]}` is not a parameter."
        case "type":
            wanted = error.validator_value
            kinds = " or ".join(wanted) if isinstance(wanted, list) else wanted
            yield f"`{where}` must be of type {kinds}, not {_called(error.instance)}."
        case "enum":
            values = ", ".join(json.dumps(one) for one in error.validator_value)
            yield f"`{where}` must be one of {values[:400]}, not {_short(error.instance)}."
        case "anyOf" | "oneOf" if error.context:
            inner = max(error.context, key=lambda one: (len(one.absolute_path), one.validator != "type"))
            yield from _sentences(inner)
        case _:
            yield (
                f"`{where}`: {error.message[: 2 * _LONGEST]}."
                if where
                else f"{error.message[: 2 * _LONGEST]}."
            )


def _where(error: Any) -> str:
    """`cities[2].name`"""
    told = ""
    for step in error.absolute_path:
        told += f"[{step}]" if isinstance(step, int) else f"{'.' if told else ''}{step[:_LONGEST]}"
    return told


def _called(value: object) -> str:
    names = {str: "a string", list: "an array", dict: "an object", type(None): "null", bool: "a boolean"}
    return names.get(type(value), "a number")


def _short(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def is_schema(schema: object) -> str:
    """Why this is no JSON schema for a function's parameters; empty if it is one."""
    jsonschema, _ = _checker()
    if not isinstance(schema, dict) or schema.get("type") != "object":
        return 'a schema of parameters has "type": "object"'
    try:
        jsonschema.Draft202012Validator.check_schema(schema)
    except jsonschema.SchemaError as error:
        where = "/".join(map(str, error.absolute_path))
        return f"{where + ': ' if where else ''}{error.message[:200]}"
    except RecursionError:
        return "it is nested too deeply"
    return ""


def is_strict(schema: object) -> bool:
    """Whether the service takes it with `strict`: every object is closed and requires all that it has."""
    if isinstance(schema, list):
        return all(map(is_strict, schema))
    if not isinstance(schema, dict):
        return True
    if "properties" in schema or schema.get("type") == "object":
        properties = schema.get("properties", {})
        closed = schema.get("additionalProperties") is False
        if not (closed and set(properties) <= set(schema.get("required", ()))):
            return False
    return all(map(is_strict, schema.values()))


def _checker() -> tuple[Any, Any]:
    """The packages that check; they take a while to load. Raises LocalError."""
    try:
        import jsonschema
        import referencing.exceptions
    except ImportError:
        raise LocalError("the package jsonschema is missing", "Install azresp again.") from None
    return jsonschema, referencing
