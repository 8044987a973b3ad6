"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

EmulatorOption = Annotated[
    str,
    typer.Option(
        "--emulator",
        help="Use the embedded emulator: never, auto (no endpoint configured) or always",
        metavar="WHEN",
        envvar="AZRESP_EMULATOR",
    ),
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Don't ask")]
