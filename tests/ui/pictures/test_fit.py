"""A picture's box lies in the window, keeps its proportions and is never larger than the picture."""

from __future__ import annotations

import os
import sys
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azresp.ui.pictures.fit import USUAL_CELL, Box, Cell, cell_of, fit

_SIDE = st.integers(1, 5000)


@given(
    st.tuples(_SIDE, _SIDE),
    st.builds(Box, st.integers(1, 300), st.integers(1, 100)),
    st.builds(Cell, st.integers(1, 20), st.integers(2, 40)),
)
def test_a_box_lies_in_its_room_and_keeps_the_proportions(
    pixels: tuple[int, int], room: Box, cell: Cell
) -> None:
    box = fit(pixels, room, cell)
    assert 1 <= box.columns <= room.columns
    assert 1 <= box.rows <= room.rows
    width, height = box.columns * cell.width, box.rows * cell.height
    # off by no more than half a cell each way, but for what is thinner than a cell
    scale = min(1.0, room.columns * cell.width / pixels[0], room.rows * cell.height / pixels[1])
    assert abs(width - max(cell.width, pixels[0] * scale)) <= cell.width / 2 + 1e-6
    assert abs(height - max(cell.height, pixels[1] * scale)) <= cell.height / 2 + 1e-6


@pytest.mark.parametrize(
    ("pixels", "room", "box"),
    [
        ((1024, 1024), Box(80, 20), Box(40, 20)),
        ((1536, 1024), Box(80, 20), Box(60, 20)),
        ((1024, 1536), Box(40, 30), Box(40, 30)),
        ((16, 16), Box(80, 20), Box(2, 1)),
        ((5000, 1), Box(80, 20), Box(80, 1)),
    ],
)
def test_usual_pictures_in_usual_windows(pixels: tuple[int, int], room: Box, box: Box) -> None:
    assert fit(pixels, room, USUAL_CELL) == box


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals")
@pytest.mark.parametrize(
    ("told", "cell"),
    [
        ((24, 80, 640, 408), Cell(8, 17)),
        ((24, 80, 0, 0), USUAL_CELL),
        ((24, 80, 80, 24), USUAL_CELL),
        ((24, 80, 8000, 24), USUAL_CELL),
        ((0, 0, 0, 0), USUAL_CELL),
    ],
)
def test_the_kernel_tells_the_cell_and_nonsense_is_not_believed(
    told: tuple[int, int, int, int], cell: Cell
) -> None:
    import fcntl
    import struct
    import termios

    ours, theirs = os.openpty()
    try:
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", *told))
        assert cell_of(lambda: theirs) == cell
        os.set_blocking(ours, False)
        with pytest.raises(BlockingIOError):
            os.read(ours, 1)
    finally:
        os.close(ours)
        os.close(theirs)


def test_what_is_no_terminal_has_the_usual_cell() -> None:
    reading, writing = os.pipe()
    try:
        assert cell_of(lambda: reading) == USUAL_CELL
    finally:
        os.close(reading)
        os.close(writing)
    assert cell_of(StringIO().fileno) == USUAL_CELL
