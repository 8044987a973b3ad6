"""What the terminal on a stream can do, from the environment alone: azresp never asks a terminal anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caps:
    """The abilities that the painters depend on."""

    cursor: bool = True
    """A terminal whose cursor may be moved; without it text is written plainly, with no escape sequence at all."""
    colour: bool = True
    """False under NO_COLOR: attributes such as bold stay, colours go."""
    reflow: bool = True
    """Rows that become too long when the window shrinks are wrapped by the terminal (xterm cuts them off instead)."""
    sync: bool = True
    """Frames are bracketed as synchronized updates (private mode 2026); others ignore the brackets."""
    osc: bool = True
    """Operating system commands (title, clipboard, prompt marks) are taken, and unknown ones swallowed."""
    theme: str = "terminal"
    """The colours: `light` or `dark` for a ground that is known, `both` for any, `terminal` for its own sixteen."""
    reader: bool = False
    """A screen reader reads along: text is appended once, in whole lines with labels; nothing is drawn."""


def reading(environ: Mapping[str, str]) -> bool:
    """Whether somebody asked for text that a screen reader can read: our own variable, or the one of many programs."""
    asked = environ.get("AZRESP_SCREEN_READER") or environ.get("ACCESSIBLE", "")
    return asked.strip().lower() not in ("", "0", "false", "no", "off")


def detect(environ: Mapping[str, str], *, tty: bool) -> Caps:
    """The abilities of a stream: `tty` says whether it is a terminal."""
    term = environ.get("TERM") or ("windows" if "WT_SESSION" in environ else "")
    if not tty or term in ("", "dumb", "unknown"):
        return Caps(False, False, False, False, osc=False, reader=tty and reading(environ))
    # tmux wraps by itself, whatever it runs in (and inherits xterm's variables)
    cuts = "XTERM_VERSION" in environ or "STY" in environ or term.startswith(("linux", "vt", "rxvt"))
    # The console of Linux and old hardware print what they don't know.
    osc = not term.startswith(("linux", "vt", "ansi", "cons", "eterm", "sun"))
    if reading(environ):
        return Caps(False, False, False, False, osc=osc, reader=True)
    return Caps(
        theme=_theme(environ, term),
        colour=not environ.get("NO_COLOR"),
        reflow="TMUX" in environ or not cuts,
        sync=not term.startswith(("linux", "vt")),
        osc=osc,
    )


def _theme(environ: Mapping[str, str], term: str) -> str:
    many = "256color" in term or environ.get("COLORTERM") or term.startswith(_MANY_COLOURS)
    if not many:
        return "terminal"
    wanted = environ.get("AZRESP_THEME", "auto")
    if wanted in ("light", "dark", "terminal"):
        return wanted
    # The numbers of the foreground and the background among the sixteen, as rxvt and Konsole tell them.
    match environ.get("COLORFGBG", "").rpartition(";")[2]:
        case "7" | "9" | "10" | "11" | "12" | "13" | "14" | "15":
            return "light"
        case "0" | "1" | "2" | "3" | "4" | "5" | "6" | "8":
            return "dark"
    return "both"


_MANY_COLOURS = ("xterm-kitty", "xterm-ghostty", "foot", "alacritty", "wezterm", "contour")
