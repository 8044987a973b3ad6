"""The tools that a request may bring: one module per tool type, all of one shape (`kind.Kind`).

A new type is one module with a class that keeps `Kind` and one line in `KINDS`. Its `staff` gives the `Worker` that
acts for all tools of the type in one request: it may speak before the model does (`open`), it says what the model may
call (`offers`), and it carries a call out (`run`), always through the Reply: `reply.place(item)` (output_item.added),
`reply.about("x_call.searching")` (events of the placed item), `reply.settle(item)` (output_item.done). A call whose
answer must come from the client ends with `reply.ask()`; after any other the brain is asked again and sees the item.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import parameter, refusals
from ..brain import Offer
from .choice import check_choice
from .file_search import FileSearch
from .functions import Custom, Function
from .hosted import HOSTED, Refused
from .image_tool import ImageGeneration
from .kind import Desk, Kind, Worker
from .remote_mcp import Mcp

__all__ = ["KINDS", "Desk", "Kind", "Offer", "Worker", "check_tools", "echo_choice", "echo_tools", "workers"]

KINDS: dict[str, Kind] = {
    "function": Function(),
    "custom": Custom(),
    "file_search": FileSearch(),
    "image_generation": ImageGeneration(),
    "mcp": Mcp(),
    **{type_: Refused(type_) for type_ in HOSTED},
}
"""Every tool type that the service knows; here refused or run."""


def check_tools(tools: list[Any], choice: Any, headers: Mapping[str, str]) -> None:
    """Refuses definitions that the service refuses, and types that are not run here."""
    for index, tool in enumerate(tools):
        name = f"tools[{index}]"
        if not isinstance(tool, dict):
            raise parameter.wrong_type(name, "an object", tool)
        type_ = tool.get("type")
        if type_ is None:
            raise parameter.missing(f"{name}.type")
        kind = KINDS.get(type_) if isinstance(type_, str) else None
        if kind is None:
            raise parameter.wrong_value(f"{name}.type", type_, tuple(KINDS))
        kind.check(name, tool, headers)
    _check_twice(tools)
    check_choice(choice, tools)


def echo_tools(tools: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """As the response repeats them: defaults filled in, secrets left out."""
    return [KINDS[tool["type"]].echo(tool) for tool in tools]


def echo_choice(choice: Any) -> Any:
    """As the response repeats tool_choice."""
    return choice or "auto"


def workers(tools: list[dict[str, Any]], desk: Desk) -> list[Worker]:
    """One worker for each type among `tools`, in the order of their first appearance."""
    types = dict.fromkeys(tool["type"] for tool in tools)
    return [KINDS[type_].staff([t for t in tools if t["type"] == type_], desk) for type_ in types]


def _check_twice(tools: list[dict[str, Any]]) -> None:
    """Names of functions, and labels of MCP servers, are given once."""
    for field, types, what in (("name", ("function", "custom"), "name"), ("server_label", ("mcp",), "label")):
        seen: set[str] = set()
        for index, tool in enumerate(tools):
            if tool["type"] not in types:
                continue
            if tool[field] in seen:
                raise refusals.tool_twice(index, field, what, tool[field])
            seen.add(tool[field])
