"""Requests of commands that show no turn: repeated as the retry rules allow, with every wait told on stderr."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

from azresp.cli.clock import SystemClock
from azresp.cli.report import note
from azresp.ports import Ports
from azresp.waiting import patiently

if TYPE_CHECKING:
    from azresp.azure.gateway import Gateway

T = TypeVar("T")


def until_done(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end; Ctrl-C cancels it and raises KeyboardInterrupt."""
    # Never closed: that would join the thread of a hanging name lookup. `main` leaves by os._exit.
    return asyncio.Runner().run(work)


def ports(gateway: Gateway, tell: Callable[[str], object] = note) -> Ports:
    """Ports for asking the gateway alone: waits are told, on stderr by default, nothing is kept."""
    from azresp.store.store import Store
    from azresp.ui.screens import WaitScreen

    return Ports(gateway, WaitScreen(tell), Store(None), SystemClock())


async def patient(gateway: Gateway, ask: Callable[[], Awaitable[T]]) -> T:
    """Ask something that may be asked twice (GET, DELETE), with back-off."""
    return await patiently(ask, ports(gateway), safe=True)
