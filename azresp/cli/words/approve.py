"""`azresp approve`: its arguments and flags."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import typer

from azresp.cli.completion import session_names
from azresp.cli.flags import setting_flags
from azresp.cli.options import EmulatorOption, emulator_choice


@setting_flags()
def approve(
    name: Annotated[
        str,
        typer.Argument(
            help="Session, response id, or id of the call; without it the last one that waits",
            autocompletion=session_names,
        ),
    ] = "",
    *,
    flags: Mapping[str, object],
    listed: Annotated[bool, typer.Option("--list", "-l", help="List what waits, and answer nothing")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Allow all that the session asks, once")] = False,
    no: Annotated[bool, typer.Option("--no", "-n", help="Deny all that the session asks")] = False,
    reason: Annotated[
        str, typer.Option("--reason", help="Why not, for the model; with --no", metavar="TEXT")
    ] = "",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON: the list, or the final response")
    ] = False,
    emulator: EmulatorOption = "never",
) -> None:
    """Answer calls and approvals that a run or chat left open, and print what the model says then."""
    from azresp.cli.approve import ApproveOptions, approve_waiting

    options = ApproveOptions(name, listed, yes, no, reason, as_json, emulator_choice(emulator))
    raise typer.Exit(approve_waiting(options, flags))
