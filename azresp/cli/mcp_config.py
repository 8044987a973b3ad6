"""MCP servers in the configuration: adding, removing, signing in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from azresp.errors import LocalError, UsageError

if TYPE_CHECKING:
    from azresp.config.load import Loaded
    from azresp.core.secrets import SecretRef
    from azresp.core.tools import McpServer

_FIELDS = ("authorization", "description", "require_approval")
"""What NAME=VALUE means beside a header."""


def add_server(
    loaded: Loaded, label: str, url: str, fields: Mapping[str, str], allowed: tuple[str, ...] = ()
) -> tuple[Path, McpServer]:
    """Write a server to the configuration; of `fields` those not known are headers. Raises ConfigError, LocalError."""
    from azresp.config import edit
    from azresp.config.servers import read_server

    path = _path(loaded)
    headers = {name: text for name, text in fields.items() if name not in _FIELDS}
    where = {"connector": url} if url.startswith("connector_") else {"url": url}
    table: dict[str, object] = {"label": label, **where}
    table |= {name: text for name, text in fields.items() if name in _FIELDS}
    table |= {"headers": headers} if headers else {}
    table |= {"allowed_tools": list(allowed)} if allowed else {}
    server = read_server(table, f"{path.name}: mcp").server
    edit.add_server(path, table)
    return path, server


def remove_server(loaded: Loaded, label: str) -> Path:
    """Take a server out of the configuration. Raises ConfigError: it is not there; LocalError."""
    from azresp.config import edit

    path = _path(loaded)
    edit.remove_server(path, label, profile=_level(loaded, label))
    return path


async def login(loaded: Loaded, server: McpServer, tell: Callable[[str], object]) -> McpServer:
    """Sign in with the browser, keep the token in the keyring, and name it in the configuration."""
    from azresp.cli import mcp_login

    ref = await mcp_login.login(
        server, open_browser=mcp_login.system_browser, tell=lambda line: (tell(line), None)[1]
    )
    return authorize(loaded, server, ref)


def authorize(loaded: Loaded, server: McpServer, ref: SecretRef) -> McpServer:
    """Let a server be called with the token that is kept there."""
    from azresp.config import edit

    if server.authorization != ref:
        label = server.label
        edit.set_server(_path(loaded), label, {"authorization": ref}, profile=_level(loaded, label))
    return replace(server, authorization=ref)


def server_named(loaded: Loaded, label: str) -> McpServer:
    """The configuration's server of that label. Raises UsageError."""
    for one in loaded.servers:
        if one.server.label == label:
            return one.server
    raise UsageError(f"there is no server {label!r}", "`azresp mcp list` shows them.")


def _level(loaded: Loaded, label: str) -> str:
    """The profile that defines a server; empty for the file's top level."""
    place = next((one.place for one in loaded.servers if one.server.label == label), "")
    return loaded.name if "profiles." in place else ""


def _path(loaded: Loaded) -> Path:
    if loaded.path is None:
        raise LocalError("there is no home folder for a configuration", "Set AZRESP_CONFIG to name a file.")
    return loaded.path
