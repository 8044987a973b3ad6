"""`azresp mcp`: the remote MCP servers of the configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import typer

from azresp.cli.flags import setting_flags
from azresp.cli.lean import LeanTyper
from azresp.cli.options import YesOption

mcp_app = LeanTyper(help="Add, list, remove and sign in to remote MCP servers.", no_args_is_help=True)

Label = Annotated[str, typer.Argument(help="Label of a server", metavar="LABEL")]


@mcp_app.command("list")
@setting_flags("tools")
def list_all(
    *,
    flags: Mapping[str, object],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON; references, never secrets")] = False,
) -> None:
    """List the servers of the configuration."""
    from azresp.cli.mcp_work import list_servers

    list_servers(flags, as_json=as_json)


@mcp_app.command("add")
@setting_flags("tools")
def add(
    label: Label,
    url: Annotated[str, typer.Argument(help="Its URL, or a connector's id (connector_…)")],
    *,
    flags: Mapping[str, object],
    authorization: Annotated[
        str, typer.Option("--authorization", help="Where its token is kept", metavar="env:NAME|keyring:NAME")
    ] = "",
    header: Annotated[
        list[str] | None,
        typer.Option(
            "--header", help="A header whose value is kept elsewhere; repeatable", metavar="NAME=env:VARIABLE"
        ),
    ] = None,
    allow: Annotated[
        list[str] | None, typer.Option("--allow", help="Offer this tool only; repeatable", metavar="TOOL")
    ] = None,
    description: Annotated[str, typer.Option("--description", help="What the model is told of it")] = "",
    require_approval: Annotated[
        str, typer.Option("--require-approval", help="always, never or read-only", metavar="WHEN")
    ] = "",
) -> None:
    """Write a server to the configuration file. The service calls it, not this machine."""
    from azresp.cli.mcp_work import add_one

    fields = {
        "authorization": authorization,
        "description": description,
        "require_approval": require_approval,
    }
    add_one(
        flags, label, url, {key: value for key, value in fields.items() if value}, header or [], allow or []
    )


@mcp_app.command("remove")
@setting_flags("tools")
def remove(label: Label, *, flags: Mapping[str, object], yes: YesOption = False) -> None:
    """Take a server out of the configuration file."""
    from azresp.cli.mcp_work import remove_one

    raise typer.Exit(remove_one(flags, label, yes=yes))


@mcp_app.command("login")
@setting_flags("tools")
def login(
    label: Label,
    *,
    flags: Mapping[str, object],
    token_stdin: Annotated[
        bool, typer.Option("--token-stdin", help="Keep the token that stdin gives")
    ] = False,
) -> None:
    """Sign in to a server with the browser (OAuth), and keep its token in the keyring."""
    from azresp.cli.mcp_work import sign_in

    sign_in(flags, label, token_stdin=token_stdin)
