"""The README's picture: a real chat with the embedded emulator in a pseudo-terminal, drawn as SVG by Rich.

`make picture` runs it; nothing in the picture is written by hand.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
import time
from pathlib import Path

import pexpect
import pyte
from rich.color import Color
from rich.console import Console
from rich.style import Style
from rich.text import Text

COLUMNS, ROWS = 88, 56
TARGET = Path(__file__).with_name("session.svg")
SAID = (
    "Hello, my name is Ada.",
    "A table of 2 rows about tides, please.",
    "Show me code in python.",
    "What is my name?",
)


def main() -> None:
    """Run the chat and write the picture."""
    screen = _Screen(COLUMNS, ROWS)
    stream = pyte.Stream(screen)
    with tempfile.TemporaryDirectory() as home:
        env = {
            **os.environ,
            "HOME": home,
            "XDG_CONFIG_HOME": home,
            "XDG_DATA_HOME": home,
            "TERM": "xterm-256color",
        }
        child = pexpect.spawn(
            sys.executable,
            ["-m", "azresp", "chat", "--emulator", "always"],
            env=env,
            dimensions=(ROWS, COLUMNS),
            encoding="utf-8",
        )
        _until(child, stream, screen, "init")
        for text in SAID:
            child.send(text + "\r")
            _until(child, stream, screen, r"tokens · [0-9.]+ s", after=text)
        _settle(child, stream, 0.5)
        child.close(force=True)
    console = Console(record=True, width=COLUMNS, file=open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123
    for row in _rows(screen):
        console.print(row, soft_wrap=True)
    TARGET.write_text(console.export_svg(title="azresp chat"), encoding="utf-8")


class _Screen(pyte.Screen):
    """pyte knows no dim text: here it is grey."""

    def select_graphic_rendition(self, *attributes: int, **private: bool) -> None:
        super().select_graphic_rendition(*(90 if one == 2 else one for one in attributes), **private)


def _until(
    child: pexpect.spawn[str], stream: pyte.Stream, screen: pyte.Screen, mark: str, after: str = ""
) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        _settle(child, stream, 0.1)
        shown = "\n".join(screen.display)
        since = shown.rpartition(after[:20])[2] if after else shown
        found = re.search(mark, since)
        if found is not None and "›" in since[found.end() :]:
            return
    raise SystemExit(f"never saw {mark!r}:\n" + "\n".join(screen.display))


def _settle(child: pexpect.spawn[str], stream: pyte.Stream, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            stream.feed(child.read_nonblocking(65536, timeout=0.05))
        except pexpect.TIMEOUT:
            continue


def _rows(screen: pyte.Screen) -> list[Text]:
    rows = []
    for y in range(ROWS):
        text = Text()
        for x in range(COLUMNS):
            char = screen.buffer[y][x]
            text.append(char.data, _style(char))
        text.rstrip()
        rows.append(text)
    while rows and not rows[-1].plain:
        rows.pop()
    return rows


def _style(char: pyte.screens.Char) -> Style:
    def colour(name: str) -> Color | None:
        if name == "default":
            return None
        if re.fullmatch(r"[0-9a-f]{6}", name):
            return Color.parse(f"#{name}")
        return Color.parse(name.replace("brown", "yellow").replace("bright", "bright_"))

    return Style(color=colour(char.fg), bold=char.bold, italic=char.italics, underline=char.underscore)


if __name__ == "__main__":
    main()
