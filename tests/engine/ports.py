"""Ports for the engine: a real store in memory, a screen that remembers, a clock that tests move."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count

from azresp.azure.connection import Connection, KeySignIn
from azresp.azure.gateway import Gateway
from azresp.core.retry import Wait
from azresp.core.secrets import Secret
from azresp.core.session import Session, message
from azresp.core.sse import Wire
from azresp.core.turn import Turn
from azresp.engine import converse
from azresp.ports import Outcome, Ports
from azresp.store.store import Store

KEY = "canary-key-0123456789"
SETTINGS: Mapping[str, object] = {"deployment": "gpt"}


class Nobody:
    """A gateway that has nothing to come back to."""

    def resume(self, response_id: str, after: int) -> AsyncIterator[list[Wire]]:
        raise AssertionError(response_id)

    async def look(self, response_id: str) -> Wire:
        raise AssertionError(response_id)

    async def cancel(self, response_id: str) -> Wire:
        raise AssertionError(response_id)


@dataclass
class Screen:
    """Remembers what it was told; `on_show` and `on_wait` let a test act at that moment."""

    turns: list[Turn] = field(default_factory=list)
    wires: list[Wire] = field(default_factory=list)
    waits: list[tuple[Wait, float]] = field(default_factory=list)
    resumes: int = 0
    remarks: list[str] = field(default_factory=list)
    on_show: Callable[[Turn], None] = lambda turn: None
    on_wait: Callable[[float], None] = lambda left_s: None

    def show(self, turn: Turn) -> None:
        self.turns.append(turn)
        self.on_show(turn)

    def heard(self, wires: list[Wire]) -> None:
        self.wires += wires

    def waiting(self, wait: Wait, left_s: float) -> None:
        self.waits.append((wait, left_s))
        self.on_wait(left_s)

    def resumed(self) -> None:
        self.resumes += 1

    def remark(self, line: str) -> None:
        self.remarks.append(line)


@dataclass
class FakeClock:
    """Time goes on when somebody waits for it; what is kept regularly waits for ever."""

    time: float = 1_000_000.0
    slept: float = 0.0
    idents: Callable[[], int] = field(default_factory=lambda: count().__next__)

    def now(self) -> float:
        return self.time

    def ident(self) -> str:
        return f"exchange-{self.idents():06d}"

    def spread(self) -> float:
        return 0.0

    async def sleep(self, seconds: float) -> None:
        task = asyncio.current_task()
        if task is not None and task.get_name() == "keeper":
            await asyncio.get_running_loop().create_future()
        await asyncio.sleep(0)
        self.time += seconds
        self.slept += seconds


def connection(base_url: str, **options: object) -> Connection:
    """A connection with a key to a loopback server."""
    return Connection(base_url, KeySignIn(lambda: Secret(KEY)), **options)  # type: ignore[arg-type]


@asynccontextmanager
async def ports(base_url: str, store: Store | None = None, **options: object) -> AsyncIterator[Ports]:
    """Everything real but the screen and the clock."""
    gateway = Gateway(connection(base_url, **options))
    own = store or Store(None)
    try:
        yield Ports(gateway, Screen(), own, FakeClock())
    finally:
        await gateway.close()
        if store is None:
            own.close()


async def say(base_url: str, text: str = "hi", **options: object) -> tuple[Outcome, Screen]:
    """One question to a server, and how it went."""
    async with ports(base_url, None, **options) as own:
        outcome = await converse(own, Session("session-1", "talk"), (message(text),), SETTINGS)
        assert isinstance(own.screen, Screen)
        return outcome, own.screen
