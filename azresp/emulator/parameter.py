"""What the service says to one parameter that is wrong: missing, of another type, too long."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .refusals import Refused, invalid


def unsupported(name: str) -> Refused:
    return invalid(f"Unsupported parameter: '{name}' is not supported with this model.", name)


def unknown(name: str) -> Refused:
    return invalid(f"Unknown parameter: '{name}'.", name, "unknown_parameter")


def missing(name: str) -> Refused:
    return invalid(f"Missing required parameter: '{name}'.", name, "missing_required_parameter")


def wrong_type(name: str, expected: str, got: Any) -> Refused:
    return invalid(
        f"Invalid type for '{name}': expected {expected}, but got {_article(got)} instead.",
        name,
        "invalid_type",
    )


def wrong_value(name: str, got: Any, allowed: Sequence[str]) -> Refused:
    quoted = [f"'{value}'" for value in allowed]
    listed = quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])}, and {quoted[-1]}"
    if len(quoted) == 2:
        listed = " and ".join(quoted)
    return invalid(f"Invalid value: '{got}'. Supported values are: {listed}.", name, "invalid_value")


def out_of_range(name: str, kind: str, bound: float, got: float, *, above: bool) -> Refused:
    """`kind` is integer or decimal; `bound` the least or greatest value allowed."""
    edge, sign = ("above maximum", "<=") if above else ("below minimum", ">=")
    code = f"{kind}_{'above_max' if above else 'below_min'}_value"
    return invalid(
        f"Invalid '{name}': {kind} {edge} value. Expected a value {sign} {bound}, but got {got} instead.",
        name,
        code,
    )


def too_long(name: str, limit: int, got: int) -> Refused:
    return invalid(
        f"Invalid '{name}': string too long. Expected a string with maximum length {limit}, but got a string with "
        f"length {got} instead.",
        name,
        "string_above_max_length",
    )


def array_too_long(name: str, limit: int, got: int) -> Refused:
    return invalid(
        f"Invalid '{name}': array too long. Expected an array with maximum length {limit}, but got an array with "
        f"length {got} instead.",
        name,
        "array_above_max_length",
    )


def empty_array(name: str) -> Refused:
    return invalid(
        f"Invalid '{name}': empty array. Expected an array with minimum length 1, but got an empty array instead.",
        name,
        "empty_array",
    )


def _article(value: Any) -> str:
    """A JSON value's type as the service says it: "an integer", "null"."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int():
            return "an integer"
        case float():
            return "a decimal"
        case str():
            return "a string"
        case list():
            return "an array"
        case _:
            return "an object"
