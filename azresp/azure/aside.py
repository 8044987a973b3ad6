"""Blocking calls off the event loop, in threads that may be left behind."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")


class TookTooLong(Exception):
    """The call did not come back in time."""


async def aside(call: Callable[[], T], name: str, timeout_s: float | None = None) -> T:
    """What `call` gives, or raises. Raises TookTooLong; after that, or a cancellation, its thread is left alone.

    A daemon thread, not the loop's pool: the pool is joined at exit and would wait for a hanging `az` or keyring.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def answer(value: T | None, error: Exception | None) -> None:
        if done.cancelled():
            return
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(value)  # type: ignore[arg-type]  # no error, so it is what `call` gave

    def run() -> None:
        value, error = None, None
        try:
            value = call()
        except Exception as caught:
            error = caught
        # After an abandoned wait the loop may be gone, even between a look and the call.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(answer, value, error)

    threading.Thread(target=run, name=name, daemon=True).start()
    try:
        await asyncio.wait({done}, timeout=timeout_s)
    finally:
        if not done.done():
            done.cancel()
    if done.cancelled():
        raise TookTooLong
    return done.result()
