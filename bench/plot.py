"""Lines in panels side by side, both axes logarithmic, as SVG that reads on light and dark grounds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Points = Sequence[tuple[float, float]]

WIDE, HIGH, LEFT, TOP, APART = 250, 200, 50, 34, 62
_COLOURS = ("#2f81f7", "#d29922", "#8b949e")
_GREY = "#8b949e"


@dataclass(frozen=True, slots=True)
class Panel:
    """One drawing: a title, and points by the name of their line."""

    title: str
    lines: Mapping[str, Points]


def draw(axis: str, panels: Sequence[Panel]) -> str:
    """The panels in a row; the names of the lines stand below, `axis` is what all x axes mean."""
    width = LEFT + len(panels) * (WIDE + APART)
    height = TOP + HIGH + 62
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        'font-family="system-ui,DejaVu Sans,sans-serif" font-size="11">'
    ]
    for at, panel in enumerate(panels):
        parts += _panel(panel, LEFT + at * (WIDE + APART))
    names = list(panels[0].lines)
    for at, (name, colour) in enumerate(zip(names, _COLOURS, strict=False)):
        x = LEFT + at * 220
        parts.append(f'<path d="M{x} {height - 13}h22" stroke="{colour}" stroke-width="2.5"/>')
        parts.append(_text(x + 28, height - 9, name))
    parts.append(_text(width - APART, height - 9, axis, "end"))
    return "\n".join([*parts, "</svg>\n"])


def _panel(panel: Panel, left: float) -> list[str]:
    points = [point for line in panel.lines.values() for point in line]
    across = _Scale([x for x, _ in points], left, left + WIDE)
    up = _Scale([y for _, y in points], TOP + HIGH, TOP)
    parts = [_text(left, TOP - 14, panel.title, weight="600")]
    for y in up.ticks():
        parts.append(f'<path d="M{left} {up.at(y):.1f}h{WIDE}" stroke="{_GREY}" stroke-opacity=".25"/>')
        parts.append(_text(left - 6, up.at(y) + 4, _short(y), "end"))
    for x in across.ticks():
        parts.append(f'<path d="M{across.at(x):.1f} {TOP}v{HIGH}" stroke="{_GREY}" stroke-opacity=".25"/>')
        parts.append(_text(across.at(x), TOP + HIGH + 16, _short(x), "middle"))
    for line, colour in zip(panel.lines.values(), _COLOURS, strict=False):
        path = " ".join(f"{across.at(x):.1f},{up.at(y):.1f}" for x, y in line)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [
            f'<circle cx="{across.at(x):.1f}" cy="{up.at(y):.1f}" r="2.6" fill="{colour}"/>' for x, y in line
        ]
    return parts


class _Scale:
    """Values on a logarithmic axis between two places; it begins and ends at 1, 2 or 5 times a power of ten."""

    def __init__(self, values: Sequence[float], start: float, end: float) -> None:
        self._all = [step * 10.0**power for power in range(-3, 10) for step in (1, 2, 5)]
        self._least = max(tick for tick in self._all if tick <= min(values))
        self._most = min(tick for tick in self._all if tick >= max(values))
        self._start, self._end = start, end

    def at(self, value: float) -> float:
        part = math.log(value / self._least) / math.log(self._most / self._least)
        return self._start + part * (self._end - self._start)

    def ticks(self) -> list[float]:
        """All steps if they are few, else the powers of ten."""
        inside = [tick for tick in self._all if self._least <= tick <= self._most]
        powers = [tick for tick in inside if math.log10(tick).is_integer()]
        return inside if len(inside) <= 7 else powers


def _short(value: float) -> str:
    return f"{value / 1000:g}k" if value >= 1000 else f"{value:g}"


def _text(x: float, y: float, text: str, anchor: str = "start", weight: str = "400") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-weight="{weight}" fill="{_GREY}">{text}</text>'
