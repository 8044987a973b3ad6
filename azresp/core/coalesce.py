"""Fewer events that mean the same: what the store keeps of a running stream."""

from __future__ import annotations

from collections.abc import Iterable

from azresp.core.events import Event, TextGrew, read
from azresp.core.sse import Wire


def coalesce(wires: Iterable[Wire], after: int = -1) -> list[Wire]:
    """Runs of deltas of one text joined into one event that carries the last number.

    Folding the result equals folding the input, which is what a store needs that is killed at any moment. `after`
    is the highest number of what came before; events that the fold would skip as heard before are left out, since
    joined to a new one they would count again.
    """
    joined: list[Wire] = []
    run: list[str] = []
    place: tuple[str, int, str, int] | None = None
    for wire in wires:
        event = read(wire)
        seq = event.seq
        if seq is not None:
            if seq <= after and isinstance(event, TextGrew):
                continue
            after = max(after, seq)
        here = _place(wire, event)
        if run and here is not None and here == place and isinstance(event, TextGrew):
            run.append(event.delta)
            joined[-1]["sequence_number"] = seq
            continue
        _close(joined, run)
        joined.append(_slim(wire))
        place = here
        run = [event.delta] if isinstance(event, TextGrew) and here is not None else []
    _close(joined, run)
    return joined


def last_number(wires: Iterable[Wire], after: int = -1) -> int:
    """The highest number among the events, at least `after`."""
    return max([after, *(seq for wire in wires if (seq := read(wire).seq) is not None)])


def _place(wire: Wire, event: Event) -> tuple[str, int, str, int] | None:
    """Where a numbered delta belongs; None for all else."""
    if isinstance(event, TextGrew) and event.seq is not None:
        return str(wire["type"]), event.index, event.slot, event.at
    return None


def _close(joined: list[Wire], run: list[str]) -> None:
    if len(run) > 1:
        joined[-1]["delta"] = "".join(run)


def _slim(wire: Wire) -> Wire:
    """A copy without what only pads the wire."""
    return {key: value for key, value in wire.items() if key not in ("obfuscation", "logprobs")}
