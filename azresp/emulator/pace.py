"""How fast an answer comes."""

from __future__ import annotations

import asyncio

_BREATH = 16
"""At full speed the loop gets a turn every so many tokens, so that others are served and hang-ups are noticed."""


class Pace:
    """Waits so that tokens keep to a schedule; a late token is not followed by a late rest."""

    def __init__(self, tokens_per_s: float, first_token_s: float) -> None:
        self._interval = 1 / tokens_per_s if tokens_per_s > 0 else 0.0
        self._first = first_token_s
        self._due = 0.0
        self._count = 0

    async def begin(self) -> None:
        """The wait for the first token."""
        await asyncio.sleep(self._first)
        self._due = asyncio.get_running_loop().time()

    async def token(self) -> None:
        """Before each token."""
        self._count += 1
        if self._interval:
            wait = self._due - asyncio.get_running_loop().time()
            self._due += self._interval
            if wait > 0:
                await asyncio.sleep(wait)
        elif self._count % _BREATH == 0:
            await asyncio.sleep(0)
