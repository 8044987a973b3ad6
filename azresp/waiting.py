"""Asking again, with every wait shown and interruptible."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from azresp.core.retry import Wait, next_wait
from azresp.errors import AzrespError
from azresp.ports import Ports

T = TypeVar("T")


async def patiently(
    ask: Callable[[], Awaitable[T]],
    ports: Ports,
    *,
    safe: bool,
    settling: bool = False,
    may_repeat: Callable[[], bool] = lambda: True,
) -> T:
    """Ask, and ask again as the retry rules allow, with every wait shown and interruptible.

    `may_repeat` is asked after each failure: once something of an answer was heard, nothing is sent again.
    """
    tried = 0
    while True:
        try:
            return await ask()
        except AzrespError as error:
            tried += 1
            wait = next_wait(error, tried, safe=safe, settling=settling, spread=ports.clock.spread())
            if wait is None or not may_repeat():
                raise
        await wait_out(ports, wait)


async def wait_out(ports: Ports, wait: Wait) -> None:
    """Wait, counting down on the screen."""
    left = wait.seconds
    while left > 0:
        ports.screen.waiting(wait, left)
        step = min(left, 1.0)
        await ports.clock.sleep(step)
        left -= step
    ports.screen.resumed()


def forgive_cancellation() -> None:
    """Go on after a cancellation that was meant for what we waited for."""
    task = asyncio.current_task()
    while task is not None and task.cancelling():
        task.uncancel()
