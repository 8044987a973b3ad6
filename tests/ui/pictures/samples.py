"""Pictures for tests, readers of what terminals are sent, and a terminal that keeps kitty's pictures."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from io import BytesIO

from PIL import Image

from tests.ui.terminals import Tty

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)
Colour = tuple[int, int, int]

COMMAND = re.compile(r"\x1b_G([^;\x1b]*)(?:;([A-Za-z0-9+/=]*))?\x1b\\")
ITERM = re.compile(r"\x1b\]1337;File=([a-zA-Z0-9=;]+):([A-Za-z0-9+/=]+)\x07")
SIXEL = re.compile(r'\x1bP0;1;0q"1;1;(\d+);(\d+)([#;0-9!$?-~-]*)\x1b\\')
BLOCK_SGR = re.compile(r"\x1b\[(?:0;)?[34]8;(?:2;\d+;\d+|5);\d+(?:;48;(?:2;\d+;\d+|5);\d+)?m")
PLACE = re.compile(r"\x1b7\x1b\[\d+A\r((?:(?!\x1b8).)*)\x1b8", re.DOTALL)


def quarters(width: int = 64, height: int = 64) -> Image.Image:
    """Red and green above blue and white."""
    image = Image.new("RGB", (width, height), RED)
    image.paste(GREEN, (width // 2, 0, width, height // 2))
    image.paste(BLUE, (0, height // 2, width // 2, height))
    image.paste(WHITE, (width // 2, height // 2, width, height))
    return image


def encoded(image: Image.Image, form: str = "PNG") -> bytes:
    """The picture's bytes."""
    out = BytesIO()
    image.save(out, form)
    return out.getvalue()


def without_pictures(written: str) -> str:
    """What was written, without pictures and their colours; the sequences are checked on the way."""
    written = PLACE.sub(lambda match: _checked(match.group(1)), written)
    return BLOCK_SGR.sub("", COMMAND.sub("", written))


def _checked(over: str) -> str:
    assert COMMAND.fullmatch(over) or ITERM.fullmatch(over) or SIXEL.fullmatch(over), ascii(over[:80])
    return ""


def keys_of(command: str) -> dict[str, str]:
    """`a=p,i=3` as a mapping."""
    return dict(pair.split("=", 1) for pair in command.split(","))


def read_sixels(sequence: str) -> Image.Image:
    """A small decoder of sixels; what is not drawn is transparent."""
    match = SIXEL.fullmatch(sequence)
    assert match is not None, ascii(sequence[:60])
    width, height = int(match[1]), int(match[2])
    image = Image.new("RGBA", (width, height))
    palette: dict[int, tuple[int, int, int, int]] = {}
    x = y = colour = 0
    for token in re.finditer(r"#(\d+)(?:;2;(\d+);(\d+);(\d+))?|!(\d+)([?-~])|([?-~])|([$-])", match[3]):
        if token[1]:
            colour = int(token[1])
            if token[2]:
                red, green, blue = (round(int(part) * 2.55) for part in token.group(2, 3, 4))
                palette[colour] = (red, green, blue, 255)
        elif token[8]:
            x, y = 0, y + (6 if token[8] == "-" else 0)
        else:
            bits = ord(token[6] or token[7]) - 63
            count = int(token[5] or 1)
            for row in range(6):
                if bits >> row & 1:
                    image.paste(palette[colour], (x, y + row, x + count, y + row + 1))
            x += count
    return image


@dataclass
class Placed:
    """A picture that kitty shows."""

    column: int
    row: int
    """counted from the first row of the scrollback"""
    columns: int
    rows: int


@dataclass
class Kept:
    """A picture that kitty keeps."""

    data: str = ""
    whole: bool = False
    placed: dict[str, Placed] = field(default_factory=dict)

    @property
    def image(self) -> Image.Image:
        assert self.whole
        return Image.open(BytesIO(base64.b64decode(self.data)))


class KittyTty(Tty):
    """pyte with kitty's pictures: sent, placed and deleted as its protocol says."""

    def __init__(self, columns: int, lines: int) -> None:
        super().__init__(columns, lines)
        self.kept: dict[str, Kept] = {}
        self._sending = ""

    def write(self, text: str) -> None:
        self.written.append(text)
        at = 0
        text = SIXEL.sub("", ITERM.sub("", text))  # pyte would print them
        for match in COMMAND.finditer(text):
            self.stream.feed(text[at : match.start()])
            self._command(keys_of(match[1]), match[2] or "")
            at = match.end()
        self.stream.feed(text[at:])

    def _command(self, keys: dict[str, str], payload: str) -> None:
        assert keys["q"] == "2", "it would answer"
        match keys.get("a", "t"):
            case "t":
                self._sending = keys.get("i", self._sending)
                kept = self.kept.setdefault(self._sending, Kept())
                assert not kept.whole, "sent twice"
                kept.data += payload
                kept.whole = keys["m"] == "0"
            case "p":
                assert keys["C"] == "1"
                column, row = self.cursor()
                placed = Placed(column, row, int(keys["c"]), int(keys["r"]))
                self.kept[keys["i"]].placed[keys["p"]] = placed
            case "d" if keys["d"] == "i":
                self.kept[keys["i"]].placed.clear()
            case "d":
                del self.kept[keys["i"]]
                assert any(kept.placed for kept in self.kept.values()), "a gap would be seen"
            case other:
                raise AssertionError(other)

    def seen(self) -> list[Placed]:
        """All that is placed, from the top."""
        found = [placed for kept in self.kept.values() for placed in kept.placed.values()]
        return sorted(found, key=lambda placed: placed.row)
