"""The terminal's painter: level-triggered text in, frames out.

`show` may be called at any rate. The first text goes out at once; then frames come at most 30 times a second, and not
sooner than twice the last one's cost. The caller asks `due` and calls `frame` then, so that a pause is painted too.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from azresp.ui.aside import aside_rows
from azresp.ui.caps import Caps
from azresp.ui.cells import cut
from azresp.ui.kind import Kind
from azresp.ui.live import Live, Out
from azresp.ui.markdown import preload
from azresp.ui.markdown.flow import Flow, render
from azresp.ui.markdown.inline import loaded
from azresp.ui.markdown.palette import PALETTES
from azresp.ui.markdown.rows import DIM, Look, Row, Span, row_of
from azresp.ui.markdown.wrap import Margin, Wrap
from azresp.ui.pictures.easel import Easel
from azresp.ui.sink import clean, clean_line

if TYPE_CHECKING:
    from azresp.ui.pictures.picture import Picture

FRAME_S: Final = 1 / 30
THINKS_S: Final = 0.05
"""After this long without an answer the service thinks; a short one may be over by then, and needs no parsers."""
THOUGHT_ROWS: Final = 8
"""Rows of a thought that are shown while it streams."""


class Painter:
    """Owns the live area of a terminal: sections of streamed text, one after the other, and one status row."""

    def __init__(
        self, out: Out, size: Callable[[], tuple[int, int]], clock: Callable[[], float], caps: Caps
    ) -> None:
        self._ask_size = size
        self._clock = clock
        self._look = Look(colour=caps.colour, palette=PALETTES[caps.theme])
        self._columns, self._lines = self._size()
        self._live = Live(out, caps, (self._columns, self._lines))
        self._easel = Easel()
        self._flow: Flow | None = None
        self._kind = Kind.ANSWER
        self._fed: list[str] = []  # what the section's formatter has been fed
        self._pending: list[str] = []  # what it has not
        self._target: str | None = None  # the whole text that `show` wants; `_pending` comes after it
        self._ready: list[Row] = []  # rows that are final but not printed
        self._thought: list[Row] = []  # rows of a thought that would be final if it were an answer
        self._printed = False  # whether the next section needs a blank row before it
        self._status = ""
        self._dirty = False
        self._next = 0.0  # the earliest time of the next frame
        self._frames = 0

    def warm(self) -> None:
        """Load the parsers in a thread while the service thinks, not in the frame that first needs them."""
        if not loaded():
            thinking = threading.Timer(THINKS_S, preload)
            thinking.daemon = True
            thinking.start()

    def show(self, text: str, kind: Kind = Kind.ANSWER) -> None:
        """The text of the section so far; another kind, or a text that doesn't continue, opens a new section."""
        self._enter(kind)
        if text or self._open_text:
            self._target, self._pending = text, []
            self._touch()

    def add(self, delta: str, kind: Kind = Kind.ANSWER) -> None:
        """More text of the section; another kind opens a new section."""
        self._enter(kind)
        if delta:
            self._pending.append(delta)
            self._touch()

    def close(self, instead: str | None = None) -> None:
        """End the open section: all of it settles, or one dim line `instead` of a thought."""
        self._resize()
        self._feed()
        flow, self._flow = self._flow, None
        if flow is not None and self._kind is Kind.ANSWER:
            self._ready += flow.finish()
        elif flow is not None and instead is None:
            self._ready += render(self._whole(), self._columns, replace(self._look, base=DIM))
        elif instead:
            self._ready += self._dim(instead)
        if flow is not None or instead:
            self._fed, self._thought, self._printed = [], [], True
            self._touch()

    def picture(self, key: str, picture: Picture, *, final: bool) -> None:
        """A picture in the place of the last one of its key, if nothing came below it; else a new one.

        A sketch gives way to what comes next and stays only if no final one comes; nothing comes after a final one.
        """
        if not self._easel.accepts(key):
            return
        if self._open_text:
            self.close()
        self._resize()
        if not self._easel.holds(key):
            self._settle_picture()
            self._space()
        self._easel.put(key, picture, final=final)
        if final:
            self._settle_picture()
        self._touch()

    def note(self, line: str, *, apart: bool = False) -> None:
        """One dim line of our own, settled at once below what is settled; `apart` from an answer by a blank row."""
        self._settle(self._dim(line), apart=apart)

    def aside(self, text: str, *, code: bool = False) -> None:
        """Foreign text as it is, dim and indented, settled at once; `code`: highlighted as Python."""
        self._settle(aside_rows(text, self._columns, self._look, code=code))

    def _settle(self, rows: list[Row], *, apart: bool = False) -> None:
        if self._open_text:
            self.close()
        if apart and self._printed:
            self._ready.append(Row("", 0))
        self._ready += rows
        self._printed = True
        self._touch()

    def status(self, line: str | None, doing: str = "") -> None:
        """The transient row at the bottom of the live area; None takes it away."""
        line = clean_line(line or "")
        if line != self._status:
            self._status = line
            self._touch()

    def due(self) -> float | None:
        """Seconds until `frame` should run; None if there is nothing to paint."""
        return self.pause() if self._dirty else None

    def pause(self) -> float:
        """Seconds until the next frame may come: callers that hold text back until then save work."""
        return max(0.0, self._next - self._clock())

    def frame(self) -> None:
        """Paint what has changed since the last frame: one write."""
        start = self._clock()
        self._resize()
        rough = self._feed()
        ready, self._ready = self._ready, []
        size = self._columns, self._lines
        self._live.draw(ready, self._tail(rough), size, self._easel.commands())
        self._dirty = rough
        self._frames += 1
        now = self._clock()
        self._next = now if rough else max(start + FRAME_S, start + 2 * (now - start))

    def again(self) -> None:
        """The program was away and the terminal not ours: draw the live part anew, below what stands there now."""
        self._live.forget()
        self._touch()

    def finish(self) -> None:
        """Everything is printed; the cursor is on a fresh line, the style is the terminal's own."""
        self.close()
        if rest := self._easel.rest(self._columns, self._lines):
            self._space()
            self._ready += rest
        self._status = ""
        self.frame()

    def abort(self) -> None:
        """The turn was cut short: what was heard stays, as `finish` leaves it."""
        self.finish()

    def _size(self) -> tuple[int, int]:
        columns, lines = self._ask_size()
        return max(1, columns), max(1, lines)

    @property
    def _open_text(self) -> bool:
        return self._flow is not None or bool(self._pending or self._target)

    def _enter(self, kind: Kind) -> None:
        if kind is not self._kind and self._open_text:
            self.close()
        self._kind = kind

    def _whole(self) -> str:
        self._fed = ["".join(self._fed)]
        return self._fed[0]

    def _touch(self) -> None:
        self._dirty = True
        if self.due() == 0:
            self.frame()

    def _feed(self) -> bool:
        """Bring the formatter up to date; True if only a rough look is possible yet."""
        delta = self._delta()
        if not delta:
            return False
        flow = self._flow or self._open()
        self._fed.append(delta)
        rows = flow.feed(delta)
        if not self._frames and not loaded() and "\n" not in delta and not rows:
            return True
        if self._kind is Kind.ANSWER:
            self._ready += rows
        else:
            self._thought = [*self._thought, *rows][-THOUGHT_ROWS:]
        return False

    def _delta(self) -> str:
        target, self._target = self._target, None
        pending, self._pending = "".join(self._pending), []
        if target is None:
            return pending
        whole = self._whole()
        if self._flow is not None and not target.startswith(whole):
            self._diverge(self._flow)
            whole = ""
        return target[len(whole) :] + pending

    def _diverge(self, flow: Flow) -> None:
        # the service's final text isn't what it streamed: keep what is on the screen, show the other below it
        if self._kind is Kind.ANSWER:
            self._ready += flow.finish()
            self._printed = True
        self._flow, self._fed, self._thought = None, [], []

    def _open(self) -> Flow:
        self._settle_picture()
        self._space()
        base = "" if self._kind is Kind.ANSWER else DIM
        self._flow = Flow(self._columns, replace(self._look, base=base))
        return self._flow

    def _space(self) -> None:
        if self._printed:
            self._ready.append(Row("", 0))
            self._printed = False

    def _settle_picture(self) -> None:
        if rows := self._easel.settle(self._columns, self._lines):
            self._ready += rows
            self._printed = True

    def _tail(self, rough: bool) -> list[Row]:
        rows = self._easel.rows(self._columns, self._lines)
        if self._flow is not None:
            rows = self._flow.rough() if rough else self._flow.live()
        if self._kind is Kind.THOUGHT and not self._easel.busy:
            rows = [*self._thought, *rows][-THOUGHT_ROWS:]
        if self._status:
            status, _ = cut(self._status, self._columns)
            rows = [*rows[-max(1, self._lines - 3) :], row_of([Span(status, DIM)])]
        return rows

    def _resize(self) -> None:
        before, (self._columns, self._lines) = self._columns, self._size()
        if self._flow is None or before == self._columns:
            return
        if self._kind is Kind.ANSWER:
            self._ready += self._flow.resize(self._columns)
            return
        self._flow = Flow(self._columns, replace(self._look, base=DIM))
        self._thought = self._flow.feed(self._whole())[-THOUGHT_ROWS:]

    def _dim(self, line: str) -> list[Row]:
        # Indented where it goes on: only lines of our own begin at the edge.
        wrap = Wrap(Margin((), (Span("  ", ""),), self._columns))
        return wrap.add([Span(clean(line), DIM)]) + wrap.end()
