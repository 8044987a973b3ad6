"""The log of one background response: its events, each with the time from which it can be read."""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import Any

from ..reply import ENDS, Event

_BREATH = 16
"""After so many events in one go the loop gets a turn."""


class Log:
    """Grows at its end, and is read by any number of readers up to what is due by the clock.

    `opening` is the response as created; `streamed` tells whether it was asked for as a stream.
    """

    def __init__(
        self,
        opening: Event,
        own_items: list[Event],
        created_at: float,
        *,
        streamed: bool,
        events: Sequence[tuple[float, Event]] = (),
        ended: bool = False,
    ) -> None:
        self.opening = opening
        self.own_items = own_items
        self.created_at = created_at
        self.streamed = streamed
        self.ended = ended
        """no event follows"""
        self.cancelled: Event | None = None
        """the response as it was cancelled"""
        self._due: list[float] = []
        self._events: list[Event] = []
        self._done: list[tuple[int, Event]] = []
        self._begun: int | None = None
        self._final: tuple[int, Event] | None = None
        """The number of the event that ended it, and the response as it is from then on."""
        self._grown = asyncio.Event()
        for due, event in events:
            self.append(event, due)

    def append(self, event: Event, due: float) -> None:
        """One more event; `due` is never before that of the last one."""
        match event["type"]:
            case "response.output_item.done":
                self._done.append((len(self._events), event["item"]))
            case "response.in_progress" if self._begun is None:
                self._begun = len(self._events)
            case "error" if self._final is not None:  # Azure tells the reason after the failure
                number, body = self._final
                reason = {"code": event["error"]["code"], "message": event["error"]["message"]}
                self._final = number, {**body, "error": body["error"] or reason}
            case type_ if type_ in ENDS:
                self._final = len(self._events), event["response"]
        self._events.append(event)
        self._due.append(due)
        self.stir()

    def end(self) -> None:
        """No event follows."""
        self.ended = True
        self.stir()

    def stir(self) -> None:
        """Let readers look again."""
        self._grown.set()
        self._grown = asyncio.Event()

    @property
    def size(self) -> int:
        """The number of the next event."""
        return len(self._events)

    @property
    def last_due(self) -> float:
        return self._due[-1] if self._due else self.created_at

    def entries(self, start: int = 0) -> list[tuple[int, float, Event]]:
        """Number, time and event of all from `start` on: what a store keeps."""
        return [
            (number, self._due[number], self._events[number]) for number in range(start, len(self._events))
        ]

    def over(self, now: float) -> bool:
        """Whether the response has ended by then."""
        return self.cancelled is not None or (self.ended and now >= self.last_due)

    def snapshot(self, now: float) -> Event:
        """The response as it stands: what is finished of its output."""
        if self.cancelled is not None:
            return self.cancelled
        seen = bisect_right(self._due, now)
        if self._final is not None and self._final[0] < seen:
            return dict(self._final[1])
        begun = self._begun is not None and self._begun < seen
        output = [item for at, item in self._done if at < seen]
        return {**self.opening, "status": "in_progress" if begun else "queued", "output": output}

    def cancel(self, now: float) -> Event:
        """Take back what is not yet due; gives the response as it stands then. The caller ends the log."""
        self.cancelled = {**self.snapshot(now), "status": "cancelled", "usage": None}
        seen = bisect_right(self._due, now)
        del self._events[seen:], self._due[seen:]
        self._done = [(at, item) for at, item in self._done if at < seen]
        self._final = None
        return self.cancelled

    async def read(
        self, after: int, clock: Callable[[], float], wait: Callable[[float], Awaitable[object]]
    ) -> AsyncGenerator[Event]:
        """The events behind number `after` as they become due, until there are no more."""
        number = after + 1
        while True:
            if number >= len(self._events):
                if self.ended:
                    return
                await self._grown.wait()
                continue
            left = self._due[number] - clock()
            if left > 0:
                # Whoever cancels meanwhile takes away what is waited for.
                await self._pause(left, wait)
                continue
            yield self._events[number]
            number += 1
            if number % _BREATH == 0:
                await asyncio.sleep(0)

    async def _pause(self, seconds: float, wait: Callable[[float], Awaitable[object]]) -> None:
        waiting: list[asyncio.Future[Any]] = [
            asyncio.ensure_future(wait(seconds)),
            asyncio.ensure_future(self._grown.wait()),
        ]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in waiting:
                one.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
