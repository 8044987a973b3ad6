"""What terminals are sent decodes back to the picture, and nothing in it could be answered."""

from __future__ import annotations

import base64
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops

from azresp.ui.markdown.rows import Row
from azresp.ui.pictures.blocks import CHROMA, LEVELS, Blocks
from azresp.ui.pictures.fit import Box, Cell
from azresp.ui.pictures.iterm import Iterm
from azresp.ui.pictures.kitty import CHUNK, Kitty
from azresp.ui.pictures.sixel import Sixel, sixels
from tests.examples import examples
from tests.ui.pictures.samples import (
    BLUE,
    COMMAND,
    GREEN,
    ITERM,
    RED,
    WHITE,
    keys_of,
    quarters,
    read_sixels,
)
from tests.ui.terminals import Tty


def gradient(width: int, height: int) -> Image.Image:
    red = Image.linear_gradient("L").resize((width, height))
    green = red.transpose(Image.Transpose.ROTATE_90).resize((width, height))
    return Image.merge("RGB", (red, green, Image.new("L", (width, height), 90)))


def far(one: Image.Image, other: Image.Image) -> float:
    """Mean distance of two pictures' channels."""
    histogram = ImageChops.difference(one.convert("RGB"), other.convert("RGB")).histogram()
    return sum(at % 256 * count for at, count in enumerate(histogram)) / (one.width * one.height * 3)


def test_kitty_is_sent_chunks_that_decode_to_the_same_pixels() -> None:
    image = Image.effect_noise((200, 150), 80).convert("RGB")
    sent = Kitty(image, 77).before
    commands = COMMAND.findall(sent)
    assert COMMAND.sub("", sent) == ""
    assert len(commands) > 2
    assert all(len(payload) <= CHUNK for _, payload in commands)
    assert [keys_of(keys)["m"] for keys, _ in commands] == ["1"] * (len(commands) - 1) + ["0"]
    assert all(keys_of(keys)["q"] == "2" for keys, _ in commands)
    assert keys_of(commands[0][0]) | {"m": ""} == {
        "a": "t",
        "t": "d",
        "f": "100",
        "i": "77",
        "q": "2",
        "m": "",
    }
    whole = base64.b64decode("".join(payload for _, payload in commands))
    assert Image.open(BytesIO(whole)).tobytes() == image.tobytes()


def test_kitty_places_and_deletes_by_number_without_an_answer() -> None:
    kitty = Kitty(quarters(), 77)
    assert kitty.over(Box(40, 20)) == "\x1b_Ga=p,i=77,p=1,c=40,r=20,C=1,q=2\x1b\\"
    assert kitty.after == "\x1b_Ga=d,d=I,i=77,q=2\x1b\\"
    assert kitty.rows(Box(40, 3)) == [Row("", 0)] * 3


def test_numbers_of_pictures_differ() -> None:
    assert len({Kitty(quarters(2, 2)).after for _ in range(50)}) == 50


@pytest.mark.parametrize(("mode", "form"), [("RGB", "JPEG"), ("RGBA", "PNG")])
def test_iterm_is_sent_a_picture_sized_in_cells(mode: str, form: str) -> None:
    match = ITERM.fullmatch(Iterm(quarters().convert(mode)).over(Box(40, 20)))
    assert match is not None
    data = base64.b64decode(match[2])
    keys = dict(pair.split("=") for pair in match[1].split(";"))
    assert keys == {
        "size": str(len(data)),
        "width": "40",
        "height": "20",
        "preserveAspectRatio": "1",
        "inline": "1",
    }
    image = Image.open(BytesIO(data))
    assert image.format == form
    assert far(image, quarters()) < 4


def test_sixels_decode_to_the_same_colours() -> None:
    image = quarters(60, 48)
    read = read_sixels(sixels(image, 60, 48))
    assert read.size == (60, 48)
    assert read.getchannel("A").getextrema() == (255, 255)  # every pixel is drawn
    assert far(read, image) < 2
    assert far(read_sixels(sixels(gradient(120, 90), 120, 90)), gradient(120, 90)) < 12


@examples(30)
@given(st.integers(1, 40), st.integers(1, 40), st.randoms(use_true_random=False))
def test_any_picture_survives_sixels(width: int, height: int, random: Any) -> None:
    image = Image.frombytes("RGBA", (width, height), random.randbytes(4 * width * height))
    image.putalpha(image.getchannel("A").point([0] * 128 + [255] * 128))
    read = read_sixels(sixels(image, width, height))
    holes = image.getchannel("A").tobytes()
    assert read.getchannel("A").tobytes() == holes


