"""Run one program in a terminal or on pipes and write down what came out, when, and what it cost.

A process of its own, stdlib only: Linux gives a child at least its parent's peak memory, so the parent must be small.
Reads a job as JSON on stdin; writes one line of JSON (times by the monotonic clock, in seconds), then the output.
"""

from __future__ import annotations

import fcntl
import json
import os
import select
import struct
import sys
import termios
import time
from typing import Any

CURSOR_QUERY = b"\x1b[6n"
"""What line editors ask; a terminal always answers."""


def main() -> None:
    """Do the job on stdin."""
    job = json.load(sys.stdin)
    os.chdir(job["folder"])
    handle, start, child = _in_terminal(job) if job["tty"] else _in_pipe(job)
    watch = Watch(handle, job["steps"])
    late = not watch.drain(start + job["limit_s"])
    if late:
        os.kill(child, 9)
    _, status, usage = os.wait4(child, 0)
    facts = {
        "start": start,
        "end": time.monotonic(),
        "status": os.waitstatus_to_exitcode(status),
        "cpu": usage.ru_utime + usage.ru_stime,
        "peak_mb": usage.ru_maxrss / 1024,
        "late": late,
        "seen": watch.seen,
        "chunks": [(at, len(data)) for at, data in watch.chunks],
    }
    sys.stdout.buffer.write(json.dumps(facts).encode() + b"\n" + b"".join(data for _, data in watch.chunks))


def _in_terminal(job: dict[str, Any]) -> tuple[int, float, int]:
    """Start the program in a new pseudo-terminal, its controlling one -> (our end, when, process id)."""
    handle, slave = os.openpty()
    columns, rows = job["size"]
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    streams = [
        (os.POSIX_SPAWN_OPEN, 0, os.ttyname(slave), os.O_RDWR, 0),
        (os.POSIX_SPAWN_DUP2, 0, 1),
        (os.POSIX_SPAWN_DUP2, 0, 2),
    ]
    return handle, *_spawn(job, streams, slave)


def _in_pipe(job: dict[str, Any]) -> tuple[int, float, int]:
    """Start the program with stdin from a file and stdout in a pipe -> (our end, when, process id)."""
    handle, theirs = os.pipe()
    streams = [
        (os.POSIX_SPAWN_OPEN, 0, job["stdin"], os.O_RDONLY, 0),
        (os.POSIX_SPAWN_DUP2, theirs, 1),
        (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
    ]
    return handle, *_spawn(job, streams, theirs)


def _spawn(job: dict[str, Any], streams: list[tuple[Any, ...]], theirs: int) -> tuple[float, int]:
    start = time.monotonic()
    child = os.posix_spawn(job["argv"][0], job["argv"], job["env"], file_actions=streams, setsid=True)
    os.close(theirs)
    return start, child


class Watch:
    """Reads what a program writes and types at it.

    A step is [text awaited, seconds to wait then, keys].
    """

    def __init__(self, handle: int, steps: list[list[Any]]) -> None:
        self.chunks: list[tuple[float, bytes]] = []
        self.seen: list[float] = []
        """for each step in turn: when its text was seen, when its keys were typed"""
        self._handle = handle
        self._steps = list(steps)
        self._recent = b""
        self._due: float | None = None

    def drain(self, limit: float) -> bool:
        """Read until the program has closed its end; False if time was up before."""
        while (now := time.monotonic()) < limit:
            wait = limit if self._due is None else self._due
            if select.select([self._handle], [], [], max(0.0, wait - now))[0] and not self._read():
                return True
            if self._steps:
                self._step()
        return False

    def _read(self) -> bool:
        try:
            data = os.read(self._handle, 65536)
        except OSError:
            # A terminal whose program has gone.
            data = b""
        self.chunks.append((time.monotonic(), data))
        if CURSOR_QUERY in data:
            os.write(self._handle, b"\x1b[1;1R")
        self._recent = (self._recent + data)[-200_000:] if self._steps else b""
        return bool(data)

    def _step(self) -> None:
        text, pause, keys = self._steps[0]
        if self._due is None and text.encode() in self._recent:
            self.seen.append(time.monotonic())
            self._due = self.seen[-1] + pause
            self._recent = self._recent.partition(text.encode())[2]
        if self._due is not None and time.monotonic() >= self._due:
            del self._steps[0]
            self._due = None
            self.seen.append(time.monotonic())
            os.write(self._handle, keys.encode())


if __name__ == "__main__":
    main()
