"""Bytes on the wire: headers, JSON bodies, event streams, and connections that break on purpose."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import struct
from collections.abc import AsyncGenerator, Mapping
from typing import Any

from starlette.types import Receive, Scope, Send

from .ids import request_id
from .reply import Event
from .response import served_model
from .spoil import Dropped

TRANSPORT = "emulator.transport"
"""Scope key of the asyncio transport, where the server lends it (see server.py)."""

_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
"""Made once: json.dumps with options makes a new one each time, and there is one call a token."""

Headers = list[tuple[bytes, bytes]]


def gateway_headers() -> dict[str, str]:
    """What even a refusal at the gateway carries."""
    return {"apim-request-id": request_id()}


def service_headers() -> dict[str, str]:
    """Headers of every answer that came past the gateway."""
    return {
        **gateway_headers(),
        "x-request-id": request_id(),
        "x-ms-region": "Loopback",
        "strict-transport-security": "max-age=31536000; includeSubDomains; preload",
        "x-content-type-options": "nosniff",
        "skip-error-remapping": "true",
        "azureai-fe-offer-type": "paygo",
    }


def model_headers(deployment: str, *, stream: bool) -> dict[str, str]:
    """Headers of a model's answer, as recorded (contract/facts.md 3)."""
    return {
        **service_headers(),
        "x-ms-aoai-configured-data-retention-days": "30",
        "x-ms-is-spilled-over": "false",
        "x-ms-served-model": served_model(deployment),
        "x-ratelimit-key": deployment,
        "x-ratelimit-limit-requests": "250",
        "x-ratelimit-remaining-requests": "249",
        "x-ratelimit-reset-requests": "0",
        "x-ratelimit-renewalperiod-requests": "60",
        "x-ratelimit-limit-tokens": "250000",
        "x-ratelimit-remaining-tokens": "249990",
        "x-ratelimit-reset-tokens": "0",
        "x-ratelimit-renewalperiod-tokens": "60",
        "x-ratelimit-abusepenalty-active": "False",
        "azureai-fe-is-streaming": str(stream),
    }


def _encode(event: Event) -> bytes:
    """One event as the service frames it."""
    return f"event: {event['type']}\ndata: {_JSON.encode(event)}\n\n".encode()


class Body:
    """An ASGI response with a whole body; `then` may break it: cut sends half of it, reset and hangup nothing."""

    def __init__(
        self, status: int, content: Any, headers: Mapping[str, str], then: str | None = None
    ) -> None:
        """`content` is bytes, or anything that becomes JSON. An empty header value leaves that header out."""
        self.status = status
        self.headers = {"content-type": "application/json", **headers}
        self._body = (
            content if isinstance(content, bytes) else json.dumps(content, ensure_ascii=False).encode()
        )
        self._then = then

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._then in ("hangup", "reset", "close"):
            await _break(scope, self._then)
            return
        headers = self.headers | {"content-length": str(len(self._body))}
        await send({"type": "http.response.start", "status": self.status, "headers": _raw(headers)})
        if self._then in ("cut", "end"):
            await send(
                {"type": "http.response.body", "body": self._body[: len(self._body) // 2], "more_body": True}
            )
            await _break(scope, "close")
            return
        await send({"type": "http.response.body", "body": self._body})


class EventStream:
    """An ASGI response that sends one chunk an event and stops making them when the client hangs up."""

    status = 200

    def __init__(self, events: AsyncGenerator[Event], headers: Mapping[str, str]) -> None:
        self._events = events
        self.headers = {"content-type": "text/event-stream; charset=utf-8", **headers}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await until_hangup(self._stream(scope, send), receive)

    async def _stream(self, scope: Scope, send: Send) -> None:
        started = False
        try:
            async with contextlib.aclosing(self._events) as events:
                async for event in events:
                    if not started:
                        await send(
                            {"type": "http.response.start", "status": 200, "headers": _raw(self.headers)}
                        )
                        started = True
                    await send({"type": "http.response.body", "body": _encode(event), "more_body": True})
        except Dropped as dropped:
            await self._drop(scope, send, dropped, started)
            return
        if not started:
            await send({"type": "http.response.start", "status": 200, "headers": _raw(self.headers)})
        await send({"type": "http.response.body", "body": b""})

    async def _drop(self, scope: Scope, send: Send, dropped: Dropped, started: bool) -> None:
        if dropped.how != "hangup" and not started:
            await send({"type": "http.response.start", "status": 200, "headers": _raw(self.headers)})
        if dropped.how == "cut" and dropped.last is not None:
            frame = _encode(dropped.last)
            await send({"type": "http.response.body", "body": frame[: len(frame) // 2], "more_body": True})
        await _break(scope, dropped.how)


async def until_hangup(work: Any, receive: Receive) -> Any:
    """The coroutine's result, or None when the client went away before; then the work is cancelled."""
    task = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(_hangup(receive))
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        return await task if task.done() else None
    finally:
        for pending in (task, gone):
            pending.cancel()
        await asyncio.gather(task, gone, return_exceptions=True)


async def _hangup(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _break(scope: Scope, how: str) -> None:
    """End the connection without ending the response."""
    transport = scope.get(TRANSPORT)
    if transport is None:
        raise ConnectionResetError("fault on request: the connection breaks here")
    if how == "reset":
        sock = transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    else:
        transport.close()
    await asyncio.sleep(0)


def _raw(headers: Mapping[str, str]) -> Headers:
    return [(name.encode(), value.encode("latin-1")) for name, value in headers.items() if value]
