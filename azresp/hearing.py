"""One answer being heard: from the request, or from where somebody left it, to its end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress

from azresp.core.coalesce import coalesce
from azresp.core.events import read
from azresp.core.pictures import may_hold_pictures
from azresp.core.resume import follow_wait, heard_before, look_wait, unheard
from azresp.core.session import Exchange
from azresp.core.sse import Wire
from azresp.core.turn import advance
from azresp.errors import AzrespError, NetworkError, ServiceError
from azresp.ports import Ports
from azresp.waiting import patiently, wait_out

KEEP_EVERY_S = 0.5
"""Heard text is on the disk after at most this long (promise: no shown word is lost for more than a second)."""

REASON_FOLLOWS_S = 2.0
END_FOLLOWS_S = 0.5
"""How long a stream is heard after its terminal event, if the service does not close it by itself."""
_PATIENT = 4
"""Streams lost in a row of a response that can be looked at: some ten seconds between them, and no end of trying."""


class Hearing:
    """One answer being heard. `launch`: go away as soon as a background response has an id."""

    def __init__(
        self, ports: Ports, exchange: Exchange, *, settling: bool = False, launch: bool = False
    ) -> None:
        self.turn = exchange.turn
        self._ports = ports
        self._exchange = exchange
        self._settling = settling
        self._launch = launch
        self._silent_so_far = True

    async def ask(self, body: Wire, headers: Mapping[str, str] | None) -> None:
        """Send the request and hear the answer; a background response is gone back to as often as needed."""
        async with self._keeping():
            try:
                await patiently(
                    lambda: self._ask(body, headers),
                    self._ports,
                    safe=False,
                    settling=self._settling,
                    may_repeat=lambda: self._silent_so_far,
                )
            except NetworkError:
                if not self._runs_on:
                    raise
            if self._runs_on and not self._launch:
                await self._go_on()

    async def go_on(self) -> None:
        """Hear what was missed of a background response, and what is still to come."""
        async with self._keeping():
            await self._go_on()

    @property
    def _runs_on(self) -> bool:
        """The response goes on without us."""
        return self._exchange.background and bool(self.turn.id) and not self.turn.over

    async def _ask(self, body: Wire, headers: Mapping[str, str] | None) -> None:
        if self._ports.pictures is not None:
            body = await self._ports.pictures.fill(body)
        await self._hear(self._ports.gateway.open(body, headers))

    async def _hear(self, stream: AsyncIterator[list[Wire]]) -> None:
        try:
            async for wires in stream:
                await self._take(wires)
                del wires  # with a picture in them, they would be held until the next event has come
                if self.turn.over or (self._launch and self.turn.id):
                    break
            if self.turn.over:
                await self._hear_out(stream)
        finally:
            await close_stream(stream)

    async def _take(self, wires: list[Wire]) -> None:
        self._silent_so_far = False
        self._ports.screen.heard(wires)
        if self._ports.pictures is not None and any(map(may_hold_pictures, wires)):
            wires = await self._ports.pictures.cut(wires)
        turn = self.turn
        if len(wires) > 1:
            wires = coalesce(wires, turn.cursor)
        for wire in wires:
            turn = advance(turn, read(wire))
        self.turn = turn
        self._ports.ledger.heard(self._exchange.id, wires)
        self._ports.screen.show(turn)

    async def _hear_out(self, stream: AsyncIterator[list[Wire]]) -> None:
        """What follows the end, for a moment.

        A failure's reason may follow it (Azure's order), or its response the reason (OpenAI's); and a stream that
        is read to its last byte leaves its connection for the next question.
        """
        unexplained = self.turn.status == "failed" and self.turn.fault is None
        with suppress(TimeoutError, NetworkError):
            async with asyncio.timeout(REASON_FOLLOWS_S if unexplained else END_FOLLOWS_S):
                async for wires in stream:
                    await self._take(wires)

    # Going back to a background response

    async def _go_on(self) -> None:
        """Resume the stream behind the last event heard, again and again; look from time to time if it can't be."""
        lost, looks, streamed = 0, 0, True
        self.turn = unheard(self.turn)
        while self._runs_on:
            cursor = self.turn.cursor
            try:
                if not streamed or lost > 1:
                    await self._look()
                    lost = min(lost, _PATIENT)  # who answers is there, however long it is silent
                if streamed and self._runs_on:
                    await self._hear(self._resumed(cursor))
            except (ServiceError, NetworkError) as error:
                if streamed and isinstance(error, ServiceError) and error.status == 400:
                    streamed = False
                    self._ports.screen.remark(f"{error.what}: looking from time to time instead")
                    continue
                lost = 1 if self.turn.cursor > cursor else lost + 1
                await self._endure(error, lost)
                continue
            # A server that streams nothing, or a stream that ended before the answer did.
            looks = 1 if self.turn.cursor > cursor else looks + 1
            if self._runs_on:
                await self._ports.clock.sleep(look_wait(looks, self._ports.clock.spread()))

    async def _endure(self, error: AzrespError, lost: int) -> None:
        young = self._ports.clock.now() - self._exchange.asked_at
        wait = follow_wait(error, lost, asked_s_ago=young, spread=self._ports.clock.spread())
        if wait is None:
            raise error
        await wait_out(self._ports, wait)

    async def _resumed(self, cursor: int) -> AsyncIterator[list[Wire]]:
        """The events behind the cursor, wherever the server begins."""
        stream = self._ports.gateway.resume(self.turn.id, cursor)
        try:
            async for wires in stream:
                if new := [wire for wire in wires if not heard_before(wire, self.turn)]:
                    yield new
        finally:
            await close_stream(stream)

    async def _look(self) -> None:
        """Take the response as it stands if it is over. Until then it is only shown: it has no place in the stream."""
        wire = await self._ports.gateway.look(self.turn.id)
        seen = advance(self.turn, read(wire))
        if seen.over:
            await self._take([wire])
        elif not may_hold_pictures(wire):
            self._ports.screen.show(seen)

    # While it lasts

    @asynccontextmanager
    async def _keeping(self) -> AsyncIterator[None]:
        keeper = asyncio.create_task(self._keep_regularly(), name="keeper")
        try:
            yield
        finally:
            keeper.cancel()
            await asyncio.wait({keeper})

    async def _keep_regularly(self) -> None:
        while True:
            await self._ports.clock.sleep(KEEP_EVERY_S)
            self._ports.ledger.keep()


async def close_stream(stream: AsyncIterator[list[Wire]]) -> None:
    """End a stream, heard to its end or not."""
    closing = getattr(stream, "aclose", None)
    if closing is not None:
        with suppress(Exception):
            await closing()
