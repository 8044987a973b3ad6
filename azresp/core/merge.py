"""Streamed items and a snapshot's output in one list: neither alone is enough."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import replace

from azresp.core.items import Item, item_from
from azresp.core.sse import Wire


def merge(heard: tuple[Item, ...], told: tuple[Wire, ...], *, over: bool) -> tuple[Item, ...]:
    """The items of a turn that heard `heard` and is then told the output `told`.

    A final output may lack items that were streamed, a stream may lack an item's end, and ids may differ between
    the two (OpenRouter, tool search). Items match by id, else by place and kind, else by kind in order.
    """
    if not told:
        return heard
    pairs = _pair(heard, told)
    merged: list[Item] = []
    for index, wire in enumerate(told):
        match = pairs.get(index)
        if match is None:
            merged.append(item_from(index, wire, closed=over))
        else:
            merged.append(replace(match.close(wire), index=index, closed=over or match.closed))
    paired = {id(item) for item in pairs.values()}
    left = [item for item in heard if id(item) not in paired]
    for item in left:
        # An item of the stream that the final output does not name keeps its place.
        merged.insert(min(item.index, len(merged)), item)
    return tuple(replace(item, index=index) for index, item in enumerate(merged)) if left else tuple(merged)


def _pair(heard: tuple[Item, ...], told: tuple[Wire, ...]) -> dict[int, Item]:
    """Which heard item each told one is, by its place in `told`.

    Every id is matched before any guess, so that a guess can't take an item which has its own match.
    """
    left = list(heard)
    pairs: dict[int, Item] = {}
    for key_heard, key_told in _KEYS:
        waiting: dict[Hashable, list[Item]] = {}
        for item in reversed(left):
            for key in key_heard(item):
                waiting.setdefault(key, []).append(item)
        for index, wire in enumerate(told):
            if index not in pairs and (found := waiting.get(key_told(index, wire))):
                pairs[index] = found.pop()
        paired = {id(item) for item in pairs.values()}
        left = [item for item in left if id(item) not in paired]
    return pairs


def _name(wire: Wire, field: str) -> str:
    value = wire.get(field)
    return value if isinstance(value, str) else ""


_KEYS: tuple[tuple[Callable[[Item], Iterable[Hashable]], Callable[[int, Wire], Hashable]], ...] = (
    (lambda item: [item.id] if item.id else [], lambda index, wire: _name(wire, "id")),
    # One item has one place, so that a kind not yet heard fits whatever stands there.
    (
        lambda item: [(item.index, item.kind)] if item.kind else [],
        lambda index, wire: (index, _name(wire, "type")),
    ),
    (lambda item: [] if item.kind else [item.index], lambda index, wire: index),
    (lambda item: [item.kind] if item.kind else [], lambda index, wire: _name(wire, "type")),
)
