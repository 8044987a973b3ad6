"""What a terminal shows as SVG: text and a few rectangles, for light and dark, still or moving; nothing is loaded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from xml.sax.saxutils import escape

WIDTH, HEIGHT, SIZE = 8.4, 18, 14
"""A cell, and the letters in it, in pixels."""
MARGIN, BAR = 16, 36

_LIGHT = {
    "ground": "#ffffff", "text": "#24292f", "frame": "#d0d7de", "black": "#24292f", "red": "#cf222e",
    "green": "#116329", "yellow": "#9a6700", "blue": "#0969da", "magenta": "#8250df", "cyan": "#1b7c83",
    "white": "#6e7781", "grey": "#57606a",
}  # fmt: skip
_DARK = {
    "ground": "#0d1117", "text": "#d1d7e0", "frame": "#30363d", "black": "#6e7681", "red": "#ff7b72",
    "green": "#3fb950", "yellow": "#d29922", "blue": "#58a6ff", "magenta": "#bc8cff", "cyan": "#39c5cf",
    "white": "#b1bac4", "grey": "#8b949e",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Look:
    """How a cell looks; colours by their names above or as #rrggbb, empty where they are the terminal's own."""

    text: str = ""
    ground: str = ""
    bold: bool = False
    italic: bool = False
    underline: bool = False
    struck: bool = False
    dim: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """Text of one look."""

    x: int
    cells: int
    text: str
    look: Look


Row = tuple[Run, ...]
Frame = tuple[Row, ...]


def still(frame: Frame, columns: int, title: str) -> str:
    """A picture of one moment."""
    body = [_row(row, y) for y, row in enumerate(frame)]
    return _page(body, columns, len(frame), title, "")


def moving(frames: Sequence[tuple[Frame, float]], columns: int, title: str) -> str:
    """A film of frames, each with the seconds it stays; it begins again. Who wants no motion sees the last one."""
    rows = max(len(frame) for frame, _ in frames)
    ends = [0.0]
    for _, seconds in frames:
        ends.append(ends[-1] + seconds)
    spans: dict[tuple[int, int], str] = {}
    body = []
    for y in range(rows):
        states = [frame[y] if y < len(frame) else () for frame, _ in frames]
        for first, after, row in _stretches(states):
            if row:
                name = spans.setdefault((first, after), f"k{len(spans)}")
                last = " z" if after == len(frames) else ""
                body.append(f'<g class="f{last}" style="animation-name:{name}">{_row(row, y)}</g>')
    style = (
        f".f{{visibility:hidden;animation:{ends[-1]:.2f}s step-end infinite}}.z{{visibility:visible}}"
        "@media (prefers-reduced-motion:reduce){.f{animation:none}}"
    )
    style += "".join(
        _keyframes(name, ends[a] / ends[-1], ends[b] / ends[-1]) for (a, b), name in spans.items()
    )
    return _page(body, columns, rows, title, style)


def _stretches(states: Sequence[Row]) -> Iterator[tuple[int, int, Row]]:
    """First frame, the one after the last, and the row, for each time that a row stays the same."""
    changes = [at for at in range(len(states)) if at == 0 or states[at] != states[at - 1]]
    for first, after in pairwise([*changes, len(states)]):
        yield first, after, states[first]


def _keyframes(name: str, begin: float, end: float) -> str:
    hidden, visible = "{visibility:hidden}", "{visibility:visible}"
    steps = f"0%{hidden}" if begin else ""
    steps += f"{begin:.2%}{visible}"
    steps += f"{end:.2%}{hidden}" if end < 1 else ""
    return f"@keyframes {name}{{{steps}}}"


