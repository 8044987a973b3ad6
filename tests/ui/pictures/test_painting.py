"""Pictures among text: replaced in place while they are refined, settled once, whatever the window does."""

from __future__ import annotations

import re
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azresp.ui.caps import Caps
from azresp.ui.kind import Kind
from azresp.ui.live import Out
from azresp.ui.markdown.flow import render
from azresp.ui.markdown.rows import Row
from azresp.ui.paint import Painter
from azresp.ui.pictures.picture import Picture, prepare
from azresp.ui.pictures.surface import Mode, Surface
from azresp.ui.plain import Plain
from tests.examples import examples
from tests.ui.pictures.samples import (
    BLUE,
    COMMAND,
    ITERM,
    RED,
    SIXEL,
    KittyTty,
    encoded,
    quarters,
    without_pictures,
)
from tests.ui.terminals import Clock, Reflowing, Tty, assert_only_our_sequences, plain
from tests.ui.texts import markdown

SIZES = [(80, 24), (40, 10), (120, 50)]
CAPS = Caps(reflow=False)
SMALL, WIDE, HIGH = (encoded(quarters(*size)) for size in ((64, 64), (600, 200), (200, 600)))
ALL = (SMALL, WIDE, HIGH)


ASCII = markdown.map(lambda text: text.encode("ascii", "ignore").decode())
"""Of other characters pyte has its own idea; the law of texts without pictures sees to them."""


def surface(mode: Mode) -> Surface:
    return Surface(mode, truecolour=True)


def made(mode: Mode, data: bytes = WIDE, caption: str = "a.png") -> Picture:
    return prepare(data, surface(mode), caption)


def painter_on(tty: Tty, clock: Clock) -> Painter:
    return Painter(tty, tty.size, clock, CAPS)


def step(painter: Painter, clock: Clock) -> None:
    clock.now += 1
    painter.frame()


def texts(rows: list[Row]) -> list[str]:
    """Rows as plain text, without what draws over them."""
    return [re.sub(r"\x1b7.*", "", plain(row.ansi)).rstrip() for row in rows]


@examples(20)
@given(
    st.sampled_from(SIZES),
    st.sampled_from(Mode),
    st.lists(st.tuples(ASCII, st.lists(st.sampled_from(ALL), min_size=1, max_size=4)), max_size=3),
    st.randoms(use_true_random=False),
)
def test_screen_and_scrollback_hold_all_texts_and_the_final_pictures(
    size: tuple[int, int],
    mode: Mode,
    turns: list[tuple[str, list[bytes]]],
    random: Random,
) -> None:
    tty, clock = KittyTty(*size), Clock()
    painter = painter_on(tty, clock)
    wanted: list[Row] = []
    gap: list[Row] = []  # before every section but the first, even if that had no row
    for at, (text, pictures) in enumerate(turns):
        if text:
            wanted += gap + render(text, size[0])
            gap = [Row("", 0)]
        for delta in re.findall(r".{1,40}", text, re.DOTALL):
            painter.add(delta)
            clock.now += random.choice((0.0, 0.05))
        for number, data in enumerate(pictures):
            final = number == len(pictures) - 1
            picture = prepare(data, surface(mode), f"{at}, {'final' if final else 'partial'}")
            painter.picture(f"{at}", picture, final=final)
            clock.now += random.choice((0.0, 0.05))
            painter.status(random.choice(("drawing", None)))
        wanted += gap + picture.rows(*size, final=True)
        gap = [Row("", 0)]
    painter.finish()
    other = Tty(*size)
    for row in texts(wanted):
        other.write(row + "\r\n")
    assert tty.rows() == other.rows()
    assert tty.cursor()[0] == 0
    assert tty.style_is_default
    assert_only_our_sequences(without_pictures("".join(tty.written)))
    assert len(tty.kept) == (len(turns) if mode is Mode.KITTY else 0)


