"""Long answers: cost and growth at full speed, lag at 2000 deltas a second, memory at 200,000."""

from __future__ import annotations

import math
from functools import partial

from bench.figures import Report
from bench.lab import Lab
from bench.programs import askers
from bench.rounds import Sample, exponent, rounds
from bench.text import Spec

SIZES = (14, 1_000, 5_000, 10_000, 50_000)
Found = dict[int, dict[str, Sample]]


def long(lab: Lab, report: Report, count: int, *, quick: bool) -> None:
    """All three parts; quick ones are five times shorter."""
    _full_speed(lab, report, count, tuple(max(14, size // 5) for size in SIZES) if quick else SIZES)
    _load(lab, report, count, Spec(4_000 if quick else 20_000, rate=2000))
    _huge(lab, report, Spec(20_000 if quick else 200_000))


def _full_speed(lab: Lab, report: Report, count: int, sizes: tuple[int, ...]) -> None:
    table = report.table("Full speed", "CPU ms", "µs a delta", "last glyph ms", "bytes ÷ text", "peak MB")
    found: Found = {}
    for size in sizes:
        spec = Spec(size)
        names = ("raw", "sdk", "live", "azresp") if size == sizes[1] else ("raw", "sdk", "azresp")
        asks = askers(lab, str(spec), *names)
        jobs = {name: partial(lab.stream, argv, spec) for name, argv in asks.items()}
        found[size] = rounds(count, jobs, warm=size == sizes[0])
        for name, one in found[size].items():
            idle = found[sizes[0]].get(name)
            each = (one.cpu - idle.cpu) * 1e3 / size if idle and size >= 1_000 else math.nan
            table.add(f"{size:,} {name}", one.cpu, each, one.last_glyph, one.growth, one.peak)
    _judge(report, found, sizes)


def _judge(report: Report, found: Found, sizes: tuple[int, ...]) -> None:
    least, *_, small, large = sizes
    ours, sdk, start = found[large]["azresp"], found[large]["sdk"], found[least]["azresp"]
    times, name = large / small, f"{large // 1000}k"
    shorter = found[small]["azresp"]
    cpu = exponent(shorter.cpu - start.cpu, ours.cpu - start.cpu, times)
    report.add("long", f"{name}: CPU exponent, start-up off", cpu, 1.05, "")
    report.add("long", f"{name}: byte exponent", exponent(shorter.size, ours.size, times), 1.05, "")
    report.add("long", f"{name}: CPU ÷ plain SDK loop", ours.cpu / sdk.cpu, 0.40)
    report.add("long", f"{name}: last glyph ÷ plain SDK loop", ours.last_glyph / sdk.last_glyph, 0.60)
    report.add("long", f"{name}: bytes ÷ text", ours.growth, 1.8)


def _load(lab: Lab, report: Report, count: int, spec: Spec) -> None:
    asks = askers(lab, str(spec), "raw", "sdk", "azresp")
    found = rounds(count, {name: partial(lab.stream, argv, spec) for name, argv in asks.items()}, warm=False)
    table = report.table(
        f"{spec.n:,} deltas at 2000/s",
        "median lag ms",
        "worst lag ms",
        "end lag ms",
        "CPU ms",
        "bytes ÷ text",
    )
    for name, one in found.items():
        table.add(name, one.median_lag, one.worst_lag, one.end_lag, one.cpu, one.growth)
    ours, sdk, raw = found["azresp"], found["sdk"], found["raw"]
    report.add("long", "2000/s: median lag over raw", ours.median_lag - raw.median_lag, 40, "ms")
    report.add("long", "2000/s: worst lag over raw", ours.worst_lag - raw.worst_lag, 200, "ms")
    report.add("long", "2000/s: end lag over raw", ours.end_lag - raw.end_lag, 60, "ms")
    report.add("long", "2000/s: CPU ÷ plain SDK loop", ours.cpu / sdk.cpu, 0.65)
    report.add("long", "2000/s: bytes ÷ text", ours.growth, 2)


def _huge(lab: Lab, report: Report, spec: Spec) -> None:
    asks = askers(lab, str(spec), "raw", "azresp")
    found = rounds(1, {name: partial(lab.stream, argv, spec) for name, argv in asks.items()}, warm=False)
    table = report.table(f"{spec.n:,} deltas at full speed, once", "CPU ms", "last glyph ms", "peak MB")
    for name, one in found.items():
        table.add(name, one.cpu, one.last_glyph, one.peak)
    over = found["azresp"].peak - found["raw"].peak
    report.add("long", f"{spec.n // 1000}k: peak memory over raw", over, 60, "MB")
