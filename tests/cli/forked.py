"""azresp started by forking a process that has imported its modules: a tenth of a second instead of half of one.

What this can't show (imports, interpreter options, how the command is found) is shown by the tests that start COMMAND
themselves. With AZRESP_EXEC=1 everything is started anew, and so it is for `make cover`.
"""

from __future__ import annotations

import atexit
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any, Self

COMMAND = [sys.executable, "-m", "azresp"]
_KEPT = ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "SYSTEMROOT", "COVERAGE_PROCESS_START", "COVERAGE_FILE")
_AT_START = ("PYTHON", "LC_", "LANG", "OPENAI")
"""What an interpreter or a module reads once, when it starts: who has another value of these is started anew."""


def kept() -> dict[str, str]:
    """What every start takes over from this environment."""
    return {name: os.environ[name] for name in _KEPT if name in os.environ}


def _read_once(env: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in env.items() if name.startswith(_AT_START)}


def can_fork(env: Mapping[str, str]) -> bool:
    """Whether a fork is the same as a start of COMMAND in this environment."""
    anew = "AZRESP_EXEC" in os.environ or "COVERAGE_PROCESS_START" in os.environ or sys.platform == "win32"
    return not anew and env.get("PYTHONUTF8") == "1" and _read_once(env) == _read_once(_zygote_env())


@dataclass(frozen=True)
class Fault:
    """One call of libc that fails in azresp; see tests/torture/faults.c."""

    library: Path
    log: Path
    folder: Path
    call: str = ""
    """as its line in the log; empty: none fails, they are only written down"""
    number: int = 1
    """which of these calls"""
    how: int = 0
    """0: it fails, -1: so do all later ones of its kind, else the signal that comes just before it"""


def _zygote_env() -> dict[str, str]:
    return kept() | {"PYTHONUTF8": "1", "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}


@cache
def _zygote(preload: str = "") -> socket.socket:
    """The connection to this worker's zygote, which ends with it."""
    ours, theirs = socket.socketpair()
    script = Path(__file__).with_name("zygote.py")
    handle = theirs.fileno()
    process = subprocess.Popen(
        [sys.executable, "-P", str(script), str(handle)],
        stdin=subprocess.DEVNULL,
        env=_zygote_env() | ({"LD_PRELOAD": preload} if preload else {}),
        pass_fds=[handle],
    )
    theirs.close()

    def end() -> None:
        ours.close()
        process.wait(10)

    atexit.register(end)
    return ours


class Forked:
    """A running azresp, with as much of subprocess.Popen as tests use."""

    def __init__(
        self,
        words: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path | str,
        streams: Sequence[int],
        session: bool = False,
        fault: Fault | None = None,
    ) -> None:
        self.returncode: int | None = None
        self._conn, theirs = socket.socketpair()
        with theirs:
            zygote = _zygote(str(fault.library) if fault is not None else "")
            socket.send_fds(zygote, [b"."], [*streams, theirs.fileno()])
        task: dict[str, Any] = {"words": list(words), "env": dict(env), "cwd": str(cwd), "session": session}
        if fault is not None:
            task["fault"] = [fault.call, fault.number, fault.how, str(fault.log), str(fault.folder)]
        self._conn.sendall(json.dumps(task).encode() + b"\n")
        self._told = b""
        while b"\n" not in self._told:
            self._hear()
        pid, _, self._told = self._told.partition(b"\n")
        self.pid = int(pid)

    def _hear(self) -> None:
        got = self._conn.recv(64)
        if not got:
            raise RuntimeError("the zygote is gone")
        self._told += got

    def poll(self) -> int | None:
        """The exit status, negative for a signal, or None."""
        if self.returncode is None:
            with selectors.DefaultSelector() as selector:
                selector.register(self._conn, selectors.EVENT_READ)
                if selector.select(0):
                    self._take()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end. Raises subprocess.TimeoutExpired."""
        try:
            while self.returncode is None:
                self._conn.settimeout(timeout)
                self._take()
        except TimeoutError:
            raise subprocess.TimeoutExpired("azresp", timeout or 0) from None
        return self.returncode

    def _take(self) -> None:
        if b"\n" not in self._told:  # who ended at once has told that with his number
            self._hear()
        if b"\n" in self._told:
            self.returncode = int(self._told)
            self._conn.close()

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Send SIGKILL."""
        self.send_signal(signal.SIGKILL)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self.wait(30)


def run(
    words: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path | str,
    stdin: bytes = b"",
    stdout: int | None = None,
    timeout_s: float = 60,
    fault: Fault | None = None,
) -> CompletedProcess[bytes]:
    """Run azresp to its end: bytes through a pipe in, bytes through pipes out (or stdout to a descriptor)."""
    if fault is None and not can_fork(env):
        return subprocess.run(
            [*COMMAND, *words],
            input=stdin,
            stdout=subprocess.PIPE if stdout is None else stdout,
            stderr=subprocess.PIPE,
            env=env,
            cwd=cwd,
            timeout=timeout_s,
            check=False,
        )
    pipes = [os.pipe() for _ in range(3)]
    (theirs_in, ours_in), (out, theirs_out), (err, theirs_err) = pipes
    streams = [theirs_in, theirs_out if stdout is None else stdout, theirs_err]
    try:
        running = Forked(words, env=env, cwd=cwd, streams=streams, fault=fault)
    finally:
        for handle in (theirs_in, theirs_out, theirs_err):
            os.close(handle)
    with running:
        said = _converse(ours_in, stdin, [out, err], time.monotonic() + timeout_s)
        status = running.wait(timeout_s)
    return CompletedProcess([*COMMAND, *words], status, None if stdout is not None else said[0], said[1])


def _converse(to: int, data: bytes, sources: list[int], end: float) -> list[bytes]:
    """Write all and read all at the same time, and close every descriptor."""
    read: dict[int, list[bytes]] = {source: [] for source in sources}
    open_ = {*sources, to}
    rest = memoryview(data)
    os.set_blocking(to, False)
    with selectors.DefaultSelector() as selector:
        for source in sources:
            selector.register(source, selectors.EVENT_READ)
        selector.register(to, selectors.EVENT_WRITE)
        while open_:
            left = end - time.monotonic()
            ready = selector.select(left) if left > 0 else []
            done = [] if ready else sorted(open_)
            for key, _ in ready:
                if key.fd == to:
                    rest = _write(to, rest)
                    done += [] if rest else [to]
                elif piece := os.read(key.fd, 1 << 16):
                    read[key.fd].append(piece)
                else:
                    done.append(key.fd)
            for handle in done:
                selector.unregister(handle)
                os.close(handle)
                open_.remove(handle)
    if time.monotonic() >= end:
        raise subprocess.TimeoutExpired("azresp", 0)
    return [b"".join(read[source]) for source in sources]


def _write(to: int, rest: memoryview) -> memoryview:
    try:
        return rest[os.write(to, rest[: 1 << 16]) :] if rest else rest
    except BlockingIOError:
        return rest
    except BrokenPipeError:
        return rest[:0]
