"""Requests beside `POST /responses` that answer nothing: compact a conversation, count its tokens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from . import parameter
from .create import read_create
from .ids import new_id
from .wire import Body, model_headers

if TYPE_CHECKING:
    from .call import Answer, Call, Verb
    from .service import Service
    from .settings import Settings

_COMPACT = (
    "model",
    "input",
    "previous_response_id",
    "instructions",
    "prompt_cache_key",
    "prompt_cache_retention",
    "service_tier",
)
_COUNT = (
    "model",
    "input",
    "previous_response_id",
    "conversation",
    "instructions",
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "text",
    "reasoning",
    "truncation",
)


class Asides:
    """`/responses/compact` and `/responses/input_tokens`."""

    def __init__(self, service: Service, settings: Settings) -> None:
        self._service = service
        self._settings = settings

    def verbs(self) -> list[tuple[str, str, Verb]]:
        return [
            ("POST", "/responses/compact", self._compact),
            ("POST", "/responses/input_tokens", self._count),
        ]

    async def _compact(self, call: Call) -> Answer:
        create = read_create(_only(call.body, _COMPACT), self._settings.deployments, call.request.headers)
        output, usage = await self._service.compact(create)
        body = {
            "id": new_id("resp"),
            "object": "response.compaction",
            "created_at": int(self._settings.clock()),
            "output": output,
            "usage": usage,
        }
        return Body(
            200, body, model_headers(create.deployment, stream=False), call.fault.then if call.fault else None
        )

    async def _count(self, call: Call) -> Answer:
        body = _only(call.body, _COUNT)
        if isinstance(body, Mapping):
            body = {**body, "store": False}  # nothing is, so nobody refuses to
        create = read_create(body, self._settings.deployments, call.request.headers)
        job = await self._service.prepare(create)
        return call.plain({"object": "response.input_tokens", "input_tokens": job.reply.input_tokens})


def _only(body: Any, known: tuple[str, ...]) -> Any:
    for name in body if isinstance(body, Mapping) else ():
        if name not in known:
            raise parameter.unknown(name)
    return body
