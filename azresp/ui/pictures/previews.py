"""Pictures as they come: decoded one after the other in a thread, only the newest of each, then shown."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from azresp.ui.pictures.decode import Source
from azresp.ui.pictures.picture import Picture, prepare
from azresp.ui.pictures.surface import Surface


class Hang(Protocol):
    """Shows a picture that is ready, in place of the last one of its key."""

    def __call__(self, key: str, picture: Picture, *, final: bool) -> None: ...


@dataclass(frozen=True, slots=True)
class _Offer:
    source: Source
    caption: str
    final: bool


class Previews:
    """Takes pictures at any rate without holding up the event loop."""

    def __init__(self, hang: Hang, surface: Surface, window: Callable[[], tuple[int, int]]) -> None:
        self._hang = hang
        self._surface = surface
        self._window = window
        self._waiting: dict[str, _Offer] = {}
        self._work: asyncio.Task[None] | None = None
        self._stopped = False

    def offer(self, key: str, source: Source, caption: str, *, final: bool) -> None:
        """Show a picture soon; one of the same key that still waits is skipped, unless it is final."""
        before = self._waiting.get(key)
        if self._stopped or (before is not None and before.final):
            return
        self._waiting[key] = _Offer(source, caption, final)
        if self._work is None or self._work.done():
            self._work = asyncio.get_running_loop().create_task(self._run())
            self._work.add_done_callback(_heard)

    async def done(self) -> None:
        """Wait until everything offered is shown; raises what showing it raised."""
        while self._work is not None:
            work, self._work = self._work, None
            await work

    def stop(self) -> None:
        """The turn is over before its pictures are: what is not shown yet never will be."""
        self._stopped = True
        self._waiting.clear()
        if self._work is not None:
            self._work.cancel()

    async def _run(self) -> None:
        while self._waiting:
            key = next(iter(self._waiting))
            one = self._waiting.pop(key)
            picture = await asyncio.to_thread(prepare, one.source, self._surface, one.caption, self._window)
            self._hang(key, picture, final=one.final)


def _heard(work: asyncio.Task[None]) -> None:
    # Nobody may ask any more: asyncio would complain across the screen.
    if not work.cancelled():
        work.exception()
