"""Looking at many running responses from one small loop, each the more seldom the longer it runs."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from azresp.core.events import TERMINAL
from azresp.core.resume import follow_wait, look_wait
from azresp.core.sse import Wire
from azresp.errors import AzrespError, NetworkError, ServiceError
from azresp.ports import Ports

AT_ONCE = 4
"""Looks in flight: twenty jobs need no twenty connections."""
_TOGETHER_S = 0.5
"""What is due so soon is looked at in the same round."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One look at a response that is watched."""

    key: str
    response: Wire | None
    """as it stands"""
    error: AzrespError | None = None
    """why it is not watched any more, though it may still run"""
    over: bool = False


@dataclass(slots=True)
class _Watched:
    key: str
    response_id: str
    asked_at: float
    due: float
    looks: int = 0
    lost: int = 0


class Watch:
    """The responses that are watched. One that is over, or can't be looked at, is not watched any more."""

    def __init__(self, ports: Ports, at_once: int = AT_ONCE) -> None:
        self._ports = ports
        self._watched: dict[str, _Watched] = {}
        self._gate = asyncio.Semaphore(at_once)

    def __len__(self) -> int:
        return len(self._watched)

    def __contains__(self, key: object) -> bool:
        return key in self._watched

    def add(self, key: str, response_id: str, asked_at: float, *, now: bool = False) -> None:
        """Watch a response from now on; one that is watched already stays as it is. `now`: look at once."""
        if key not in self._watched:
            begin = self._ports.clock.now()
            due = begin if now else begin + look_wait(1, self._ports.clock.spread())
            self._watched[key] = _Watched(key, response_id, asked_at, due)

    def drop(self, key: str) -> None:
        """Watch it no more."""
        self._watched.pop(key, None)

    async def round(self) -> list[Seen]:
        """Wait until some are due, and look at them; what could not be seen this time is left out.

        Nothing if nothing is watched. What is added meanwhile is waited for as well.
        """
        while self._watched:
            now = self._ports.clock.now()
            left = min(one.due for one in self._watched.values()) - now
            if left <= 0:
                due = [one for one in self._watched.values() if one.due <= now + _TOGETHER_S]
                seen = await asyncio.gather(*map(self._look, due))
                return [one for one in seen if one is not None]
            await self._ports.clock.sleep(min(left, 1.0))
        return []

    async def _look(self, one: _Watched) -> Seen | None:
        async with self._gate:
            try:
                response = await self._ports.gateway.look(one.response_id)
            except (ServiceError, NetworkError) as error:
                return self._missed(one, error)
        one.looks, one.lost = one.looks + 1, 0
        one.due = self._ports.clock.now() + look_wait(one.looks, self._ports.clock.spread())
        if over := response.get("status") in TERMINAL:
            self.drop(one.key)
        return Seen(one.key, response, over=over)

    def _missed(self, one: _Watched, error: AzrespError) -> Seen | None:
        one.lost += 1
        now = self._ports.clock.now()
        wait = follow_wait(error, one.lost, asked_s_ago=now - one.asked_at, spread=self._ports.clock.spread())
        if wait is None:
            self.drop(one.key)
            return Seen(one.key, None, error)
        one.due = now + wait.seconds
        return None
