"""The colours of code, as SGR parameters: what each theme gives to each role."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Palette:
    """A colour for each role; plain names keep the terminal's own."""

    code: str
    """code inside of a text, types, built-ins"""
    keyword: str
    number: str
    string: str
    removed: str
    added: str


def _fixed(code: int, keyword: int, number: int, string: int, removed: int, added: int) -> Palette:
    """Colours of the cube of 256, which themes leave as they are."""
    return Palette(*(f"38;5;{one}" for one in (code, keyword, number, string, removed, added)))


PALETTES: Final = {
    "terminal": Palette("36", "35", "36", "32", "31", "32"),
    "both": _fixed(30, 98, 130, 29, 131, 28),
    "light": _fixed(24, 90, 94, 22, 124, 22),
    "dark": _fixed(80, 176, 216, 114, 210, 114),
}
"""By the theme's name. `both`: a contrast above 4.3 against white and against black, as nobody is asked which it is."""
