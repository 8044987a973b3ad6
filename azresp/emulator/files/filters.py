"""How a search may be narrowed: limits, rankings, and filters of files by their attributes."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from .. import parameter

_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}
_COMPARISONS = ("eq", "ne", *_ORDERS, "in", "nin")
_JOINS = ("and", "or")
_RANKERS = ("auto", "default-2024-11-15", "default_2024_08_21", "none")
_MOST_RESULTS = 50
_DEEPEST = 16


def check_filter(name: str, filter_: Any, depth: int = 0) -> None:
    """Refuse what is no filter; `name` is its path, like `tools[0].filters`."""
    if not isinstance(filter_, Mapping):
        raise parameter.wrong_type(name, "an object", filter_)
    type_ = filter_.get("type")
    if type_ in _JOINS:
        inner = filter_.get("filters")
        if not isinstance(inner, list) or depth >= _DEEPEST:
            raise parameter.wrong_type(f"{name}.filters", "an array of filters", inner)
        for index, one in enumerate(inner):
            check_filter(f"{name}.filters[{index}]", one, depth + 1)
        return
    if type_ not in _COMPARISONS:
        raise parameter.wrong_value(f"{name}.type", type_, (*_COMPARISONS, *_JOINS))
    if not isinstance(filter_.get("key"), str):
        raise parameter.missing(f"{name}.key")
    if "value" not in filter_:
        raise parameter.missing(f"{name}.value")
    value = filter_["value"]
    if isinstance(value, list) != (type_ in ("in", "nin")) or not isinstance(value, str | int | float | list):
        raise parameter.wrong_type(
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


def check_number(name: str, value: Any) -> None:
    if value is None:
        return
    if not isinstance(value, int) or isinstance(value, bool):
        raise parameter.wrong_type(name, "an integer", value)
    if not 1 <= value <= _MOST_RESULTS:
        above = value > 1
        raise parameter.out_of_range(name, "integer", _MOST_RESULTS if above else 1, value, above=above)


def check_ranking(name: str, value: Any) -> None:
    if value is None:
        return
    if not isinstance(value, dict):
        raise parameter.wrong_type(name, "an object", value)
    if (ranker := value.get("ranker", "auto")) not in _RANKERS:
        raise parameter.wrong_value(f"{name}.ranker", ranker, _RANKERS)
    threshold = value.get("score_threshold", 0)
    if not isinstance(threshold, int | float) or isinstance(threshold, bool):
        raise parameter.wrong_type(f"{name}.score_threshold", "a decimal", threshold)
    if not 0 <= threshold <= 1:
        above = threshold > 1
        raise parameter.out_of_range(
            f"{name}.score_threshold", "decimal", 1 if above else 0, threshold, above=above
        )