@pytest.mark.parametrize("size", SIZES)
def test_kittys_final_pictures_stand_where_their_rows_are(size: tuple[int, int]) -> None:
    tty, clock = KittyTty(*size), Clock()
    painter = painter_on(tty, clock)
    for number in range(3):
        painter.add(f"Number {number}.")
        step(painter, clock)
        for at, data in enumerate((SMALL, HIGH, WIDE)):
            painter.picture(f"{number}", made(Mode.KITTY, data, f"caption {number}"), final=at == 2)
            painter.status("drawing")
            step(painter, clock)
            painter.note("a note comes above") if at == 1 else None
            step(painter, clock)
    painter.finish()
    rows = tty.rows()
    captions = [at for at, row in enumerate(rows) if row.startswith("caption")]
    seen = tty.seen()
    assert len(captions) == len(seen) == 3
    for caption, placed in zip(captions, seen, strict=True):
        assert placed.column == 0
        assert placed.row + placed.rows == caption
        assert set(rows[placed.row : caption]) == {""}
        assert placed.rows <= size[1] - 4
    assert rows.count("a note comes above") == 3


@pytest.mark.parametrize("mode", [Mode.KITTY, Mode.BLOCKS])
def test_a_partial_picture_is_replaced_where_it_stands(mode: Mode) -> None:
    tty, clock = KittyTty(80, 24), Clock()
    painter = painter_on(tty, clock)
    painter.add("Text above.")
    shown = []
    for at, data in enumerate((SMALL, WIDE, HIGH)):
        painter.picture("p", made(mode, data, f"drawing {at}"), final=False)
        step(painter, clock)
        assert len(tty.kept) == (1 if mode is Mode.KITTY else 0)
        shown.append(tty.rows())
    painter.picture("p", made(mode, WIDE, "a.png"), final=True)
    step(painter, clock)
    painter.finish()
    for at, rows in enumerate(shown):
        assert [row for row in rows if row and "▀" not in row] == [
            "Text above.",
            f"drawing {at} · {('64 × 64', '600 × 200', '200 × 600')[at]} PNG",
        ]
    assert [row for row in tty.rows() if row and "▀" not in row] == ["Text above.", "a.png · 600 × 200 PNG"]
    assert not tty.screen.history.top


@pytest.mark.parametrize(("mode", "pattern"), [(Mode.ITERM, ITERM), (Mode.SIXEL, SIXEL)])
def test_what_cant_be_taken_back_is_drawn_only_when_it_is_final(mode: Mode, pattern: re.Pattern[str]) -> None:
    tty, clock = KittyTty(80, 24), Clock()
    painter = painter_on(tty, clock)
    drawn = []
    for at in range(3):
        painter.picture("p", made(mode, caption=f"drawing {at}"), final=at == 2)
        step(painter, clock)
        drawn.append(len(pattern.findall("".join(tty.written))))
    painter.add("more")
    painter.finish()
    assert drawn == [0, 0, 1]
    assert len(pattern.findall("".join(tty.written))) == 1


def test_a_kitty_picture_is_sent_once_and_not_touched_by_frames_that_change_other_rows() -> None:
    tty, clock = KittyTty(80, 24), Clock()
    painter = painter_on(tty, clock)
    painter.picture("p", made(Mode.KITTY), final=False)
    step(painter, clock)
    before = len(tty.written)
    for second in range(5):
        painter.status(f"drawing · {second} s")
        step(painter, clock)
    assert COMMAND.findall("".join(tty.written[before:])) == []
    painter.note("kept awake")
    step(painter, clock)
    commands = COMMAND.findall("".join(tty.written[before:]))
    assert [keys.split(",")[0] for keys, _ in commands] == ["a=p"]
    before = len(tty.written)
    painter.add("It gives way to text.")
    step(painter, clock)
    commands = COMMAND.findall("".join(tty.written[before:]))
    assert [keys.split(",")[:2] for keys, _ in commands] == [["a=d", "d=i"]]


