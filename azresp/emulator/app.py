"""The ASGI application: routes, and what every request goes through before its verb."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import asdict
from typing import Any

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.routing import Route
from starlette.types import ASGIApp

from . import refusals
from .access import check_credentials, check_version
from .asides import Asides
from .background.routes import BackgroundRoutes
from .builtin import BuiltIn
from .call import Answer, Call, Verb
from .conversations.routes import ConversationRoutes
from .create import read_create
from .faults import Fault, Faults, fault_from, parse_fault
from .files.routes import FileRoutes
from .files.shelf import Shelf
from .files.store_routes import StoreRoutes
from .files.stores import Stores
from .files.upload import Upload, is_form, read_form
from .journal import Journal, Seen, redacted, without_secrets
from .mishap import refuse_or_mislead
from .paging import page
from .reply import Event
from .service import Job, Service
from .settings import Settings
from .spoil import spoiled
from .vault import Vault
from .wire import Body, EventStream, gateway_headers, model_headers, service_headers, until_hangup

_METHODS = ["GET", "POST", "DELETE", "PUT", "PATCH"]
_LOOPBACK = ("127.", "::1", "localhost", "testclient")


class Site:
    """An emulated resource: its service, its journal and its faults."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.journal = Journal()
        self.faults = Faults()
        self.shelf = Shelf(settings.store_path)
        self.files = FileRoutes(self.shelf, settings.clock)
        stores = Stores(self.shelf, settings.clock)
        self.stores = StoreRoutes(stores)
        vault = Vault(settings.store_path, settings.oldest)
        self.service = Service(settings, settings.brain or BuiltIn(), vault, self.shelf, stores)
        self.background = BackgroundRoutes(self.service, settings)
        self.asides = Asides(self.service, settings)
        memory = self.service.memory
        self.conversations = ConversationRoutes(
            memory.conversations, memory.read, refused=memory.keeps_nothing
        )

    def app(self) -> Starlette:
        verbs: list[tuple[str, str, Verb]] = [
            ("POST", "/responses", self._create),
            ("GET", "/responses/{id}", self._retrieve),
            ("DELETE", "/responses/{id}", self._delete),
            ("POST", "/responses/{id}/cancel", self._cancel),
            ("GET", "/responses/{id}/input_items", self._input_items),
            ("GET", "/models", self._models),
            ("GET", "/models/{id}", self._model),
            *self.files.verbs(),
            *self.stores.verbs(),
            *self.asides.verbs(),
            *self.conversations.verbs(),
        ]
        routes = [
            Route(prefix + path, self._endpoint(verb, v1=v1), methods=[method])
            for prefix, v1 in (("/openai/v1", True), ("/openai", False))
            for method, path, verb in verbs
        ]
        if self.settings.control:
            routes.append(Route("/_emulator/faults", self._control_faults, methods=["GET", "POST", "DELETE"]))
            routes.append(Route("/_emulator/requests", self._control_requests, methods=["GET", "DELETE"]))
        routes.append(Route("/{path:path}", self._endpoint(self._nothing, v1=None), methods=_METHODS))
        return Starlette(routes=routes)

    def _endpoint(self, verb: Verb, *, v1: bool | None) -> Callable[[Request], Awaitable[Any]]:
        async def endpoint(request: Request) -> Answer:
            seen = Seen(
                request.method,
                request.url.path,
                dict(request.query_params),
                redacted(request.headers.items()),
                None,
            )
            self.journal.add(seen)
            answer = await self._answer(verb, v1, request, seen)
            seen.status = answer.status
            seen.id = answer.headers.get("apim-request-id", "")
            if self.settings.on_request is not None:
                self.settings.on_request(seen)
            return answer

        return endpoint

    async def _answer(self, verb: Verb, v1: bool | None, request: Request, seen: Seen) -> Answer:
        fault: Fault | None = None
        try:
            raw, form = await self._read(request)
            body = form.told if form else _parsed(raw)
            broken = body is None and bytes(raw[:8]).strip() not in (b"", b"null")
            self.journal.weigh(seen, without_secrets(body), len(raw))
            del raw  # pictures are large
            fault = self._fault(request)
            if fault is not None:
                await asyncio.sleep(fault.latency_s)
                if (mishap := refuse_or_mislead(fault)) is not None:
                    return mishap
            if v1 is not None:
                check_credentials(request.headers, self.settings)
                check_version(request.query_params, v1=v1)
            if broken:
                raise refusals.invalid(
                    "We could not parse the JSON body of your request. (HINT: This likely means you aren't using "
                    "your HTTP library correctly. The Responses API expects a JSON payload, but what was sent was "
                    "not valid JSON.)"
                )
            call = Call(request, body, fault, form)
            try:
                answer = await verb(call)
            finally:
                call.close()
            if fault is not None and fault.then == "stall" and isinstance(answer, Body):
                await until_hangup(asyncio.sleep(fault.silence_s), request.receive)
            return answer
        except refusals.Refused as refused:
            at_gateway = "type" not in (refused.body.get("error") or {})
            headers = gateway_headers() if at_gateway else service_headers()
            return Body(
                refused.status, refused.body, headers | refused.headers, fault.then if fault else None
            )
        except ClientDisconnect:
            return Body(499, b"", {})

    async def _read(self, request: Request) -> tuple[bytearray, Upload | None]:
        raw = bytearray()
        if is_form(request):
            return raw, await read_form(request, self.settings.max_file_bytes)
        limit = self.settings.max_body_bytes
        async for chunk in request.stream():
            raw += chunk
            if len(raw) > limit:
                raise refusals.gateway(413, "413", f"Request body too large: the limit is {limit} bytes.")
        return raw, None

    def _fault(self, request: Request) -> Fault | None:
        if not self.settings.control:
            return None
        if (asked := request.headers.get("x-emulator-fault")) is None:
            return self.faults.take(request.method, request.url.path)
        try:
            return parse_fault(asked)
        except ValueError as error:
            raise refusals.gateway(400, "InvalidFault", f"x-emulator-fault: {error}") from None

    async def _create(self, call: Call) -> Answer:
        create = read_create(call.body, self.settings.deployments, call.request.headers)
        job = await self.service.prepare(create)
        if create.background:
            return self.background.create(job, call.fault)
        headers = model_headers(create.deployment, stream=create.stream)
        events = self._events(job, call.fault)
        if create.stream:
            return EventStream(events, headers)
        then = call.fault.then if call.fault else None
        await until_hangup(_drain(events), call.request.receive)
        if job.reply.response["status"] == "failed":
            error = job.reply.response["error"] or {}
            raise refusals.Refused(500, {"error": {**error, "type": "server_error", "param": None}})
        return Body(200, job.reply.response, headers, then)

    def _events(self, job: Job, fault: Fault | None) -> AsyncGenerator[Event]:
        delay = fault.read_after_write_s if fault else None
        events = self.service.run(job, delay)
        if fault is None or not (job.create.stream or fault.then in ("fail", "fail-openai")):
            return events
        return spoiled(events, fault, job.reply, lambda: self.service.keep(job, delay))

    async def _retrieve(self, call: Call) -> Answer:
        query = call.request.query_params
        if query.get("stream", "").lower() == "true":
            return self.background.stream(call)
        if "starting_after" in query:
            raise refusals.invalid(
                "The 'starting_after' parameter is only allowed when 'stream' is enabled.", "starting_after"
            )
        return call.plain(self.service.get(call.id).body)

    async def _delete(self, call: Call) -> Answer:
        return call.plain(self.service.delete(call.id))

    async def _cancel(self, call: Call) -> Answer:
        return call.plain(self.service.cancel(call.id))

    async def _input_items(self, call: Call) -> Answer:
        return call.plain(page(self.service.input_items(call.id), call.request.query_params))

    async def _models(self, call: Call) -> Answer:
        models = [_model_object(name) for name in self.settings.deployments]
        return call.plain({"object": "list", "data": models})

    async def _model(self, call: Call) -> Answer:
        if call.id not in self.settings.deployments:
            raise refusals.gateway(404, "404", "Resource not found")
        return call.plain(_model_object(call.id))

    def close(self) -> None:
        """Let go of the stores."""
        self.service.close()
        self.shelf.close()

    async def _nothing(self, call: Call) -> Answer:
        raise refusals.wrong_path()

    async def _control_faults(self, request: Request) -> Any:
        if not _from_here(request):
            return Body(403, {}, {})
        match request.method:
            case "POST":
                try:
                    given = await request.body()
                    many = json.loads(given) if given.lstrip()[:1] == b"[" else [given.decode()]
                    for one in many:
                        self.faults.add(parse_fault(one) if isinstance(one, str) else fault_from(one))
                except ValueError as error:
                    return Body(400, {"error": {"code": "InvalidFault", "message": str(error)}}, {})
            case "DELETE":
                self.faults.clear()
        return Body(200, {"faults": self.faults.pending()}, {})

    async def _control_requests(self, request: Request) -> Any:
        if not _from_here(request):
            return Body(403, {}, {})
        if request.method == "DELETE":
            self.journal.clear()
        return Body(
            200, {"counts": self.journal.counts, "requests": [asdict(r) for r in self.journal.requests]}, {}
        )


def create_app(settings: Settings | None = None) -> ASGIApp:
    """The emulator as an ASGI application; `app.state.site` is its journal, faults and service."""
    site = Site(settings or Settings())
    app = site.app()
    app.state.site = site
    return app


def _parsed(raw: bytes | bytearray) -> Any:
    """The JSON of a body; None for what is none, also for what could not be sent back: NaN, lone surrogates, depth."""
    try:
        value = json.loads(raw, parse_constant=_no_json) if raw else None
        if b"\\ud" in raw or b"\\uD" in raw:
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    return value


def _no_json(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


async def _drain(events: AsyncGenerator[Event]) -> None:
    async for _ in events:
        pass


def _model_object(name: str) -> Event:
    return {"id": name, "object": "model", "created": 1_735_689_600, "owned_by": "azure-openai"}


def _from_here(request: Request) -> bool:
    """The control routes are for programs on this machine, not for web pages."""
    host = request.client.host if request.client else ""
    return host.startswith(_LOOPBACK) and "origin" not in request.headers
