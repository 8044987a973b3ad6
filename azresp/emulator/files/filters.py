"""Filters of file_search: comparisons of a file's attributes, joined by and / or."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from .. import refusals

_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}
_COMPARISONS = ("eq", "ne", *_ORDERS, "in", "nin")
_JOINS = ("and", "or")
_DEEPEST = 16


def check_filter(name: str, filter_: Any, depth: int = 0) -> None:
    """Refuse what is no filter; `name` is its path, like `tools[0].filters`."""
    if not isinstance(filter_, Mapping):
        raise refusals.wrong_type(name, "an object", filter_)
    type_ = filter_.get("type")
    if type_ in _JOINS:
        inner = filter_.get("filters")
        if not isinstance(inner, list) or depth >= _DEEPEST:
            raise refusals.wrong_type(f"{name}.filters", "an array of filters", inner)
        for index, one in enumerate(inner):
            check_filter(f"{name}.filters[{index}]", one, depth + 1)
        return
    if type_ not in _COMPARISONS:
        raise refusals.wrong_value(f"{name}.type", type_, (*_COMPARISONS, *_JOINS))
    if not isinstance(filter_.get("key"), str):
        raise refusals.missing(f"{name}.key")
    if "value" not in filter_:
        raise refusals.missing(f"{name}.value")
    value = filter_["value"]
    if isinstance(value, list) != (type_ in ("in", "nin")) or not isinstance(value, str | int | float | list):
        raise refusals.wrong_type(
            f"{name}.value", "an array" if type_ in ("in", "nin") else "a string", value
        )


def passes(filter_: Mapping[str, Any] | None, attributes: Mapping[str, Any]) -> bool:
    """Whether a file with these attributes is to be looked into; `filter_` is a checked one."""
    if filter_ is None:
        return True
    type_ = filter_["type"]
    if type_ in _JOINS:
        results = [passes(inner, attributes) for inner in filter_["filters"]]
        return all(results) if type_ == "and" else any(results)
    has, wanted = attributes.get(filter_["key"]), filter_["value"]
    match type_:
        case "eq":
            return bool(has == wanted)
        case "ne":
            return bool(has != wanted)
        case "in":
            return has in wanted
        case "nin":
            return has not in wanted
        case _:
            return _alike(has, wanted) and _ORDERS[type_](has, wanted)


def _alike(has: Any, wanted: Any) -> bool:
    """Only numbers and numbers, or texts and texts, have an order."""
    numbers = isinstance(has, int | float) and isinstance(wanted, int | float)
    return numbers or (isinstance(has, str) and isinstance(wanted, str))
