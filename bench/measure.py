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
    tty = bool(job["tty"])
    if tty:
        handle, slave = os.openpty()
        columns, rows = job["size"]
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        name = os.ttyname(slave)
        actions: list[tuple[Any, ...]] = [
            (os.POSIX_SPAWN_OPEN, 0, name, os.O_RDWR, 0),
            (os.POSIX_SPAWN_DUP2, 0, 1),
            (os.POSIX_SPAWN_DUP2, 0, 2),
        ]
    else:
        handle, slave = os.pipe()
        actions = [
            (os.POSIX_SPAWN_OPEN, 0, job["stdin"], os.O_RDONLY, 0),
            (os.POSIX_SPAWN_DUP2, slave, 1),
            (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
        ]
    os.chdir(job["folder"])
    start = time.monotonic()
    child = os.posix_spawn(job["argv"][0], job["argv"], job["env"], file_actions=actions, setsid=True)
    os.close(slave)
    chunks, seen = drain(handle, job["steps"], start + job["limit_s"])
    if seen is None:
        os.kill(child, 9)
    _, status, usage = os.wait4(child, 0)
    end = time.monotonic()
    facts = {
        "start": start,
        "end": end,
        "status": os.waitstatus_to_exitcode(status),
        "cpu": usage.ru_utime + usage.ru_stime,
        "peak_mb": usage.ru_maxrss / 1024,
        "late": seen is None,
        "seen": seen or [],
        "chunks": [(at, len(data)) for at, data in chunks],
    }
    sys.stdout.buffer.write(json.dumps(facts).encode() + b"\n" + b"".join(data for _, data in chunks))


def drain(
    handle: int, steps: list[list[Any]], limit: float
) -> tuple[list[tuple[float, bytes]], list[float] | None]:
    """Read to the end; at each step wait for a text, then after a pause type keys. None if time is up.

    A step is [text awaited, seconds to wait then, keys]; the times given are when each text was seen and, in turn,
    when its keys were typed.
    """
    chunks: list[tuple[float, bytes]] = []
    seen: list[float] = []
    recent, pending, due = b"", list(steps), None
    while True:
        now = time.monotonic()
        if now > limit:
            return chunks, None
        wait = limit - now if due is None else max(0.0, due - now)
        ready, _, _ = select.select([handle], [], [], wait)
        if ready:
            try:
                data = os.read(handle, 65536)
            except OSError:
                data = b""
            at = time.monotonic()
            if not data:
                return chunks, seen
            chunks.append((at, data))
            if CURSOR_QUERY in data:
                os.write(handle, b"\x1b[1;1R")
            recent = (recent + data)[-200_000:] if pending else b""
        elif due is None:
            continue
        if due is None and pending and (awaited := pending[0][0].encode()) in recent:
            seen.append(time.monotonic())
            due, recent = time.monotonic() + pending[0][1], recent.partition(awaited)[2]
        if due is not None and time.monotonic() >= due:
            seen.append(time.monotonic())
            os.write(handle, pending.pop(0)[2].encode())
            due = None


if __name__ == "__main__":
    main()