def _row(row: Row, y: int) -> str:
    top = BAR + y * HEIGHT
    grounds, letters = defaultdict[str, list[str]](list), []
    for run in row:
        x, wide = MARGIN + run.x * WIDTH, run.cells * WIDTH
        if run.look.ground:
            grounds[run.look.ground].append(f"M{x:.1f} {top}h{wide:.1f}v{HEIGHT}h{-wide:.1f}z")
        if run.text in ("▀" * run.cells, "▄" * run.cells, "█" * run.cells):
            above, high = (
                (HEIGHT // 2 if run.text[0] == "▄" else 0),
                (HEIGHT if run.text[0] == "█" else HEIGHT // 2),
            )
            grounds[run.look.text].append(f"M{x:.1f} {top + above}h{wide:.1f}v{high}h{-wide:.1f}z")
        elif run.text.strip():
            letters.append(_letters(run, x, top + 13, wide))
    shapes = [
        f'<path d="{"".join(parts)}"{_fill(colour)} shape-rendering="crispEdges"/>'
        for colour, parts in grounds.items()
    ]
    return "".join([*shapes, *letters])


def _letters(run: Run, x: float, y: int, wide: float) -> str:
    look = run.look
    names = [
        name
        for name, on in zip("bius", (look.bold, look.italic, look.underline, look.struck), strict=True)
        if on
    ]
    names += ["d"] if look.dim else []
    colour = f' style="fill:{look.text}"' if look.text.startswith("#") else ""
    names += [look.text] if look.text and not colour else []
    kind = f' class="{" ".join(names)}"' if names else ""
    fit = f' textLength="{wide:.1f}" lengthAdjust="spacingAndGlyphs"' if run.cells > 1 else ""
    return f'<text x="{x:.1f}" y="{y}"{fit}{kind}{colour}>{escape(run.text)}</text>'


def _fill(colour: str) -> str:
    return f' fill="{colour}"' if colour.startswith("#") else f' class="{colour or "text"}"'


def _page(body: Iterable[str], columns: int, rows: int, title: str, style: str) -> str:
    width, height = 2 * MARGIN + columns * WIDTH, BAR + rows * HEIGHT + MARGIN
    dots = "".join(
        f'<circle cx="{MARGIN + 6 + 18 * at}" cy="18" r="5.5" fill="{colour}"/>'
        for at, colour in enumerate(("#ff5f57", "#febc2e", "#28c840"))
    )
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.1f} {height}" width="{width:.1f}" '
        f'height="{height}" role="img"><title>{escape(title)}</title>',
        f"<style>text{{font:{SIZE}px ui-monospace,'SF Mono',Menlo,Consolas,'DejaVu Sans Mono',monospace;"
        "white-space:pre}.b{font-weight:700}.i{font-style:italic}.u{text-decoration:underline}"
        ".s{text-decoration:line-through}.d{opacity:.65}.m{text-anchor:middle}"
        f"{_colours(_LIGHT)}@media (prefers-color-scheme:dark){{{_colours(_DARK)}}}{style}</style>",
        f'<rect class="ground frame" x=".5" y=".5" width="{width - 1:.1f}" height="{height - 1}" rx="8"/>',
        f'{dots}<text class="m grey" x="{width / 2:.1f}" y="23">{escape(title)}</text>',
        *body,
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _colours(palette: dict[str, str]) -> str:
    named = {name: value for name, value in palette.items() if name not in ("ground", "text", "frame")}
    rules = [f"text,.text{{fill:{palette['text']}}}", f".ground{{fill:{palette['ground']}}}"]
    rules += [
        f".frame{{stroke:{palette['frame']}}}",
        *(f".{name}{{fill:{value}}}" for name, value in named.items()),
    ]
    return "".join(rules)


def runs(cells: Iterable[tuple[int, str, Look]]) -> Row:
    """Cells of a row (column, text, look) as runs; blanks that nobody sees are left out."""
    return tuple(
        run for look, group in groupby(cells, key=lambda cell: cell[2]) for run in _runs(list(group), look)
    )


def _runs(cells: list[tuple[int, str, Look]], look: Look) -> Iterator[Run]:
    text = "".join(one for _, one, _ in cells)
    if look.ground or look.underline:
        yield Run(cells[0][0], sum(_cells(one) for _, one, _ in cells), text, look)
        return
    seen = [cell for cell in cells if not cell[1].isspace()]
    parts: list[list[tuple[int, str, Look]]] = []
    for cell in seen:
        # Two blanks and more end a run: a font of another width must not move columns.
        near = parts and cell[0] - (parts[-1][-1][0] + _cells(parts[-1][-1][1])) <= 1
        parts[-1].append(cell) if near else parts.append([cell])
    for part in parts:
        x, end = part[0][0], part[-1][0] + _cells(part[-1][1])
        letters = "".join(one for at, one, _ in cells if x <= at < end)
        yield Run(x, end - x, letters, look)


def _cells(text: str) -> int:
    from wcwidth import wcswidth

    return max(1, wcswidth(text))
