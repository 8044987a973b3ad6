"""`azresp chat`: its flags."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import typer

from azresp.cli.completion import session_names
from azresp.cli.flags import setting_flags
from azresp.cli.options import (
    EmulatorOption,
    NoPreviewOption,
    NoToolsOption,
    ToolOption,
    emulator_choice,
    previewless,
)


@setting_flags()
def chat(
    *,
    flags: Mapping[str, object],
    resume: Annotated[
        str,
        typer.Option(
            "--resume",
            "-r",
            help="Go on in a session: NAME, an id or resp_…; without a value the last one",
            metavar="[NAME]",
            autocompletion=session_names,
        ),
    ] = "",
    pick: Annotated[
        bool, typer.Option("--pick", help="Choose a session from a list, and go on in it")
    ] = False,
    no_preview: NoPreviewOption = False,
    tool: ToolOption = None,
    no_tools: NoToolsOption = False,
    emulator: EmulatorOption = "never",
) -> None:
    """Talk to the model; /help inside tells the rest."""
    from azresp.cli.chat import PICK, talk

    flags = previewless(flags, no_preview)
    if pick and resume:
        from azresp.errors import UsageError

        raise UsageError("--pick and --resume exclude each other", "Choose one.")
    resume = PICK if pick else resume
    raise typer.Exit(talk(resume, emulator_choice(emulator), flags, tuple(tool or ()), no_tools=no_tools))
