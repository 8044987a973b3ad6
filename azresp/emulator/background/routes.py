"""A background response over HTTP: its creation, and its stream from any number on."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from .. import parameter
from ..faults import Fault
from ..reply import Event
from ..settings import Settings
from ..spoil import broken, spoiled
from ..wire import Body, EventStream, model_headers

if TYPE_CHECKING:
    from ..call import Answer, Call
    from ..service import Job, Service

_FAILURES = ("fail", "fail-openai")
_NUMBER = re.compile(r"-?[0-9]{1,18}")


class BackgroundRoutes:
    """What `POST /responses` and `GET /responses/{id}` do for background responses."""

    def __init__(self, service: Service, settings: Settings) -> None:
        self._service = service
        self._settings = settings

    def create(self, job: Job, fault: Fault | None) -> Answer:
        """Start it. A failure is the response's own; other faults are those of this connection only."""

        def spoil(events: AsyncGenerator[Event]) -> AsyncGenerator[Event]:
            if fault is None or not (fault.keepalive or fault.then in _FAILURES):
                return events
            own = fault if fault.then in _FAILURES else replace(fault, then=None)
            return spoiled(events, own, job.reply, lambda: None)

        headers = model_headers(job.create.deployment, stream=job.create.stream)
        opening = dict(job.reply.response)
        log = self._service.start(job, spoil)
        fault = _of_connection(fault)
        if not job.create.stream:
            return Body(200, opening, headers, fault.then if fault else None)
        return EventStream(broken(log.read(-1, self._settings.clock, self._settings.wait), fault), headers)

    def stream(self, call: Call) -> Answer:
        """`GET ?stream=true`, with `starting_after` or from the beginning."""
        query = call.request.query_params
        events = self._service.stream(call.id, _starting_after(query))
        if query.get("include_obfuscation", "").lower() == "false":
            events = _plain(events)
        headers = model_headers(str(self._service.get(call.id).body["model"]), stream=True)
        return EventStream(broken(events, _of_connection(call.fault)), headers)


def _starting_after(query: Mapping[str, str]) -> int:
    """Number of the last event that the client has; -1: none."""
    text = query.get("starting_after")
    if text is None:
        return -1
    if not _NUMBER.fullmatch(text):
        raise parameter.wrong_type("starting_after", "an integer", text)
    if (number := int(text)) < 0:
        raise parameter.out_of_range("starting_after", "integer", 0, number, above=False)
    return number


def _of_connection(fault: Fault | None) -> Fault | None:
    return None if fault is not None and fault.then in _FAILURES else fault


async def _plain(events: AsyncGenerator[Event]) -> AsyncGenerator[Event]:
    try:
        async for event in events:
            yield {name: value for name, value in event.items() if name != "obfuscation"}
    finally:
        await events.aclose()
