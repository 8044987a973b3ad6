"""`azresp responses`: speak to the service about single responses, in JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated

import typer

from azresp.cli.flags import setting_flags
from azresp.cli.lean import LeanTyper
from azresp.cli.options import EmulatorOption, YesOption
from azresp.errors import UsageError

responses_app = LeanTyper(help="Get and delete responses at the service, as JSON.", no_args_is_help=True)

Ids = Annotated[list[str], typer.Argument(help="Response ids (resp_…)", metavar="ID...")]


@responses_app.command("get")
@setting_flags("connection", "network")
def get(ids: Ids, *, flags: Mapping[str, object], emulator: EmulatorOption = "never") -> None:
    """Print responses as the service stores them: one object, or JSON Lines for several ids."""
    from azresp.cli.responses_work import get_all

    raise typer.Exit(get_all(_checked(ids), flags, emulator))


@responses_app.command("items")
@setting_flags("connection", "network")
def items(
    ids: Ids,
    *,
    flags: Mapping[str, object],
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="At most so many items of each; all otherwise")
    ] = None,
    emulator: EmulatorOption = "never",
) -> None:
    """Print the input items of responses, oldest first, all pages of them."""
    from azresp.cli.responses_work import items_of_all

    raise typer.Exit(items_of_all(_checked(ids), flags, emulator, limit))


@responses_app.command("delete")
@setting_flags("connection", "network")
def delete(
    ids: Ids,
    *,
    flags: Mapping[str, object],
    yes: YesOption = False,
    emulator: EmulatorOption = "never",
) -> None:
    """Delete responses (or conversations, conv_…) at the service; their text stays in the sessions of this machine."""
    from azresp.cli.responses_work import delete_all

    raise typer.Exit(delete_all(_checked(ids), flags, emulator, yes=yes))


def _checked(ids: list[str]) -> list[str]:
    """The ids, each once. An id is a part of the address: nothing that could change the rest of it may pass."""
    for ident in ids:
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", ident):
            raise UsageError(
                f"{ident[:80]!r} is no response id", "Ids are made of letters, digits, - and _: resp_…"
            )
    return list(dict.fromkeys(ids))
