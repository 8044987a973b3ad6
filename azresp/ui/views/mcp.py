"""What remote MCP servers list, are asked and give."""

from __future__ import annotations

from collections.abc import Iterator

from azresp.core.events import dicts
from azresp.core.items import Item
from azresp.core.text import Grown
from azresp.ui.counting import counted
from azresp.ui.view import Section, closed, line, view
from azresp.ui.views.brief import cause, head, json_line, listed, word


@view("mcp_list_tools")
@closed
def _list(item: Item) -> Iterator[Section]:
    label = word(item.wire, "server_label")
    if item.wire.get("error") or item.phase == "failed":
        yield from line(item, f"{label} could not list its tools: {cause(item.wire.get('error'))}")
        return
    names = [word(tool, "name") for tool in dicts(item.wire.get("tools"))]
    yield from line(
        item, f"{label} lists {counted(len(names), 'tool')}{': ' if names else ''}{listed(names)}"
    )


@view("mcp_call")
@closed
def _call(item: Item) -> Iterator[Section]:
    wire = item.wire
    name = f"{word(wire, 'server_label')}/{word(wire, 'name')}"
    yield from line(item, f"{name} {json_line(item.text('arguments') or '{}')}")
    if wire.get("error") or "failed" in (item.status, item.phase):
        yield from line(item, f"{name} failed: {cause(wire.get('error'))}", 1)
    if output := word(wire, "output"):
        yield Section((item.index, "aside", 0), "aside", Grown(head(output)))


@view("mcp_approval_request")
@closed
def _request(item: Item) -> Iterator[Section]:
    wire = item.wire
    name = f"{word(wire, 'server_label')}/{word(wire, 'name')}"
    yield from line(item, f"{name} wants your approval {json_line(item.text('arguments') or '{}')}")
