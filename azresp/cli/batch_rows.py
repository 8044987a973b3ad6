"""What comes of a batch: results in the order of its lines, and how far it is."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from azresp.cli.jobs_rows import status_of
from azresp.cli.report import StatusLine
from azresp.core.batch import Line, result
from azresp.errors import Exit

if TYPE_CHECKING:
    from azresp.core.session import Exchange
    from azresp.core.sse import Wire
    from azresp.ports import Clock

_BAR = 20
_PLAIN_EVERY_S = 30.0

Whole = Callable[["Exchange"], "Wire"]


class Results:
    """Writes each result as soon as all before it are known; `whole` adds the response to each."""

    def __init__(
        self,
        write: Callable[[str], object],
        lines: Mapping[str, Line],
        *,
        whole: Whole | None = None,
        wrong: Callable[[str], str] | None = None,
    ) -> None:
        self.status: int = Exit.OK
        """the exit status so far: the worst"""
        self._write = write
        self._lines = lines
        self._order = list(lines)
        self._whole = whole
        self._wrong = wrong
        self._known: dict[str, str] = {}
        self._next = 0

    def put(self, exchange: Exchange) -> str:
        """The result of an exchange; gives its status."""
        row, status = result(self._lines[exchange.id], exchange), status_of(exchange)
        if self._wrong is not None and row["error"] is None and (why := self._wrong(row["text"])):
            row["error"], status = (
                {"code": "schema", "message": f"it does not fit the schema: {why}"},
                Exit.API,
            )
        if self._whole is not None:
            row["response"] = self._whole(exchange)
        self.status = max(self.status, status)
        self._known[exchange.id] = json.dumps(row) + "\n"
        while self._next < len(self._order) and (text := self._known.pop(self._order[self._next], "")):
            self._next += 1
            self._write(text)
        return "failed" if row["status"] == "completed" and row["error"] else str(row["status"])


class Progress:
    """One line on stderr: a bar, what runs, what failed, how long; nothing if `warn` is None."""

    def __init__(self, total: int, warn: Callable[[str], None] | None, clock: Clock) -> None:
        self._total = total
        self._warn = warn
        self._clock = clock
        self._began = self._told = clock.now()
        self._line = StatusLine()
        self._counts: Counter[str] = Counter()
        self.before = 0
        """how many were over when the program began"""

    def known(self, status: str) -> None:
        """One more is over."""
        self._counts[status] += 1

    @property
    def done(self) -> int:
        """How many are over."""
        return self._counts.total()

    def count(self, status: str) -> int:
        """How many ended so."""
        return self._counts[status]

    def line(self, running: int, pause: tuple[str, float] = ("", 0.0)) -> str:
        """How far it is."""
        now, (why, pause_s) = self._clock.now(), pause
        parts = [f"{self.done} of {self._total} done"]
        parts += [f"{running} running"] if running else []
        parts += [f"{count} {name}" for name, count in sorted(self._counts.items()) if name != "completed"]
        parts += [_clock_time(now - self._began)]
        fresh = self.done - self.before
        if pause_s > 0:
            parts.append(f"{why}: sending goes on in {_clock_time(pause_s + 0.9)}")
        elif fresh > 0 and self.done < self._total:
            left_s = (now - self._began) / fresh * (self._total - self.done)
            parts.append(f"about {_clock_time(left_s)} left")
        return " · ".join(parts)

    def show(self, running: int, pause: tuple[str, float]) -> None:
        """Draw it; where stderr is no terminal a line now and then."""
        if self._warn is None:
            return
        if self._line.on:
            full = self.done * _BAR // max(self._total, 1)
            self._line.show(f"[{'#' * full}{'·' * (_BAR - full)}] {self.line(running, pause)}")
        elif self._clock.now() - self._told >= _PLAIN_EVERY_S:
            self._told = self._clock.now()
            self._warn(self.line(running, pause))

    def clear(self) -> None:
        """Take it away, so that something else can be written."""
        self._line.show("")


def _clock_time(seconds: float) -> str:
    """Minutes and seconds, hours where there are some."""
    minutes, rest = divmod(max(int(seconds), 0), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
