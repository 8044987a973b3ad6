"""How cost grows with an answer's length, from 1,000 to 200,000 deltas at full speed: a table and a drawing."""

from __future__ import annotations

import math
from functools import partial

from bench.figures import Report
from bench.lab import ROOT, Lab
from bench.plot import Panel, draw
from bench.programs import askers
from bench.rounds import Sample, exponent, rounds
from bench.text import Spec

SIZES = (1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000)
SDK_UP_TO = 100_000
"""The SDK loop takes 15 s for 200,000 and is a straight line by then."""
LIVE_UP_TO = 1_000
"""Rich's Live grows with the square: 5,000 take it a minute."""
TARGET = ROOT / "docs" / "growth.svg"


def growth(lab: Lab, report: Report, count: int, *, quick: bool) -> None:
    """One run of each length and program (or a round's median); quick ones stop at 20,000 and draw nothing."""
    sizes = SIZES[:5] if quick else SIZES
    table = report.table("Growth", "CPU ms", "last glyph ms", "bytes ÷ text", "peak MB")
    found: dict[int, dict[str, Sample]] = {}
    for size in sizes:
        names = ["raw", "azresp"] + ["sdk"] * (size <= SDK_UP_TO) + ["live"] * (size <= LIVE_UP_TO)
        jobs = {
            name: partial(lab.stream, argv, Spec(size))
            for name, argv in askers(lab, str(Spec(size)), *names).items()
        }
        found[size] = rounds(1 if size > 20_000 else count, jobs, warm=size == sizes[0])
        for name, one in found[size].items():
            table.add(f"{size:,} {name}", one.cpu, one.last_glyph, one.growth, one.peak)
    _judge(report, found)
    if not quick:
        _draw(found)


def _judge(report: Report, found: dict[int, dict[str, Sample]]) -> None:
    least, most = min(found), max(found)
    first, last = found[least]["azresp"], found[most]["azresp"]
    per_delta = [
        (found[size]["azresp"].cpu - first.cpu) / (size - least) for size in found if size >= 10 * least
    ]
    report.add("growth", "CPU for a delta, dearest ÷ cheapest length", max(per_delta) / min(per_delta))
    report.add(
        "growth",
        f"bytes exponent, {least:,} to {most:,}",
        exponent(first.size, last.size, most / least),
        1.05,
        "",
    )


def _draw(found: dict[int, dict[str, Sample]]) -> None:
    programs = {"azresp": "azresp", "sdk": "SDK loop, nothing rendered", "raw": "raw, nothing rendered"}

    def lines(measure: str) -> dict[str, list[tuple[float, float]]]:
        return {
            told: [
                (size, value)
                for size, one in found.items()
                if name in one and not math.isnan(value := getattr(one[name], measure))
            ]
            for name, told in programs.items()
        }

    panels = (
        Panel("CPU, ms", lines("cpu")),
        Panel("request to last glyph, ms", lines("last_glyph")),
        Panel("peak memory, MB", lines("peak")),
    )
    TARGET.write_text(draw("deltas in the answer", panels), encoding="utf-8")