@pytest.mark.parametrize("mode", Mode)
def test_an_aborted_turn_keeps_the_last_partial_picture(mode: Mode) -> None:
    tty, clock = KittyTty(80, 24), Clock()
    painter = painter_on(tty, clock)
    painter.picture("p", made(mode, SMALL, "drawing 1"), final=False)
    last = made(mode, WIDE, "drawing 2")
    painter.picture("p", last, final=False)
    painter.abort()
    assert tty.rows() == texts(last.rows(80, 24, final=True))
    assert len(tty.seen()) == (1 if mode is Mode.KITTY else 0)


def test_a_late_partial_of_a_final_picture_is_not_drawn() -> None:
    tty, clock = KittyTty(80, 24), Clock()
    painter = painter_on(tty, clock)
    painter.picture("p", made(Mode.BLOCKS, caption="final"), final=True)
    painter.picture("p", made(Mode.BLOCKS, caption="late"), final=False)
    painter.picture("q", made(Mode.BLOCKS, caption="other"), final=True)
    painter.finish()
    captions = [row for row in tty.rows() if "PNG" in row]
    assert captions == ["final · 600 × 200 PNG", "other · 600 × 200 PNG"]


def test_a_thought_and_text_go_on_around_a_picture() -> None:
    tty, clock = KittyTty(40, 10), Clock()
    painter = painter_on(tty, clock)
    painter.add("thinking " * 40, Kind.THOUGHT)
    step(painter, clock)
    painter.close("thought for 3 s")
    painter.picture("p", made(Mode.KITTY), final=False)
    step(painter, clock)
    assert tty.rows()[:2] == ["thought for 3 s", ""]
    painter.add("done", Kind.ANSWER)
    step(painter, clock)
    # It was a sketch: it gives way, and comes back as no final picture does.
    assert tty.seen() == []
    assert tty.rows() == ["thought for 3 s", "", "done"]
    painter.finish()
    (placed,) = tty.seen()
    assert tty.rows()[:4] == ["thought for 3 s", "", "done", ""]
    assert tty.rows()[placed.row + placed.rows :] == ["a.png · 600 × 200 PNG"]


@pytest.mark.parametrize("mode", [Mode.KITTY, Mode.BLOCKS])
def test_a_sketch_that_text_overtook_leaves_nothing_behind(mode: Mode) -> None:
    tty, clock = KittyTty(80, 24), Clock()
    painter = painter_on(tty, clock)
    painter.picture("p", made(mode, SMALL, "takes shape"), final=False)
    step(painter, clock)
    painter.add("Here it is.")
    step(painter, clock)
    painter.picture("p", made(mode, WIDE, "a.png"), final=True)
    painter.finish()
    assert [row for row in tty.rows() if row and "▀" not in row] == ["Here it is.", "a.png · 600 × 200 PNG"]
    assert len(tty.kept) == (1 if mode is Mode.KITTY else 0)


@examples(25)
@given(
    st.lists(st.tuples(st.integers(20, 130), st.integers(8, 60)), min_size=1, max_size=8),
    st.sampled_from([Mode.BLOCKS, Mode.KITTY]),
)
def test_a_resize_storm_leaves_one_picture_that_fits_the_last_window(
    sizes: list[tuple[int, int]], mode: Mode
) -> None:
    tty, clock = KittyTty(200, 100), Clock()
    columns, lines = 80, 24
    painter = Painter(tty, lambda: (columns, lines), clock, CAPS)
    for at, (columns, lines) in enumerate(sizes):  # noqa: B007
        painter.picture("p", made(mode, ALL[at % 3], f"drawing {at}"), final=False)
        step(painter, clock)
    last = made(mode, WIDE, "final")
    painter.picture("p", last, final=True)
    painter.finish()
    wanted = texts(last.rows(columns, lines, final=True))
    # What stood above a window that got lower is in its scrollback: no terminal takes that back.
    assert tty.rows()[-len(wanted) :] == wanted
    assert [row for row in tty.rows() if "drawing" in row] == []
    assert all(one.columns <= columns and one.rows <= lines - 4 for one in tty.seen())
    assert len(tty.kept) == (1 if mode is Mode.KITTY else 0)


