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


def detect(environ: Mapping[str, str], *, tty: bool) -> Caps:
    """The abilities of a stream: `tty` says whether it is a terminal."""
    term = environ.get("TERM") or ("windows" if "WT_SESSION" in environ else "")
    if not tty or term in ("", "dumb", "unknown"):
        return Caps(cursor=False, colour=False, reflow=False, sync=False)
    # tmux wraps by itself, whatever it runs in (and inherits xterm's variables)
    cuts = "XTERM_VERSION" in environ or "STY" in environ or term.startswith(("linux", "vt", "rxvt"))
    return Caps(
        colour=not environ.get("NO_COLOR"),
        reflow="TMUX" in environ or not cuts,
        sync=not term.startswith(("linux", "vt")),
    )
