"""The line editor of terminals whose cursor can't be moved: the terminal's own line editing, no escape sequence."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from azresp.ui.sink import clean, clean_line
from azresp.ui.typed import AGAIN, AGAIN_S, agreed, drop_typed, edit_text

if TYPE_CHECKING:
    from azresp.ui.chat import Chat
    from azresp.ui.terminal import Terminal

LINE_BYTES: Final = 1023 if sys.platform == "darwin" else 4095
"""What a terminal takes for one line (MAX_CANON, N_TTY_BUF_SIZE - 1); it drops the rest without a word."""

_ASKED: Final = {"[y/N] ": "Yes or no? Enter means no: ", "[Y/n] ": "Yes or no? Enter means yes: "}
"""Questions that are all signs, for ears."""


class _Interrupted(Exception):
    """Ctrl-C, with nothing read."""


class CookedEditor:
    """Reads lines as the terminal edits them; a backslash at the end of a line continues it."""

    def __init__(self, terminal: Terminal, first: Callable[[], None] | None = None) -> None:
        self._terminal = terminal
        self._first = first
        self._last_interrupt = -AGAIN_S
        self._mark = terminal.mark

    async def read(self, chat: Chat) -> str:
        """One message or command. Raises EOFError or KeyboardInterrupt when the user leaves."""
        first, self._first = self._first, None
        if first is not None:
            first()
        while True:
            try:
                text = await self._lines()
            except _Interrupted:
                self._interrupt()
            else:
                self._last_interrupt = -AGAIN_S
                return await agreed(chat, text)

    def announce(self, show: Callable[[], None]) -> bool:
        """Never while a line is typed: it would stand in the middle of it."""
        return False

    def refresh(self) -> None:
        """There is no status line."""

    async def answer(self, question: str) -> str | None:
        """A short answer; None for Ctrl-C. Raises EOFError for Ctrl-D."""
        try:
            question = clean_line(question)
            return await self._line(
                _ASKED.get(question, question) if self._terminal.caps.reader else question
            )
        except _Interrupted:
            return None

    def forget_typed(self) -> None:
        """Drop what was typed and not read."""
        drop_typed()

    def forget_line(self, text: str) -> bool:
        """Nothing that is typed here is kept."""
        return False

    async def edit(self, text: str) -> str | None:
        """Text changed in $VISUAL or $EDITOR; None if the editor failed."""
        return edit_text(text)

    async def _lines(self) -> str:
        lines = [await self._line(self._mark)]
        while lines[-1].endswith("\\"):
            lines[-1] = lines[-1][:-1]
            more = "More: " if self._terminal.caps.reader else " " * len(self._mark)
            lines.append(await self._line(more))
        return "\n".join(lines)

    async def _line(self, mark: str) -> str:
        ahead = _waits()
        try:
            data = await _typed_line(lambda: self._terminal.draw(mark))
        except (EOFError, _Interrupted):
            self._terminal.draw("\n")
            raise
        text = data.removesuffix(b"\n").decode(sys.stdin.encoding or "utf-8", "replace")
        if ahead or not data.endswith(b"\n"):
            # Typed while an answer came, it was echoed there: it stands before its own answer too.
            self._terminal.draw(clean(text) + "\n" if ahead else "\n")
        if len(data) > LINE_BYTES and text:
            self._terminal.strong(
                f"This terminal cuts a line off after {LINE_BYTES:,} bytes. Nothing was sent."
            )
            self._terminal.dim(
                "A backslash at its end continues a line; `azresp run` takes long texts from a pipe."
            )
            return ""
        return text

    def _interrupt(self) -> None:
        now = time.monotonic()
        if now - self._last_interrupt < AGAIN_S:
            raise KeyboardInterrupt
        self._last_interrupt = now
        self._terminal.dim(AGAIN)


async def _typed_line(ready: Callable[[], None]) -> bytes:
    """The bytes up to a line end; `ready` tells that Ctrl-C is taken care of. Raises EOFError and _Interrupted."""
    loop = asyncio.get_running_loop()
    interrupted: asyncio.Future[bytes] = loop.create_future()

    def interrupt() -> None:
        if not interrupted.done():
            interrupted.set_exception(_Interrupted())

    before = signal.getsignal(signal.SIGINT)
    loop.add_signal_handler(signal.SIGINT, interrupt)
    try:
        ready()
        return await _first_of(interrupted)
    finally:
        loop.remove_signal_handler(signal.SIGINT)
        signal.signal(signal.SIGINT, before)


async def _first_of(interrupted: asyncio.Future[bytes]) -> bytes:
    """The line, or the interruption if that comes first."""
    loop, handle = asyncio.get_running_loop(), sys.stdin.fileno()
    line = b""

    def more() -> None:
        nonlocal line
        try:
            data = os.read(handle, LINE_BYTES + 1)
        except OSError:  # the window was closed
            data = b""
        line += data
        if interrupted.done() or (data and not line.endswith(b"\n")):
            return  # Ctrl-D in mid-line only hands it over
        if line:
            interrupted.set_result(line)
        else:
            interrupted.set_exception(EOFError())

    loop.add_reader(handle, more)
    try:
        return await interrupted
    finally:
        loop.remove_reader(handle)


def _waits() -> bool:
    """A line was typed before it was asked for."""
    try:
        return bool(select.select([sys.stdin.fileno()], [], [], 0)[0])
    except OSError:
        return False
