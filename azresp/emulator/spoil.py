"""A stream of events with a fault in it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable

from .faults import Fault
from .reply import Event, Reply


class Dropped(Exception):
    """The connection breaks here: `how` is close, cut, reset or hangup; `last` the event that a cut goes through."""

    def __init__(self, how: str, last: Event | None = None) -> None:
        super().__init__(how)
        self.how = how
        self.last = last


async def spoiled(
    events: AsyncGenerator[Event], fault: Fault, reply: Reply, keep: Callable[[], None]
) -> AsyncGenerator[Event]:
    """`events` until the fault strikes. Nobody may have pulled from `events` ahead: numbers are given as they pass."""
    sent = 0
    try:
        async for event in events:
            if fault.then is not None and sent == fault.after:
                async for strike in _strike(event, events, fault, reply, keep):
                    yield strike
                return
            yield event
            sent += 1
            if event["type"] == "response.in_progress":
                for _ in range(fault.keepalive):
                    yield reply.keepalive()
                    sent += 1
    finally:
        await events.aclose()


async def broken(events: AsyncGenerator[Event], fault: Fault | None) -> AsyncGenerator[Event]:
    """`events` over a connection that breaks as the fault says; what is read goes on without it."""
    sent = 0
    try:
        async for event in events:
            if fault is not None and fault.then is not None and sent == fault.after:
                if fault.then == "end":
                    return
                if fault.then != "stall":
                    raise Dropped(fault.then, event)
                await asyncio.sleep(fault.silence_s)
            yield event
            sent += 1
    finally:
        await events.aclose()


async def _strike(
    event: Event, events: AsyncGenerator[Event], fault: Fault, reply: Reply, keep: Callable[[], None]
) -> AsyncGenerator[Event]:
    if fault.then in ("fail", "fail-openai"):
        await events.aclose()
        reply.rewind(event)
        order = "azure" if fault.then == "fail" else "openai"
        for failure in reply.fail(
            fault.code or "rate_limit_exceeded",
            fault.message or "Too Many Requests",
            order,
            "too_many_requests" if fault.code is None else "server_error",
        ):
            if failure["type"] == "response.failed":
                keep()
            yield failure
        return
    if fault.then == "stall":
        await asyncio.sleep(fault.silence_s)
        yield event
        async for rest in events:
            yield rest
        return
    if fault.finish:
        async for _ in events:
            pass
    if fault.then != "end":
        raise Dropped(fault.then or "close", event)
