"""The row that tells which calls run, and for how long."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from azresp.ui.readable import named

if TYPE_CHECKING:
    from azresp.ui.turn_screen import Later, Painting, Timer

TICK_S = 1.0


class RunningRow:
    """A status row at the bottom of a terminal, and lines above it."""

    def __init__(
        self, painter: Painting, names: Sequence[str], clock: Callable[[], float], later: Later
    ) -> None:
        self._painter = painter
        self._what = running_line(names)
        self._clock = clock
        self._later = later
        self._began = clock()
        self._timer: Timer | None = None
        self._tick()

    def note(self, line: str) -> None:
        """One dim line above the row."""
        self._painter.note(line)
        self._painter.frame()

    def again(self) -> None:
        """The program was in the background meanwhile."""
        self._painter.again()

    def finish(self) -> None:
        """The row goes, the lines stay."""
        if self._timer is not None:
            self._timer.cancel()
        self._painter.status(None)
        self._painter.finish()

    def _tick(self) -> None:
        self._painter.status(f"{self._what} · {self._clock() - self._began:.0f} s · Ctrl-C stops")
        if self._painter.due() is not None:
            self._painter.frame()
        self._timer = self._later(TICK_S, self._tick)


def running_line(names: Sequence[str]) -> str:
    """`running read_file, grep`"""
    return f"running {', '.join(map(named, names))}"
