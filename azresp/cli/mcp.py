"""`azresp mcp`: the remote MCP servers of the configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import typer

from azresp.cli.flags import setting_flags
from azresp.cli.lean import LeanTyper

mcp_app = LeanTyper(help="List, add, remove and sign in to remote MCP servers.", no_args_is_help=True)

LabelArgument = Annotated[str, typer.Argument(help="The server's label", metavar="LABEL")]
Reference = "env:NAME|keyring:NAME"


@mcp_app.command("list")
@setting_flags("tools")
def list_all(*, flags: Mapping[str, object]) -> None:
    """List the configured servers; secrets as references."""
    from azresp.cli.mcp_work import list_servers

    list_servers(flags)


@mcp_app.command("add")
@setting_flags("tools")
def add(
    label: LabelArgument,
    url: Annotated[str, typer.Argument(help="Its https URL, or the id of a connector", metavar="URL")],
    *,
    flags: Mapping[str, object],
    header: Annotated[
        list[str] | None,
        typer.Option("--header", help="A header and where its value is kept", metavar=f"NAME={Reference}"),
    ] = None,
    authorization: Annotated[
        str | None, typer.Option("--authorization", help="Where its token is kept", metavar=Reference)
    ] = None,
    description: Annotated[
        str | None, typer.Option("--description", help="What the model is told of it")
    ] = None,
    allow: Annotated[
        list[str] | None,
        typer.Option("--allow", help="A tool that may be used; without: all", metavar="TOOL"),
    ] = None,
    require_approval: Annotated[
        str | None,
        typer.Option("--require-approval", help="When calls need a yes", metavar="always|never|read-only"),
    ] = None,
) -> None:
    """Write a server to the configuration."""
    from azresp.cli.mcp_work import add_server

    fields = {
        "authorization": authorization,
        "description": description,
        "allowed_tools": allow or None,
        "require_approval": require_approval,
    }
    add_server(flags, label, url, {key: value for key, value in fields.items() if value}, header or [])


@mcp_app.command("remove")
@setting_flags("tools")
def remove(label: LabelArgument, *, flags: Mapping[str, object]) -> None:
    """Take a server out of the configuration."""
    from azresp.cli.mcp_work import remove_server

    remove_server(flags, label)


@mcp_app.command("login")
@setting_flags("tools")
def login(
    label: LabelArgument,
    *,
    flags: Mapping[str, object],
    token_stdin: Annotated[
        bool, typer.Option("--token-stdin", help="Keep a token from stdin instead; hidden at a terminal")
    ] = False,
) -> None:
    """Sign in to a server with your browser and keep the token in the keyring."""
    from azresp.cli.mcp_work import sign_in

    sign_in(flags, label, token_stdin=token_stdin)
