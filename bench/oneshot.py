"""One-shots: what `azresp run "hi"` costs beside the answer itself, on a terminal and in pipes."""

from __future__ import annotations

from functools import partial

from bench.figures import Report
from bench.lab import Lab
from bench.programs import askers, azresp, baseline
from bench.rounds import rounds
from bench.text import Spec

HI = Spec()
"""14 deltas at full speed."""


def oneshot(lab: Lab, report: Report, count: int) -> None:
    """On a terminal, then piped in and out."""
    asks = askers(lab, "hi", "raw", "sdk", "live", "azresp")
    found = rounds(2 * count, {name: partial(lab.stream, argv, HI) for name, argv in asks.items()})
    table = report.table('run "hi" on a terminal (14 deltas)', "overhead ms", "CPU ms", "peak MB")
    for name, sample in found.items():
        table.add(name, sample.overhead, sample.cpu, sample.peak)
    ours, sdk, raw = found["azresp"], found["sdk"], found["raw"]
    report.add("run", 'run "hi": overhead ÷ plain SDK loop', ours.overhead / sdk.overhead, 0.35)
    report.add("run", 'run "hi": overhead ÷ raw', ours.overhead / raw.overhead, 8)
    report.add("run", 'run "hi": CPU ÷ plain SDK loop', ours.cpu / sdk.cpu, 0.40)
    report.add("run", 'run "hi": peak memory ÷ plain SDK loop', ours.peak / sdk.peak, 0.70)
    _piped(lab, report, count)


def _piped(lab: Lab, report: Report, count: int) -> None:
    piped = partial(lab.stream, spec=HI, tty=False, stdin="hi\n")
    found = rounds(
        2 * count, {"sdk": partial(piped, baseline(lab, "sdk")), "azresp": partial(piped, azresp(lab, "run"))}
    )
    table = report.table("Piped prompt, piped answer", "overhead ms", "CPU ms", "peak MB")
    for name, sample in found.items():
        table.add(name, sample.overhead, sample.cpu, sample.peak)
    ratio = found["azresp"].overhead / found["sdk"].overhead
    report.add("run", "piped prompt: overhead ÷ plain SDK loop", ratio, 0.35)