@examples(40)
@given(st.lists(st.tuples(st.integers(30, 130), st.integers(60, 100)), min_size=2, max_size=8), st.booleans())
def test_a_terminal_that_wraps_its_rows_anew_loses_no_text_around_a_picture(
    sizes: list[tuple[int, int]], wraps: bool
) -> None:
    tty, clock = Reflowing(80, 80, wraps=wraps), Clock()
    painter = Painter(tty, tty.size, clock, Caps(reflow=wraps))
    painter.add("above")
    for at, (columns, lines) in enumerate(sizes):
        painter.picture("p", made(Mode.BLOCKS, SMALL, f"drawing{at}"), final=at == len(sizes) - 1)
        step(painter, clock)
        tty.columns, tty.lines = columns, lines
    painter.add("below")
    painter.finish()
    words = [word for word in " ".join(tty.text).split() if "▀" not in word]
    assert words == ["above", f"drawing{len(sizes) - 1}", "·", "64", "×", "64", "PNG", "below"]


@given(
    st.lists(st.tuples(st.integers(1, 9), st.integers(1, 7)), min_size=2, max_size=9),
    st.sampled_from(Mode),
)
def test_tiny_windows_are_survived(sizes: list[tuple[int, int]], mode: Mode) -> None:
    size = sizes[0]
    out, clock = Written(), Clock()
    painter = Painter(out, lambda: size, clock, Caps())
    for at, size in enumerate(sizes):  # noqa: B007
        painter.picture("p", made(mode, ALL[at % 3], "a long caption"), final=at == len(sizes) - 1)
        step(painter, clock)
    painter.finish()
    written = COMMAND.sub("", "".join(out.texts)).removesuffix("\x1b[?2026l")
    assert written.endswith("\r\n")


class Written(Out):
    def __init__(self) -> None:
        self.texts: list[str] = []

    def write(self, text: str, /) -> None:
        self.texts.append(text)

    def flush(self) -> None:
        """Nothing waits."""


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("size", [*SIZES, (20, 8), (10, 5), (3, 2)])
def test_a_picture_leaves_room_in_every_window(mode: Mode, size: tuple[int, int]) -> None:
    columns, lines = size
    for data in ALL:
        rows = made(mode, data).rows(columns, lines, final=True)
        caption = [row for row in rows if row.cells and "▀" not in row.ansi]
        assert len(rows) <= max(lines - 3, len(caption))
        assert all(row.cells <= columns for row in rows)


def test_a_wide_picture_is_as_wide_as_the_window_and_a_high_one_as_high() -> None:
    assert len(made(Mode.BLOCKS, HIGH).rows(80, 24, final=True)) == 21
    assert made(Mode.BLOCKS, WIDE).rows(40, 24, final=True)[0].cells == 40
    assert len(made(Mode.NONE, WIDE).rows(40, 24, final=True)) == 1


def test_pipes_get_the_final_caption_on_the_side_stream_and_no_escape_sequence() -> None:
    out, aside = Written(), Written()
    painter = Plain(out, aside)
    painter.add("The answer.")
    painter.picture("p", made(Mode.NONE, caption="half done"), final=False)
    painter.picture("p", made(Mode.NONE, caption="saved as a.png"), final=True)
    painter.add("More.")
    painter.finish()
    assert "".join(out.texts) == "The answer.\n\nMore.\n"
    assert "".join(aside.texts) == "saved as a.png\n"


def test_blocks_of_a_refined_picture_show_its_last_colours() -> None:
    tty, clock = KittyTty(80, 24), Clock()
    painter = painter_on(tty, clock)
    from PIL import Image

    for at, colour in enumerate((RED, BLUE)):
        data = encoded(Image.new("RGB", (20, 20), colour))
        painter.picture("p", made(Mode.BLOCKS, data), final=at == 1)
        step(painter, clock)
    painter.finish()
    shown = {(cell.fg, cell.bg) for y in range(10) for cell in (tty.screen.buffer[y][x] for x in range(20))}
    assert shown == {("0000ff", "0000ff")}
