"""The laboratory: a server, a clean home, and programs run against them and measured."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

from bench.drawing import Drawing
from bench.shown import verdict
from bench.text import MARK, Spec

ROOT = Path(__file__).resolve().parent.parent
COLUMNS, ROWS = 110, 40
LIMIT_S = 240.0

Step = tuple[str, float, str]
"""Text to wait for, seconds to wait then, keys to type."""


@dataclass(frozen=True, slots=True)
class Run:
    """One program, run once."""

    start: float
    end: float
    cpu: float
    """seconds, user and system"""
    peak_mb: float
    status: int
    seen: tuple[float, ...]
    """for each step: when its text was seen, when its keys were typed"""
    chunks: tuple[tuple[float, int], ...]
    """when output came, and how many bytes"""
    output: bytes
    late: bool = False
    trouble: str = ""
    """why this run does not count: a failure, or text that is not on the terminal"""
    spec: Spec = field(default_factory=Spec)
    read: float = 0.0
    """when the server had read the request"""
    written: tuple[float, ...] = ()
    """when each delta went out"""
    last: float = 0.0
    """when the server had written its last byte"""

    @property
    def wall(self) -> float:
        """Seconds from start to exit."""
        return self.end - self.start

    @property
    def overhead(self) -> float:
        """Seconds of the process's life that the server was not writing."""
        return self.wall - (self.last - self.read)

    @property
    def growth(self) -> float:
        """Bytes written for one byte of text."""
        return len(self.output) / len(self.spec.text().encode())

    def lags(self) -> list[float]:
        """For each numbered word that came out: seconds from its delta's writing to its first byte out."""
        shown = self._shown()
        deltas = (MARK.search(delta.encode()) for delta in self.spec.deltas())
        sent = {mark[0]: at for mark, at in zip(deltas, self.written, strict=False) if mark}
        return [shown[mark] - at for mark, at in sent.items() if mark in shown]

    def last_glyph(self) -> float:
        """Seconds from the request to the last numbered word on the terminal."""
        return max(self._shown().values(), default=self.end) - self.read

    def _shown(self) -> dict[bytes, float]:
        times: dict[bytes, float] = {}
        chunks, end, at = iter(self.chunks), 0, 0.0
        for found in MARK.finditer(self.output):
            while end < found.end():
                at, size = next(chunks)
                end += size
            times.setdefault(found[0], at)
        return times


class Lab:
    """A server and a home folder for the time of the benchmarks."""

    def __init__(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="azresp-bench-"))
        self._server = subprocess.Popen(
            [sys.executable, "-m", "bench.server"], stdout=subprocess.PIPE, cwd=ROOT, text=True
        )
        assert self._server.stdout is not None
        self.port = int(self._server.stdout.readline())
        self.trouble: list[str] = []
        """runs that failed or lost text"""
        self._prepared: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._server.terminate()
        self._server.wait()
        shutil.rmtree(self.home, ignore_errors=True)

    def environ(self) -> dict[str, str]:
        """The environment of every program: a home of its own, the endpoint's key, UTF-8."""
        home = str(self.home)
        return {
            "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', os.defpath)}",
            "HOME": home,
            "XDG_CONFIG_HOME": f"{home}/config",
            "XDG_DATA_HOME": f"{home}/data",
            "XDG_STATE_HOME": f"{home}/state",
            "XDG_CACHE_HOME": f"{home}/cache",
            "PYTHONPATH": str(ROOT),
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
            "AZRESP_API_KEY": "x",
        }

    def run(
        self,
        argv: Sequence[str],
        *,
        tty: bool = True,
        stdin: str | None = None,
        steps: Sequence[Step] = (),
        env: dict[str, str] | None = None,
        limit_s: float = LIMIT_S,
    ) -> Run:
        """Run a program to its end, in a terminal or with its output in a pipe."""
        job = {
            "argv": list(argv),
            "tty": tty,
            "size": [COLUMNS, ROWS],
            "stdin": self._stdin(stdin),
            "steps": steps,
            "env": self.environ() | (env or {}),
            "folder": str(self.home),
            "limit_s": limit_s,
        }
        done = subprocess.run(
            [sys.executable, "-I", "-S", str(ROOT / "bench" / "measure.py")],
            input=json.dumps(job).encode(),
            stdout=subprocess.PIPE,
            check=True,
        )
        line, _, output = done.stdout.partition(b"\n")
        facts: dict[str, Any] = json.loads(line)
        chunks = tuple((at, size) for at, size in facts.pop("chunks"))
        wrong = "too late" if facts["late"] else f"exit status {facts['status']}" if facts["status"] else ""
        told = {"seen": tuple(facts["seen"]), "chunks": chunks, "output": output, "trouble": wrong}
        if wrong:
            self._complain(argv, wrong)
        return Run(**facts | told)

    def stream(self, argv: Sequence[str], spec: Spec, *, tty: bool = True, stdin: str | None = None) -> Run:
        """Run a program that asks for `spec`, with the server's side of it; its text is checked."""
        self._prepare(str(spec))
        run = replace(self.run(argv, tty=tty, stdin=stdin), spec=spec)
        log = self._ask("/log")
        run = replace(run, read=log["read"], written=tuple(log["written"]), last=log["last"])
        return self.judged(argv, run, verdict(run.output, spec.text(), COLUMNS, ROWS, tty=tty))

    def draw(self, argv: Sequence[str], drawing: Drawing, folder: Path, *, tty: bool = False) -> Run:
        """Run a program that asks for `drawing`; its picture must be the one file of `folder`, which is emptied."""
        self._prepare(str(drawing))
        folder.mkdir(parents=True, exist_ok=True)
        run = self.run(argv, tty=tty)
        found = [sha256(file.read_bytes()).hexdigest() for file in folder.rglob("*") if file.is_file()]
        shutil.rmtree(folder)
        wrong = "" if found == [drawing.final()] else f"{len(found)} files, not the picture alone"
        return self.judged(argv, run, wrong)

    def judged(self, argv: Sequence[str], run: Run, wrong: str) -> Run:
        """The run, with what is wrong with what it showed or wrote, unless it failed anyway."""
        if run.trouble or not wrong:
            return run
        self._complain(argv, wrong)
        return replace(run, trouble=wrong)

    def _complain(self, argv: Sequence[str], wrong: str) -> None:
        words = (Path(word).name if word.startswith("/") else word for word in argv if "://" not in word)
        self.trouble.append(f"{' '.join(words)}: {wrong}")

    def _prepare(self, prompt: str) -> None:
        if prompt not in self._prepared:
            self._ask(f"/prepare?{quote(prompt)}")
            self._prepared.add(prompt)

    def _ask(self, path: str) -> dict[str, Any]:
        connection = HTTPConnection("127.0.0.1", self.port)
        connection.request("GET", path)
        value: dict[str, Any] = json.loads(connection.getresponse().read())
        connection.close()
        return value

    def _stdin(self, text: str | None) -> str:
        if text is None:
            return os.devnull
        path = self.home / "stdin.txt"
        path.write_text(text)
        return str(path)


def middle(values: Sequence[float]) -> float:
    """The median; NaN of nothing."""
    return median(values) if values else float("nan")
