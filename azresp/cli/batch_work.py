"""Sending the lines of a batch and watching what becomes of them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from azresp.cli.clock import SystemClock
from azresp.core.session import Exchange, Session
from azresp.engine import Ports, converse
from azresp.errors import AzrespError, NetworkError, ServiceError, SignInError
from azresp.ui.screens import WaitScreen
from azresp.watching import Watch

if TYPE_CHECKING:
    from azresp.cli.batch_rows import Progress, Results
    from azresp.cli.jobs_desk import JobDesk
    from azresp.core.batch import Line
    from azresp.core.retry import Wait

_TICK_S = 0.5


class _Brake(WaitScreen):
    """A wait of one line (a rate limit) holds all of them."""

    def __init__(self, progress: Progress) -> None:
        super().__init__(lambda line: None)
        self._free = asyncio.Event()
        self._free.set()
        self._progress = progress
        self._waiting = 0

    def waiting(self, wait: Wait, left_s: float) -> None:
        """Nobody sends until it is over."""
        self._free.clear()
        self._waiting = max(self._waiting, 1)
        self._progress.why = f"{wait.why}: going on in {left_s:.0f} s"

    def resumed(self) -> None:
        """Sending goes on."""
        self._progress.why = ""
        self._free.set()

    async def released(self) -> None:
        """Until nothing waits."""
        await self._free.wait()


class Batch:
    """The lines of one batch at one service."""

    def __init__(
        self,
        desk: JobDesk,
        session: Session,
        settings: Mapping[str, object],
        headers: Mapping[str, str],
        parallel: int,
    ) -> None:
        self.clock = SystemClock()
        self.unknown = 0
        """lines of which nobody knows whether the service did them"""
        self._desk = desk
        self._store = desk.store
        self._session = replace(session, exchanges={})
        self._settings = settings
        self._headers = headers
        self._room = asyncio.Semaphore(parallel)
        self._sent: dict[str, str] = {}
        self._over: dict[str, asyncio.Future[Exchange]] = {}

    def start_anew(self) -> None:
        """Forget what was sent before."""
        for line in self._store.batches.sent(self._session.id):
            self._store.batches.release(self._session.id, line)

    def take_stock(self, lines: list[Line], *, resend_unknown: bool) -> None:
        """See what was sent before."""
        self._sent = self._store.batches.sent(self._session.id)
        for line in lines:
            if line.key in self._sent and resend_unknown and _is_unknown(self._kept(line)):
                self._store.batches.release(self._session.id, self._sent.pop(line.key) and line.key)

    def unsent(self, lines: list[Line]) -> list[Line]:
        """The lines that are still to be sent."""
        return [line for line in lines if line.key not in self._sent]

    def _kept(self, line: Line) -> Exchange | None:
        return self._store.exchange(self._sent.get(line.key, ""))

    async def run(self, lines: list[Line], results: Results, progress: Progress) -> None:
        """Send what was not sent, wait for what runs, hand over the results. Raises what keeps all from going on."""
        brake = _Brake(progress)
        ports = Ports(self._desk.reached.gateway, brake, self._store, self.clock)
        watch = Watch(ports, at_once=8)
        watching = asyncio.ensure_future(self._watch(watch, progress))
        tasks = [
            asyncio.ensure_future(self._one(at, line, ports, brake, watch, results, progress))
            for at, line in enumerate(lines)
        ]
        everything = asyncio.gather(*tasks)
        try:
            either: list[asyncio.Future[Any]] = [everything, watching]
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if watching.done():
                watching.result()
            await everything
        finally:
            for task in (*tasks, watching):
                task.cancel()
            await asyncio.gather(*tasks, watching, return_exceptions=True)

    async def _one(
        self,
        at: int,
        line: Line,
        ports: Ports,
        brake: _Brake,
        watch: Watch,
        results: Results,
        progress: Progress,
    ) -> None:
        before = line.key in self._sent
        async with self._room:
            exchange = self._kept(line) if before else await self._send(line, ports, brake, progress)
            if exchange is not None and exchange.running:
                progress.running += 1
                try:
                    exchange = await self._end_of(exchange, watch)
                finally:
                    progress.running -= 1
        self.unknown += _is_unknown(exchange)
        progress.known(results.put(at, exchange), before=before)
        progress.show()

    async def _send(self, line: Line, ports: Ports, brake: _Brake, progress: Progress) -> Exchange | None:
        await brake.released()
        ident = self.clock.ident()
        if not self._store.batches.claim(self._session.id, line.key, ident):
            self._sent = self._store.batches.sent(self._session.id)
            return self._kept(line)  # another azresp was quicker
        progress.show()
        settings = {**self._settings, **line.settings}
        outcome = await converse(
            ports, self._session, line.said, settings, headers=self._headers, launch=True, ident=ident
        )
        exchange, error = outcome.exchange, outcome.error
        self._store.jobs.tell(exchange.id)  # the results tell
        if isinstance(error, ServiceError) and not exchange.turn.id:
            # It was refused, so it was not done: the next run may send it.
            self._store.batches.release(self._session.id, line.key)
        if isinstance(error, SignInError) or (isinstance(error, NetworkError) and not error.reached):
            self._store.batches.release(self._session.id, line.key)
            raise error  # the others would meet the same
        if outcome.stopped:
            raise asyncio.CancelledError
        return exchange

    async def _end_of(self, exchange: Exchange, watch: Watch) -> Exchange:
        over: asyncio.Future[Exchange] = asyncio.get_running_loop().create_future()
        self._over[exchange.id] = over
        watch.add(exchange.id, exchange.turn.id, exchange.asked_at)
        return await over

    async def _watch(self, watch: Watch, progress: Progress) -> None:
        """One loop looks at all that run, until there is nothing left to do (then it is cancelled)."""
        while True:
            progress.show()
            if not len(watch):
                await self.clock.sleep(_TICK_S)
            for seen in await watch.round():
                over = self._over.get(seen.key)
                exchange = self._store.exchange(seen.key)
                if over is None or over.done() or exchange is None:
                    watch.drop(seen.key)
                elif seen.over and seen.response is not None:
                    outcome = await self._desk.taken(self._session, exchange, seen.response)
                    over.set_result(outcome.exchange)
                elif seen.error is not None:
                    over.set_result(exchange)

    async def close(self) -> None:
        """Close the connections."""
        with suppress(AzrespError):
            await self._desk.reached.gateway.close()


def _is_unknown(exchange: Exchange | None) -> bool:
    return exchange is None or (not exchange.turn.id and exchange.turn.status != "failed")
