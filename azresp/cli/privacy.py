"""`azresp privacy`: what is kept where, for how long, and what deletes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import typer

from azresp.cli.flags import setting_flags
from azresp.cli.options import EmulatorOption


@setting_flags("connection")
def privacy(
    *,
    flags: Mapping[str, object],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON")] = False,
    emulator: EmulatorOption = "auto",
) -> None:
    """Show what is kept where, for how long, and how to delete it.

    Files on this machine with size and mode; responses, uploads, conversations and containers at services as far as
    this machine knows of them. No service is asked, nothing is changed.
    """
    from azresp.cli.privacy_work import show_privacy

    show_privacy(flags, emulator, as_json=as_json)
