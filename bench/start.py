"""Start-up: help, version and completion; the chat's prompt and its first key."""

from __future__ import annotations

import math
from functools import partial

from bench.figures import Report
from bench.lab import Lab, Run, Step
from bench.programs import AZRESP, PASS, PROMPT_MARK, azresp, baseline, exists
from bench.rounds import Sample, rounds

KEYS: tuple[Step, ...] = (
    (PROMPT_MARK, 0.0, "Q"),
    ("Q", 0.3, "Z"),
    ("Z", 0.05, "\x15\x04"),
)
"""One key as soon as the prompt is seen, one when the program has settled, then clear the line and leave."""

_COMPLETE = {"_AZRESP_COMPLETE": "complete_bash", "COMP_WORDS": "azresp ru", "COMP_CWORD": "1"}


def start(lab: Lab, report: Report, count: int) -> None:
    """Both parts."""
    _commands(lab, report, count)
    _prompt(lab, report, count)


def _commands(lab: Lab, report: Report, count: int) -> None:
    found = rounds(
        3 * count,
        {
            "python -c pass": partial(lab.run, PASS, tty=False),
            "azresp --version": partial(lab.run, (*AZRESP, "--version"), tty=False),
            "azresp --help": partial(lab.run, (*AZRESP, "--help"), tty=False),
            "azresp chat --help": partial(lab.run, (*AZRESP, "chat", "--help"), tty=False),
            "azresp run --help": partial(lab.run, (*AZRESP, "run", "--help"), tty=False),
            "completion": partial(lab.run, AZRESP, tty=False, env=_COMPLETE),
        },
    )
    table = report.table("Start-up", "wall ms", "CPU ms", "peak MB")
    floor = found["python -c pass"]
    for name, sample in found.items():
        table.add(name, sample.wall, sample.cpu, sample.peak)
        if sample is not floor:
            report.add("start", f"{name} ÷ pass", sample.wall / floor.wall, 8)


def ready(run: Run) -> float:
    """Milliseconds until the prompt was there."""
    return (run.seen[0] - run.start) * 1e3 if run.seen else math.nan


def first_key(run: Run) -> float:
    """Milliseconds until a key was echoed that was typed at once."""
    return (run.seen[2] - run.seen[1]) * 1e3 if len(run.seen) > 2 else math.nan


def later_key(run: Run) -> float:
    """Milliseconds until a key was echoed that was typed 0.3 s later."""
    return (run.seen[4] - run.seen[3]) * 1e3 if len(run.seen) > 4 else math.nan


def _prompt(lab: Lab, report: Report, count: int) -> None:
    if not exists("chat"):
        report.trouble.append("azresp chat is absent: its rows are left out")
        return
    found = rounds(
        2 * count,
        {
            "python -c pass": partial(lab.run, PASS),
            "plain SDK chat": partial(lab.run, baseline(lab, "repl"), steps=KEYS),
            "azresp chat": partial(lab.run, azresp(lab, "chat"), steps=KEYS),
        },
    )
    floor, plain, ours = found.values()
    table = report.table(
        "Prompt", "prompt ready ms", "key at once ms", "key 0.3 s later ms", "CPU ms until left", "peak MB"
    )
    table.add("python -c pass", floor.wall, math.nan, math.nan, floor.cpu, floor.peak)
    for name, one in (("plain SDK chat", plain), ("azresp chat", ours)):
        table.add(name, one.of(ready), one.of(first_key), one.of(later_key), one.cpu, one.peak)
    _judge(report, floor, plain, ours)


def _judge(report: Report, floor: Sample, plain: Sample, ours: Sample) -> None:
    report.add("start", "prompt ready ÷ pass", ours.of(ready) / floor.wall, 10)
    report.add("start", "prompt ready ÷ plain SDK chat", ours.of(ready) / plain.of(ready), 0.30)
    late = ours.of(first_key) - plain.of(first_key)
    report.add("start", "key typed at once, over a plain chat", late, 15, "ms")
    late = ours.of(later_key) - plain.of(later_key)
    report.add("start", "key 0.3 s later, over a plain chat", late, 15, "ms")
