"""One call of a gateway, from a test that is not async."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from azresp.azure.connection import Connection, KeySignIn, SignIn
from azresp.azure.gateway import Gateway
from azresp.core.secrets import Secret
from azresp.core.sse import Wire

KEY = "canary-key-0123456789/+"
T = TypeVar("T")
BODY: Wire = {"model": "gpt", "input": "hi", "stream": True}


def connected(base_url: str, sign_in: SignIn | None = None, **options: Any) -> Connection:
    """A connection, with a key where no other sign-in is given."""
    return Connection(base_url, sign_in or KeySignIn(lambda: Secret(KEY), "env:KEY"), **options)


def call(connection: Connection, ask: Callable[[Gateway], Awaitable[T]]) -> T:
    """Ask a new gateway one thing, and close it."""

    async def run() -> T:
        gateway = Gateway(connection)
        try:
            return await ask(gateway)
        finally:
            await gateway.close()

    return asyncio.run(run())


async def events(gateway: Gateway) -> list[Wire]:
    """All events of one created response."""
    return [wire async for batch in gateway.open(BODY) for wire in batch]
