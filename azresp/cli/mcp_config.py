"""MCP servers in the configuration, for `/mcp` and `azresp mcp`: adding, removing, signing in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from azresp.errors import LocalError

if TYPE_CHECKING:
    from azresp.config.load import Loaded
    from azresp.core.secrets import SecretRef
    from azresp.core.tools import McpServer


def add_server(loaded: Loaded, label: str, url: str, fields: Mapping[str, object]) -> tuple[Path, McpServer]:
    """Write a server to the file's top level. `url` may be a connector's id; fields that are no key are headers.

    Gives the file and the server. Raises ConfigError, LocalError.
    """
    from azresp.config import edit
    from azresp.config.servers import KEYS, read_server

    place = "connector" if url.startswith("connector_") else "url"
    table: dict[str, object] = {"label": label, place: url}
    table |= {key: value for key, value in fields.items() if key in KEYS}
    if headers := {key: value for key, value in fields.items() if key not in KEYS}:
        table.setdefault("headers", headers)
    path = _file_of(loaded)
    server = read_server(table, "mcp").server  # in words of the command, before those of the file
    edit.add_server(path, table)
    return path, server


def remove_server(loaded: Loaded, label: str) -> Path:
    """Take a server out of the file, the profile's before the top level's. Raises ConfigError, LocalError."""
    from azresp.config import edit

    path = _file_of(loaded)
    edit.remove_server(path, label, profile=_profile_of(path, label, loaded.name))
    return path


async def login(
    loaded: Loaded,
    server: McpServer,
    tell: Callable[[str], object],
    *,
    open_browser: Callable[[str], None] | None = None,
) -> tuple[McpServer, str]:
    """Sign in to a server by browser and write the reference; gives the server with it, and what was done."""
    from azresp.cli.mcp_login import login as sign_in
    from azresp.cli.mcp_login import system_browser

    ref = await sign_in(server, open_browser=open_browser or system_browser, tell=tell)
    return replace(server, authorization=ref), refer(loaded, server.label, ref)


def refer(loaded: Loaded, label: str, ref: SecretRef) -> str:
    """Write the reference as the server's authorization; gives what was done."""
    from azresp.config import edit

    path = _file_of(loaded)
    edit.set_server(path, label, {"authorization": ref}, profile=_profile_of(path, label, loaded.name))
    return f'{label}: authorization = "{ref}" is written to {path}'


def _file_of(loaded: Loaded) -> Path:
    """The configuration file. LocalError: there is no home folder."""
    if loaded.path is None:
        raise LocalError("there is no home folder for a configuration file", "Set AZRESP_CONFIG to name one.")
    return loaded.path


def _profile_of(path: Path, label: str, name: str) -> str:
    """The profile in force, if it has a server of that label; empty for the top level."""
    from azresp.config import file

    own = file.parse(file.read_raw(path), path).get("profiles", {}).get(name, {}).get("mcp", [])
    return name if any(one.get("label") == label for one in own) else ""
