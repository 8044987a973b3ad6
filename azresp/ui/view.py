"""A turn as sections to show, in output order. One registered view for each kind of item; unknown kinds get a line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from azresp.core.items import Item
from azresp.core.text import Grown
from azresp.core.turn import Turn


@dataclass(frozen=True, slots=True)
class Section:
    """Something of a turn that is shown together."""

    key: tuple[int, str, int]
    """item index, slot and part: stays the same while the section grows"""
    kind: str
    """`answer`, `thought` or `line`"""
    text: Grown
    closed: bool = True


View = Callable[[Item], Iterator[Section]]
_VIEWS: dict[str, View] = {}


def view(*kinds: str) -> Callable[[View], View]:
    """Register how items of these kinds are shown."""

    def register(how: View) -> View:
        _VIEWS.update(dict.fromkeys(kinds, how))
        return how

    return register


def sections(turn: Turn) -> list[Section]:
    """All that a turn shows, in order."""
    return [section for item in turn.items for section in _VIEWS.get(item.kind, _unknown)(item)]


@view("message")
def _message(item: Item) -> Iterator[Section]:
    for part in item.parts:
        if part.slot in ("text", "refusal"):
            yield Section((item.index, part.slot, part.at), "answer", part.text, item.closed)


@view("reasoning")
def _reasoning(item: Item) -> Iterator[Section]:
    for part in item.parts:
        if part.slot in ("summary", "reasoning"):
            yield Section((item.index, part.slot, part.at), "thought", part.text, item.closed)


@view("")
def _unnamed(item: Item) -> Iterator[Section]:
    # A delta came before its item was opened: what grows is shown by its slot.
    yield from _message(item)
    yield from _reasoning(item)


@view("function_call", "mcp_call", "mcp_approval_request", "custom_tool_call")
def _call(item: Item) -> Iterator[Section]:
    if not item.closed:
        return
    who = _word(item, "server_label")
    name = f"{who}/{_word(item, 'name')}" if who else _word(item, "name")
    arguments = item.text("arguments") or item.text("input")
    line = f"{item.kind} {name} {_canonical(arguments)}".rstrip()
    yield Section((item.index, "line", 0), "line", Grown(f"{line} · azresp {_NOT_YET}"))


_NOT_YET = "can't run or answer this yet"


def _unknown(item: Item) -> Iterator[Section]:
    if not item.closed:
        return
    state = item.status or item.phase
    said = _word(item, "name") or _word(item, "server_label")
    line = " · ".join(part for part in (item.kind, said, state) if part)
    yield Section((item.index, "line", 0), "line", Grown(line))


def _word(item: Item, field: str) -> str:
    value = item.wire.get(field)
    return value if isinstance(value, str) else ""


def _canonical(arguments: str) -> str:
    """Arguments in full as one line of ASCII JSON, so that nothing in them can hide or act."""
    try:
        return json.dumps(json.loads(arguments))
    except (ValueError, RecursionError):
        return json.dumps(arguments)
