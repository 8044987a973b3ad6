"""Fewer events that mean the same: what is folded of a fast stream, and what the store keeps of any."""

from __future__ import annotations

from collections.abc import Iterable

from azresp.core.events import TextGrew, place_of, read
from azresp.core.sse import Wire


def coalesce(wires: Iterable[Wire], after: int = -1) -> list[Wire]:
    """Runs of deltas of one text joined into one event that carries the last number.

    Folding the result equals folding the input, which is what a store needs that is killed at any moment. `after`
    is the highest number of what came before; events that the fold would skip as heard before are left out, since
    joined to a new one they would count again.
    """
    joined: list[Wire] = []
    run: _Run | None = None
    for wire in wires:
        if run is not None:
            if run.takes(wire):
                continue
            joined.append(run.joined())
            after, run = run.number, None
        event = read(wire)
        seq = event.seq
        if isinstance(event, TextGrew) and seq is not None:
            if seq > after:
                run = _Run(wire, event.delta, seq)
            continue
        if seq is not None:
            after = max(after, seq)
        joined.append(_slim(wire))
    if run is not None:
        joined.append(run.joined())
    return joined


def last_number(wires: Iterable[Wire], after: int = -1) -> int:
    """The highest number among the events, at least `after`."""
    return max([after, *(seq for wire in wires if (seq := read(wire).seq) is not None)])


class _Run:
    """Numbered deltas of one text. Each of a fast stream passes here: no event is read of those that go on."""

    __slots__ = ("_at", "_deltas", "_field", "_first", "_index", "_type", "number")

    def __init__(self, first: Wire, delta: str, number: int) -> None:
        self.number = number
        """the highest of them"""
        self._first = first
        self._deltas = [delta]
        self._type = first["type"]
        self._field = place_of(first["type"])
        self._index, self._at = first.get("output_index"), first.get(self._field)

    def takes(self, wire: Wire) -> bool:
        """Take an event that goes on with this text, or that was heard before; False for any other."""
        delta, number = wire.get("delta"), wire.get("sequence_number")
        if (
            wire.get("type") != self._type
            or type(delta) is not str
            or type(number) is not int
            or number < 0
            or not _same(wire.get("output_index"), self._index)
            or not _same(wire.get(self._field), self._at)
        ):
            return False
        if number > self.number:
            self._deltas.append(delta)
            self.number = number
        return True

    def joined(self) -> Wire:
        """The one event that stands for all."""
        return _slim(self._first) | {"delta": "".join(self._deltas), "sequence_number": self.number}


def _same(one: object, other: object) -> bool:
    return one is other or (one == other and type(one) is type(other))  # True is no 1 here


def _slim(wire: Wire) -> Wire:
    """A copy without what only pads the wire."""
    return {key: value for key, value in wire.items() if key not in ("obfuscation", "logprobs")}
