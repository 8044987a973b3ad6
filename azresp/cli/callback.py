"""The loopback address that a browser comes back to after a sign-in."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from urllib.parse import parse_qsl, urlsplit

PATH = "/callback"
_LONGEST_LINE = 16 * 1024
_READ_S = 10.0
_DONE = "You are signed in. Close this page and go back to the terminal."
_REFUSED = "The sign-in was refused. Go back to the terminal."


class Callback:
    """Waits for one request with the right `state`; all others are turned away."""

    def __init__(self) -> None:
        self.port = 0
        self._state = secrets.token_urlsafe(32)  # nobody's, until `expect`
        self._query: asyncio.Future[Mapping[str, str]] = asyncio.get_running_loop().create_future()

    @property
    def redirect_uri(self) -> str:
        """Where the browser is to be sent."""
        return f"http://127.0.0.1:{self.port}{PATH}"

    def expect(self, state: str) -> None:
        """Take the request that has this state."""
        self._state = state

    async def query(self) -> Mapping[str, str]:
        """The query that the browser came back with."""
        return await asyncio.shield(self._query)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        try:
            async with asyncio.timeout(_READ_S):
                line = await reader.readline()
                while await reader.readline() not in (b"\r\n", b"\n", b""):
                    pass
            writer.write(self._reply(line.decode("latin-1")))
            await writer.drain()
        except (OSError, ValueError, TimeoutError):  # ValueError: a line beyond the limit
            pass
        finally:
            writer.close()

    def _reply(self, line: str) -> bytes:
        method, _, rest = line.partition(" ")
        target = urlsplit(rest.partition(" ")[0])
        query = dict(parse_qsl(target.query))
        fits = secrets.compare_digest(query.get("state", "").encode(), self._state.encode())
        if method != "GET" or target.path != PATH or not fits:
            return _page("404 Not Found", "Nothing is here.")
        if not self._query.done():
            self._query.set_result(query)
        return _page("200 OK", _DONE if "code" in query else _REFUSED)


@asynccontextmanager
async def listening(port: int = 0) -> AsyncIterator[Callback]:
    """A callback that listens on that port, or on a free one if it is taken."""
    callback = Callback()
    try:
        server = await asyncio.start_server(callback.answer, "127.0.0.1", port, limit=_LONGEST_LINE)
    except OSError:
        server = await asyncio.start_server(callback.answer, "127.0.0.1", 0, limit=_LONGEST_LINE)
    callback.port = server.sockets[0].getsockname()[1]
    try:
        yield callback
    finally:
        server.close()


def _page(status: str, text: str) -> bytes:
    body = f"<!doctype html><meta charset=utf-8><title>azresp</title><p>{text}</p>".encode()
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {len(body)}\r\n"
        "Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body
