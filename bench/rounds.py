"""Interleaved rounds: each program once a round, so that the machine's moods meet all of them alike."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from bench.lab import Run, middle

Job = Callable[[], Run]


class Sample:
    """The runs of one program, and medians over them."""

    def __init__(self, runs: list[Run]) -> None:
        self.runs = runs

    def of(self, measure: Callable[[Run], float]) -> float:
        """The median of a measure over the runs that went well; NaN if none did."""
        return middle([measure(run) for run in self.runs if not run.trouble])

    @property
    def wall(self) -> float:
        """Milliseconds of the whole process."""
        return self.of(lambda run: run.wall * 1e3)

    @property
    def overhead(self) -> float:
        """Milliseconds that the server was not writing."""
        return self.of(lambda run: run.overhead * 1e3)

    @property
    def cpu(self) -> float:
        """CPU milliseconds."""
        return self.of(lambda run: run.cpu * 1e3)

    @property
    def peak(self) -> float:
        """Peak memory in MB."""
        return self.of(lambda run: run.peak_mb)

    @property
    def growth(self) -> float:
        """Bytes written for one byte of text."""
        return self.of(lambda run: run.growth)

    @property
    def size(self) -> float:
        """Bytes written."""
        return self.of(lambda run: len(run.output))

    @property
    def first_glyph(self) -> float:
        """Milliseconds from the first delta's writing to its glyph."""
        return self.of(lambda run: next(iter(run.lags()), math.nan) * 1e3)

    @property
    def last_glyph(self) -> float:
        """Milliseconds from the request to the last glyph."""
        return self.of(lambda run: run.last_glyph() * 1e3)

    @property
    def worst_lag(self) -> float:
        """Milliseconds that the latest word was late."""
        return self.of(lambda run: max(run.lags(), default=math.nan) * 1e3)

    @property
    def median_lag(self) -> float:
        """Milliseconds that a word was late."""
        return self.of(lambda run: middle(run.lags()) * 1e3)

    @property
    def end_lag(self) -> float:
        """Milliseconds that the last word was late."""
        return self.of(lambda run: (run.lags() or [math.nan])[-1] * 1e3)


def rounds(count: int, jobs: Mapping[str, Job], *, warm: bool = True) -> dict[str, Sample]:
    """Run every job `count` times, interleaved, after one round that does not count."""
    if warm:
        for job in jobs.values():
            job()
    runs: dict[str, list[Run]] = {name: [] for name in jobs}
    for turn in range(count):
        names = list(jobs)
        at = turn % len(names)
        for name in names[at:] + names[:at]:
            runs[name].append(jobs[name]())
    return {name: Sample(found) for name, found in runs.items()}


def exponent(small: float, large: float, times: float) -> float:
    """How a cost grows with the length: 1 is linear. `times` is the ratio of the lengths."""
    if small <= 0 or large <= 0:
        return math.nan
    return math.log(large / small) / math.log(times)
