"""The tool types that run at the service. One that is declared here is listed, completed, switched on, configured,
checked and sent; nothing else has to know of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from azresp.config.fields import Fields, many, matching, one_of, table, within
from azresp.core.tools import HostedTool
from azresp.errors import UsageError

_ID = r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}"


@dataclass(frozen=True, slots=True)
class Option:
    """One thing that may be said of a tool."""

    says: str
    """what it must be, for errors"""
    check: Callable[[object], object]
    """gives the value as the wire has it, or raises ValueError"""


@dataclass(frozen=True, slots=True)
class HostedType:
    """All that azresp knows of a tool type."""

    remark: str
    """what it does, for lists; what it costs, too"""
    options: Mapping[str, Option] = field(default_factory=dict)
    """by the names that the API gives them"""
    needed: str = ""
    """the option that must be there"""
    default: Mapping[str, object] = field(default_factory=dict)
    """options that are sent if nothing else is said"""
    colon: str = ""
    """the option that a word gives behind a colon: `file_search:vs_1`"""
    includes: tuple[str, ...] = ()
    """what the service tells of its work only if asked for (wire-facts, Items)"""


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


_SIZE = Option("one of low, medium, high", one_of(("low", "medium", "high")))
_TABLE = Option("a table as the API has it", table)
_SOURCES = ("web_search_call.action.sources",)

HOSTED: Mapping[str, HostedType] = {
    "web_search": HostedType(
        "search the web (extra charge; the query leaves Azure's boundary)",
        {"search_context_size": _SIZE, "user_location": _TABLE, "filters": _TABLE},
        includes=_SOURCES,
    ),
    "web_search_preview": HostedType(
        "the older form of web_search",
        {"search_context_size": _SIZE, "user_location": _TABLE},
        includes=_SOURCES,
    ),
    "file_search": HostedType(
        "search files in vector stores",
        {
            "vector_store_ids": Option("a list of one or more ids of vector stores", _ids),
            "max_num_results": Option("a whole number from 1 to 50", _results),
            "ranking_options": _TABLE,
            "filters": _TABLE,
        },
        needed="vector_store_ids",
        colon="vector_store_ids",
        includes=("file_search_call.results",),
    ),
    "code_interpreter": HostedType(
        "run Python in a container (extra charge)",
        {
            "container": Option(
                '"auto", the id of a container, or a table like { file_ids = […] }', _container
            )
        },
        default={"container": {"type": "auto"}},
        colon="container",
        includes=("code_interpreter_call.outputs",),
    ),
}
"""By the wire's `type`; pictures have their own switch."""


def hosted_tool(kind: str, fields: Fields) -> HostedTool:
    """The tool with its options. ConfigError: one is wrong, or missing."""
    known = HOSTED[kind]
    options = dict(known.default)
    for key, option in known.options.items():
        value = (fields.need if key == known.needed else fields.read)(key, option.says, option.check)
        if value is not None:
            options[key] = value
    return HostedTool(kind, options, known.includes)


def hosted_word(kind: str, rest: str) -> HostedTool:
    """The tool that a word names; `rest` stands behind its colon, with commas between values. Raises UsageError."""
    known = HOSTED[kind]
    if rest and not known.colon:
        raise UsageError(
            f"{kind} takes nothing after a colon, got {rest!r}", "Its options belong in [[tools]]."
        )
    if not rest and known.needed:
        says = known.options[known.needed].says
        raise UsageError(f"{kind} needs {says}", f"Say {kind}:ID, or several with commas between them.")
    chosen = _behind_colon(known, rest) if rest else {}
    return HostedTool(kind, {**known.default, **chosen}, known.includes)


def _behind_colon(known: HostedType, rest: str) -> Mapping[str, object]:
    option = known.options[known.colon]
    words = [one for one in rest.split(",") if one]
    for value in (rest, words):
        try:
            return {known.colon: option.check(value)}
        except ValueError:
            continue
    raise UsageError(f"{rest!r} must be {option.says}")
