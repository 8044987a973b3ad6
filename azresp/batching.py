"""Many background responses: sent a few at a time, looked at from one loop, each request claimed before it goes out."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Protocol

from azresp.core.batch import fate, is_refused, is_unknown, resend_wait
from azresp.core.events import Fault, Snapshot, read
from azresp.core.retry import Wait
from azresp.core.session import Exchange, Session
from azresp.core.sse import Wire
from azresp.core.turn import Turn, advance, interrupt
from azresp.errors import AzrespError, ServiceError
from azresp.hearing import close_stream
from azresp.ports import Ports
from azresp.waiting import forgive_cancellation
from azresp.watching import Watch

LEAVING_S = 10.0
"""How long requests on their way are waited for when the user leaves: without an answer nobody knows their outcome."""
ELSEWHERE_S = 1.0


class Book(Protocol):
    """Where lines are claimed. Raises LocalError.

    `find` also tells whether no process is sending it just now; `reopen` lets one be sent again.
    """

    def claim(self, session: Session, exchange: Exchange) -> bool: ...
    def release(self, exchange_id: str) -> None: ...
    def reopen(self, exchange_id: str) -> None: ...
    def find(self, exchange_id: str) -> tuple[Exchange, bool] | None: ...


@dataclass(frozen=True, slots=True)
class Orders:
    """How a batch is sent."""

    body: Callable[[Exchange], Wire]
    headers: Mapping[str, str] = field(default_factory=dict)
    parallel: int = 8
    """jobs at the service at once"""
    resend_unknown: bool = False
    deployment: str = ""
    """of the lines that name none themselves"""


class Batch:
    """One run over a batch. `done` is told every exchange whose fate is known, once."""

    def __init__(
        self,
        ports: Ports,
        session: Session,
        book: Book,
        orders: Orders,
        done: Callable[[Exchange], None],
    ) -> None:
        self.left = False
        """the user went away; what runs runs on"""
        self._ports = ports
        self._session = session
        self._book = book
        self._orders = orders
        self._done = done
        self._todo: deque[Exchange] = deque()
        self._running: dict[str, Exchange] = {}
        self._elsewhere: dict[str, Exchange] = {}
        self._watch = Watch(ports)
        self._tasks: set[asyncio.Task[None]] = set()
        self._sending: set[asyncio.Task[None]] = set()
        self._posting: set[asyncio.Task[None] | None] = set()
        self._rounds: dict[str, asyncio.Task[None]] = {}
        self._one_by_one = asyncio.Lock()
        self._limited = False
        self._pause_until = 0.0
        self._why = ""

    @property
    def running(self) -> int:
        """How many are at the service, as far as known."""
        return len(self._running) + len(self._posting)

    @property
    def pause(self) -> tuple[str, float]:
        """Why nothing is sent for now, and for how many seconds; 0: it is not so."""
        return self._why, max(self._pause_until - self._ports.clock.now(), 0.0)

    async def run(self, exchanges: Iterable[Exchange]) -> None:
        """Until the fate of all is known, or the user leaves (cancellation). Raises what stops the whole batch."""
        try:
            for exchange in exchanges:
                self._sort(exchange)
            while self._fill():
                over, _ = await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
                self._tasks -= over
                self._sending -= over
                for task in over:
                    task.result()
        except asyncio.CancelledError:
            self.left = True
            forgive_cancellation()
        finally:
            await self._wind_up()

    def _sort(self, exchange: Exchange) -> None:
        """Send it, watch it, wait for the process that sends it, or tell what became of it."""
        found = self._book.find(exchange.id)
        if found is not None and found[1] and self._goes_again(found[0]):
            self._book.reopen(exchange.id)
            found = self._book.find(exchange.id)
        match found:
            case None:
                self._todo.append(exchange)
            case (_, False):
                self._elsewhere[exchange.id] = exchange
            case (known, _) if known.running:
                self._follow(known, now=True)
            case (known, _):
                self._done(known)

    def _goes_again(self, exchange: Exchange) -> bool:
        return is_refused(exchange) or (self._orders.resend_unknown and is_unknown(exchange))

    def _fill(self) -> bool:
        """Begin what can be begun; False if nothing is left."""
        while self._todo and len(self._sending) + len(self._running) < self._orders.parallel:
            task = asyncio.ensure_future(self._send(self._todo.popleft()))
            self._sending.add(task)
            self._tasks.add(task)
        if self._running:
            self._keep_doing("look", self._look)
        if self._elsewhere:
            self._keep_doing("elsewhere", self._look_elsewhere)
        return bool(self._tasks)

    def _keep_doing(self, name: str, work: Callable[[], object]) -> None:
        if (task := self._rounds.get(name)) is None or task.done():
            self._rounds[name] = task = asyncio.ensure_future(work())  # type: ignore[call-overload]
            self._tasks.add(task)

    async def _wind_up(self) -> None:
        """Hear of the requests that are on their way, for a moment, and end everything else."""
        for task in self._tasks - self._posting:
            task.cancel()
        if self._tasks:
            try:
                await asyncio.wait(self._tasks, timeout=LEAVING_S)
            except asyncio.CancelledError:
                self.left = True
                forgive_cancellation()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # Sending

    async def _send(self, exchange: Exchange) -> None:
        task, tried = asyncio.current_task(), 0
        while True:
            async with self._way_free():
                exchange = replace(exchange, asked_at=self._ports.clock.now())
                if not self._book.claim(self._session, exchange):
                    self._elsewhere[exchange.id] = exchange
                    return
                self._posting.add(task)
                try:
                    turn = await self._post(exchange)
                except AzrespError as error:
                    tried += 1
                    wait = resend_wait(error, tried, self._ports.clock.spread())
                    if wait is None:
                        self._failed(exchange, error)
                        return
                    # A line is claimed only as long as the service may have seen it.
                    self._book.release(exchange.id)
                    self._pause(wait)
                    continue
                finally:
                    self._posting.discard(task)
                self._limited = False
                self._sent(exchange, turn)
                return

    @asynccontextmanager
    async def _way_free(self) -> AsyncIterator[None]:
        """Wait until sending is allowed; behind a rate limit one at a time tries whether it is over."""
        if not self._limited:
            yield
            return
        async with self._one_by_one:
            while (left := self._pause_until - self._ports.clock.now()) > 0:
                await self._ports.clock.sleep(min(left, 1.0))
            yield

    def _pause(self, wait: Wait) -> None:
        now = self._ports.clock.now()
        if now >= self._pause_until:
            self._ports.screen.waiting(wait, wait.seconds)
        self._limited = True
        self._why = wait.why
        self._pause_until = max(self._pause_until, now + wait.seconds)

    async def _post(self, exchange: Exchange) -> Turn:
        """Send the request and hear it until it has an id."""
        self._ports.ledger.begin(self._session, exchange)
        turn = Turn()
        stream = self._ports.gateway.open(self._orders.body(exchange), self._orders.headers)
        try:
            async for wires in stream:
                for wire in wires:
                    turn = advance(turn, read(wire))
                    if turn.id:
                        self._ports.ledger.heard(exchange.id, [wire])
                        return turn
        finally:
            await close_stream(stream)
        return turn

    def _sent(self, exchange: Exchange, turn: Turn) -> None:
        exchange = replace(exchange, turn=turn if turn.id or turn.over else interrupt(turn))
        if exchange.running:
            self._ports.ledger.seal(self._session, exchange)
            self._follow(exchange)
        else:
            self._close(exchange)

    def _failed(self, exchange: Exchange, error: AzrespError) -> None:
        match fate(error, own_model=exchange.deployment != self._orders.deployment):
            case "stop":
                self._book.release(exchange.id)
                raise error
            case "refused":
                code = error.code if isinstance(error, ServiceError) else ""
                turn = Turn(status="failed", fault=Fault(code, error.what))
            case "unknown":
                turn = replace(interrupt(Turn()), fault=Fault("", error.what))
        self._close(replace(exchange, turn=turn))

    # Looking

    def _follow(self, exchange: Exchange, *, now: bool = False) -> None:
        self._running[exchange.id] = exchange
        self._watch.add(exchange.id, exchange.turn.id, exchange.asked_at, now=now)

    async def _look(self) -> None:
        for seen in await self._watch.round():
            exchange = self._running[seen.key]
            if seen.over and seen.response is not None:
                await self._over(exchange, seen.response)
            elif isinstance(seen.error, ServiceError) and seen.error.status == 404:
                fault = Fault(seen.error.code, seen.error.what)
                self._close(replace(exchange, turn=replace(interrupt(exchange.turn), fault=fault)))
            elif seen.error is not None:
                raise seen.error

    async def _over(self, exchange: Exchange, response: Wire) -> None:
        if self._ports.pictures is not None:
            (response,) = await self._ports.pictures.cut([response])
        self._close(replace(exchange, turn=advance(exchange.turn, Snapshot(None, response))))

    def _close(self, exchange: Exchange) -> None:
        """Its fate is known. No head moves: the lines of a batch do not follow each other."""
        self._ports.ledger.seal(self._session, exchange)
        self._running.pop(exchange.id, None)
        self._done(exchange)

    async def _look_elsewhere(self) -> None:
        await self._ports.clock.sleep(ELSEWHERE_S)
        waiting, self._elsewhere = self._elsewhere, {}
        for exchange in waiting.values():
            self._sort(exchange)
