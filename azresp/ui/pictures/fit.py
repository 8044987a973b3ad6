"""How many cells a picture takes: never more than the window has, its proportions kept, never blown up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple


class Cell(NamedTuple):
    """Pixels of one character cell."""

    width: int
    height: int


class Box(NamedTuple):
    """Cells that a picture takes."""

    columns: int
    rows: int


USUAL_CELL: Final = Cell(8, 16)
"""Where the terminal doesn't tell: half as wide as high."""
HALF_BLOCKS: Final = Cell(1, 2)


def fit(pixels: tuple[int, int], room: Box, cell: Cell) -> Box:
    """The largest box inside `room` with the picture's proportions, no larger than the picture itself."""
    width, height = pixels
    scale = min(1.0, room.columns * cell.width / width, room.rows * cell.height / height)
    columns = min(room.columns, max(1, round(width * scale / cell.width)))
    rows = min(room.rows, max(1, round(height * scale / cell.height)))
    return Box(columns, rows)


def cell_of(fileno: Callable[[], int]) -> Cell:
    """The cell of the terminal on a file handle, as the kernel knows it: no byte goes to the terminal."""
    try:
        import fcntl
        import struct
        import termios

        told = fcntl.ioctl(fileno(), termios.TIOCGWINSZ, bytes(8))
        lines, columns, width, height = struct.unpack("HHHH", told)
    except (ImportError, OSError, ValueError):
        return USUAL_CELL
    if not (lines and columns):
        return USUAL_CELL
    cell = Cell(width // columns, height // lines)
    return cell if _plausible(cell) else USUAL_CELL


def _plausible(cell: Cell) -> bool:
    # Some terminals tell zeros, some a constant.
    return 2 <= cell.width <= 200 and cell.width <= cell.height <= 4 * cell.width
