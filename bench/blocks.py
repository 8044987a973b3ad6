"""One huge block at 2000 deltas a second: code, list, paragraph, table."""

from __future__ import annotations

from functools import partial

from bench.figures import Report
from bench.lab import Lab
from bench.programs import askers
from bench.rounds import Sample, exponent, rounds
from bench.text import Spec

SHAPES = ("code", "list", "paragraph", "table")


def blocks(lab: Lab, report: Report, count: int, *, quick: bool) -> None:
    """Each shape at a quarter and at full length."""
    sizes = (14, 500, 2_000) if quick else (14, 2_500, 10_000)
    table = report.table("One block at 2000/s", "CPU ms", "median lag ms", "worst lag ms", "bytes ÷ text")
    for shape in SHAPES:
        found = {size: _measured(lab, count, Spec(size, rate=2000, shape=shape)) for size in sizes}
        for size in sizes[1:]:
            for name, one in found[size].items():
                lags = one.median_lag, one.worst_lag
                table.add(f"{shape} {size:,} {name}", one.cpu, *lags, one.growth)
        start, small, large = (found[size]["azresp"] for size in sizes)
        growth = exponent(small.cpu - start.cpu, large.cpu - start.cpu, sizes[2] / sizes[1])
        report.add("blocks", f"{shape}: CPU exponent, start-up off", growth, 1.25, "")
        over = large.worst_lag - found[sizes[2]]["raw"].worst_lag
        report.add("blocks", f"{shape}: worst lag over raw", over, 250, "ms")


def _measured(lab: Lab, count: int, spec: Spec) -> dict[str, Sample]:
    asks = askers(lab, str(spec), "raw", "azresp")
    return rounds(count, {name: partial(lab.stream, argv, spec) for name, argv in asks.items()}, warm=False)
