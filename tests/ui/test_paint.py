"""What a terminal ends with: screen and scrollback hold the whole rendering, however it was painted."""

from __future__ import annotations

import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azresp.ui.caps import Caps, detect
from azresp.ui.kind import Kind
from azresp.ui.markdown.flow import render
from azresp.ui.markdown.rows import Look
from azresp.ui.paint import FRAME_S, Painter
from azresp.ui.plain import Plain
from azresp.ui.sink import clean
from tests.examples import examples
from tests.ui.terminals import Clock, Reflowing, Tty, assert_only_our_sequences, plain
from tests.ui.texts import chopped, markdown

SIZES = [(80, 24), (40, 10), (120, 50)]
XTERM = Caps(reflow=False)


def painter_on(tty: Tty, clock: Clock, caps: Caps = XTERM) -> Painter:
    return Painter(tty, tty.size, clock, caps)


def rows_of(text: str, width: int) -> list[str]:
    rows = [plain(row.ansi) for row in render(text, width)]
    while rows and not rows[-1]:
        rows.pop()
    return rows


def in_pyte(rows: list[str], size: tuple[int, int]) -> list[str]:
    """Rows as pyte shows them: it has its own idea of some emoji's width."""
    tty = Tty(*size)
    for row in rows:
        tty.write(row + "\r\n")
    return tty.rows()


@examples(60)
@given(chopped(markdown), st.sampled_from(SIZES), st.lists(st.sampled_from([0.0, 0.01, 0.05]), min_size=14))
def test_screen_and_scrollback_hold_the_whole_answer(
    sample: tuple[str, list[str]], size: tuple[int, int], pauses: list[float]
) -> None:
    text, deltas = sample
    tty, clock = Tty(*size), Clock()
    painter = painter_on(tty, clock)
    for delta, pause in zip(deltas, pauses, strict=False):
        painter.add(delta)
        clock.now += pause
        if painter.due() == 0:
            painter.frame()
    painter.finish()
    assert tty.rows() == in_pyte(rows_of(text, size[0]), size)
    assert tty.cursor()[0] == 0
    assert tty.style_is_default
    assert_only_our_sequences("".join(tty.written))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    "pattern", [r".", r"\s*\S+", r"\S+\s*", r"\n+|[^\n]+", r"\n|[^\n]+", r".{2}|.", r".{3}|.+"]
)
def test_blank_rows_and_indents_survive_a_frame_for_every_delta(size: tuple[int, int], pattern: str) -> None:
    text = (
        "- [x] done\n- [ ] to do\n\n## A quote\n\n> one\n>\n> two\n\n"
        "```python\ndef greet(name):\n    return 1\n\n\n    x = 2\n```\n\n---\n\nend, a hard break  \nand more\n"
    )
    tty, clock = Tty(*size), Clock()
    painter = painter_on(tty, clock)
    for delta in re.findall(pattern, text, re.DOTALL):
        painter.add(delta)
        clock.now += 1
        painter.frame()
    painter.finish()
    assert tty.rows() == rows_of(text, size[0])


def test_a_terminal_that_takes_more_cells_for_an_emoji_still_shows_the_row_s_end() -> None:
    text = "a a a a a a a a word *em* \U0001f469\u200d\U0001f52c ![i](u)"
    tty, clock = Tty(40, 10), Clock()  # pyte takes four
    painter = painter_on(tty, clock)
    painter.add(text)
    painter.frame()
    painter.finish()
    assert "".join("".join(tty.rows()).split()).endswith("image:i(u)")


def test_the_first_delta_is_painted_at_once_and_the_next_not_before_its_frame() -> None:
    tty, clock = Tty(80, 24), Clock()
    painter = painter_on(tty, clock)
    painter.show("Hel")
    assert tty.rows() == ["Hel"]
    clock.now += 0.001
    painter.show("Hello")
    painter.frame() if painter.due() == 0 else None
    clock.now += 0.001
    painter.show("Hello, world")
    wait = painter.due()
    assert wait is not None
    assert 0 < wait <= FRAME_S
    clock.now += wait + 1e-6
    assert painter.due() == 0
    painter.frame()
    assert tty.rows() == ["Hello, world"]
    assert painter.due() is None


