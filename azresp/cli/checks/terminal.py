"""What the terminal can do, from the environment alone: nothing is asked of it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from azresp.cli.checks.finding import Finding, Mark

if TYPE_CHECKING:
    from azresp.ui.caps import Caps


def terminal(env: Mapping[str, str] = os.environ) -> Iterator[Finding]:
    """Streams, TERM, size, colours, encoding and wide characters."""
    from azresp.ui.caps import detect

    tty = sys.stdout.isatty()
    caps = detect(env, tty=tty)
    streams = (("stdin", sys.stdin), ("stdout", sys.stdout), ("stderr", sys.stderr))
    told = ", ".join(
        f"{name} {'terminal' if stream.isatty() else 'pipe or file'}" for name, stream in streams
    )
    yield Finding("terminal", "streams", Mark.OK, told)
    if caps.reader:
        yield Finding("terminal", "screen reader", Mark.OK, "on: whole lines with labels, nothing drawn")
    yield _term(env, tty=tty, able=caps.cursor or caps.reader)
    size = shutil.get_terminal_size()
    yield Finding(
        "terminal", "size", Mark.OK, f"{size.columns} × {size.lines}" if tty else "unknown: no terminal"
    )
    yield Finding("terminal", "colours", Mark.OK, _colours(env, caps))
    encoding = (sys.stdout.encoding or "unknown").lower()
    if encoding in ("utf-8", "utf8"):
        yield Finding("terminal", "encoding", Mark.OK, f"UTF-8; {_wide()}")
    else:
        yield Finding(
            "terminal",
            "encoding",
            Mark.WARN,
            f"{encoding}: other characters are shown as escapes",
            "Set LANG to a UTF-8 locale such as C.UTF-8, or PYTHONUTF8=1.",
        )


def _term(env: Mapping[str, str], *, tty: bool, able: bool) -> Finding:
    term = env.get("TERM", "")
    if tty and not able:
        text = f"TERM={term or '(not set)'}: plain text, no live Markdown"
        return Finding("terminal", "TERM", Mark.WARN, text, "Set TERM, for example to xterm-256color.")
    return Finding("terminal", "TERM", Mark.OK, term or "not set")


_THEMES = {
    "terminal": "its 16 theme colours",
    "both": "those that suit a light and a dark ground",
    "light": "those for a light ground",
    "dark": "those for a dark ground",
}


def _colours(env: Mapping[str, str], caps: Caps) -> str:
    if env.get("NO_COLOR"):
        return "off (NO_COLOR)"
    if not caps.colour:
        return "off: for a screen reader" if caps.reader else "off: no terminal that can"
    depth = env.get("COLORTERM", "")
    claim = (
        "true colour" if depth in ("truecolor", "24bit") else "256" if "256" in env.get("TERM", "") else "16"
    )
    return f"on; the terminal claims {claim}, azresp uses {_THEMES[caps.theme]}"


def _wide() -> str:
    import wcwidth

    return f"wide characters as in Unicode {wcwidth.list_versions()[-1]}"
