"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import typer

from azresp.config.profile import Profile
from azresp.errors import ConfigError

EmulatorOption = Annotated[
    str,
    typer.Option(
        "--emulator",
        help="Use the embedded emulator: never, auto (no endpoint configured) or always",
        metavar="WHEN",
        envvar="AZRESP_EMULATOR",
    ),
]
ToolOption = Annotated[
    list[str] | None,
    typer.Option(
        "--tool",
        help="Switch a tool on: its name, a file of functions (.py) or commands (.toml), web_search, "
        "code_interpreter, file_search:ID; repeatable",
        metavar="TOOL",
    ),
]
NoToolsOption = Annotated[bool, typer.Option("--no-tools", help="No tools but those of --tool")]
NoPreviewOption = Annotated[
    bool, typer.Option("--no-preview", help="Draw no pictures in the terminal, like --preview none")
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Don't ask")]


def previewless(flags: Mapping[str, object], none: bool) -> Mapping[str, object]:
    """The flags, with `--no-preview` as what it stands for."""
    return {**flags, "preview": "none"} if none else flags


def emulates(choice: str, profile: Profile) -> bool:
    """Whether `--emulator`'s value means the embedded emulator: always, or where no endpoint is configured."""
    return choice == "always" or (choice == "auto" and profile.endpoint is None)


def emulator_choice(value: str) -> str:
    """Check `--emulator`'s value."""
    if value not in ("never", "auto", "always"):
        raise ConfigError(f"--emulator: must be never, auto or always, got {value!r}")
    return value
