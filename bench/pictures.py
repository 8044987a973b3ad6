"""Three sketches of 20 MB and the picture: memory and CPU beside the SDK loop, and how soon Ctrl-C is heard."""

from __future__ import annotations

import math
from functools import partial
from pathlib import Path

from bench.drawing import Drawing
from bench.figures import Report
from bench.lab import Lab, Run, Step
from bench.programs import PROMPT_MARK, azresp, baseline
from bench.rounds import Job, rounds

STOPPED = "stopped"
MOMENTS_S = tuple(at / 10 + 0.05 for at in range(15))
"""When Ctrl-C is typed, after the first sign of the drawing: before, in and between pictures of 20 MB."""
EVENTS_A_SECOND = 2.5


def pictures(lab: Lab, report: Report, count: int, *, quick: bool) -> None:
    """Both parts."""
    side = 700 if quick else Drawing().side
    drawing = Drawing(side)
    _costs(lab, report, count, drawing)
    _stops(lab, report, Drawing(side, EVENTS_A_SECOND))


def _costs(lab: Lab, report: Report, count: int, drawing: Drawing) -> None:
    found = rounds(count, _jobs(lab, drawing))
    table = report.table("Three sketches of 20 MB and the picture", "wall ms", "CPU ms", "peak MB")
    for name, sample in found.items():
        table.add(name, sample.wall, sample.cpu, sample.peak)
    sdk = found["sdk"]
    for name, how in (("azresp piped", "piped"), ("azresp", "on a terminal")):
        ours = found[name]
        bars = (0.9, 0.6) if name == "azresp piped" else (None, None)
        report.add("pictures", f"{how}: peak memory ÷ SDK loop", ours.peak / sdk.peak, bars[0])
        report.add("pictures", f"{how}: CPU ÷ SDK loop", ours.cpu / sdk.cpu, bars[1])
        report.add("pictures", f"{how}: wall ÷ SDK loop", ours.wall / sdk.wall)


def _jobs(lab: Lab, drawing: Drawing) -> dict[str, Job]:
    folder = lab.home / "pictures"
    file, prompt = str(folder / "picture.png"), str(drawing)
    draw = partial(lab.draw, drawing=drawing, folder=folder)
    ours = azresp(lab, "run", *_flags(folder), prompt)
    return {
        "raw": partial(draw, baseline(lab, "raw_pictures", prompt, file)),
        "sdk": partial(draw, baseline(lab, "sdk_pictures", prompt, file)),
        "azresp piped": partial(draw, ours),
        "azresp": partial(draw, ours, tty=True),
        "azresp, no preview": partial(
            draw, azresp(lab, "run", *_flags(folder), "--no-preview", prompt), tty=True
        ),
    }


def _flags(folder: Path) -> tuple[str, ...]:
    return ("--images", "--partial-images", "3", "--picture-folder", str(folder))


def _stops(lab: Lab, report: Report, drawing: Drawing) -> None:
    """Ctrl-C at every moment of the drawing; the worst wait until the chat tells that it stopped."""
    folder = lab.home / "stopped"
    argv = azresp(lab, "chat", *_flags(folder))
    runs = [lab.run(argv, steps=_steps(drawing, moment), limit_s=20) for moment in MOMENTS_S]
    waits = sorted(map(_wait, runs), key=lambda wait: (math.isnan(wait), wait))
    table = report.table("Ctrl-C in a chat while pictures come", "median ms", "worst ms")
    table.add("azresp chat", waits[len(waits) // 2], waits[-1])
    report.add("pictures", "Ctrl-C to the word that it stopped, worst", waits[-1], 200, "ms")


def _steps(drawing: Drawing, moment: float) -> tuple[Step, ...]:
    return (
        (PROMPT_MARK, 1.0, f"{drawing}\r"),
        ("drawing", moment, "\x03"),
        (STOPPED, 0.2, "\x15\x04"),
    )


def _wait(run: Run) -> float:
    """Milliseconds from Ctrl-C to the word that it stopped."""
    return (run.seen[4] - run.seen[3]) * 1e3 if len(run.seen) > 4 else math.nan
