"""`azresp tools`: look at tools, check and trust files of functions, before a chat or a run uses them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from azresp.cli.flags import setting_flags
from azresp.cli.lean import LeanTyper
from azresp.cli.options import YesOption

tools_app = LeanTyper(help="List, check and trust local tools.", no_args_is_help=True)

FileArgument = Annotated[Path, typer.Argument(help="A Python file of functions", metavar="FILE")]


@tools_app.command("list")
@setting_flags("tools")
def list_all(*, flags: Mapping[str, object]) -> None:
    """List the tools: the configuration's, those that come along, and those at the service."""
    from azresp.cli.tools_work import list_tools

    list_tools(flags)


@tools_app.command("check")
def check(
    file: FileArgument,
    as_json: Annotated[bool, typer.Option("--json", help="Print the schemas as JSON")] = False,
) -> None:
    """Show what the model would be told of a file's functions. Nothing of it is run."""
    from azresp.cli.tools_work import check_file

    raise typer.Exit(check_file(file, as_json=as_json))


@tools_app.command("trust")
def trust(file: FileArgument, yes: YesOption = False) -> None:
    """Trust a file as it is now: its functions may be called, each call asks still. Any change asks again."""
    from azresp.cli.tools_work import trust_file

    raise typer.Exit(trust_file(file, yes=yes))