def test_growing_text_is_written_as_a_suffix() -> None:
    tty, clock = Tty(80, 24), Clock()
    painter = painter_on(tty, clock)
    for word in ["one", " two", " **three", " four**", " five"]:
        painter.add(word)
        clock.now += 1
        painter.frame()
    assert "\x1b[K" not in tty.written[1]
    assert tty.rows() == ["one two three four five"]


def test_a_thought_streams_dimmed_and_collapses_to_one_line() -> None:
    tty, clock = Tty(40, 10), Clock()
    painter = painter_on(tty, clock)
    painter.show("**Planning** the answer " * 30, Kind.THOUGHT)
    clock.now += 1
    painter.frame()
    assert 1 < len(tty.rows()) <= 8
    assert "\x1b[2" in "".join(tty.written)
    painter.close("thought for 3 s · 720 characters")
    painter.show("The answer.")
    clock.now += 1
    painter.frame()
    painter.finish()
    assert tty.rows() == ["thought for 3 s · 720 characters", "", "The answer."]
    assert tty.cursor() == (0, 3)


def test_an_aborted_thought_stays_on_the_screen() -> None:
    tty, clock = Tty(40, 10), Clock()
    painter = painter_on(tty, clock)
    painter.show("one two three " * 40, Kind.THOUGHT)
    painter.abort()
    assert " ".join(tty.rows()).split() == ["one", "two", "three"] * 40
    assert tty.style_is_default


def test_the_status_row_stays_below_the_text_and_goes_at_the_end() -> None:
    tty, clock = Tty(40, 10), Clock()
    painter = painter_on(tty, clock)
    painter.status("waiting… 2 s · Ctrl-C stops\x1b[2J")
    assert tty.rows() == ["waiting… 2 s · Ctrl-C stops␛[2J"]
    clock.now += 1
    painter.show("text\n\nmore")
    assert tty.rows() == ["text", "", "more", "waiting… 2 s · Ctrl-C stops␛[2J"]
    painter.finish()
    assert tty.rows() == ["text", "", "more"]


def test_sections_that_never_got_a_frame_of_their_own_are_shown_in_order() -> None:
    tty, clock = Tty(40, 10), Clock()
    painter = painter_on(tty, clock)
    painter.add("first")
    painter.add(" answer")
    painter.add("a thought", Kind.THOUGHT)
    painter.note("a remark")
    painter.add("second")
    painter.note("another")
    painter.finish()
    assert tty.rows() == ["first answer", "", "a thought", "a remark", "", "second", "another"]


def test_show_and_add_may_be_mixed() -> None:
    tty, clock = Tty(40, 10), Clock()
    painter = painter_on(tty, clock)
    painter.show("one")
    painter.show("one two")
    painter.add(" three")
    painter.show("one two three four")
    painter.show("one two three four")
    painter.finish()
    assert tty.rows() == ["one two three four"]


def test_an_answer_that_the_final_text_contradicts_is_shown_anew_below() -> None:
    tty, clock = Tty(40, 10), Clock()
    painter = painter_on(tty, clock)
    painter.show("first version")
    clock.now += 1
    painter.show("another one")
    painter.finish()
    assert tty.rows() == ["first version", "", "another one"]


@pytest.mark.parametrize("size", [*SIZES, (1, 1), (2, 3), (10_000, 200)])
def test_a_finished_answer_survives_any_size(size: tuple[int, int]) -> None:
    text = "# T\n\n- a *b*\n- c\n\n```c\nint x;\n```\n\n| a | b |\n|---|---|\n| 漢字 | d |\n\n" + "word " * 50
    tty, clock = Tty(*size), Clock()
    painter = painter_on(tty, clock)
    for char in text:
        painter.add(char)
        clock.now += 0.02
    painter.finish()
    if size[0] > 2:
        assert tty.rows() == in_pyte(rows_of(text, size[0]), size)
    assert tty.style_is_default


_LOREM = st.lists(st.sampled_from(["alpha beta gamma delta epsilon ", "\n\n", "zeta "]), max_size=60).map(
    "".join
)


@examples(100)
@given(
    chopped(_LOREM),
    st.lists(st.tuples(st.integers(30, 130), st.integers(80, 120)), min_size=14, max_size=14),
    st.booleans(),
)
def test_a_resize_storm_loses_no_word_and_doubles_none(
    sample: tuple[str, list[str]], sizes: list[tuple[int, int]], wraps: bool
) -> None:
    text, deltas = sample
    tty, clock = Reflowing(80, 80, wraps=wraps), Clock()
    painter = Painter(tty, tty.size, clock, Caps(reflow=wraps))
    for delta, (columns, lines) in zip(deltas, sizes, strict=False):
        painter.add(delta)
        clock.now += 1
        painter.frame()
        tty.columns, tty.lines = columns, lines
    painter.finish()
    assert " ".join(tty.text).split() == text.split()


