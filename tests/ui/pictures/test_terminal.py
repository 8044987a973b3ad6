"""A picture that is shown by itself, as a stored one is."""

from __future__ import annotations

from io import StringIO

import pytest

from azresp.ui.pictures.picture import prepare
from azresp.ui.pictures.surface import Mode
from azresp.ui.terminal import Terminal
from tests.ui.pictures.samples import COMMAND, ITERM, encoded, quarters, without_pictures


class Window(StringIO):
    """A terminal that only keeps what was written."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("wanted", "mode"), [("", Mode.KITTY), ("iterm", Mode.ITERM), ("none", Mode.NONE)])
def test_a_terminal_shows_a_picture_with_its_caption(wanted: str, mode: Mode) -> None:
    window = Window()
    terminal = Terminal(window, {"TERM": "xterm-kitty"})
    surface = terminal.surface(wanted)
    assert surface.mode is mode
    terminal.picture(prepare(encoded(quarters()), surface, "/tmp/a.png", terminal.size))
    written = window.getvalue()
    assert (len(ITERM.findall(written)), bool(COMMAND.search(written))) == (
        mode is Mode.ITERM,
        mode is Mode.KITTY,
    )
    told = "" if mode is Mode.NONE else " · 64 × 64 PNG"
    rest = without_pictures(written).removeprefix("\x1b[?2026h").removesuffix("\x1b[?2026l")
    assert rest.strip("\r\n") == f"\x1b[2m/tmp/a.png{told}\x1b[m"
    assert rest.endswith("\r\n")


def test_a_pipe_gets_no_picture() -> None:
    assert Terminal(StringIO(), {"TERM": "xterm-kitty"}).surface("kitty").mode is Mode.NONE
