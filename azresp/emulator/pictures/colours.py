"""Colours by their names."""

from __future__ import annotations

import re

Colour = tuple[int, int, int]

NAMED: dict[str, Colour] = {
    "black": (20, 20, 24),
    "white": (250, 250, 250),
    "grey": (128, 128, 128),
    "red": (214, 40, 40),
    "green": (42, 157, 78),
    "blue": (38, 84, 206),
    "yellow": (247, 209, 60),
    "orange": (244, 132, 36),
    "purple": (122, 60, 176),
    "pink": (244, 143, 177),
    "brown": (121, 85, 61),
    "teal": (0, 128, 128),
    "cyan": (64, 200, 224),
    "gold": (212, 165, 32),
    "navy": (20, 33, 84),
    "beige": (238, 225, 198),
}
_ALIASES = {
    "gray": "grey",
    "turquoise": "teal",
    "violet": "purple",
    "golden": "gold",
    "magenta": "pink",
    "crimson": "red",
    "silver": "grey",
}
_WORD = re.compile(r"\b(" + "|".join([*NAMED, *_ALIASES]) + r")(?:ish)?\b", re.IGNORECASE)


def colours_in(text: str) -> list[str]:
    """Names of the colours that a text names, in its order, each once."""
    found = (match.group(1).lower() for match in _WORD.finditer(text))
    return list(dict.fromkeys(_ALIASES.get(name, name) for name in found))


def nearest(colour: Colour) -> str:
    """The name that fits best."""
    red, green, blue = colour
    if max(colour) - min(colour) < 24:
        return "black" if max(colour) < 64 else "white" if min(colour) > 216 else "grey"

    def distance(name: str) -> int:
        r, g, b = NAMED[name]
        return 3 * (red - r) ** 2 + 4 * (green - g) ** 2 + 2 * (blue - b) ** 2

    return min((name for name in NAMED if name != "grey"), key=distance)
