"""The conversation with one MCP server: streamable HTTP, or the older SSE transport where a server knows only that."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar

from ... import refusals
from . import example

if TYPE_CHECKING:
    from mcp.client.client import Client

_T = TypeVar("_T")
_QUIET = logging.NullHandler()
_MOST_PAGES = 20
_MOST_TOOLS = 1000
_LONGEST_OUTPUT = 1_000_000
_ONLY_SSE = (400, 404, 405, 406, 415)
"""What a server of the older transport answers to a POST."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where it is and what is sent along with every request."""

    label: str
    url: str
    headers: Mapping[str, str]
    timeout_s: float


class Unreachable(Exception):
    """The server could not be talked to; `status` is its HTTP answer, or 424 where there was none."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status

    @property
    def phrase(self) -> str:
        try:
            return HTTPStatus(self.status).phrase
        except ValueError:
            return "Unknown"


class CallFailed(Exception):
    """The call came to nothing; `error` is the error object of its item."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(error)
        self.error = error


async def list_tools(server: Server) -> list[dict[str, Any]]:
    """Every tool as the service shows it. Unreachable where the server does not answer as an MCP server."""
    if example.is_played(server.url):
        return example.tools()

    async def work(client: Client) -> list[dict[str, Any]]:
        tools: list[dict[str, Any]] = []
        cursor: str | None = None
        for _ in range(_MOST_PAGES):
            page = await client.list_tools(cursor=cursor)
            tools += [_shown(tool) for tool in page.tools]
            cursor = page.next_cursor
            if cursor is None or len(tools) > _MOST_TOOLS:
                break
        return tools[:_MOST_TOOLS]

    return await _talk(server, work)


async def call_tool(server: Server, name: str, arguments: str) -> str:
    """The output as text; CallFailed with the error object otherwise."""
    if example.is_played(server.url):
        try:
            return example.call(name, arguments)
        except example.Failed as failed:
            blocks = [{"type": "text", "text": str(failed)}]
            raise CallFailed({"type": "mcp_tool_execution_error", "content": blocks}) from None

    async def work(client: Client) -> str | CallFailed:
        from mcp.shared.exceptions import MCPError

        try:
            result = await client.call_tool(name, json.loads(arguments or "{}"))
        except MCPError as error:
            return CallFailed({"type": "mcp_protocol_error", "code": error.code, "message": error.message})
        blocks = [block.model_dump(mode="json", by_alias=True, exclude_none=True) for block in result.content]
        if result.is_error:
            return CallFailed({"type": "mcp_tool_execution_error", "content": blocks})
        return _text(blocks)

    try:
        output = await _talk(server, work)
    except Unreachable as failure:
        phrase = "" if failure.status == HTTPStatus.FAILED_DEPENDENCY else failure.phrase
        message = f"{failure.status}: {phrase}"
        raise CallFailed({"type": "http_error", "code": failure.status, "message": message}) from failure
    if isinstance(output, CallFailed):
        raise output
    return output


async def _talk(server: Server, work: Callable[[Client], Awaitable[_T]]) -> _T:
    """Over streamable HTTP, and again over SSE when the server seems to know only that."""
    try:
        return await _over(_streamable, server, work)
    except Unreachable as failure:
        if failure.status not in _ONLY_SSE:
            raise
        try:
            return await _over(_sse, server, work)
        except Unreachable:
            raise failure from None


_Transport = Callable[[Server, list[int]], AbstractAsyncContextManager[Any]]


async def _over(transport: _Transport, server: Server, work: Callable[[Client], Awaitable[_T]]) -> _T:
    try:
        from mcp.client.client import Client
    except ImportError:
        raise refusals.no_mcp_package() from None
    logging.getLogger("mcp").addHandler(
        _QUIET
    )  # its tracebacks would land in the middle of somebody's terminal
    answered: list[int] = []
    try:
        async with asyncio.timeout(server.timeout_s), Client(transport(server, answered)) as client:
            return await work(client)
    except Exception as error:
        bad = [status for status in answered if status >= HTTPStatus.BAD_REQUEST]
        raise Unreachable(bad[-1] if bad else HTTPStatus.FAILED_DEPENDENCY.value) from error


@asynccontextmanager
async def _streamable(server: Server, answered: list[int]) -> Any:
    from mcp.client.streamable_http import streamable_http_client

    async with (
        _http(server, answered) as http,
        streamable_http_client(server.url, http_client=http) as streams,
    ):
        yield streams


@asynccontextmanager
async def _sse(server: Server, answered: list[int]) -> Any:
    from mcp.client.sse import sse_client

    def factory(headers: Any = None, timeout: Any = None, auth: Any = None) -> Any:
        return _http(server, answered)

    async with sse_client(server.url, httpx_client_factory=factory) as streams:
        yield streams


def _http(server: Server, answered: list[int]) -> Any:
    """A client that sends the request's headers and notes every status."""
    import httpx2

    async def note(response: httpx2.Response) -> None:
        answered.append(response.status_code)

    return httpx2.AsyncClient(
        headers=dict(server.headers),
        timeout=httpx2.Timeout(server.timeout_s),
        event_hooks={"response": [note]},
        trust_env=server.url.startswith("https:"),  # no proxy between us and a server on this machine
    )


def _shown(tool: Any) -> dict[str, Any]:
    hints = tool.annotations
    return {
        "annotations": {"read_only": bool(hints is not None and hints.read_only_hint)},
        "description": tool.description,
        "input_schema": tool.input_schema,
        "name": tool.name,
    }


def _text(blocks: Sequence[Mapping[str, Any]]) -> str:
    """The text blocks; other content as JSON, which is what a model can read."""
    text = "\n".join(
        block["text"] if block.get("type") == "text" else json.dumps(block, ensure_ascii=False)
        for block in blocks
    )
    return text if len(text) <= _LONGEST_OUTPUT else text[:_LONGEST_OUTPUT] + "…"
