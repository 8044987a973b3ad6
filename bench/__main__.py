"""`python -m bench [NAME …|all]` (names: `BENCHES`): measure, and print ratios beside their bars."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from importlib.metadata import version
from pathlib import Path

from bench.batch import batch
from bench.blocks import blocks
from bench.figures import Report
from bench.glyph import glyph
from bench.growth import growth
from bench.lab import ROOT, Lab
from bench.long import long
from bench.oneshot import oneshot
from bench.pictures import pictures
from bench.shelf import shelf
from bench.start import start

BENCHES = ("start", "run", "glyph", "long", "growth", "blocks", "store", "pictures", "batch")


PAGE = ROOT / "docs" / "performance.md"


def main() -> None:
    """Run the benchmarks that were asked for."""
    options = _options()
    chosen = BENCHES if "all" in options.benches else tuple(options.benches)
    count = options.rounds or (1 if options.quick else 3)
    report = Report()
    with Lab() as lab:
        for name in chosen:
            began = time.monotonic()
            _run(name, lab, report, count, quick=options.quick)
            print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
        report.trouble += dict.fromkeys(lab.trouble)
    if options.json:
        options.json.write_text(report.json())
    told = setting(count, quick=options.quick)
    print(told, end="\n\n")
    print(report.page() if options.markdown else report.summary())
    if options.write:
        write(f"{told}\n\n{report.summary()}", report.medians())


def write(figures: str, medians: str) -> None:
    """Put what was measured between the marks of docs/performance.md."""
    page = PAGE.read_text(encoding="utf-8")
    for name, text in (("figures", figures), ("medians", medians)):
        start, end = f"<!-- {name}: made by python -m bench all --write -->", f"<!-- end of {name} -->"
        before, _, rest = page.partition(start)
        _, found, after = rest.partition(end)
        if not found:
            raise SystemExit(f"{PAGE}: the marks of the {name} are gone")
        page = f"{before}{start}\n\n{text}\n\n{end}{after}"
    PAGE.write_text(page, encoding="utf-8")


def _run(name: str, lab: Lab, report: Report, count: int, *, quick: bool) -> None:
    match name:
        case "start":
            start(lab, report, count)
        case "run":
            oneshot(lab, report, count)
        case "glyph":
            glyph(lab, report, count)
        case "long":
            long(lab, report, count, quick=quick)
        case "growth":
            growth(lab, report, count, quick=quick)
        case "blocks":
            blocks(lab, report, count, quick=quick)
        case "batch":
            batch(lab, report, count)
        case "pictures":
            pictures(lab, report, count, quick=quick)
        case _:
            shelf(lab, report, count, quick=quick)


def setting(count: int, *, quick: bool) -> str:
    """When, on what and with which versions, in a few lines."""
    packages = ("openai", "httpx2", "rich", "prompt_toolkit", "typer", "markdown-it-py")
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    load = " ".join(f"{one:.1f}" for one in os.getloadavg())
    return (
        f"{time.strftime('%Y-%m-%d %H:%M')} · {count} round{'s' if count > 1 else ''}{', quick' if quick else ''} · "
        f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, load {load} · "
        f"Python {platform.python_version()}, {versions}"
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("benches", nargs="*", default=["all"], choices=[*BENCHES, "all"], metavar="BENCH")
    parser.add_argument("--rounds", type=int, default=0, help="runs of each program (3; quick: 1)")
    parser.add_argument("--quick", action="store_true", help="shorter answers, smaller store: a smoke test")
    parser.add_argument(
        "--markdown", action="store_true", help="the medians too: the tables of docs/performance.md"
    )
    parser.add_argument("--write", action="store_true", help="put the tables into docs/performance.md")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write everything as JSON")
    return parser.parse_args()


if __name__ == "__main__":
    main()
