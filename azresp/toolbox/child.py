"""One child and its group from start to end: fed, heard, timed, ended. No terminal, no shell, nothing left behind."""

from __future__ import annotations

import asyncio
import contextlib
import os
import queue
import subprocess
import threading
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from azresp.toolbox import group
from azresp.toolbox.capture import Capture
from azresp.toolbox.environment import environment
from azresp.toolbox.limits import CANCEL_GRACE_S, Limits

_EOF_GRACE_S = 0.3
"""A grandchild may hold the pipes open after its parent has ended: so long we wait for what it may write."""
_LAST_GRACE_S = 2.0
"""After SIGKILL. A process in an uninterruptible wait of the kernel is left to it then."""
_ANSWER_GRACE_S = 1.0


@dataclass(frozen=True, slots=True)
class Start:
    """What is run."""

    argv: tuple[str, ...]
    stdin: bytes | None
    cwd: Path
    stdout: Capture
    stderr: Capture
    env: Iterable[str] = ()
    """names of our variables that it may see besides the usual ones"""
    answers: bool = False
    """its stdout is an answer: once closed, it has a moment to end"""


@dataclass(frozen=True, slots=True)
class Ended:
    """How it ended."""

    status: int | None
    """exit status, negative for a signal; None: it did not start, or its end was not seen"""
    seconds: float
    timed_out: bool = False
    trouble: str = ""
    """why it could not be started"""


async def run_child(start: Start, limits: Limits) -> Ended:
    """Run it to its end. When cancelled, its whole group is dead before the cancellation goes on."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Ended] = loop.create_future()
    signs: queue.SimpleQueue[str] = queue.SimpleQueue()

    def work() -> None:
        try:
            ended = _Call(start, limits, signs).run()
        except BaseException as error:
            _tell(loop, done.set_exception, error)
            raise
        _tell(loop, done.set_result, ended)

    # A thread of its own: the pool of the loop has few, and parallel calls run at the same time.
    threading.Thread(target=work, name="tool", daemon=True).start()
    cancelled: asyncio.CancelledError | None = None
    while not done.done():
        try:
            await asyncio.wait([done])
        except asyncio.CancelledError as error:
            cancelled = error
            signs.put("stop")
    if cancelled is not None:
        raise cancelled
    return done.result()


def _tell(loop: asyncio.AbstractEventLoop, take: Callable[[Any], None], value: object) -> None:
    with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
        loop.call_soon_threadsafe(take, value)


class _Call:
    """The work of the thread that looks after one child.

    Signs come from the threads that hear and wait: `stdout` and `stderr` closed, `exit`; and `stop` from the user.
    """

    def __init__(self, start: Start, limits: Limits, signs: queue.SimpleQueue[str]) -> None:
        self._start, self._limits, self._signs = start, limits, signs
        self._id = uuid.uuid4().hex
        self._seen: set[str] = set()
        self._began = time.monotonic()

    def run(self) -> Ended:
        try:
            child = self._launch()
        except (OSError, ValueError) as error:
            return Ended(None, self._seconds(), trouble=_why_not(self._start, error))
        self._listen(child)
        in_time = self._wait(self._began + self._limits.time_s, {"exit"}) or "answered" in self._seen
        if "exit" not in self._seen:
            group.ask_to_end(child)
            grace = CANCEL_GRACE_S if "stop" in self._seen else self._limits.grace_s
            self._wait(time.monotonic() + grace, {"exit"}, stoppable="stop" not in self._seen)
        else:
            self._wait(time.monotonic() + _EOF_GRACE_S, {"stdout", "stderr"})
        group.kill(child, self._id)
        self._wait(time.monotonic() + _LAST_GRACE_S, {"exit", "stdout", "stderr"}, stoppable=False)
        if "exit" in self._seen:
            child.wait()
        return Ended(child.returncode, self._seconds(), not in_time)

    def _launch(self) -> subprocess.Popen[bytes]:
        start = self._start
        return subprocess.Popen(
            start.argv,
            bufsize=0,
            stdin=subprocess.DEVNULL if start.stdin is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=start.cwd,
            env=environment(os.environ, start.env, self._id),
            **group.session_of_its_own(),
        )

    def _listen(self, child: subprocess.Popen[bytes]) -> None:
        """Start the threads that feed, hear and wait; each ends by itself when the child's side is closed."""

        def sign(name: str, work: Callable[[], None]) -> None:
            def run() -> None:
                try:
                    work()
                finally:
                    self._signs.put(name)

            threading.Thread(target=run, name=f"tool {name}", daemon=True).start()

        out, err, to = child.stdout, child.stderr, child.stdin
        assert out is not None and err is not None  # noqa: S101 - asked for
        if to is not None:
            sign("stdin", lambda: _feed(to, self._start.stdin or b""))
        sign("stdout", lambda: _hear(out, self._start.stdout))
        sign("stderr", lambda: _hear(err, self._start.stderr))
        sign("exit", lambda: group.wait_unreaped(child))

    def _wait(self, deadline: float, wanted: set[str], *, stoppable: bool = True) -> bool:
        """Take signs until all wanted ones came (or the user stops it); False: the time is up."""
        while not wanted <= self._seen and not (stoppable and "stop" in self._seen and "exit" in wanted):
            try:
                self._seen.add(self._signs.get(timeout=max(0.0, deadline - time.monotonic())))
            except queue.Empty:
                return False
            if self._start.answers and "stdout" in self._seen and "answered" not in self._seen:
                self._seen.add("answered")
                deadline = min(deadline, time.monotonic() + _ANSWER_GRACE_S)
        return True

    def _seconds(self) -> float:
        return time.monotonic() - self._began


def _feed(pipe: IO[bytes], data: bytes) -> None:
    with contextlib.suppress(OSError), pipe:  # it may end without reading
        rest = memoryview(data)
        while rest:
            rest = rest[pipe.write(rest) :]


def _hear(pipe: IO[bytes], capture: Capture) -> None:
    with contextlib.suppress(OSError), pipe:
        while chunk := pipe.read(65536):
            capture.add(chunk)


def _why_not(start: Start, error: Exception) -> str:
    if isinstance(error, FileNotFoundError) and not start.cwd.is_dir():
        return f"the folder {start.cwd} does not exist"
    if isinstance(error, FileNotFoundError):
        return f"there is no program {start.argv[0]}"
    return f"{start.argv[0]} could not be started: {getattr(error, 'strerror', None) or error}"
