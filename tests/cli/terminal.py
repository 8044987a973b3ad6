"""The program on a pseudo-terminal, as somebody sits before it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pexpect

from tests.cli.conftest import COMMAND

_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]|\x1b[=>]")


class Terminal:
    """A child process on a terminal of 80 × 24, or what is asked for."""

    def __init__(self, folder: Path, env: Mapping[str, str], *words: str, columns: int = 80) -> None:
        self._child: Any = pexpect.spawn(
            COMMAND[0],
            [*COMMAND[1:], *words],
            env={**env, "TERM": "xterm-256color"},
            cwd=str(folder),
            encoding="utf-8",
            dimensions=(24, columns),
            timeout=30,
        )
        self._log: list[str] = []
        self._child.logfile_read = self

    def write(self, text: str) -> None:
        """pexpect tells what it reads."""
        self._log.append(text)

    def flush(self) -> None:
        """pexpect wants one."""

    @property
    def text(self) -> str:
        """All that was shown, styles left out."""
        return _ESCAPE.sub("", "".join(self._log)).replace("\r", "")

    def expect(self, text: str) -> None:
        """Wait for a text, blanks and line ends taken as the same."""
        self._child.expect(r"\s+".join(map(re.escape, text.split())))

    def say(self, text: str) -> None:
        """Type a line."""
        self._child.sendline(text)

    def press(self, key: str) -> None:
        """Press Ctrl and a letter."""
        self._child.sendcontrol(key)

    def press_until_over(self, key: str) -> None:
        """Press Ctrl and a letter until the program ends.

        Python's own line reading may miss a Ctrl-C that comes between its prompt and its first wait.
        """
        for _ in range(10):
            self.press(key)
            if self._child.expect([pexpect.EOF, pexpect.TIMEOUT], timeout=3) == 0:
                return

    def status(self) -> int:
        """Wait for the end and give the exit status."""
        self._child.expect(pexpect.EOF)
        self._child.close()
        return int(
            self._child.exitstatus if self._child.exitstatus is not None else -self._child.signalstatus
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._child.close(force=True)
