"""What `azresp mcp` does."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from azresp.cli import mcp_config
from azresp.cli.offered import listing
from azresp.cli.report import note
from azresp.config.load import Loaded, load
from azresp.config.origin import unknown
from azresp.core.secrets import Secret
from azresp.core.tools import McpServer
from azresp.errors import UsageError

_LONGEST_TOKEN = 64 * 1024


def list_servers(flags: Mapping[str, object]) -> None:
    """A line for each server on stdout."""
    from dataclasses import replace

    from azresp.cli.streams import Output
    from azresp.ui.sink import clean

    lines = list(listing(replace(load(flags), tools=())))[2:]
    if not lines:
        note("no servers: `azresp mcp add LABEL URL`")
    Output().write(clean("".join(f"{line.strip()}\n" for line in lines)))


def add_server(
    flags: Mapping[str, object], label: str, url: str, fields: Mapping[str, object], headers: list[str]
) -> None:
    """Write a server to the file."""
    table = dict(fields)
    named: dict[str, str] = {}
    for one in headers:
        name, equals, value = one.partition("=")
        if not equals:
            raise UsageError("--header must be NAME=env:NAME or NAME=keyring:NAME", "References only.")
        named[name] = value
    if named:
        table["headers"] = named
    path, _ = mcp_config.add_server(load(flags), label, url, table)
    note(f"{label} is written to {path}; its calls ask first unless you allow them")


def remove_server(flags: Mapping[str, object], label: str) -> None:
    """Take a server out of the file."""
    note(f"{label} is removed from {mcp_config.remove_server(load(flags), label)}")


def sign_in(flags: Mapping[str, object], label: str, *, token_stdin: bool) -> None:
    """Sign in by browser, or keep a token that is given."""
    from azresp.cli.mcp_login import keep_token
    from azresp.cli.patience import until_done

    loaded = load(flags)
    server = _server(loaded, label)
    if token_stdin:
        note(mcp_config.refer(loaded, label, keep_token(label, _given_token(label))))
        return
    _, line = until_done(mcp_config.login(loaded, server, note))
    note(line)


def _server(loaded: Loaded, label: str) -> McpServer:
    for one in loaded.servers:
        if one.name == label:
            return one.server
    raise unknown(label, "mcp", [one.name for one in loaded.servers], "server")


def _given_token(label: str) -> Secret:
    if sys.stdin is None:
        raise UsageError("stdin is closed", "Pipe the token in, or type it at a terminal.")
    if sys.stdin.isatty():
        from getpass import getpass

        return Secret(getpass(f"Token for {label} (hidden): ", stream=None))
    return Secret(sys.stdin.read(_LONGEST_TOKEN))
