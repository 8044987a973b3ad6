"""The completion scripts that come along, one for each shell, and where a shell looks for its own."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

from azresp.errors import UsageError

FILES = {
    "bash": "azresp.bash",
    "zsh": "_azresp",
    "fish": "azresp.fish",
    "powershell": "azresp.ps1",
    "pwsh": "azresp.ps1",
}
"""Each shell's file in `completions`; the wheel has them where shells look, too (pyproject.toml)."""

_FOLDER = Path(__file__).with_name("completions")


def script(shell: str) -> str:
    """The completion script for a shell; empty: the one we were started from. Raises UsageError."""
    return (_FOLDER / FILES[_known(shell)]).read_text(encoding="utf-8")


def install(shell: str) -> Path:
    """Put the script where the shell finds it, and tell where that is. Raises UsageError, OSError."""
    match _known(shell):
        case "bash":
            place = Path.home() / ".bash_completions" / "azresp.sh"
            _remember(Path.home() / ".bashrc", f"source '{place}'")
        case "zsh":
            place = Path.home() / ".zfunc" / "_azresp"
            dots = Path(os.environ.get("ZDOTDIR") or Path.home())
            _remember(dots / ".zshrc", "fpath+=~/.zfunc; autoload -Uz compinit; compinit")
        case "fish":
            settings = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
            place = Path(settings) / "fish" / "completions" / "azresp.fish"
        case _:
            # Its profile is a script that may have to be allowed or signed first: not for us to do.
            raise UsageError(
                "PowerShell's profile is yours to edit",
                "Add this line to $PROFILE: azresp --show-completion powershell | Out-String | Invoke-Expression",
            )
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(script(shell), encoding="utf-8")
    return place


def _known(shell: str) -> str:
    found = shell or _around_us()
    if found not in FILES:
        raise UsageError(
            f"no completion for {found!r}" if found else "can't tell which shell this is",
            f"Name one: {', '.join(FILES)}.",
        )
    return found


def _around_us() -> str:
    with suppress(Exception):  # whatever keeps it from looking at our parents
        import shellingham  # comes with Typer

        return str(shellingham.detect_shell()[0])
    return Path(os.environ.get("SHELL", "powershell" if sys.platform == "win32" else "")).name


def _remember(file: Path, line: str) -> None:
    """Add a line to a file, unless it has it."""
    before = file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""
    if line not in before.splitlines():
        gap = "\n" if before and not before.endswith("\n") else ""
        with file.open("a", encoding="utf-8") as opened:
            opened.write(f"{gap}{line}\n")
