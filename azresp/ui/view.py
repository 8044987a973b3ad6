"""A turn as sections to show, in output order. One registered view for each kind of item; unknown kinds get a line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from azresp.core.items import Item
from azresp.core.text import Grown
from azresp.core.turn import Turn
from azresp.ui.sink import clean_line
from azresp.ui.views.brief import word


@dataclass(frozen=True, slots=True)
class Section:
    """Something of a turn that is shown together."""

    key: tuple[int, str, int]
    """item index, slot and part: stays the same while the section grows"""
    kind: str
    """`answer`, `thought`, `line`; `aside`: preformatted text beside the answer; `code`: such a text in Python"""
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


Known = dict[int, tuple[Item, list[Section]]]
"""The sections of items that were closed, by item index."""


def sections(turn: Turn, known: Known | None = None) -> list[Section]:
    """All that a turn shows, in order; `known` spares a caller that asks often the work for what is closed."""
    from azresp.ui.views.sources import sources

    known = {} if known is None else known
    found: list[Section] = []
    for item in turn.items:
        before, shown = known.get(item.index, (None, []))
        if before is not item:
            shown = item_sections(item)
            if item.closed:
                known[item.index] = item, shown
        found += shown
    return [*found, *sources(turn)]


def item_sections(item: Item) -> list[Section]:
    """What one item shows, in order."""
    if item.kind not in _VIEWS:
        # Text alone, as most answers are, needs none of them.
        from azresp.ui.views import calls, hosted, mcp, pictures  # noqa: F401 - they register their views

    how = _VIEWS.get(item.kind)
    if how is None:
        return list(_unknown(item)) if item.closed else []
    return list(how(item))


def closed(how: View) -> View:
    """A view of what is shown only when it is whole."""

    def show(item: Item) -> Iterator[Section]:
        return how(item) if item.closed else iter(())

    return show


def line(item: Item, text: str, number: int = 0) -> Iterator[Section]:
    """One line about an item; foreign line ends become visible."""
    yield Section((item.index, "line", number), "line", Grown(clean_line(text)))


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


def _unknown(item: Item) -> Iterator[Section]:
    state = item.status or item.phase
    said = word(item.wire, "name") or word(item.wire, "server_label")
    yield from line(item, " · ".join(part for part in (item.kind, said, state) if part))


@view("compaction")
def _compaction(item: Item) -> Iterator[Section]:
    if item.closed:
        yield from line(item, "compacted by the service: the model has the gist of what stands above")
