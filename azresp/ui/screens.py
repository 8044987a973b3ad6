"""Screens that show no answer: waits only, the raw events as they come, or what the caller prints at the end."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from azresp.core.formats import LookedAt
    from azresp.core.retry import Wait
    from azresp.core.sse import Wire
    from azresp.core.turn import Turn

Write = Callable[[str], object]


def told(wait: Wait) -> str:
    """A wait in one line."""
    pause = f"waiting {wait.seconds:.0f} s, then " if wait.seconds >= 1 else ""
    return f"{wait.why}: {pause}try {wait.attempt}" + (f" of {wait.of}" if wait.of else "")


class WaitScreen:
    """Tells waits in a line each and nothing else: for requests without a turn, and for `--json`."""

    def __init__(self, note: Write) -> None:
        self._note = note

    def show(self, turn: Turn) -> None:
        """Nothing: the caller prints what came."""

    def heard(self, wires: list[Wire]) -> None:
        """Nothing: the caller prints what came."""

    def waiting(self, wait: Wait, left_s: float) -> None:
        """Tell a wait once, at its beginning."""
        if left_s >= wait.seconds:
            self._note(told(wait))

    def resumed(self) -> None:
        """Nothing to take back."""

    def remark(self, line: str) -> None:
        """Tell something about how the answer comes."""
        self._note(f"note: {line}")


class EventScreen(WaitScreen):
    """The events as JSON Lines, in ASCII, as they come (`--events`).

    Where a look at the response took the place of its stream, the whole response is an event of our own.
    """

    def __init__(self, write: Write, note: Write) -> None:
        super().__init__(note)
        self._write = write

    def heard(self, wires: list[Wire]) -> None:
        """Write each event on a line."""
        self._write("".join(json.dumps(_event(wire)) + "\n" for wire in wires))


def _event(wire: Wire) -> Wire | LookedAt:
    looked_at = "type" not in wire and wire.get("object") == "response"
    return {"type": "azresp.response", "response": wire} if looked_at else wire
