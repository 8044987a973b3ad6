"""A real MCP server on a loopback port, for tests: `with McpServer() as server: … server.url …`.

Tools at the start: echo (read-only), add, fail (reports an error), crash (breaks the protocol call). `server.tools`
can be changed while it runs; `server.calls` and `server.headers` tell what came in.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Literal, Self

import mcp_types as types
from mcp.server.lowlevel.server import Server
from mcp.server.sse import SseServerTransport
from mcp.shared.exceptions import MCPError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn import Config
from uvicorn import Server as Uvicorn

Transport = Literal["http", "sse"]


@dataclass(slots=True)
class RemoteTool:
    """A tool of the server; `run` gets the arguments and gives the text of the answer, or raises ToolFailure."""

    name: str
    description: str
    properties: dict[str, Any]
    run: Callable[[dict[str, Any]], str]
    read_only: bool = False

    def definition(self) -> types.Tool:
        schema = {
            "type": "object",
            "properties": self.properties,
            "required": list(self.properties),
            "additionalProperties": False,
        }
        return types.Tool(
            name=self.name,
            description=self.description,
            input_schema=schema,
            annotations=types.ToolAnnotations(read_only_hint=self.read_only),
        )


class ToolFailure(Exception):
    """The tool says that it failed; the call itself went well."""


def _fail(arguments: dict[str, Any]) -> str:
    raise ToolFailure(f"cannot {arguments['what']}")


def _crash(_: dict[str, Any]) -> str:
    raise MCPError(code=types.INVALID_PARAMS, message="the server does not like this")


def usual_tools() -> list[RemoteTool]:
    text = {"type": "string"}
    number = {"type": "number"}
    return [
        RemoteTool("echo", "Says it again", {"text": text}, lambda a: str(a["text"]), read_only=True),
        RemoteTool("add", "Adds two numbers", {"a": number, "b": number}, lambda a: f"{a['a'] + a['b']:g}"),
        RemoteTool("fail", "Always fails", {"what": text}, _fail),
        RemoteTool("crash", "Breaks the call", {"what": text}, _crash),
    ]


@dataclass(slots=True)
class McpServer:
    """Streamable HTTP at `/mcp`, or the older transport at `/sse`; with `bearer` set, other credentials get a 401."""

    transport: Transport = "http"
    bearer: str | None = None
    tools: list[RemoteTool] = field(default_factory=usual_tools)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    """Tools called, with their arguments."""
    headers: list[dict[str, str]] = field(default_factory=list)
    """Headers of every HTTP request."""
    lists: int = 0
    """How often the tools were listed."""
    down: bool = False
    """While true, every request gets a 503."""
    _socket: socket.socket = field(default_factory=socket.socket, repr=False)
    _thread: threading.Thread | None = field(default=None, repr=False)
    _server: Uvicorn | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        return (
            f"http://127.0.0.1:{self._socket.getsockname()[1]}/{'mcp' if self.transport == 'http' else 'sse'}"
        )

    def start(self) -> Self:
        """Listens at once; connections made before the server runs wait in the backlog."""
        self._socket.bind(("127.0.0.1", 0))
        self._socket.listen(64)
        _silence()
        config = Config(self._app(), log_config=None, access_log=False, lifespan="on", ws="none")
        config.timeout_graceful_shutdown = 1
        self._server = Uvicorn(config)
        self._thread = threading.Thread(target=self._run, name="mcp-server", daemon=True)
        self._thread.start()
        return self

    def close(self) -> None:
        """Ends it; twice is fine."""
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join(timeout=5)
        self._socket.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _run(self) -> None:
        assert self._server is not None
        with contextlib.suppress(asyncio.CancelledError):
            asyncio.run(self._server.serve(sockets=[self._socket]))

    def _app(self) -> ASGIApp:
        if self.transport == "sse":
            return self._guarded(_sse_app(self._inner()))
        return self._guarded(self._inner().streamable_http_app(stateless_http=True, json_response=True))

    def _inner(self) -> Server[Any]:
        async def list_tools(_: Any, params: types.PaginatedRequestParams | None) -> types.ListToolsResult:
            self.lists += 1
            return types.ListToolsResult(tools=[tool.definition() for tool in self.tools])

        async def call_tool(_: Any, params: types.CallToolRequestParams) -> types.CallToolResult:
            arguments = params.arguments or {}
            self.calls.append((params.name, arguments))
            tool = next((tool for tool in self.tools if tool.name == params.name), None)
            if tool is None:
                raise MCPError(code=types.INVALID_PARAMS, message=f"Unknown tool: {params.name}")
            try:
                text, failed = tool.run(arguments), False
            except ToolFailure as failure:
                text, failed = str(failure), True
            return types.CallToolResult(content=[types.TextContent(type="text", text=text)], is_error=failed)

        return Server("azresp-tests", version="1", on_list_tools=list_tools, on_call_tool=call_tool)

    def _guarded(self, inner: ASGIApp) -> ASGIApp:
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await inner(scope, receive, send)
                return
            headers = {name.decode(): value.decode() for name, value in scope["headers"]}
            self.headers.append(headers)
            if self.down:
                await _refuse(send, 503)
            elif self.bearer is not None and headers.get("authorization") != f"Bearer {self.bearer}":
                await _refuse(send, 401)
            else:
                await inner(scope, receive, send)

        return app


def _silence() -> None:
    logger = logging.getLogger("uvicorn")
    logger.propagate = False
    logger.addHandler(logging.NullHandler())


def _sse_app(server: Server[Any]) -> ASGIApp:
    sse = SseServerTransport("/messages/")

    async def connect(request: Request) -> Response:
        async with sse.connect_sse(request.scope, request.receive, request._send) as streams:
            await server.run(streams[0], streams[1], server.create_initialization_options())
        return Response()

    return Starlette(
        routes=[Route("/sse", connect, methods=["GET"]), Mount("/messages/", app=sse.handle_post_message)]
    )


async def _refuse(send: Send, status: int) -> None:
    body = json.dumps({"error": status}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
