"""`azresp usage`: tokens and money, summed."""

from __future__ import annotations

from typing import Annotated

import typer

from azresp.cli.completion import session_names
from azresp.cli.options import EmulatorOption

BY = ("session", "model", "day", "turn")


def _kinds(incomplete: str) -> list[str]:
    return [one for one in BY if one.startswith(incomplete)]


def usage(
    by: Annotated[
        str,
        typer.Option("--by", help="Sum by what", metavar="|".join(BY), autocompletion=_kinds),
    ] = "day",
    since: Annotated[
        str, typer.Option("--since", help="Only the last 12h, 7d, 4w; or from a day on", metavar="TIME|DATE")
    ] = "",
    session: Annotated[
        str,
        typer.Option("--session", help="Only this session", metavar="NAME", autocompletion=session_names),
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print comma-separated values")] = False,
    config: Annotated[
        str | None, typer.Option("--config", help="Another configuration file", metavar="FILE")
    ] = None,
    emulator: EmulatorOption = "auto",
) -> None:
    """Sum tokens, and money where prices are known, by day, session, model or turn.

    The tokens are those that the service counted for each answer kept on this machine, on all branches. Prices are
    yours: [prices.NAME] in config.toml. Calls of hosted tools and pictures are billed apart and are not in it.
    """
    from azresp.cli.usage_work import show_usage

    show_usage(by, since, session, emulator, config, as_json=as_json, as_csv=as_csv)