def test_sixels_fill_whole_bands_inside_their_box() -> None:
    sixel = Sixel(quarters(1000, 1000), lambda: Cell(10, 19))
    assert read_sixels(sixel.over(Box(10, 5))).size == (100, 90)
    assert read_sixels(sixel.over(Box(1, 1))).size == (10, 18)
    assert sixel.over(Box(10, 5)) is sixel.over(Box(10, 5))  # made once
    assert max(read_sixels(sixel.over(Box(150, 20))).size) == 1000


def cells(art: Blocks, box: Box, size: tuple[int, int]) -> list[list[tuple[str, str, str]]]:
    """Character, foreground and background of the box's cells in pyte."""
    tty = Tty(*size)
    for row in art.rows(box):
        assert row.cells == box.columns
        tty.write(row.ansi + "\r\n")
    buffer = tty.screen.buffer
    found = [[buffer[y][x] for x in range(size[0])] for y in range(box.rows)]
    assert all(cell.bg == "default" for row in found for cell in row[box.columns :])
    assert tty.style_is_default
    return [[(cell.data, cell.fg, cell.bg) for cell in row[: box.columns]] for row in found]


def named(colour: tuple[int, ...]) -> str:
    return "{:02x}{:02x}{:02x}".format(*colour)


@pytest.mark.parametrize("size", [(80, 24), (40, 10), (120, 50)])
@pytest.mark.parametrize("truecolour", [True, False])
def test_half_blocks_have_the_pictures_colours(size: tuple[int, int], truecolour: bool) -> None:
    box = Box(size[0] // 2, size[1] - 4)
    got = cells(Blocks(quarters(400, 400), truecolour=truecolour), box, size)
    middle = box.columns // 2
    for y, row in enumerate(got):
        left, right = (RED, GREEN) if y < box.rows // 2 else (BLUE, WHITE)
        assert set(row[:middle]) == {("▀", named(left), named(left))}
        assert set(row[middle + box.columns % 2 :]) == {("▀", named(right), named(right))}


def test_half_blocks_have_two_pixels_in_a_cell() -> None:
    image = gradient(10, 8)
    got = cells(Blocks(image, truecolour=True), Box(10, 4), (20, 10))
    for y, row in enumerate(got):
        for x, (char, above, below) in enumerate(row):
            assert char == "▀"
            assert above == named(image.getpixel((x, 2 * y)))  # type: ignore[arg-type]
            assert below == named(image.getpixel((x, 2 * y + 1)))  # type: ignore[arg-type]


def test_of_the_fixed_colours_the_nearest_is_taken() -> None:
    image = gradient(20, 16)
    for y, row in enumerate(cells(Blocks(image, truecolour=False), Box(20, 8), (20, 10))):
        for x, (_, above, _) in enumerate(row):
            wanted: Any = image.getpixel((x, 2 * y))
            nearest = tuple(min(LEVELS, key=lambda level: abs(level - part)) for part in wanted)
            grey = max(wanted) - min(wanted) < CHROMA
            assert grey or above == named(nearest)


def test_greys_stay_grey_and_as_light() -> None:
    image = Image.linear_gradient("L").resize((16, 40)).convert("RGB")
    for y, row in enumerate(cells(Blocks(image, truecolour=False), Box(16, 20), (16, 24))):
        for x, (_, above, below) in enumerate(row):
            for at, colour in ((2 * y, above), (2 * y + 1, below)):
                wanted: Any = image.getpixel((x, at))
                red, green, blue = bytes.fromhex(colour)
                assert red == green == blue
                assert abs(red - wanted[0]) <= 8


def test_where_a_picture_is_transparent_the_terminal_shows_through() -> None:
    image = Image.new("RGBA", (4, 4), (*RED, 255))
    image.putpixel((1, 1), (0, 0, 0, 0))
    image.putpixel((2, 0), (0, 0, 0, 0))
    image.paste((0, 0, 0, 0), (3, 0, 4, 4))
    red = named(RED)
    got = cells(Blocks(image, truecolour=True), Box(4, 2), (20, 10))
    assert got[0] == [
        ("▀", red, red),
        ("▀", red, "default"),
        ("▄", red, "default"),
        (" ", "default", "default"),
    ]
    assert got[1] == [("▀", red, red)] * 3 + [(" ", "default", "default")]
