"""Many sessions: listing, opening and starting among 100,000 of them, against the same among 10."""

from __future__ import annotations

import sys
import time
from functools import partial
from pathlib import Path

from azresp.core.keep import load_turn
from azresp.core.session import Exchange, Session, message
from azresp.store.store import Store
from bench.figures import Report
from bench.lab import Lab, Run, middle
from bench.programs import AZRESP, PASS, azresp, exists
from bench.rounds import Job, Sample, rounds
from bench.start import KEYS, ready
from bench.text import Spec

FEW = 10
BAR = 1.5
RESUMED = (("resumed", 0.3, "Q"), *KEYS[1:])
"""A resumed chat shows the last questions with the prompt's mark; its own line comes right before the prompt."""
_OPEN = "import sys; from pathlib import Path; from azresp.store.store import Store; store = Store(Path(sys.argv[1]));"


def shelf(lab: Lab, report: Report, count: int, *, quick: bool) -> None:
    """The same commands on a small and on a large store."""
    many = 5_000 if quick else 100_000
    small, large = lab.home / "few.db", lab.home / "many.db"
    fill(small, FEW)
    fill(large, many)
    jobs: dict[str, Job] = {"python -c pass": partial(lab.run, PASS, tty=False)}
    for size, path in ((FEW, small), (many, large)):
        jobs |= {f"{name}, {size:,}": job for name, job in _jobs(lab, path).items()}
    # Short runs: a few more of them cost little and take the noise out.
    found = rounds(max(3, 2 * count), jobs)
    table = report.table("Sessions", "ms", "CPU ms")
    for name, one in found.items():
        table.add(name, one.of(_time), one.cpu)
    report.add(
        "store",
        f"search, a rare word among {many:,}",
        _searched(large, f"question {many // 2 + 7}"),
        100,
        "ms",
    )
    report.add("store", f"search, a word that all {many:,} hold", _searched(large, "streams"), 100, "ms")
    for name in _jobs(lab, small):
        ratio = _ratio(found, name, many)
        report.add("store", f"{name}: among {many:,} ÷ among {FEW}", ratio, BAR)


def _searched(path: Path, words: str) -> float:
    """Milliseconds of a search for the 20 best, its snippets included; the median of nine."""
    store, times = Store(path), []
    for _ in range(9):
        began = time.perf_counter()
        found = store.search.find(words)
        times.append((time.perf_counter() - began) * 1e3)
        if not found:
            raise RuntimeError(f"{words!r} was not found")
    store.close()
    return middle(times)


def fill(path: Path, many: int) -> None:
    """A store with this many sessions of one exchange."""
    store = Store(path)
    for n in range(many):
        asked = Exchange(
            id=f"{n:026}",
            parent=None,
            said=(message(f"question {n} about streams and rows?"),),
            turn=load_turn(_turn(n)),
            asked_at=1_790_000_000.0 + n,
            deployment="bench",
            origin="bench",
        )
        store.add(Session(f"s{n:025}", f"question-{n}", asked.id, {}, {asked.id: asked}), [asked])
    began = time.monotonic()
    store.search.catch_up()
    print(f"{many:,} exchanges indexed in {time.monotonic() - began:.1f} s", file=sys.stderr, flush=True)
    store.close()
    print(f"{many:,} exchanges: {path.stat().st_size / 1e6:.0f} MB", file=sys.stderr, flush=True)


def _turn(n: int) -> dict[str, object]:
    text = Spec(100).text()
    item = {"id": f"msg_{n}", "type": "message", "role": "assistant", "status": "completed"}
    part = {"type": "output_text", "text": text, "annotations": []}
    return {
        "id": f"resp_{n:048}",
        "status": "completed",
        "cursor": 107,
        "response": {"id": f"resp_{n:048}", "status": "completed"},
        "items": [{"index": 0, "closed": True, "wire": {**item, "content": [part]}}],
    }


def _jobs(lab: Lab, path: Path) -> dict[str, Job]:
    env = {"AZRESP_STORE_FILE": str(path)}
    piped = partial(lab.run, tty=False, env=env)
    code = (sys.executable, "-c")
    jobs: dict[str, Job] = {
        "store opened": partial(piped, (*code, _OPEN, str(path))),
        "20 newest": partial(piped, (*code, f"{_OPEN} store.listed(20)", str(path))),
        "found by name": partial(piped, (*code, f"{_OPEN} store.find('question-5')", str(path))),
    }
    if exists("sessions", "list"):
        jobs["azresp sessions list"] = partial(piped, (*AZRESP, "sessions", "list"))
    if exists("chat"):
        jobs["azresp chat"] = partial(lab.run, azresp(lab, "chat"), steps=KEYS, env=env)
        resume = azresp(lab, "chat", "--resume", "question-5")
        jobs["azresp chat --resume"] = partial(lab.run, resume, steps=RESUMED, env=env)
    # One word that few hold and one that all hold: the worst to rank.
    jobs["azresp sessions search"] = partial(piped, (*AZRESP, "sessions", "search", "question", "7"))
    jobs["azresp run"] = partial(piped, azresp(lab, "run", "-q", "hi"))
    return jobs


def _time(run: Run) -> float:
    """Until the prompt where there is one, else until the end."""
    return ready(run) if run.seen else run.wall * 1e3


def _ratio(found: dict[str, Sample], name: str, many: int) -> float:
    return found[f"{name}, {many:,}"].of(_time) / found[f"{name}, {FEW:,}"].of(_time)
