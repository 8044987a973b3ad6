"""Who deals with the MCP servers of one request: lists, approvals, calls."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from typing import Any

from ... import refusals
from ...brain import Call, Offer
from ...ids import new_id
from ...reply import Event, Reply
from ..kind import Desk
from .policy import is_allowed, needs_approval
from .remote import CallFailed, Server, Unreachable, call_tool, list_tools

_SAME = ("server_label", "server_url", "connector_id", "allowed_tools")
"""What has to be the same for a list of tools in the conversation to hold still."""


class Agent:
    """One for all `mcp` tools of a request."""

    hosted = True

    def __init__(self, tools: Sequence[Mapping[str, Any]], desk: Desk) -> None:
        self._tools = {str(tool["server_label"]): tool for tool in tools}
        self._desk = desk
        self._lists: dict[str, list[dict[str, Any]]] = {}

    async def open(self, reply: Reply) -> AsyncGenerator[Event]:
        """The list of each server that the conversation has none of, then the calls that were approved."""
        for label, tool in self._tools.items():
            known = self._known(tool)
            if known is None:
                async for event in self._list(label, tool, reply):
                    yield event
            else:
                self._lists[label] = known or await self._fetched(label, tool)
        for request in self._approved():
            async for event in self._call(
                request["server_label"], request["name"], request["arguments"], reply, request["id"]
            ):
                yield event

    def offers(self) -> Sequence[Offer]:
        return [
            Offer("mcp", tool["name"], tool.get("description") or "", tool["input_schema"], label)
            for label, tools in self._lists.items()
            for tool in tools
        ]

    async def run(self, call: Call, reply: Reply) -> AsyncGenerator[Event]:
        """Call at once, or ask first."""
        label = call.offer.server or ""
        listed = next(tool for tool in self._lists[label] if tool["name"] == call.offer.name)
        if not needs_approval(listed, self._tools[label].get("require_approval")):
            async for event in self._call(label, call.offer.name, call.arguments, reply, None):
                yield event
            return
        item = {
            "id": new_id("mcpr"),
            "type": "mcp_approval_request",
            "arguments": call.arguments,
            "name": call.offer.name,
            "server_label": label,
        }
        reply.spend(call.arguments)
        for event in (*reply.place(item), *reply.settle(item)):
            yield event
        reply.ask()

    async def _list(self, label: str, tool: Mapping[str, Any], reply: Reply) -> AsyncGenerator[Event]:
        item: dict[str, Any] = {
            "id": new_id("mcpl"),
            "type": "mcp_list_tools",
            "server_label": label,
            "tools": [],
        }
        for event in reply.place(item):
            yield event
        yield reply.about("mcp_list_tools.in_progress")
        try:
            tools = await self._fetched(label, tool)
        except refusals.Refused as refused:
            yield reply.about("mcp_list_tools.failed")
            for event in reply.settle(item | {"error": refused.body["error"]["message"]}):
                yield event
            raise
        yield reply.about("mcp_list_tools.completed")
        self._lists[label] = tools
        for event in reply.settle(item | {"tools": tools}):
            yield event

    async def _call(
        self, label: str, name: str, arguments: str, reply: Reply, approval: str | None
    ) -> AsyncGenerator[Event]:
        item: dict[str, Any] = {
            "id": new_id("mcp"),
            "type": "mcp_call",
            "status": "in_progress",
            "approval_request_id": approval,
            "arguments": "",
            "error": None,
            "name": name,
            "output": None,
            "server_label": label,
        }
        reply.spend(arguments)
        for event in reply.place(item):
            yield event
        yield reply.about("mcp_call.in_progress")
        yield reply.about("mcp_call_arguments.delta", delta=arguments)
        yield reply.about("mcp_call_arguments.done", arguments=arguments)
        try:
            output = await call_tool(self._server(label), name, arguments)
            result: dict[str, Any] = {"status": "completed", "output": output}
        except CallFailed as failure:
            result = {"status": "failed", "error": failure.error}
        yield reply.about(f"mcp_call.{result['status']}")
        for event in reply.settle({**item, "arguments": arguments, **result}):
            yield event

    async def _fetched(self, label: str, tool: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The server's tools as far as they are allowed; the service's 424 where it does not answer."""
        if tool.get("connector_id"):
            raise refusals.mcp_unreachable(label, 401, "Unauthorized")  # no connectors on this machine
        try:
            listed = await list_tools(self._server(label))
        except Unreachable as failure:
            raise refusals.mcp_unreachable(label, failure.status, failure.phrase) from failure
        return [one for one in listed if is_allowed(one, tool.get("allowed_tools"))]

    def _server(self, label: str) -> Server:
        tool = self._tools[label]
        headers = dict(tool.get("headers") or {})
        if token := tool.get("authorization"):
            headers["authorization"] = f"Bearer {token}"
        return Server(label, tool["server_url"], headers, self._desk.settings.mcp_timeout_s)

    def _known(self, tool: Mapping[str, Any]) -> list[dict[str, Any]] | None:
        """The list that the conversation has already; empty where it was sent back without its tools."""
        label = tool["server_label"]
        own = [item for item in self._desk.own if _lists(item, label)]
        before = [item for item in self._desk.before if _lists(item, label)]
        same = any(
            all(earlier.get(key) == tool.get(key) for key in _SAME) for earlier in self._desk.earlier_tools
        )
        found = own or (before if same else [])
        return list(found[-1]["tools"]) if found else None

    def _approved(self) -> Iterator[Mapping[str, Any]]:
        """The requests that this request's input agrees to, without those whose calls are sent again as history."""
        requests = {item["id"]: item for item in self._desk.items if item["type"] == "mcp_approval_request"}
        made = {item.get("approval_request_id") for item in self._desk.items if item["type"] == "mcp_call"}
        for item in self._desk.own:
            if item["type"] != "mcp_approval_response" or item["approval_request_id"] in made:
                continue
            if item["approve"]:
                yield requests[item["approval_request_id"]]


def _lists(item: Mapping[str, Any], label: str) -> bool:
    return item["type"] == "mcp_list_tools" and item.get("server_label") == label and not item.get("error")
