"""A person's speed: the first glyph, and how late each word is at 60 deltas a second."""

from __future__ import annotations

from functools import partial

from bench.figures import Report
from bench.lab import Lab
from bench.programs import askers
from bench.rounds import rounds
from bench.text import Spec

SPEED = Spec(279, rate=60, ttft=0.3)


def glyph(lab: Lab, report: Report, count: int) -> None:
    """Four programs that show the same answer."""
    asks = askers(lab, str(SPEED), "raw", "sdk", "live", "azresp")
    found = rounds(count, {name: partial(lab.stream, argv, SPEED) for name, argv in asks.items()}, warm=False)
    table = report.table(
        "279 deltas at 60/s, the first 0.3 s after the opening events",
        "first glyph ms",
        "median lag ms",
        "worst lag ms",
        "CPU ms",
        "bytes ÷ text",
    )
    for name, one in found.items():
        table.add(name, one.first_glyph, one.median_lag, one.worst_lag, one.cpu, one.growth)
    ours, sdk, raw = found["azresp"], found["sdk"], found["raw"]
    report.add("glyph", "first glyph over raw", ours.first_glyph - raw.first_glyph, 5, "ms")
    report.add("glyph", "60/s: worst lag over raw", ours.worst_lag - raw.worst_lag, 45, "ms")
    report.add("glyph", "60/s: CPU ÷ plain SDK loop", ours.cpu / sdk.cpu, 0.60)
    report.add("glyph", "60/s: bytes ÷ text", ours.growth, 8)
