"""A home that is put back as it was before each run, so that every call of a run can fail once."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from azresp.emulator import Emulator
from azresp.store.store import Store
from tests.cli import forked
from tests.cli.forked import Fault
from tests.cli.sitting import Sitting

CANARY = "canary-key-7f3a91"
STATUSES = frozenset({*range(10), 130, 141, 143})
"""How azresp may end whatever fails."""
PATIENCE_S = 6.0
_PLACES = {"HOME": "home", "XDG_CONFIG_HOME": "config", "XDG_DATA_HOME": "data", "XDG_CACHE_HOME": "cache"}


@cache
def library(folder: Path) -> Path:
    """faults.c, compiled; skips where that can't be."""
    if sys.platform != "linux" or shutil.which("cc") is None:
        pytest.skip("needs Linux and a C compiler")
    made = folder / f"faults-{os.getpid()}.so"
    source = Path(__file__).with_name("faults.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", str(made), str(source), "-ldl"], check=True)
    return made


@dataclass(frozen=True)
class Played:
    """One run, and what it left."""

    status: int
    out: str
    err: str
    calls: list[str]
    """as the log has them: `kind thing`"""
    posts: int
    restored: bool = True
    """the terminal's modes are as they were"""
    signal: int = 0
    """what it got, if it came to that"""

    @property
    def killed(self) -> bool:
        """It had no time for a word."""
        return bool(self.failed) and self.signal == signal.SIGKILL

    @property
    def failed(self) -> str:
        """What failed first."""
        return next((line.removesuffix(" FAILS") for line in self.calls if line.endswith(" FAILS")), "")


@dataclass(frozen=True)
class Scenario:
    """A command whose calls fail one after the other."""

    words: tuple[str, ...]
    prepare: tuple[tuple[str, ...], ...] = ()
    """commands that run before, once"""
    files: dict[str, str] = field(default_factory=dict)
    env: dict[str, str] = field(default_factory=dict)
    stdin: bytes = b""
    keys: tuple[str, ...] | None = None
    """what is typed at a terminal, one entry a prompt; None: pipes"""
    posts: int = 1
    """the most POST requests there may be"""
    answers: bool = True
    """stdout is an answer, which the store then has"""
    removes: bool = False
    """sessions may go"""
    patient: bool = False
    """waits for a network that is not there, for ever"""
    done: Callable[[TortureHouse, Played], str] = lambda house, played: ""
    """what is not done although the exit status is 0"""


