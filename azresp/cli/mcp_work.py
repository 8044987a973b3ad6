"""What `azresp mcp` does."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence

from azresp.cli.confirm import confirmed
from azresp.cli.mcp_config import add_server, authorize, login, remove_server, server_named
from azresp.cli.patience import until_done
from azresp.cli.report import note
from azresp.cli.streams import Output, read_stdin
from azresp.config.load import load
from azresp.errors import Exit, UsageError
from azresp.ui.terminal import Terminal


def list_servers(flags: Mapping[str, object], *, as_json: bool) -> None:
    """Print the servers, their approval and where their secrets are kept."""
    servers = load(flags).servers
    output = Output()
    if as_json:
        told = [{**one.server.to_wire(), "on": one.on} for one in servers]
        output.write(json.dumps(told, default=str, indent=2 if output.isatty() else None) + "\n")
        return
    rows = []
    for one in servers:
        server = one.server
        need = server.require_approval
        facts = [server.server, f"approval: {need if isinstance(need, str) else json.dumps(need)}"]
        facts += [f"authorization: {server.authorization}"] if server.authorization else []
        facts += [f"headers: {', '.join(f'{name} = {ref}' for name, ref in server.headers.items())}"] * bool(
            server.headers
        )
        rows.append((f"{'on ' if one.on else '·  '}{server.label}", " · ".join(facts)))
    Terminal(output).pairs(rows)
    if not rows:
        note("no servers: `azresp mcp add LABEL URL` adds one")


def add_one(
    flags: Mapping[str, object],
    label: str,
    url: str,
    fields: Mapping[str, str],
    headers: Sequence[str],
    allowed: Sequence[str],
) -> None:
    """Write a server to the configuration file."""
    pairs = dict(fields)
    for text in headers:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise UsageError(
                "--header: must be NAME=env:VARIABLE or NAME=keyring:NAME",
                "References only, never the value.",
            )
        pairs[name] = value
    path, server = add_server(load(flags), label, url, pairs, tuple(allowed))
    note(
        f"{server.label} is written to {path}; every call will ask"
        if server.require_approval == "always"
        else f"{server.label} is written to {path}"
    )


def remove_one(flags: Mapping[str, object], label: str, *, yes: bool) -> int:
    """Take a server out of the configuration file, after asking."""
    loaded = load(flags)
    server = server_named(loaded, label)
    if not confirmed(f"Remove {label} ({server.server}) from {loaded.path}?", yes=yes):
        note("nothing was removed")
        return Exit.APPROVAL
    note(f"{label} is removed from {remove_server(loaded, label)}")
    return Exit.OK


def sign_in(flags: Mapping[str, object], label: str, *, token_stdin: bool) -> None:
    """Keep a server's token in the keyring: from the browser's sign-in, or from stdin."""
    loaded = load(flags)
    server = server_named(loaded, label)
    if not token_stdin:
        until_done(login(loaded, server, note))
        return
    from azresp.cli.mcp_login import keep_token
    from azresp.core.secrets import Secret

    if sys.stdin is None or sys.stdin.isatty():
        raise UsageError(
            "--token-stdin: stdin is a terminal", "Pipe the token in: it must not stay on the screen."
        )
    ref = keep_token(label, Secret(read_stdin()[0]))
    authorize(loaded, server, ref)
    note(f"the token is kept as {ref}, and {label} uses it")