@examples(60)
@given(chopped(markdown), st.lists(st.tuples(st.integers(1, 9), st.integers(1, 5)), min_size=14, max_size=14))
def test_any_sequence_of_tiny_and_huge_sizes_is_survived(
    sample: tuple[str, list[str]], sizes: list[tuple[int, int]]
) -> None:
    size = (80, 24)
    clock, written = Clock(), io.StringIO()
    painter = Painter(written, lambda: size, clock, Caps())
    for delta, (columns, lines) in zip(sample[1], sizes, strict=False):
        painter.add(delta)
        clock.now += 1
        size = (columns if columns < 8 else 10_000, lines)
        painter.frame()
    painter.finish()
    assert_only_our_sequences(written.getvalue())


def test_plain_output_is_the_cleaned_text_and_nothing_else() -> None:
    tty = Tty(80, 24)
    painter = Plain(tty)
    painter.show("thinking", Kind.THOUGHT)
    for end in range(1, 20):
        painter.show("**a** \x1b[31m| b\r\nc\u202e"[:end])
    painter.status("waiting")
    painter.finish()
    assert "".join(tty.written) == clean("**a** \x1b[31m| b\nc\u202e") + "\n"
    assert "\x1b" not in "".join(tty.written)


@pytest.mark.parametrize(
    ("per_second", "most"),
    [(60, 8.0), (2000, 2.0), (10_000, 1.8)],
)
def test_few_bytes_are_written_for_each_byte_of_text(per_second: int, most: float) -> None:
    part = (
        "## Part\n\nSome **bold** words of `code` that fill a line and then some more, see [it](http://x.example).\n\n"
        "- one item of a list\n- another, a bit longer than the first one\n\n"
        "```python\ndef double(x):\n    return 2 * x  # twice\n```\n\n"
        "| name | value |\n|---|---|\n| first | 1 |\n| second | 2 |\n\n"
    )
    text = part * 20
    tty, clock = Tty(110, 40), Clock()
    painter = painter_on(tty, clock)
    for start in range(0, len(text), 4):
        painter.add(text[start : start + 4])
        clock.now += 1 / per_second
        if painter.due() == 0:
            painter.frame()
    painter.finish()
    assert sum(len(out.encode()) for out in tty.written) <= most * len(text)


def test_no_color_keeps_attributes_but_writes_no_colour() -> None:
    text = "**bold** `code`\n\n```python\ndef f(): return 'x'\n```\n"
    assert "\x1b[36m" in "".join(row.ansi for row in render(text, 80))
    quiet = "".join(row.ansi for row in render(text, 80, Look(colour=False)))
    assert "\x1b[1mbold" in quiet
    assert "\x1b[3" not in quiet
    assert "`code`" in quiet


@pytest.mark.parametrize(
    ("environ", "tty", "cursor", "colour"),
    [
        ({"TERM": "xterm-256color"}, True, True, True),
        ({"TERM": "xterm-256color"}, False, False, False),
        ({"TERM": "dumb"}, True, False, False),
        ({}, True, False, False),
        ({"TERM": "xterm", "NO_COLOR": "1"}, True, True, False),
    ],
)
def test_the_environment_tells_what_a_terminal_can_do(
    environ: dict[str, str], tty: bool, cursor: bool, colour: bool
) -> None:
    caps = detect(environ, tty=tty)
    assert (caps.cursor, caps.colour) == (cursor, colour)


@pytest.mark.parametrize(
    ("environ", "reflow"),
    [
        ({"TERM": "xterm-256color"}, True),
        ({"TERM": "xterm", "XTERM_VERSION": "XTerm(390)"}, False),
        ({"TERM": "tmux-256color", "XTERM_VERSION": "XTerm(390)", "TMUX": "/tmp/x"}, True),
        ({"TERM": "linux"}, False),
        ({"WT_SESSION": "1"}, True),
    ],
)
def test_the_environment_tells_who_wraps_rows_anew(environ: dict[str, str], reflow: bool) -> None:
    assert detect(environ, tty=True).reflow is reflow
