"""The plain painter, for pipes, files and dumb terminals: no escape sequence at all."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from azresp.ui.kind import Kind
from azresp.ui.live import Out
from azresp.ui.sink import Cleaner, clean

if TYPE_CHECKING:
    from azresp.ui.pictures.picture import Picture

WRITE_EVERY_S: Final = 0.004


class Plain:
    """The painter for pipes, files and dumb terminals: cleaned deltas straight through, no escape sequence at all."""

    def __init__(
        self,
        out: Out,
        aside: Out | None = None,
        clock: Callable[[], float] = time.monotonic,
        columns: Callable[[], int] | None = None,
    ) -> None:
        self._clock = clock
        self._next = 0.0
        self._out = out
        self._aside = aside
        self._cleaner = Cleaner()
        self._folding = None
        if columns is not None:  # somebody reads it in a window
            from azresp.ui.folding import Folding

            self._folding = Folding(columns)
        self._text = ""
        self._last = "\n"
        self._wrote = self._ended = False

    def show(self, text: str, kind: Kind = Kind.ANSWER) -> None:
        """The answer's text so far; thoughts are not written, only what `close` puts in their place."""
        if kind is Kind.THOUGHT:
            return
        if not text.startswith(self._text):
            self.close()
        delta, self._text = text[len(self._text) :], text
        self._grow(delta)

    def add(self, delta: str, kind: Kind = Kind.ANSWER) -> None:
        """More of the answer."""
        if kind is Kind.ANSWER:
            self._grow(delta)

    def close(self, instead: str | None = None) -> None:
        """End the open section; `instead` goes to the side stream."""
        self._write(self._cleaner.flush())
        if self._folding is not None:
            self._put(self._folding.flush())
        self._text = ""
        if self._last != "\n":
            self._write("\n")
        self._ended = self._wrote
        if instead:
            self.note(instead)

    def note(self, line: str, *, apart: bool = False) -> None:
        """One line of our own, on the side stream."""
        if self._aside is not None:
            same = self._aside is self._out  # a terminal without cursor: both are read in one place
            gap = "\n" if apart and same and self._wrote else ""
            self._aside.write(f"{gap}{clean(line)}\n")
            self._aside.flush()
            self._ended = self._ended or same

    def aside(self, text: str, *, code: bool = False) -> None:
        """Foreign text as it is, indented, on the side stream."""
        for line in clean(text).split("\n"):
            self.note(f"  {line}".rstrip(" "))

    def picture(self, key: str, picture: Picture, *, final: bool) -> None:
        """A final picture's caption, on the side stream; others would only be words on the way."""
        if final:
            self.close()
            self.note(picture.caption)

    def again(self) -> None:
        """Nothing was drawn that could be disturbed."""

    def warm(self) -> None:
        """Nothing to load."""

    def status(self, line: str | None, doing: str = "") -> None:
        """Nothing transient is written."""

    def pause(self) -> float:
        """Seconds until the next write may come: a write for every event takes a fifth of a fast stream's time."""
        return max(0.0, self._next - self._clock())

    def due(self) -> float | None:
        """Never: everything is written at once."""
        return None

    def frame(self) -> None:
        """Nothing waits."""

    def finish(self) -> None:
        """The end: the last line is whole."""
        self.close()

    abort = finish

    def _grow(self, delta: str) -> None:
        if self._ended and delta:
            # The last section and this one stand apart, as they do on a screen.
            self._write("\n")
            self._ended = False
        self._write(self._cleaner.feed(delta))

    def _write(self, text: str) -> None:
        if text:
            self._last = text[-1]
            self._wrote = True
            self._put(self._folding.feed(text) if self._folding is not None else text)

    def _put(self, text: str) -> None:
        if text:
            self._next = self._clock() + WRITE_EVERY_S
            self._out.write(text)
            self._out.flush()
