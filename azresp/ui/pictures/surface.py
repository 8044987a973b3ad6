"""How pictures can be drawn on a terminal, told from the environment alone: a late reply would land in the input."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from azresp.errors import UsageError
from azresp.ui.pictures.fit import USUAL_CELL, Cell


class Mode(StrEnum):
    """The ways to draw a picture."""

    KITTY = "kitty"
    """Kitty's graphics protocol: kitty, Ghostty."""
    ITERM = "iterm"
    """iTerm2's inline images (OSC 1337): iTerm2, WezTerm, Konsole."""
    SIXEL = "sixel"
    """DEC's sixels: foot, mlterm, xterm as a VT340."""
    BLOCKS = "blocks"
    """Half blocks in colour: two pixels in each cell, on any terminal with 256 colours."""
    NONE = "none"
    """No drawing: only the line that tells where the picture is."""


@dataclass(frozen=True, slots=True)
class Surface:
    """What pictures are drawn on."""

    mode: Mode = Mode.NONE
    truecolour: bool = False
    """Half blocks may have any colour; else the 240 fixed ones of the 256-colour palette."""
    cell: Callable[[], Cell] = lambda: USUAL_CELL
    """A cell's size in pixels now."""


_BY_TERM: Final = (
    ("xterm-kitty", Mode.KITTY),
    ("xterm-ghostty", Mode.KITTY),
    ("foot", Mode.SIXEL),
    ("mlterm", Mode.SIXEL),
    ("wezterm", Mode.ITERM),
)
_BY_PROGRAM: Final = {"iTerm.app": Mode.ITERM, "WezTerm": Mode.ITERM, "ghostty": Mode.KITTY}
_BY_MARK: Final = (
    ("KITTY_WINDOW_ID", Mode.KITTY),
    ("KONSOLE_VERSION", Mode.ITERM),
    ("MLTERM", Mode.SIXEL),
)
_BETWEEN: Final = ("TMUX", "STY", "ZELLIJ", "SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT")
_OTHERS: Final = ("XTERM_VERSION", "VTE_VERSION", "WT_SESSION")
_TRUE_TERMS: Final = ("xterm-kitty", "xterm-ghostty", "foot", "wezterm", "mlterm")
_TRUE_PROGRAMS: Final = ("iTerm.app", "WezTerm", "ghostty", "vscode")


def mode_of(environ: Mapping[str, str], *, tty: bool, wanted: str = "") -> Mode:
    """How to draw; `wanted` is the user's word (a mode, or empty or `auto`). Raises UsageError for other words.

    No terminal, a dumb one and NO_COLOR mean none, whatever is wanted.
    """
    if wanted not in ("", "auto", *Mode):
        known = ", ".join(("auto", *Mode))
        raise UsageError(f"'{wanted}' is no way to draw pictures", f"Use one of {known}.")
    term = environ.get("TERM", "")
    bare = term in ("dumb", "unknown") or (not term and "WT_SESSION" not in environ)
    if not tty or bare or environ.get("NO_COLOR"):
        return Mode.NONE
    return Mode(wanted) if wanted in tuple(Mode) else _detected(environ, term)


def truecolour_of(environ: Mapping[str, str]) -> bool:
    """Whether half blocks may have any colour."""
    if environ.get("COLORTERM") in ("truecolor", "24bit"):
        return True
    if any(name in environ for name in _BETWEEN):
        return False
    term = environ.get("TERM", "")
    return (
        term.startswith(_TRUE_TERMS)
        or "WT_SESSION" in environ
        or environ.get("TERM_PROGRAM") in _TRUE_PROGRAMS
    )


def _detected(environ: Mapping[str, str], term: str) -> Mode:
    plain = Mode.NONE if term.startswith(("linux", "vt")) else Mode.BLOCKS
    # What stands between us and the terminal may swallow graphics, or pass text only.
    if any(name in environ for name in _BETWEEN):
        return plain
    for start, mode in _BY_TERM:
        if term.startswith(start):
            return mode
    # A terminal started from another one inherits its variables: those of the inner one count.
    if any(name in environ for name in _OTHERS):
        return plain
    by_program = _BY_PROGRAM.get(environ.get("TERM_PROGRAM", ""))
    if by_program is not None:
        return by_program
    return next((mode for name, mode in _BY_MARK if name in environ), plain)
