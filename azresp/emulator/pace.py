"""How fast an answer comes."""

from __future__ import annotations

import asyncio

from .settings import Settings

_BREATH = 16
"""Every so many tokens the loop gets a turn, so that others are served and hang-ups are noticed."""


class Pace:
    """Waits so that tokens keep to a schedule; a late token is not followed by a late rest."""

    def __init__(self, settings: Settings) -> None:
        self._interval = 1 / settings.tokens_per_s if settings.tokens_per_s > 0 else 0.0
        self._first = settings.first_token_s
        self._clock = settings.clock
        self._wait = settings.wait
        self._due = 0.0
        self._count = 0

    async def begin(self) -> None:
        """The wait for the first token."""
        await self._wait(self._first)
        self._due = self._clock()

    async def token(self) -> None:
        """Before each token."""
        self._count += 1
        left = self._due - self._clock() if self._interval else 0.0
        self._due += self._interval
        if left > 0:
            await self._wait(left)
        if self._count % _BREATH == 0:
            await asyncio.sleep(0)
