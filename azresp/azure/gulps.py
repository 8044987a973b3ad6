"""The bytes of a body in gulps: what is there is read at once, and given on as one piece."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

BUFFERED_S, FAST_S, GULP_S = 0.0002, 0.004, 0.005
"""A chunk that came sooner was already read; one that came later is of a slow stream; how long a gulp gathers."""

FULL_BYTES = 32_768
"""So many bytes are a gulp. The reader waits until they were taken: a picture must not pile up."""


async def in_gulps(chunks: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    """The chunks of a body, those in one piece that came meanwhile. Close it (`aclosing`): it has a task.

    A server sends each event as a chunk of its own, and each step of ours costs some 10 µs. Each trip to the socket
    costs some 130 µs of CPU through httpx2, anyio and the loop.
    """
    gulp = _Gulp()
    reader = asyncio.create_task(gulp.read(chunks), name="reader")
    try:
        while piece := await gulp.take():
            yield piece
        await reader  # raises what reading raised
    finally:
        reader.cancel()
        await asyncio.wait({reader})
        if not reader.cancelled():
            reader.exception()  # told, or nobody hears it any more


class _Gulp:
    """What was read and not taken yet."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._size = 0
        self._ended = False
        self._filled, self._emptied = asyncio.Event(), asyncio.Event()

    async def read(self, chunks: AsyncIterator[bytes]) -> None:
        """Read all chunks as they come; a full gulp waits until it is taken."""
        now = asyncio.get_running_loop().time
        try:
            began = now()
            async for chunk in chunks:
                if not chunk:
                    continue  # nothing means the end here
                waited = now() - began
                self._pieces.append(chunk)
                self._size += len(chunk)
                self._filled.set()
                if self._size >= FULL_BYTES:
                    self._emptied.clear()
                    await self._emptied.wait()
                elif BUFFERED_S < waited < FAST_S:
                    # It was waited for, but not long: more are about to come.
                    await asyncio.sleep(GULP_S)
                began = now()
        finally:
            self._ended = True
            self._filled.set()

    async def take(self) -> bytes:
        """What was read since the last time, as soon as there is something; empty after the end."""
        if not self._pieces and not self._ended:
            self._filled.clear()
            await self._filled.wait()
        piece = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        self._pieces.clear()
        self._size = 0
        self._emptied.set()
        return piece
