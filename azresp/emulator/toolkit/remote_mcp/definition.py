"""An `mcp` tool: what its definition may look like, and how it comes back without its secrets."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from ... import parameter, refusals
from ..kind import Desk, Worker

_LABEL = re.compile(r"[a-zA-Z][a-zA-Z0-9_-]*")
_REDACTED = "<redacted>"
_CONNECTORS = tuple(
    f"connector_{name}"
    for name in (
        "dropbox",
        "gmail",
        "googlecalendar",
        "googledrive",
        "microsoftteams",
        "outlookcalendar",
        "outlookemail",
        "sharepoint",
    )
)
_TEXTS = ("server_label", "server_url", "connector_id", "authorization", "server_description")
_FIELDS = ("type", *_TEXTS, "headers", "allowed_tools", "require_approval")


class Mcp:
    """`{type, server_label, server_url | connector_id, headers, authorization, allowed_tools, require_approval}`."""

    def check(self, name: str, tool: Mapping[str, Any], headers: Mapping[str, str]) -> None:
        for field, value in tool.items():
            if field not in _FIELDS:
                raise parameter.unknown(f"{name}.{field}")
            if field in _TEXTS and value is not None and not isinstance(value, str):
                raise parameter.wrong_type(f"{name}.{field}", "a string", value)
        _check_label(f"{name}.server_label", tool.get("server_label"))
        _check_place(name, tool)
        _check_headers(f"{name}.headers", tool.get("headers"))
        _check_allowed(f"{name}.allowed_tools", tool.get("allowed_tools"))
        _check_approval(f"{name}.require_approval", tool.get("require_approval"))

    def echo(self, tool: Mapping[str, Any]) -> dict[str, Any]:
        headers = tool.get("headers")
        echoed = {
            "type": "mcp",
            "allowed_tools": tool.get("allowed_tools"),
            "authorization": _REDACTED,
            "connector_id": tool.get("connector_id"),
            "headers": dict.fromkeys(headers, _REDACTED) if headers else None,
            "require_approval": _echo_approval(tool.get("require_approval") or "always"),
            "server_description": tool.get("server_description"),
            "server_label": tool["server_label"],
            "server_url": tool.get("server_url"),
        }
        optional = ("authorization", "connector_id")
        return {key: value for key, value in echoed.items() if key not in optional or tool.get(key)}

    def staff(self, tools: Sequence[Mapping[str, Any]], desk: Desk) -> Worker:
        from .agent import Agent

        return Agent(tools, desk)


def _check_label(name: str, label: Any) -> None:
    if label is None:
        raise parameter.missing(name)
    if not _LABEL.fullmatch(label):
        raise refusals.invalid(
            f"Invalid '{name}': string does not match pattern. Expected a string that matches the pattern "
            "'^[a-zA-Z][a-zA-Z0-9_-]*$'.",
            name,
            "invalid_value",
        )


def _check_place(name: str, tool: Mapping[str, Any]) -> None:
    url, connector = tool.get("server_url"), tool.get("connector_id")
    if url and connector:
        raise refusals.invalid(
            f"Mutually exclusive parameters: '{name}.server_url'. Ensure you are only providing one of: "
            "'server_url' or 'connector_id'.",
            f"{name}.server_url",
            "mutually_exclusive_parameters",
        )
    if connector and connector not in _CONNECTORS:
        raise parameter.wrong_value(f"{name}.connector_id", connector, _CONNECTORS)
    if connector:
        return
    if not url:
        raise parameter.missing(f"{name}.server_url")
    if not _is_reachable(url):
        raise refusals.invalid(
            f"Invalid '{name}.server_url': expected a valid URL beginning with 'https://', but got '{url}'.",
            f"{name}.server_url",
            "invalid_value",
        )


def _is_reachable(url: str) -> bool:
    """https anywhere; plain http on this machine only, where the emulator's users run their own servers."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        return False
    if parts.scheme == "https":
        return bool(host)
    if parts.scheme != "http":
        return False
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _check_headers(name: str, headers: Any) -> None:
    if headers is None:
        return
    if not isinstance(headers, dict):
        raise parameter.wrong_type(name, "an object", headers)
    for key, value in headers.items():
        if not isinstance(value, str):
            raise parameter.wrong_type(f"{name}.{key}", "a string", value)


def _check_allowed(name: str, allowed: Any) -> None:
    if isinstance(allowed, list):
        _check_names(name, allowed)
    elif allowed is not None:
        _check_filter(name, allowed)


def _check_approval(name: str, wanted: Any) -> None:
    match wanted:
        case None | "always" | "never":
            return
        case str():
            raise parameter.wrong_value(name, wanted, ("always", "never"))
        case dict():
            for key, value in wanted.items():
                if key not in ("always", "never"):
                    raise parameter.unknown(f"{name}.{key}")
                if value is not None:
                    _check_filter(f"{name}.{key}", value)
        case _:
            raise parameter.wrong_type(name, "one of an object or string", wanted)


def _check_filter(name: str, value: Any) -> None:
    if not isinstance(value, dict):
        raise parameter.wrong_type(name, "an object", value)
    for key, inner in value.items():
        if key == "tool_names" and inner is not None:
            _check_names(f"{name}.tool_names", inner)
        elif key == "read_only" and inner is not None and not isinstance(inner, bool):
            raise parameter.wrong_type(f"{name}.read_only", "a boolean", inner)
        elif key not in ("tool_names", "read_only"):
            raise parameter.unknown(f"{name}.{key}")


def _check_names(name: str, names: Any) -> None:
    if not isinstance(names, list):
        raise parameter.wrong_type(name, "an array of strings", names)
    for index, one in enumerate(names):
        if not isinstance(one, str):
            raise parameter.wrong_type(f"{name}[{index}]", "a string", one)


def _echo_approval(wanted: Any) -> Any:
    if isinstance(wanted, str):
        return wanted
    return {key: _echo_filter(wanted.get(key)) for key in ("always", "never")}


def _echo_filter(value: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if value is None:
        return None
    return {"read_only": value.get("read_only"), "tool_names": value.get("tool_names")}