class TortureHouse:
    """Runs a scenario again and again from the same state."""

    def __init__(self, tmp: Path, emulator: Emulator, scenario: Scenario, faults: Path) -> None:
        self.folder = tmp / "house"
        self.scenario = scenario
        self.emulator = emulator
        self._template = tmp / "template"
        self._log = tmp / "calls"
        self._library = faults
        places = {name: str(self.folder / place) for name, place in _PLACES.items()}
        self.env = {
            **forked.kept(),
            **places,
            "PYTHONUTF8": "1",
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
            "TERM": "dumb",
            "AZRESP_ENDPOINT": emulator.root_url,
            "AZRESP_DEPLOYMENT": "gpt-5-mini",
            "AZRESP_API_KEY": CANARY,
            **scenario.env,
        }
        self._build()

    def _build(self) -> None:
        for place in _PLACES.values():
            (self.folder / place).mkdir(mode=0o700, parents=True)
        for name, text in self.scenario.files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            path.chmod(0o600)
        for words in self.scenario.prepare:
            done = forked.run(words, env=self.env, cwd=self.folder)
            assert done.returncode == 0, done.stderr
        self.before = self.kept()
        shutil.copytree(self.folder, self._template, symlinks=True)

    @property
    def store(self) -> Path:
        """The store's file."""
        return self.folder / "data" / "azresp" / "store.db"

    def kept(self) -> dict[str, str]:
        """The text of every exchange of every session, by id."""
        if not self.store.exists():
            return {}
        store = Store(self.store)
        try:
            assert store._db.rows("pragma integrity_check") == [("ok",)]
            store.recover()
            return {
                exchange.id: exchange.turn.text
                for listed in store.listed(10_000)
                for exchange in store.all_exchanges(listed.id)
            }
        finally:
            store.close()

    def play(self, call: str = "", number: int = 1, how: int = 0) -> Played:
        """One run from the beginning, in which a call fails (none without a name)."""
        shutil.rmtree(self.folder)
        shutil.copytree(self._template, self.folder, symlinks=True)
        self._log.unlink(missing_ok=True)
        self.emulator.journal.clear()
        fault = Fault(self._library, self._log, self.folder, call, number, how)
        status, out, err, restored = self._run(fault)
        calls = self._log.read_text(errors="replace").splitlines() if self._log.exists() else []
        posts = self.emulator.journal.count("POST", "/responses")
        return Played(status, out, err, calls, posts, restored, how if how > 0 else 0)

    def _run(self, fault: Fault) -> tuple[int, str, str, bool]:
        if self.scenario.keys is None:
            done = forked.run(
                self.scenario.words,
                env=self.env,
                cwd=self.folder,
                stdin=self.scenario.stdin,
                timeout_s=40,
                fault=fault,
            )
            return done.returncode, done.stdout.decode(), done.stderr.decode(), True
        with Sitting(self.folder, self.env, *self.scenario.words, fault=fault) as sitting:
            for keys in self.scenario.keys:
                came = _came(sitting, sitting.is_prompt)
                if came and sitting.process.poll() is None:
                    sitting.keys(keys)
                    came = _came(sitting, lambda: not sitting.is_prompt())
                if not came:
                    # No prompt as it should be, since the terminal said no: whoever sits there ends it.
                    sitting.signal(signal.SIGTERM)
                    break
            status = sitting.status()
            return status, sitting.text, sitting.text, sitting.modes_now == sitting.modes

    def complaints(self, played: Played) -> Iterator[str]:
        """What is wrong with a run."""
        told = played.out + played.err
        if played.status != -played.signal if played.killed else played.status not in STATUSES:
            yield f"exit status {played.status}"
        if "Traceback" in played.err or (self.scenario.answers and "Traceback" in told):
            yield "a traceback"
        if "a fault in azresp" in told or "Exception ignored" in told:
            yield "a fault in azresp"
        if played.posts > self.scenario.posts:
            yield f"{played.posts} POST requests"
        if not played.restored and not played.killed and not played.failed.startswith("terminal "):
            yield "the terminal's modes are not as they were"
        mute = self.scenario.keys is not None and played.failed.startswith("write /dev/")
        if (
            played.status in (1, 2, 4, 5, 6, 7, 8)
            and not played.err.strip()
            and not mute
            and "FAIL" not in told
        ):
            yield "not a word on stderr"
        yield from self._kept_wrong(played)
        yield from self._canary(told)
        yield from self._left()
        if played.status == 0 and (wrong := self.scenario.done(self, played)):
            yield wrong

    def _kept_wrong(self, played: Played) -> Iterator[str]:
        try:
            kept = self.kept()
        except Exception as error:
            yield f"the store: {error!r}"
            return
        if list(self.folder.rglob("*.damaged-*")):
            yield "the store was set aside"
        if not self.scenario.removes and any(
            not kept.get(ident, "\0").startswith(text) for ident, text in self.before.items()
        ):
            yield "something that was kept before is gone"
        shown = " ".join(played.out.split())
        texts = [" ".join(text.split()) for text in kept.values()]
        warned = re.search(r"not kept|the store|could not be", played.err)
        if played.killed:
            return
        if self.scenario.keys is not None:
            if played.posts and len(kept) == len(self.before) and not warned:
                yield "the turn is neither kept nor warned of"
        elif self.scenario.answers and shown and not warned and not any(shown in text for text in texts):
            yield "the answer was shown and is neither kept nor warned of"

    def _canary(self, told: str) -> Iterator[str]:
        if CANARY in told:
            yield "the key was shown"
        for path in self.folder.rglob("*"):
            if path.is_file() and CANARY.encode() in path.read_bytes():
                yield f"the key is in {path.name}"

    def _left(self) -> Iterator[str]:
        """Processes that still are where the command ran."""
        end = time.monotonic() + 10
        while (left := _living_in(self.folder)) and time.monotonic() < end:
            time.sleep(0.01)
        for pid in left:
            os.kill(pid, signal.SIGKILL)
            yield f"process {pid} was left behind"


def _living_in(folder: Path) -> list[int]:
    found = []
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                if Path(entry.path, "cwd").readlink().is_relative_to(folder):
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


def _came(sitting: Sitting, true: Callable[[], bool]) -> bool:
    """Whether something is seen within a few seconds, or the program ends."""
    end = time.monotonic() + PATIENCE_S
    while not true() and sitting.process.poll() is None:
        if not sitting._read(end - time.monotonic()):
            return False
    return True


def told_of(played: Played) -> dict[str, Any]:
    """A run for a report."""
    return {
        "failed": played.failed,
        "status": played.status,
        "out": played.out[-300:],
        "err": played.err[-600:],
    }
