"""The real clock, and ids made from it."""

from __future__ import annotations

import asyncio
import random
import secrets
import time


class SystemClock:
    """Time, chance and ids of this machine."""

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    def ident(self) -> str:
        """A new id that sorts by time: 11 hex digits of milliseconds, 10 of chance."""
        return f"{int(time.time() * 1000):011x}{secrets.token_hex(5)}"

    def spread(self) -> float:
        """Jitter from 0 to 1."""
        return random.random()  # noqa: S311

    async def sleep(self, seconds: float) -> None:
        """Wait; cancellation ends it at once."""
        await asyncio.sleep(seconds)
