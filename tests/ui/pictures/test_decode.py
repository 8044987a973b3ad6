"""Pictures are decoded with care: broken ones, huge ones and what is none is told in a few words."""

from __future__ import annotations

import base64
import os
import struct
import sys
import zlib
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from azresp.ui.pictures.decode import MOST_BYTES, PIECE, Source, Undrawable, decode
from azresp.ui.pictures.picture import prepare
from azresp.ui.pictures.surface import Mode, Surface
from tests.examples import examples
from tests.ui.pictures.samples import RED, encoded, quarters

BLOCKS = Surface(Mode.BLOCKS, truecolour=True)


def why(source: Source) -> str:
    with pytest.raises(Undrawable) as caught:
        decode(source)
    return str(caught.value)


def png_of(width: int, height: int) -> bytes:
    """A PNG whose header claims a size; its data is a few bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF"])
def test_bytes_base64_and_files_of_all_four_formats_are_decoded(form: str, tmp_path: Path) -> None:
    data = encoded(quarters(), form)
    path = tmp_path / "picture"
    path.write_bytes(data)
    for source in (data, base64.b64encode(data).decode(), path):
        found = decode(source)
        assert (found.size, found.format, found.image.size) == ((64, 64), form, (64, 64))
        red, green, blue = found.image.convert("RGB").getpixel((8, 8))  # type: ignore[misc]
        assert abs(red - 255) + green + blue < 24


def test_base64_that_is_decoded_in_pieces_is_whole() -> None:
    noise = Image.effect_noise((1200, 1000), 90).convert("RGB")
    text = base64.b64encode(encoded(noise)).decode()
    assert len(text) > 2 * PIECE // 3
    data = text + "A" * (-len(text) % 4)
    assert decode(data).image.tobytes() == noise.tobytes()


def test_a_large_picture_is_kept_small() -> None:
    found = decode(encoded(Image.new("RGB", (4000, 2000), RED), "JPEG"))
    assert found.size == (4000, 2000)
    assert found.image.size == (1600, 800)


def test_a_photograph_stands_upright() -> None:
    image = quarters(40, 20)
    exif = image.getexif()
    exif[0x0112] = 6
    out = BytesIO()
    image.save(out, "PNG", exif=exif)
    turned = decode(out.getvalue()).image
    assert turned.size == (20, 40)
    assert turned.getpixel((15, 5)) == RED


def test_transparency_is_kept() -> None:
    image = Image.new("RGBA", (4, 4), (255, 0, 0, 0))
    assert decode(encoded(image)).image.getpixel((0, 0)) == (255, 0, 0, 0)
    palette = Image.new("P", (4, 4), 0)
    palette.putpalette([255, 0, 0, 0, 255, 0])
    palette.info["transparency"] = 0
    assert decode(encoded(palette, "GIF")).image.mode == "RGBA"


@pytest.mark.parametrize(("width", "height"), [(9000, 9000), (60_000, 60_000), (100_000, 1000)])
def test_a_bomb_is_not_decoded(width: int, height: int) -> None:
    assert why(png_of(width, height)).startswith("too large to preview")


def test_what_is_no_picture_is_told() -> None:
    assert why(b"") == why("") == why(b"%PDF-1.7") == why("bm90IGE=") == "no picture that can be previewed"
    assert why("=") == why("ab*") == why("bm90I") == why("ä") == "no picture: its base64 is broken"
    assert why(encoded(quarters(), "BMP")) == "no picture that can be previewed"
    assert why(png_of(64, 64)).startswith("a broken picture (")


@examples(80)
@given(
    st.sampled_from([encoded(quarters(), form) for form in ("PNG", "JPEG", "WEBP", "GIF")]),
    st.data(),
)
def test_a_damaged_picture_is_drawn_or_told_in_one_line(data: bytes, more: st.DataObject) -> None:
    cut = more.draw(st.integers(0, len(data)))
    at = more.draw(st.integers(0, len(data) - 1))
    damaged = bytearray(data[:cut])
    if at < len(damaged):
        damaged[at] ^= more.draw(st.integers(1, 255))
    picture = prepare(bytes(damaged), BLOCKS, "/tmp/a.png")
    assert picture.caption.startswith("/tmp/a.png · ")
    assert "\n" not in picture.caption


def test_only_regular_files_are_read(tmp_path: Path) -> None:
    assert why(tmp_path / "none.png") == "no preview: No such file or directory"
    assert why(tmp_path) in ("no preview: not a regular file", "no preview: Permission denied")
    assert why(Path(os.devnull)) == "no preview: not a regular file"
    if sys.platform != "win32":
        os.mkfifo(tmp_path / "fifo")
        assert why(tmp_path / "fifo") == "no preview: not a regular file"


def test_a_huge_file_is_not_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "huge.png"
    with path.open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    assert why(path) == f"too large to preview: {MOST_BYTES + 1:,} bytes"


def test_without_pillow_the_caption_tells_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    data = encoded(quarters())
    monkeypatch.setitem(sys.modules, "PIL", None)
    picture = prepare(data, BLOCKS, "/tmp/a.png")
    assert picture.caption == "/tmp/a.png · no preview without Pillow: pip install 'azresp[images]'"
    assert [row.ansi for row in picture.rows(120, 24, final=True)] == [f"\x1b[2m{picture.caption}\x1b[m"]


def test_a_hostile_name_cannot_act_on_the_terminal() -> None:
    picture = prepare(b"", BLOCKS, "/tmp/\x1b]0;x\x07\n\u202e.png")
    assert picture.caption == "/tmp/␛]0;x␇␊<U+202E>.png · no picture that can be previewed"
