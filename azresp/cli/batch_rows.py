"""What comes of a batch: results in the order of its lines, and how far it is."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

from azresp.cli.jobs_rows import status_of
from azresp.cli.report import StatusLine
from azresp.core.batch import Line, result
from azresp.errors import Exit

if TYPE_CHECKING:
    from azresp.core.session import Exchange
    from azresp.ports import Clock

_BAR = 20
_PLAIN_EVERY_S = 30.0


class Results:
    """Writes each result as soon as all before it are known."""

    def __init__(self, write: Callable[[str], object], lines: list[Line], *, whole: bool) -> None:
        self.status: int = Exit.OK
        """the exit status so far: the worst"""
        self._write = write
        self._lines = lines
        self._whole = whole
        self._known: dict[int, str] = {}
        self._next = 0

    def put(self, at: int, exchange: Exchange | None) -> str:
        """The result of the line at a place; gives its status."""
        row = result(self._lines[at], exchange, whole=self._whole)
        self.status = max(
            self.status,
            Exit.UNFINISHED if row["status"] == "unknown" or exchange is None else status_of(exchange),
        )
        self._known[at] = json.dumps(row) + "\n"
        while self._next in self._known:
            self._write(self._known.pop(self._next))
            self._next += 1
        return str(row["status"])


class Progress:
    """One line on stderr: a bar, what runs, what failed, how long."""

    def __init__(self, total: int, warn: Callable[[str], None], clock: Clock) -> None:
        self._total = total
        self._warn = warn
        self._clock = clock
        self._began = self._told = clock.now()
        self._line = StatusLine()
        self._counts: Counter[str] = Counter()
        self._before = 0
        self.running = 0
        self.why = ""
        """what sending waits for"""

    def known(self, status: str, *, before: bool = False) -> None:
        """One more is over; `before`: it was when the program began."""
        self._counts[status] += 1
        self._before += before

    def line(self) -> str:
        """How far it is."""
        done, now = self._counts.total(), self._clock.now()
        parts = [f"{done} of {self._total}"]
        parts += [f"{self.running} running"] if self.running else []
        parts += [f"{count} {name}" for name, count in sorted(self._counts.items()) if name != "completed"]
        parts += [_clock_time(now - self._began)]
        fresh = done - self._before
        if fresh and done < self._total and not self.why:
            parts.append(f"about {_clock_time((now - self._began) / fresh * (self._total - done))} left")
        return " · ".join([*parts, self.why] if self.why else parts)

    def show(self) -> None:
        """Draw it; where stderr is no terminal a line now and then."""
        full = self._counts.total() * _BAR // max(self._total, 1)
        self._line.show(f"[{'#' * full}{'·' * (_BAR - full)}] {self.line()}")
        if not self._line.on and self._clock.now() - self._told >= _PLAIN_EVERY_S:
            self._told = self._clock.now()
            self._warn(self.line())

    def end(self) -> None:
        """Take it away."""
        self._line.show("")


def _clock_time(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02d}"
