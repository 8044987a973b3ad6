"""Calls that this machine answers, or can't: one line each; the question about a call shows all of it."""

from __future__ import annotations

from collections.abc import Iterator

from azresp.core.events import dicts
from azresp.core.items import Item
from azresp.core.sse import Wire
from azresp.core.text import Grown
from azresp.ui.counting import counted
from azresp.ui.view import Section, closed, line, view
from azresp.ui.views.brief import head, json_line, listed, shortened, value_line, word


@view("function_call")
@closed
def _function_call(item: Item) -> Iterator[Section]:
    cut = " · cut off by the token limit" if item.status == "incomplete" else ""
    yield from line(item, f"call {word(item.wire, 'name')} {json_line(item.text('arguments') or '{}')}{cut}")


@view("custom_tool_call")
@closed
def _custom_tool_call(item: Item) -> Iterator[Section]:
    yield from line(item, f"call {word(item.wire, 'name')} {value_line(item.text('input'))}")


@view("computer_call")
@closed
def _computer_call(item: Item) -> Iterator[Section]:
    actions = item.wire.get("action") or item.wire.get("actions")
    yield from line(item, f"call computer {value_line(actions)}")


@view("local_shell_call")
@closed
def _local_shell_call(item: Item) -> Iterator[Section]:
    action = _dict(item.wire, "action")
    yield from line(item, f"call local_shell {value_line(action.get('command'))}")


@view("shell_call")
@closed
def _shell_call(item: Item) -> Iterator[Section]:
    where = " in the service's container" if word(_dict(item.wire, "environment"), "container_id") else ""
    yield from line(item, f"call shell{where} {value_line(_dict(item.wire, 'action').get('commands'))}")


@view("shell_call_output")
@closed
def _shell_call_output(item: Item) -> Iterator[Section]:
    for number, one in enumerate(dicts(item.wire.get("output"))):
        text = "\n".join(part for part in (word(one, "stdout"), word(one, "stderr")) if part).rstrip("\n")
        code = _dict(one, "outcome").get("exit_code")
        ended = f"exit {code}" if code is not None else word(_dict(one, "outcome"), "type")
        yield from line(
            item, f"shell gave {counted(len(text), 'character')}{f' · {ended}' if ended else ''}", number
        )
        if text:
            yield Section((item.index, "aside", number), "aside", Grown(head(text)))


@view("apply_patch_call")
@closed
def _apply_patch_call(item: Item) -> Iterator[Section]:
    operation = _dict(item.wire, "operation")
    what = " ".join(word(operation, key) for key in ("type", "path")).strip()
    size = counted(len(word(operation, "diff")), "character")
    yield from line(item, f"call apply_patch {shortened(what)} · a diff of {size}")


@view("tool_search_call")
@closed
def _tool_search_call(item: Item) -> Iterator[Section]:
    yield from line(item, f"searching tools {value_line(item.wire.get('arguments'))}")


@view("tool_search_output")
@closed
def _tool_search_output(item: Item) -> Iterator[Section]:
    names = [word(tool, "name") for tool in dicts(item.wire.get("tools"))]
    yield from line(item, f"found {counted(len(names), 'tool')}{': ' if names else ''}{listed(names)}")


def _dict(wire: Wire, field: str) -> Wire:
    value = wire.get(field)
    return value if isinstance(value, dict) else {}
