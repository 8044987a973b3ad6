"""A picture that is ready to be shown: rows for any window, with a line of text below."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Protocol

from azresp.ui.markdown.rows import DIM, Row, Span
from azresp.ui.pictures.decode import Decoded, Source, Undrawable, decode
from azresp.ui.pictures.fit import HALF_BLOCKS, Box, fit
from azresp.ui.pictures.surface import Mode, Surface
from azresp.ui.sink import clean_line

if TYPE_CHECKING:
    from PIL.Image import Image

OTHER_ROWS: Final = 3
"""Rows of the window that stay for the status row, the prompt and what stood before."""

_SAVE, _RESTORE = "\x1b7", "\x1b8"


class Art(Protocol):
    """A picture encoded for one kind of terminal."""

    @property
    def live(self) -> bool:
        """Whether it can be replaced where it stands."""
        ...

    @property
    def before(self) -> str:
        """Written once before it is shown."""
        ...

    @property
    def away(self) -> str:
        """Written when its rows are gone for now."""
        ...

    @property
    def after(self) -> str:
        """Written to take it away, after its rows are gone."""
        ...

    def rows(self, box: Box) -> list[Row]: ...
    def over(self, box: Box) -> str: ...


class Picture:
    """A picture to show, or only its caption where it can't be drawn."""

    def __init__(
        self,
        caption: str,
        art: Art | None = None,
        size: tuple[int, int] = (1, 1),
        surface: Surface | None = None,
    ) -> None:
        self.caption = clean_line(caption)
        self._art = art
        self._size = size
        self._surface = surface or Surface()

    @property
    def before(self) -> str:
        """Bytes for the terminal, once, before the rows."""
        return self._art.before if self._art else ""

    @property
    def away(self) -> str:
        """Bytes for the terminal when the rows are gone, maybe to come back."""
        return self._art.away if self._art else ""

    @property
    def after(self) -> str:
        """Bytes for the terminal when another picture has taken the place of this one."""
        return self._art.after if self._art else ""

    def rows(self, columns: int, lines: int, *, final: bool) -> list[Row]:
        """What stands in a window of this size: the drawing if it may be drawn yet, then the caption.

        Where the terminal draws over rows, the last row's text does it: by then the rows it covers are there.
        """
        caption = _wrapped(self.caption, columns)
        room = Box(columns, lines - OTHER_ROWS - len(caption))
        if self._art is None or room.rows < 1 or not (final or self._art.live):
            return caption
        blocks = self._surface.mode is Mode.BLOCKS
        box = fit(self._size, room, HALF_BLOCKS if blocks else self._surface.cell())
        over = self._art.over(box)
        if over:
            last = caption[-1]
            up = box.rows + len(caption) - 1
            caption[-1] = Row(f"{last.ansi}{_SAVE}\x1b[{up}A\r{over}{_RESTORE}", last.cells)
        return [*self._art.rows(box), *caption]


def prepare(
    source: Source, surface: Surface, caption: str, window: Callable[[], tuple[int, int]] = lambda: (80, 24)
) -> Picture:
    """Make a picture ready; slow, for a thread. Never fails: what can't be drawn says so in its caption."""
    if surface.mode is Mode.NONE:
        return Picture(caption)
    try:
        found = decode(source)
        width, height = found.size
        told = f"{width} × {height} {found.format}"
        picture = Picture(_joined(caption, told), _art(found, surface), found.image.size, surface)
        # The first window's drawing is made here, in the thread, and kept.
        picture.rows(*window(), final=True)
    except Undrawable as why:
        return Picture(_joined(caption, str(why)))
    return picture


def _art(found: Decoded, surface: Surface) -> Art:
    from azresp.ui.pictures.blocks import Blocks
    from azresp.ui.pictures.iterm import Iterm
    from azresp.ui.pictures.kitty import Kitty
    from azresp.ui.pictures.sixel import Sixel

    image: Image = found.image
    match surface.mode:
        case Mode.KITTY:
            return Kitty(image)
        case Mode.ITERM:
            return Iterm(image)
        case Mode.SIXEL:
            return Sixel(image, surface.cell)
        case _:
            return Blocks(image, truecolour=surface.truecolour)


def _joined(caption: str, more: str) -> str:
    return f"{caption} · {more}" if caption else more


def _wrapped(caption: str, columns: int) -> list[Row]:
    from azresp.ui.markdown.wrap import Margin, Wrap

    # One cell stays free: the cursor is never left waiting at the edge.
    wrap = Wrap(Margin((), (), max(1, columns - 1)))
    rows = [*wrap.add([Span(caption, DIM)]), *wrap.end()]
    return rows or [Row("", 0)]
