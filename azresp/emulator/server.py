"""Serving the emulator: blocking for a command, or in a daemon thread for a demo and for tests."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from .app import Site, create_app
from .faults import Fault, Faults
from .journal import Journal
from .settings import Settings
from .wire import TRANSPORT

_TURNS = 1000
"""Turns of the loop that a close may take; a handful is usual."""


class Emulator:
    """An emulated resource on a loopback port, served by a daemon thread: `with Emulator(settings) as emulator: …`."""

    def __init__(self, settings: Settings | None = None, *, host: str = "127.0.0.1", port: int = 0) -> None:
        """Binds at once (OSError when the port is taken); answers from `start` on."""
        _only_loopback(host)
        self._app = create_app(settings)
        self._site: Site = self._app.state.site  # type: ignore[attr-defined]
        self._socket = _listen(host, port)
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="emulator", daemon=True)

    @property
    def root_url(self) -> str:
        """The resource's root, without a trailing slash."""
        return _root_url(self._socket)

    @property
    def base_url(self) -> str:
        """What an OpenAI client takes as base_url."""
        return f"{self.root_url}/openai/v1/"

    @property
    def journal(self) -> Journal:
        """The requests seen so far."""
        return self._site.journal

    @property
    def faults(self) -> Faults:
        """The queue of faults for the next requests."""
        return self._site.faults

    def fault(self, **fields: Any) -> None:
        """Queue one fault; see `Fault` for the fields."""
        self.faults.add(Fault(**fields))

    def start(self) -> Self:
        """The socket listens already, so a client may connect as soon as this returns."""
        self._thread.start()
        return self

    def close(self) -> None:
        """Break every open connection and end the thread; twice is fine."""
        if self._thread.is_alive():
            with contextlib.suppress(RuntimeError):  # the loop may have ended by itself
                self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(timeout=5)
        self._socket.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(_serve(self._app, self._socket, self._stop))
        finally:
            self._site.close()
            self._loop.close()


def serve(
    settings: Settings | None = None,
    host: str = "127.0.0.1",
    port: int = 8123,
    on_ready: Callable[[str], None] | None = None,
    *,
    allow_remote: bool = False,
) -> None:
    """Serve until KeyboardInterrupt; `on_ready` gets the base URL. ValueError for a host that is not loopback."""
    if not allow_remote:
        _only_loopback(host)
    app = create_app(settings)
    listener = _listen(host, port)
    try:
        with contextlib.suppress(KeyboardInterrupt):
            if on_ready is not None:
                on_ready(f"{_root_url(listener)}/openai/v1/")
            asyncio.run(_serve(app, listener, asyncio.Event()))
    finally:
        app.state.site.close()  # type: ignore[attr-defined]
        listener.close()


async def _serve(app: ASGIApp, listener: socket.socket, stop: asyncio.Event) -> None:
    """uvicorn's protocol without its server loop, which takes tenths of a second to start and to stop."""
    _silence()
    config = Config(app, http=_Protocol, ws="none", lifespan="off", log_config=None, access_log=False)
    config.load()
    state = ServerState()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Protocol(config, state, {}), sock=listener, backlog=256)
    try:
        await stop.wait()
    finally:
        # Not server.close() first: asyncio would leak the socket of a connection that is just being accepted.
        loop.remove_reader(listener)
        await _hang_up(state)
        server.close()


async def _hang_up(state: ServerState) -> None:
    """Break every connection, also one that is only just being accepted, and end every task.

    asyncio's own accepting tasks are let finish: cancelled before they start, they leak their socket too.
    """
    for turn in range(_TURNS):
        for protocol in list(state.connections):
            if protocol.transport is not None:
                protocol.transport.abort()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        if not others and not state.connections:
            break
        for task in list(state.tasks) if turn < _TURNS // 2 else others:
            task.cancel()
        await asyncio.sleep(0)


class _Protocol(H11Protocol):
    """Lends the transport to the application, so that a fault can break the connection as a network does."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        inner = self.app

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            scope[TRANSPORT] = self.transport
            await inner(scope, receive, send)

        self.app = app


def _silence() -> None:
    """uvicorn reports broken connections as errors; here they are wanted."""
    logger = logging.getLogger("uvicorn")
    logger.propagate = False
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(256)
        listener.setblocking(False)
    except BaseException:
        listener.close()
        raise
    return listener


def _root_url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _only_loopback(host: str) -> None:
    if host == "localhost":
        return
    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise ValueError(f"the emulator serves on loopback only, got host {host!r}")
