"""Fewer events that mean the same: what the store keeps of a running stream."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from azresp.core.events import Event, read
from azresp.core.sse import Wire


def coalesce(wires: Iterable[Wire]) -> list[Wire]:
    """Runs of deltas of one text joined into one event that carries the last number.

    Folding the result equals folding the input, which is what a store needs that is killed at any moment.
    """
    joined: list[Wire] = []
    run: list[str] = []
    for wire in wires:
        if joined and run and _continues(joined[-1], wire):
            run.append(wire["delta"])
            joined[-1]["sequence_number"] = wire["sequence_number"]
            continue
        _close(joined, run)
        joined.append(_slim(wire))
        run = [wire["delta"]] if _is_delta(wire) else []
    _close(joined, run)
    return joined


def load_events(wires: Iterable[Wire]) -> Iterable[Event]:
    """The events that a kept list of wires stands for."""
    return (read(wire) for wire in wires)


def _close(joined: list[Wire], run: list[str]) -> None:
    if len(run) > 1:
        joined[-1]["delta"] = "".join(run)


def _is_delta(wire: Wire) -> bool:
    kind = wire.get("type")
    return (
        isinstance(kind, str)
        and kind.endswith(".delta")
        and isinstance(wire.get("delta"), str)
        and type(wire.get("sequence_number")) is int
    )


def _continues(last: Wire, wire: Wire) -> bool:
    return (
        _is_delta(wire)
        and wire["sequence_number"] > last["sequence_number"]
        and all(last.get(key) == wire.get(key) for key in _PLACE)
    )


_PLACE = ("type", "output_index", "content_index", "summary_index")


def _slim(wire: Wire) -> Wire:
    """A copy without what only pads the wire."""
    slim: dict[str, Any] = {
        key: value for key, value in wire.items() if key not in ("obfuscation", "logprobs")
    }
    return slim
