"""Background responses: made by tasks of their own, at a pace that their readers see by the clock."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable

from .. import refusals
from ..reply import Event
from ..settings import Settings
from .log import Log
from .shelf import LogShelf

_WRITE_EVERY = 512
"""Events of a slow answer that are in the file at most so late."""
_BREATH = 16
"""After so many events others get a turn."""


class Background:
    """The background responses of one resource."""

    def __init__(self, settings: Settings, shelf: LogShelf) -> None:
        self._settings = settings
        self._shelf = shelf
        self._tasks: set[asyncio.Task[None]] = set()
        self._makers: dict[str, asyncio.Task[None]] = {}

    def start(
        self, log: Log, events: AsyncGenerator[Event], finished: Callable[[Event, float], None]
    ) -> None:
        """Make the events of a new response; `finished` gets its final object and the time it is over."""
        self._shelf.begin(log)
        task = asyncio.get_running_loop().create_task(self._make(log, events, finished))
        self._makers[log.opening["id"]] = task
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def find(self, id_: str) -> Log | None:
        """The log of a background response."""
        return self._shelf.get(id_)

    def running(self, id_: str) -> Log | None:
        """The log of a background response that is not over."""
        log = self.find(id_)
        return None if log is None or log.over(self._settings.clock()) else log

    def cancel(self, log: Log) -> Event:
        """End it now, or tell how it ended. Refuses one that ended by itself, where the settings say so."""
        now, id_ = self._settings.clock(), log.opening["id"]
        if log.over(now):
            body = log.snapshot(now)
            if body["status"] != "cancelled" and self._settings.cancel_finished == "refuse":
                raise refusals.cannot_cancel_finished(str(body["status"]))
            return body
        if (maker := self._makers.pop(id_, None)) is not None:
            maker.cancel()
        body = log.cancel(now)
        self._shelf.cut(id_)
        if self._settings.cancelled_stream == "failed":
            self._append_failure(log, body, now)
        log.end()
        self._shelf.keep(id_)
        return body

    def forget(self, id_: str) -> None:
        """The response was deleted."""
        self._shelf.forget(id_)

    def stream(self, id_: str, after: int) -> AsyncGenerator[Event]:
        """The events behind number `after`, then those to come; refuses what the service refuses."""
        log = self.find(id_)
        if log is None:
            raise refusals.not_background()
        if not log.streamed:
            raise refusals.not_streamed()
        window = self._settings.resume_window_s
        if window and self._settings.clock() - log.created_at > window:
            raise refusals.too_old_to_stream()
        return log.read(after, self._settings.clock, self._settings.wait)

    def orphans(self) -> list[Log]:
        """What an earlier process did not bring to its end fails now; gives those logs."""
        lost = list(self._shelf.orphans())
        for log in lost:
            self._fail(log, "The server restarted while processing your request.")
            log.end()
            self._shelf.keep(log.opening["id"])
        return lost

    def close(self) -> None:
        """What is still being made is in the file as far as it came, for `orphans` of the next start."""
        for id_ in self._makers:
            self._shelf.keep(id_)
        self._makers.clear()

    async def _make(
        self, log: Log, events: AsyncGenerator[Event], finished: Callable[[Event, float], None]
    ) -> None:
        id_ = log.opening["id"]
        pace = _Pace(self._settings, log.created_at)
        try:
            async for event in events:
                log.append(event, pace.due(event))
                if log.size % _BREATH == 0:
                    await asyncio.sleep(0)
                if log.size % _WRITE_EVERY == 0:
                    self._shelf.keep(id_)
        except Exception:  # whatever a brain does, its response ends
            self._fail(log, "The server had an error while processing your request.")
        finally:
            await events.aclose()
        finished(log.snapshot(log.last_due), log.last_due)
        log.end()
        self._shelf.keep(id_)
        self._makers.pop(id_, None)

    def _fail(self, log: Log, message: str) -> None:
        due = max(log.last_due, self._settings.clock())
        error = {"code": "server_error", "message": message}
        self._append_failure(log, {**log.snapshot(due), "status": "failed", "error": error}, due)

    def _append_failure(self, log: Log, body: Event, due: float) -> None:
        log.append({"type": "response.failed", "response": body, "sequence_number": log.size}, due)


class _Pace:
    """When the next event can be read: queued for a while, then a first token, then token after token."""

    def __init__(self, settings: Settings, created_at: float) -> None:
        self._settings = settings
        self._interval = 1 / settings.tokens_per_s if settings.tokens_per_s > 0 else 0.0
        self._due = created_at
        self._ahead = 0.0
        self._tokens = 0

    def due(self, event: Event) -> float:
        """Not before the one before it, nor before now: a slow model is as slow as it is."""
        self._due += self._ahead
        self._ahead = 0.0
        if event["type"] == "response.in_progress":
            self._due += self._settings.queued_s
            self._ahead = self._settings.first_token_s
        elif "delta" in event:
            self._due += self._interval if self._tokens else 0.0
            self._tokens += 1
        self._due = max(self._due, self._settings.clock())
        return self._due
