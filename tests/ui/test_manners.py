"""What the terminal is told beside the text, and colours that can be read on any ground."""

from __future__ import annotations

import io
import os
import sys
import termios
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azresp.ui.caps import Caps, detect
from azresp.ui.markdown.palette import PALETTES, Palette
from azresp.ui.sink import clean_line
from azresp.ui.terminal import Terminal
from azresp.ui.window import Window

_STEPS = (0, 95, 135, 175, 215, 255)
"""Levels of the cube of 6x6x6 that makes colours 16 to 231 of 256."""


def _light(code: int) -> float:
    """Relative luminance as WCAG 2 defines it."""
    cube = code - 16
    parts = [_STEPS[cube // 36] / 255, _STEPS[cube // 6 % 6] / 255, _STEPS[cube % 6] / 255]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(
    ("theme", "ground", "bar"),
    [("light", 1.0, 5.5), ("dark", 0.0, 5.5), ("both", 1.0, 4.3), ("both", 0.0, 4.3)],
)
def test_every_colour_can_be_read_on_the_ground_that_it_is_for(theme: str, ground: float, bar: float) -> None:
    for role in fields(Palette):
        code = int(getattr(PALETTES[theme], role.name).removeprefix("38;5;"))
        lighter, darker = sorted((_light(code), ground), reverse=True)
        assert (lighter + 0.05) / (darker + 0.05) >= bar, (theme, role.name)


@pytest.mark.parametrize(
    ("environ", "theme"),
    [
        ({"TERM": "xterm-256color"}, "both"),
        ({"TERM": "xterm-256color", "COLORFGBG": "0;15"}, "light"),
        ({"TERM": "xterm-256color", "COLORFGBG": "15;default;0"}, "dark"),
        ({"TERM": "xterm-256color", "COLORFGBG": "15;0", "AZRESP_THEME": "light"}, "light"),
        ({"TERM": "xterm-256color", "COLORFGBG": "nonsense"}, "both"),
        ({"TERM": "xterm"}, "terminal"),
        ({"TERM": "xterm", "AZRESP_THEME": "dark"}, "terminal"),
    ],
)
def test_the_ground_is_what_somebody_said_and_nobody_is_asked(environ: dict[str, str], theme: str) -> None:
    assert detect(environ, tty=True).theme == theme


@pytest.mark.parametrize(
    ("environ", "reader"),
    [
        ({"AZRESP_SCREEN_READER": "1"}, True),
        ({"ACCESSIBLE": "1"}, True),
        ({"ACCESSIBLE": "1", "AZRESP_SCREEN_READER": "off"}, False),
        ({"ACCESSIBLE": "0"}, False),
        ({}, False),
    ],
)
def test_a_screen_reader_is_asked_for_by_our_variable_or_by_that_of_others(
    environ: dict[str, str], reader: bool
) -> None:
    caps = detect({"TERM": "xterm-256color", **environ}, tty=True)
    assert (caps.reader, caps.cursor) == (reader, not reader)
    assert not detect({"TERM": "xterm-256color", **environ}, tty=False).reader


@given(st.text())
def test_a_title_is_one_sequence_whatever_the_session_is_called(name: str) -> None:
    out = io.StringIO()
    window = Window(out, Caps(), title=True)
    window.name(name)
    window.name(name)
    window.restore()
    text = out.getvalue()
    assert text.startswith("\x1b[22;2t\x1b]2;azresp") and text.endswith("\x1b\\\x1b[23;2t")
    inside = text.removeprefix("\x1b[22;2t\x1b]2;").removesuffix("\x1b\\\x1b[23;2t")
    assert clean_line(inside) == inside and len(inside) <= 150


def test_marks_stand_around_what_was_said_and_end_with_its_status() -> None:
    out = io.StringIO()
    window = Window(out, Caps(), marks=True)
    out.write(window.asked("› hi\r\n", "› "))
    window.answered(3)
    window.answered(0)
    assert out.getvalue() == (
        "\x1b]133;A;redraw=0\x1b\\› \x1b]133;B\x1b\\hi\r\n\x1b]133;C\x1b\\\x1b]133;D;3\x1b\\"
    )


@pytest.mark.parametrize("caps", [detect({"TERM": "linux"}, tty=True), detect({"TERM": "dumb"}, tty=True)])
def test_nothing_is_told_where_the_terminal_would_print_it(caps: Caps) -> None:
    out = io.StringIO()
    window = Window(out, caps, title=True, marks=True)
    window.name("talk")
    out.write(window.asked("hi", "h"))
    window.answered(0)
    window.restore()
    assert out.getvalue() == "hi"


def test_enter_stays_enter_between_two_prompts_and_the_modes_come_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    leader, follower = os.openpty()
    with os.fdopen(leader, "rb"), os.fdopen(follower, "r+b", buffering=0) as tty:
        monkeypatch.setattr(sys, "stdin", tty)
        before = termios.tcgetattr(tty)
        stream = io.TextIOWrapper(io.FileIO(tty.fileno(), "w", closefd=False))
        terminal = Terminal(stream, {"TERM": "xterm-256color"})
        with terminal.enter_kept():
            with terminal.quiet_keys():
                modes = termios.tcgetattr(tty)
                assert not modes[0] & termios.ICRNL and not modes[3] & termios.ECHO
                off = bytes([os.fpathconf(tty.fileno(), "PC_VDISABLE")])
                assert modes[6][termios.VQUIT] == off, "Ctrl-\\ would leave it like this"
            modes = termios.tcgetattr(tty)
            assert not modes[0] & termios.ICRNL and modes[3] & termios.ECHO
        assert termios.tcgetattr(tty) == before
