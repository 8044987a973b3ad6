"""How pictures are drawn is told from the environment alone."""

from __future__ import annotations

import pytest

from azresp.errors import UsageError
from azresp.ui.pictures.surface import Mode, mode_of, truecolour_of

KITTY = {"TERM": "xterm-kitty", "KITTY_WINDOW_ID": "1", "COLORTERM": "truecolor"}


@pytest.mark.parametrize(
    ("environ", "mode"),
    [
        (KITTY, Mode.KITTY),
        ({"TERM": "xterm-256color", "KITTY_WINDOW_ID": "1"}, Mode.KITTY),
        ({"TERM": "xterm-ghostty"}, Mode.KITTY),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "ghostty"}, Mode.KITTY),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"}, Mode.ITERM),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"}, Mode.ITERM),
        ({"TERM": "xterm-256color", "KONSOLE_VERSION": "221203"}, Mode.ITERM),
        ({"TERM": "foot"}, Mode.SIXEL),
        ({"TERM": "foot-direct"}, Mode.SIXEL),
        ({"TERM": "mlterm"}, Mode.SIXEL),
        ({"TERM": "xterm-256color", "MLTERM": "3.9.0"}, Mode.SIXEL),
        # off unless the user has switched it on
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "vscode"}, Mode.BLOCKS),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "Apple_Terminal"}, Mode.BLOCKS),
        ({"TERM": "xterm", "XTERM_VERSION": "XTerm(379)"}, Mode.BLOCKS),
        ({"WT_SESSION": "1"}, Mode.BLOCKS),
        # started from kitty
        ({"TERM": "xterm", "XTERM_VERSION": "XTerm(379)", "KITTY_WINDOW_ID": "1"}, Mode.BLOCKS),
        ({"TERM": "xterm-256color", "VTE_VERSION": "7006", "TERM_PROGRAM": "WezTerm"}, Mode.BLOCKS),
        # something stands between
        (KITTY | {"TERM": "tmux-256color", "TMUX": "/tmp/t,1,0"}, Mode.BLOCKS),
        (KITTY | {"TERM": "screen", "STY": "1.pts"}, Mode.BLOCKS),
        (KITTY | {"SSH_CONNECTION": "1 2 3 4"}, Mode.BLOCKS),
        ({"TERM": "foot", "SSH_TTY": "/dev/pts/1"}, Mode.BLOCKS),
        # no 256 colours
        ({"TERM": "linux"}, Mode.NONE),
        ({"TERM": "vt100"}, Mode.NONE),
        ({"TERM": "dumb"}, Mode.NONE),
        ({}, Mode.NONE),
        (KITTY | {"NO_COLOR": "1"}, Mode.NONE),
    ],
)
def test_the_environment_tells_how_to_draw(environ: dict[str, str], mode: Mode) -> None:
    assert mode_of(environ, tty=True) is mode
    assert mode_of(environ, tty=True, wanted="auto") is mode
    assert mode_of(environ, tty=False) is Mode.NONE


@pytest.mark.parametrize("mode", Mode)
def test_the_users_word_goes_first_but_not_where_nothing_can_be_drawn(mode: Mode) -> None:
    between = KITTY | {"TMUX": "x"}
    assert mode_of(between, tty=True, wanted=mode.value) is mode
    assert mode_of({"TERM": "dumb"}, tty=True, wanted=mode.value) is Mode.NONE
    assert mode_of(KITTY, tty=False, wanted=mode.value) is Mode.NONE
    assert mode_of(KITTY | {"NO_COLOR": "1"}, tty=True, wanted=mode.value) is Mode.NONE


def test_an_unknown_word_is_an_error_that_names_the_known_ones() -> None:
    with pytest.raises(UsageError) as caught:
        mode_of(KITTY, tty=True, wanted="sixels")
    assert caught.value.what == "'sixels' is no way to draw pictures"
    assert caught.value.hint == "Use one of auto, kitty, iterm, sixel, blocks, none."


@pytest.mark.parametrize(
    ("environ", "true"),
    [
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, True),
        ({"TERM": "xterm-256color", "COLORTERM": "24bit"}, True),
        ({"TERM": "xterm-256color"}, False),
        ({"TERM": "xterm-kitty"}, True),
        ({"TERM": "xterm-kitty", "SSH_TTY": "/dev/pts/1"}, False),
        ({"TERM": "tmux-256color", "TMUX": "x", "TERM_PROGRAM": "tmux"}, False),
        ({"WT_SESSION": "1"}, True),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "vscode"}, True),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "Apple_Terminal"}, False),
    ],
)
def test_the_environment_tells_the_colours(environ: dict[str, str], true: bool) -> None:
    assert truecolour_of(environ) is true
