"""Somebody sits before the program: a child on a pseudo-terminal of any size, read through a terminal emulator."""

from __future__ import annotations

import codecs
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyte

from tests.cli.forked import COMMAND, Fault, Forked, can_fork
from tests.ui.terminals import Tty

PATIENCE_S = 30.0
"""A deadline, never a wait: everything goes on as soon as the screen shows what is expected."""
_LAUNCH = (
    "import fcntl,os,sys,termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
)
_OURS = re.compile(  # \b: how prompt_toolkit goes one cell to the left
    r"\x1b\[(?:[0-9;]*m|[0-9]*[ABCDGKJ]|\?(?:7|12|25|2004|2026)[hl]|\?1l|[0-9]* q)|\x1b\[0?H|\r|\n|\x08|\x1b\[[0-9;]*H"
    r"|\x1b\[2[23];2t|\x1b\](?:2;azresp[^\x00-\x1f\x7f-\x9f]*|133;(?:A;redraw=0|B|C|D;[0-9]+))\x1b\\"
)


def _started(
    argv: Sequence[str], slave: int, env: Mapping[str, str], folder: Path, fault: Fault | None
) -> Forked | subprocess.Popen[bytes]:
    """A program with a terminal of its own."""
    if argv[: len(COMMAND)] == COMMAND and (fault is not None or can_fork(env)):
        streams = [slave] * 3
        return Forked(argv[len(COMMAND) :], env=env, cwd=folder, streams=streams, session=True, fault=fault)
    return subprocess.Popen(
        # -S -E: this interpreter is only a step on the way to the program
        [sys.executable, "-S", "-E", "-c", _LAUNCH, *argv],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env=env,
        cwd=folder,
        start_new_session=True,
    )


class Sitting:
    """A chat (or another command) on a terminal. Every `wait` is for something on the screen, with a deadline."""

    def __init__(
        self,
        folder: Path,
        env: Mapping[str, str],
        *words: str,
        columns: int = 80,
        lines: int = 24,
        term: str = "xterm-256color",
        command: Sequence[str] = COMMAND,
        fault: Fault | None = None,
    ) -> None:
        self.tty = Tty(columns, lines)
        self.tty.screen.reset_mode(pyte.modes.LNM)
        self._decode = codecs.getincrementaldecoder("utf-8")("replace")
        self.master, slave = pty.openpty()
        self._size(columns, lines)
        self._over = False
        self.modes = termios.tcgetattr(self.master)
        """the terminal's modes before anything ran"""
        self.process = _started(
            [*command, *(words or ("chat",))], slave, {**env, "TERM": term}, folder, fault
        )
        os.close(slave)

    # What is on the screen

    @property
    def rows(self) -> list[str]:
        """Scrollback and screen."""
        return self.tty.rows()

    @property
    def text(self) -> str:
        """All rows, blanks and line ends taken as one blank."""
        return " ".join(" ".join(self.rows).split())

    @property
    def written(self) -> str:
        """Every character the program wrote."""
        return "".join(self.tty.written)

    @property
    def line(self) -> str:
        """The row the cursor is in, up to its end."""
        _, y = self.tty.cursor()
        rows = self.rows
        return rows[y] if y < len(rows) else ""

    def is_prompt(self, typed: str = "") -> bool:
        """The line editor waits, with this typed at the end of its text."""
        if termios.tcgetattr(self.master)[3] & termios.ISIG:
            return False  # an answer streams, or only the early prompt is there
        if not typed:
            return self.line.rstrip() == "›" and self.tty.cursor()[0] == 2
        x, y = self.tty.cursor()
        before = [*self.rows[:y], self.line.ljust(x)[:x]]
        return "".join("".join(before).split()).endswith("".join(typed[-60:].split()))

    @property
    def sent(self) -> int:
        """How many prompts have ended."""
        return self.written.count("\x1b[?2004l")

    def only_ours(self) -> None:
        """Nothing was written but printable text and what azresp and its line editor need."""
        rest = _OURS.sub("", self.written)
        bad = re.search("[\x00-\x1f\x7f-\x9f\xad\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]", rest)
        assert bad is None, ascii(rest[max(0, bad.start() - 30) : bad.end() + 30])

    # Waiting

    def until(self, true: Callable[[], bool], what: str = "") -> Self:
        """Read what the program writes until something holds."""
        end = time.monotonic() + PATIENCE_S
        while not true():
            if not self._read(end - time.monotonic()):
                shown = "\n".join(self.rows[-60:])
                raise AssertionError(f"never came: {what or true}; status {self.process.poll()}\n{shown}")
        return self

    def wait(self, text: str, count: int = 1) -> Self:
        """Wait until the text is there so many times, wherever its lines are broken."""
        wanted = "".join(text.split())
        return self.until(lambda: "".join(self.text.split()).count(wanted) >= count, repr(text))

    def ready(self) -> Self:
        """Wait for an empty prompt."""
        return self.until(self.is_prompt, "an empty prompt")

    def status(self) -> int:
        """Wait for the program's end; its exit status, negative for a signal that killed it."""
        self.until(lambda: self.process.poll() is not None, "the end")
        while self._read(0):
            pass
        return self.process.wait(PATIENCE_S)

    def _read(self, seconds: float) -> bool:
        """Take what comes within a moment; False if nothing ever will, or the time is over."""
        if self._over or seconds < 0:
            return False
        if not select.select([self.master], [], [], min(seconds, 0.05))[0]:
            return seconds > 0
        try:
            data = os.read(self.master, 1 << 16)
        except OSError:  # Linux: the last process of the terminal has gone
            data = b""
        self.tty.write(self._decode.decode(data))
        if not data:
            self._over = True
            self.process.wait(PATIENCE_S)
        return True

    # Doing

    def keys(self, keys: str) -> Self:
        """Press keys."""
        data = keys.encode()
        while data:
            select.select([], [self.master], [], PATIENCE_S)
            data = data[os.write(self.master, data[:1024]) :]
            self._read(0)
        return self

    def put(self, text: str) -> Self:
        """Type at the prompt, up to the moment when it is seen there."""
        self.keys(text)
        return self.until(lambda: self.is_prompt(text), f"{text!r} at the prompt")

    def say(self, text: str) -> Self:
        """Type a line and send it; its prompt has ended when this returns."""
        before = self.ready().put(text).sent
        self.keys("\r")
        return self.until(lambda: self.sent > before, f"{text!r} sent")

    def ask(self, text: str) -> Self:
        """Say something and wait for the next prompt."""
        return self.say(text).ready()

    def resize(self, columns: int, lines: int) -> Self:
        """Another window size; the program gets SIGWINCH."""
        self.tty.screen.resize(lines, columns)
        self._size(columns, lines)
        return self

    def signal(self, number: int) -> Self:
        """Send a signal."""
        self.process.send_signal(number)
        return self

    def leave_after(self, keys: str) -> int:
        """Press keys, then Ctrl-D at the empty prompt."""
        return self.keys(keys).leave()

    def leave(self) -> int:
        """Ctrl-D at the prompt."""
        self.ready().keys("\x04")
        return self.status()

    def hang_up(self) -> int:
        """Close the window."""
        os.close(self.master)
        self.master = -1
        return self.process.wait(PATIENCE_S)

    def _size(self, columns: int, lines: int) -> None:
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    @property
    def modes_now(self) -> list[Any]:
        """The terminal's modes."""
        return termios.tcgetattr(self.master)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(PATIENCE_S)
        if self.master >= 0:
            os.close(self.master)
