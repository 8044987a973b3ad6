"""The pictures of README and guides: real sittings with azresp on a pseudo-terminal, drawn as SVG.

`make picture` makes all of them, `make picture ONLY=session` one. Nothing in them is written by hand, and the same
program gives the same files: chance and time are taken out of it (actor.py), and what a picture shows must come out
the same twice.
"""

from __future__ import annotations

import re
import shlex
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyte

from docs.actor import TAKE
from docs.svg import Frame, Look, Row, moving, runs, still
from tests.cli.forked import kept
from tests.cli.sitting import Sitting

FOLDER = Path(__file__).parent
COMMAND = [sys.executable, "-m", "docs.actor"]
TYPING_S, TOKEN_S, PAUSE_S, END_S = 0.05, 0.07, 0.9, 5.0
"""How long a film shows a letter typed, a token come, a moment between, and the end."""
_FRAME_END = "\x1b[?2026l"


@dataclass(frozen=True, slots=True)
class Scene:
    """One picture: what happens in it, and where it goes."""

    name: str
    title: str
    play: Callable[[Stage], None]
    columns: int = 88
    lines: int = 60
    files: tuple[tuple[str, str], ...] = ()
    """what lies in the folder: name and text"""
    film: bool = False


class Stage:
    """A folder with a home, and the commands that are given there; all that they write is one roll."""

    def __init__(self, scene: Scene, folder: Path) -> None:
        self._scene, self._folder = scene, folder
        self.roll = ""
        self._sat = 0
        self.cuts: list[tuple[int, float]] = []
        """places in the roll, each with the seconds that what is seen there stays"""
        for name, text in scene.files:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            path.chmod(0o600)

    def sits(self, *words: str) -> Sitting:
        """Start azresp; `film` and `curtain` take up what it writes."""
        home = str(self._folder)
        env = kept() | {"HOME": home, "PYTHONUTF8": "1", "AZRESP_EMULATOR": "always"}
        env |= {
            f"XDG_{name}_HOME": f"{home}/.{name.lower()}" for name in ("CONFIG", "DATA", "CACHE", "STATE")
        }
        env["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"
        env["COLORTERM"] = "truecolor"
        env["PYTHONPATH"] = str(FOLDER.parent)
        self._sat += 1
        env[TAKE] = str(self._sat)
        return Sitting(
            self._folder, env, *words, columns=self._scene.columns, lines=self._scene.lines, command=COMMAND
        )

    def shell(self, line: str) -> None:
        """Give a command at a shell's prompt, and see what it says."""
        self.roll += f"\x1b[32m$\x1b[0m {line}\r\n"
        with self.sits(*shlex.split(line)[1:]) as sitting:
            sitting.status()
        self.roll += sitting.written

    def curtain(self, sitting: Sitting) -> None:
        """Take up what was written so far; the last of it stays on the picture."""
        self.roll += sitting.written

    def types(self, sitting: Sitting, text: str) -> None:
        """Type letter by letter, and send."""
        sitting.ready()
        self.cuts.append((len(self.roll + sitting.written), PAUSE_S))
        for end in range(1, len(text) + 1):
            sitting.keys(text[end - 1])
            sitting.until(lambda end=end: sitting.tty.cursor()[0] == 2 + end, text[:end])  # type: ignore[misc]
            self.cuts.append((len(self.roll + sitting.written), TYPING_S))
        before = sitting.sent
        sitting.keys("\r")
        sitting.until(lambda: sitting.sent > before, "sent")


class _Screen(pyte.Screen):
    """pyte knows no dim text: what blinks here is dim."""

    def select_graphic_rendition(self, *attributes: int, **private: bool) -> None:
        colour = any(one in (38, 48) for one in attributes)  # its numbers are no attributes
        told = attributes if colour else [two for one in attributes for two in _DIM.get(one, (one,))]
        super().select_graphic_rendition(*told, **private)


_DIM = {2: (5,), 22: (22, 25)}


def _frame(screen: pyte.Screen, *, cursor: bool = False) -> Frame:
    rows = [_cells(screen, y) for y in range(screen.lines)]
    if cursor and not screen.cursor.hidden:
        x, y = screen.cursor.x, screen.cursor.y
        rows[y] += runs([(x, "▄", Look("grey"))])
    while rows and not rows[-1]:
        rows.pop()
    return tuple(rows)


def _cells(screen: pyte.Screen, y: int) -> Row:
    line = screen.buffer[y]
    cells = [(x, line[x]) for x in range(screen.columns)]
    return runs((x, char.data, _look(char)) for x, char in cells if char.data)


def _look(char: pyte.screens.Char) -> Look:
    text, ground = (char.bg, char.fg) if char.reverse else (char.fg, char.bg)
    if char.reverse:
        text, ground = text.replace("default", "ground"), ground.replace("default", "text")
    return Look(
        _colour(text),
        _colour(ground),
        char.bold,
        char.italics,
        char.underscore,
        char.strikethrough,
        char.blink,
    )


def _colour(name: str) -> str:
    if re.fullmatch(r"[0-9a-f]{6}", name):
        return f"#{name}"
    return (
        name.replace("default", "")
        .replace("brown", "yellow")
        .replace("brightblack", "grey")
        .replace("bright", "")
    )


def _taken(scene: Scene) -> Stage:
    folder = Path(tempfile.gettempdir()) / "ada"  # it may be seen
    folder.mkdir(mode=0o700)
    try:
        stage = Stage(scene, folder)
        scene.play(stage)
    finally:
        shutil.rmtree(folder)
    return stage


def _still(scene: Scene) -> str:
    screen = _Screen(scene.columns, scene.lines)
    pyte.Stream(screen).feed(_taken(scene).roll)
    return still(_frame(screen), scene.columns, scene.title)


def _film(scene: Scene) -> str:
    stage = _taken(scene)
    ends = [(found.end(), TOKEN_S) for found in re.finditer(re.escape(_FRAME_END), stage.roll)]
    screen = _Screen(scene.columns, scene.lines)
    stream = pyte.Stream(screen)
    frames: list[tuple[Frame, float]] = []
    at = 0
    for end, seconds in sorted({**dict(ends), **dict(stage.cuts), len(stage.roll): END_S}.items()):
        stream.feed(stage.roll[at:end])
        at = end
        frame = _frame(screen, cursor=seconds != TOKEN_S)
        if not frames or frame != frames[-1][0]:
            frames.append((frame, seconds))
    return moving(frames, scene.columns, scene.title)


def _settled(scene: Scene) -> str:
    """The picture that comes out twice in a row: a machine that is busy may paint two tokens at once."""
    draw = _film if scene.film else _still
    last = ""
    for _ in range(8):
        last, before = draw(scene), last
        if last == before:
            return last
    raise SystemExit(f"{scene.name}: never the same twice")


def main() -> None:
    """Make the pictures that are named, or all."""
    from docs.scenes import SCENES

    for scene in SCENES:
        if len(sys.argv) < 2 or scene.name in sys.argv[1:]:
            path = FOLDER / f"{scene.name}.svg"
            path.parent.mkdir(exist_ok=True)
            path.write_text(_settled(scene), encoding="utf-8")
            print(f"{path.relative_to(FOLDER.parent)}: {path.stat().st_size:,} bytes")  # noqa: T201


if __name__ == "__main__":
    main()
