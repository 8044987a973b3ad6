"""Answers to MCP approval requests: each names a request that is still open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from . import refusals


def check_approvals(
    own: Sequence[Mapping[str, Any]], before: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]]
) -> None:
    """Refuse answers to requests that are unknown, answered already, or of a server that is not brought along."""
    requests = {item["id"]: item for item in (*before, *own) if item["type"] == "mcp_approval_request"}
    answered = {item["approval_request_id"] for item in before if item["type"] == "mcp_approval_response"}
    answered |= {item.get("approval_request_id") for item in (*before, *own) if item["type"] == "mcp_call"}
    labels = {tool.get("server_label") for tool in tools if tool.get("type") == "mcp"}
    for item in own:
        if item["type"] != "mcp_approval_response":
            continue
        id_ = item["approval_request_id"]
        if id_ not in requests:
            raise refusals.no_approval_request(id_)
        if id_ in answered and not _replayed(id_, own):
            raise refusals.approved_twice(id_)
        if item["approve"] and requests[id_].get("server_label") not in labels and not _replayed(id_, own):
            raise refusals.no_server_for_approval(id_, requests[id_].get("server_label"))
        answered.add(id_)


def _replayed(id_: str, own: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the answer is history sent again: its call comes with it."""
    return any(item["type"] == "mcp_call" and item.get("approval_request_id") == id_ for item in own)
