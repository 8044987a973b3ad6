"""Fifty background jobs against the emulator: `azresp run --batch` beside a plain SDK loop of create and poll."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from azresp.emulator import Emulator, Settings
from bench.figures import Report
from bench.lab import ROOT, Lab, Run
from bench.programs import AZRESP
from bench.rounds import rounds

JOBS = 50


def batch(lab: Lab, report: Report, count: int) -> None:
    """CPU, memory and time; every prompt must be accepted once in each run."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Emulator(Settings(tokens_per_s=0, queued_s=0.1)) as emulator,
    ):
        file = Path(folder, "questions.jsonl")
        file.write_text("".join(json.dumps(f"what is {n} + {n}?") + "\n" for n in range(JOBS)))
        port = emulator.root_url.rstrip("/").rpartition(":")[2]
        ours = (*AZRESP, "run", "--endpoint", emulator.root_url, "--deployment", "gpt-5-mini")
        commands = {
            "sdk": (sys.executable, str(ROOT / "bench" / "baselines" / "sdk_batch.py"), port, str(file)),
            "azresp": (*ours, "-q", "--again", "--batch", str(file)),
        }

        def once(argv: tuple[str, ...]) -> Run:
            before = emulator.journal.count("POST", "/responses")
            run = lab.run(argv, tty=False)
            sent = emulator.journal.count("POST", "/responses") - before
            if sent != JOBS or run.output.count(b"\n") != JOBS:
                raise RuntimeError(f"{sent} sent, {run.output.count(bytes([10]))} results: {argv[:4]}")
            return run

        found = rounds(count, {name: lambda argv=argv: once(argv) for name, argv in commands.items()})  # type: ignore[misc]
    table = report.table(
        f"{JOBS} background jobs, 8 at once (looks every 1.5 s)", "wall ms", "CPU ms", "peak MB"
    )
    for name, sample in found.items():
        table.add(name, sample.wall, sample.cpu, sample.peak)
    ours_, sdk = found["azresp"], found["sdk"]
    report.add("batch", f"{JOBS} jobs: CPU ÷ plain SDK create and poll", ours_.cpu / sdk.cpu)
    report.add("batch", f"{JOBS} jobs: peak memory ÷ plain SDK create and poll", ours_.peak / sdk.peak)
    report.add("batch", f"{JOBS} jobs: wall ÷ plain SDK create and poll", ours_.wall / sdk.wall)
