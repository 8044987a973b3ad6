"""Stopping a running answer by signal: the answer ends, not the program."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any

LEAVING = "SIGQUIT"
"""What Ctrl-B becomes while an answer is heard that may be left (`ui.terminal.quiet_keys`)."""


class Stopping:
    """While it lasts these signals cancel the task; `number` tells which one came (0: none)."""

    def __init__(self, task: asyncio.Future[Any], *names: str) -> None:
        self.number = 0
        self._task = task
        # SIGHUP does not exist on Windows.
        self._numbers = [getattr(signal, name) for name in names or ("SIGINT",) if hasattr(signal, name)]
        self._loop = asyncio.get_running_loop()

    def __enter__(self) -> Stopping:
        for number in self._numbers:
            try:
                self._loop.add_signal_handler(number, self._stop, number)
            except NotImplementedError:
                signal.signal(number, self._from_signal)
        return self

    def __exit__(self, *_: object) -> None:
        for number in self._numbers:
            try:
                self._loop.remove_signal_handler(number)
            except NotImplementedError:
                signal.signal(number, signal.default_int_handler)

    def _stop(self, number: int) -> None:
        self.number = number
        self._task.cancel()

    def _from_signal(self, number: int, frame: FrameType | None) -> None:
        self._loop.call_soon_threadsafe(self._stop, number)


async def second_ctrl_c(offer: Callable[[], object], within_s: float) -> bool:
    """Whether Ctrl-C comes again soon. `offer` tells of it once it is true: who is quick would end the program."""
    waiting = asyncio.ensure_future(asyncio.sleep(within_s))
    with Stopping(waiting, "SIGINT") as stopping, suppress(asyncio.CancelledError):
        offer()
        await waiting
    return bool(stopping.number)
