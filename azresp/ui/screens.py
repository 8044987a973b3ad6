"""Screens that are no terminal: plain text as it streams, the final response object, the raw events."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from azresp.core.text import Grown
from azresp.ui.sink import Cleaner

if TYPE_CHECKING:
    from azresp.core.items import Item
    from azresp.core.retry import Wait
    from azresp.core.sse import Wire
    from azresp.core.turn import Turn

Write = Callable[[str], None]
SHOWN_SLOTS = ("text", "refusal")


class PlainScreen:
    """The answer's text, cleaned, as it streams: for pipes and dumb terminals. Messages stand a blank line apart."""

    def __init__(self, write: Write, note: Write) -> None:
        self._write = write
        self._note = note
        self._cleaner = Cleaner()
        self._told: dict[tuple[int, str, int], Grown] = {}
        self._last: tuple[int, str, int] | None = None
        self._wrote = ""
        self.differs = False
        """the final text is not what the deltas said; the pipe has the deltas"""

    def show(self, turn: Turn) -> None:
        """Write what is new."""
        for item in turn.items:
            if item.kind == "message":
                self._show(item)
        if turn.over or turn.status == "interrupted":
            self._end()

    def heard(self, wires: list[Wire]) -> None:
        """Nothing: `show` has it all."""

    def waiting(self, wait: Wait, left_s: float) -> None:
        """Tell a wait once, at its beginning."""
        if left_s >= wait.seconds:
            self._note(f"{wait.why}: waiting {wait.seconds:.0f} s, then try {wait.attempt} of {wait.of}")

    def resumed(self) -> None:
        """Nothing to take back."""

    def _show(self, item: Item) -> None:
        for part in item.parts:
            if part.slot not in SHOWN_SLOTS:
                continue
            key = (item.index, part.slot, part.at)
            before = self._told.get(key, Grown())
            new = part.text.since(before)
            if new is None:
                self.differs = True
            elif new:
                self._put(key, new)
            self._told[key] = part.text

    def _put(self, key: tuple[int, str, int], new: str) -> None:
        if self._last is not None and self._last[0] != key[0]:
            self._out(self._cleaner.flush() + "\n\n")
        self._last = key
        self._out(self._cleaner.feed(new))

    def _end(self) -> None:
        self._out(self._cleaner.flush())
        if self._wrote and not self._wrote.endswith("\n"):
            self._out("\n")

    def _out(self, text: str) -> None:
        if text:
            self._wrote = text[-1]
            self._write(text)


class EventScreen:
    """The events as JSON Lines, in ASCII, as they come (`--events`)."""

    def __init__(self, write: Write, note: Write) -> None:
        self._write = write
        self._quiet = PlainScreen(lambda _: None, note)

    def show(self, turn: Turn) -> None:
        """Nothing: the events are the output."""

    def heard(self, wires: list[Wire]) -> None:
        """Write each event on a line."""
        self._write("".join(json.dumps(wire) + "\n" for wire in wires))

    def waiting(self, wait: Wait, left_s: float) -> None:
        """Tell a wait on stderr."""
        self._quiet.waiting(wait, left_s)

    def resumed(self) -> None:
        """Nothing to take back."""


class ResponseScreen(EventScreen):
    """Nothing until the end; then the caller prints the response object (`--json`)."""

    def heard(self, wires: list[Wire]) -> None:
        """Nothing: the final object has it all."""
