"""Hosted tools of the configuration: their options, as on the wire."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from azresp.config.fields import Fields, many, matching, one_of, table, within
from azresp.core.tools import HostedTool

_ID = r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}"


@dataclass(frozen=True, slots=True)
class _Option:
    says: str
    check: Callable[[object], object]


def _ids(value: object) -> list[str]:
    found = many(matching(_ID))(value)
    if not found:
        raise ValueError
    return list(found)


def _results(value: object) -> int:
    if not isinstance(value, int):
        raise ValueError
    return int(within(1, 50)(value))


def _container(value: object) -> object:
    """`auto`, an id, or a table, as the wire has it."""
    if value == "auto":
        return {"type": "auto"}
    if isinstance(value, Mapping):
        found = table(value)
        if found.get("type", "auto") != "auto":
            raise ValueError
        return {"type": "auto"} | found
    return matching(_ID)(value)


_SIZE = _Option("one of low, medium, high", one_of(("low", "medium", "high")))
_TABLE = _Option("a table as the API has it", table)

OPTIONS: Mapping[str, Mapping[str, _Option]] = {
    "web_search": {"search_context_size": _SIZE, "user_location": _TABLE, "filters": _TABLE},
    "web_search_preview": {"search_context_size": _SIZE, "user_location": _TABLE},
    "file_search": {
        "vector_store_ids": _Option("a list of one or more ids of vector stores", _ids),
        "max_num_results": _Option("a whole number from 1 to 50", _results),
        "ranking_options": _TABLE,
        "filters": _TABLE,
    },
    "code_interpreter": {
        "container": _Option('"auto", the id of a container, or a table like { file_ids = […] }', _container)
    },
}
"""What may be said of each hosted tool."""

_NEEDED = {"file_search": "vector_store_ids"}


def hosted_tool(kind: str, fields: Fields) -> HostedTool:
    """The tool with its options. ConfigError: one is wrong, or missing."""
    options: dict[str, object] = {"container": {"type": "auto"}} if kind == "code_interpreter" else {}
    for key, option in OPTIONS[kind].items():
        needed = _NEEDED.get(kind) == key
        value = (fields.need if needed else fields.read)(key, option.says, option.check)
        if value is not None:
            options[key] = value
    return HostedTool(kind, options)
