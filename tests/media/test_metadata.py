"""Metadata go, pixels stay; scaling is Pillow's, and guarded."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms, PngImagePlugin

from azresp.errors import UsageError
from azresp.media.attachment import Attachment, Inline, Linked, attached
from azresp.media.headers import NotWhole
from azresp.media.metadata import orientation, stripped
from azresp.media.shrink import shrunk, without_metadata
from tests.media.samples import animation, bomb, chunk, picture

ROOT = Path(__file__).resolve().parents[2]
SECRET = b"52.520008,13.404954 canary"
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def _exif(turned: int = 1) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = turned
    exif[0x010E] = SECRET.decode()
    exif.get_ifd(0x8825)[1] = "N"
    return exif.tobytes()


def _text() -> Any:
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", SECRET.decode())
    info.add_itxt("XML:com.adobe.xmp", SECRET.decode())
    return info


XMP = b"<x:xmpmeta>" + SECRET + b"</x:xmpmeta>"
LOADED = {
    "image/png": picture("PNG", exif=_exif(), pnginfo=_text(), icc_profile=PROFILE, dpi=(72, 72)),
    "image/jpeg": picture("JPEG", (90, 70), exif=_exif(), comment=SECRET, icc_profile=PROFILE, xmp=XMP),
    "image/webp": picture("WEBP", exif=_exif(), xmp=XMP, icc_profile=PROFILE),
    "image/gif": picture("GIF", mode="P", comment=SECRET),
}
PROGRESSIVE = picture("JPEG", (333, 77), exif=_exif(6), progressive=True, comment=SECRET)


def _pixels(data: bytes) -> tuple[str, tuple[int, int], bytes]:
    with Image.open(BytesIO(data)) as image:
        return image.mode, image.size, image.tobytes()


@pytest.mark.parametrize("mime", LOADED)
def test_metadata_go_and_every_pixel_stays(mime: str) -> None:
    loaded = LOADED[mime] + b"PK\3\4 hangs behind " + SECRET
    assert SECRET in LOADED[mime]
    clean = stripped(loaded, mime)
    assert SECRET not in clean
    assert b"canary" not in clean
    assert b"GPS" not in clean
    assert b"PK" not in clean[-40:]
    assert _pixels(clean) == _pixels(LOADED[mime])
    with Image.open(BytesIO(clean)) as image:
        assert dict(image.getexif()) == {}
        assert image.info.get("icc_profile") == (None if mime == "image/gif" else PROFILE)
    assert stripped(clean, mime) == clean


TURNED = {
    "image/jpeg": PROGRESSIVE,
    "image/png": picture("PNG", exif=_exif(6), pnginfo=_text()),
    "image/webp": picture("WEBP", exif=_exif(6), xmp=XMP),
}


@pytest.mark.parametrize("mime", TURNED)
def test_a_turned_photograph_stays_turned_and_says_nothing_else(mime: str) -> None:
    clean = stripped(TURNED[mime], mime)
    with Image.open(BytesIO(clean)) as image:
        assert dict(image.getexif()) == {0x0112: 6}
    assert _pixels(clean) == _pixels(TURNED[mime])
    assert b"canary" not in clean
    assert stripped(clean, mime) == clean


def test_transparency_and_palette_stay() -> None:
    data = picture("PNG", mode="P", transparency=0)
    assert stripped(data, "image/png") == data
    with_alpha = BytesIO()
    Image.new("RGBA", (5, 5), (1, 2, 3, 4)).save(with_alpha, format="WEBP", lossless=True, exif=_exif())
    assert _pixels(stripped(with_alpha.getvalue(), "image/webp")) == _pixels(with_alpha.getvalue())


def test_a_chunk_that_nobody_knows_goes() -> None:
    png = picture("PNG")
    spy = png[:33] + chunk(b"spYc", SECRET) + png[33:]
    assert stripped(spy, "image/png") == png


@given(st.binary(max_size=60))
def test_the_orientation_of_any_bytes_is_one_of_eight(tiff: bytes) -> None:
    assert orientation(b"II*\0" + tiff) in range(1, 9)
    assert orientation(b"MM\0*" + tiff) in range(1, 9)
    assert orientation(tiff) == 1 or tiff[:4] in (b"II*\0", b"MM\0*")


@given(st.sampled_from(sorted(LOADED)), st.data())
def test_a_spoilt_picture_is_stripped_or_refused(mime: str, draw: st.DataObject) -> None:
    data = bytearray(LOADED[mime])
    data[draw.draw(st.integers(0, len(data) - 1))] = draw.draw(st.integers(0, 255))
    with suppress(NotWhole):
        stripped(bytes(data), mime)


def test_an_attachment_loses_its_metadata_and_keeps_the_rest() -> None:
    one = attached(LOADED["image/jpeg"], "a.jpg", detail="high")
    clean = without_metadata(one)
    assert isinstance(clean.way, Inline)
    assert clean == Attachment(
        "a.jpg", "image", Inline(clean.way.data), "image/jpeg", len(clean.way.data), 90, 70, "high"
    )
    assert SECRET not in clean.way.data


@pytest.mark.parametrize("mime", ["image/png", "image/jpeg", "image/webp", "image/gif"])
def test_a_large_picture_becomes_smaller(mime: str) -> None:
    name = mime.removeprefix("image/").upper()
    more: dict[str, Any] = {} if name == "GIF" else {"exif": _exif(), "icc_profile": PROFILE}
    one = attached(picture(name, (300, 200), "P" if name == "GIF" else "RGB", **more), "a")
    small = shrunk(one, 150)
    assert (small.mime, small.width, small.height) == (mime, 150, 100)
    assert isinstance(small.way, Inline)
    with Image.open(BytesIO(small.way.data)) as image:
        assert (image.format, image.size) == (name, (150, 100))
        assert dict(image.getexif()) == {}
        assert image.info.get("icc_profile") == more.get("icc_profile")
    assert len(small.way.data) == small.size


def test_a_turned_photograph_is_turned_upright_when_scaled() -> None:
    small = shrunk(attached(PROGRESSIVE, "a.jpg"), 111)
    assert (small.width, small.height) == (26, 111)


def test_what_is_small_enough_or_no_picture_is_not_touched() -> None:
    for one in (
        attached(picture("PNG"), "a.png"),
        attached(b"text", "a.txt"),
        Attachment("a", "image", Linked("https://h/a"), width=9000),
    ):
        assert shrunk(one, 40) is one
    assert without_metadata(attached(b"text", "a.txt")) == attached(b"text", "a.txt")


def test_a_bomb_is_not_decoded() -> None:
    one = attached(bomb(), "bomb.png")
    tracemalloc.start()
    try:
        with pytest.raises(UsageError, match="60000 × 60000 pixels, too many"):
            shrunk(one, 1000)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_headers_that_lie_do_not_set_off_a_bomb() -> None:
    # Our reader was told 9000 × 9, the file says otherwise: Pillow's own look at the size counts too.
    data = bomb()
    lying = Attachment("a.png", "image", Inline(data), "image/png", len(data), 9000, 9)
    with pytest.raises(UsageError):
        shrunk(lying, 1000)


def test_a_damaged_picture_that_has_good_headers_is_explained() -> None:
    data = bytearray(picture("PNG", (300, 300)))
    at = data.index(b"IDAT") + 4
    data[at : at + 20] = bytes(20)
    with pytest.raises(UsageError, match="can't be decoded"):
        shrunk(attached(bytes(data), "a.png"), 100)


def test_without_pillow_scaling_says_what_to_install_and_everything_else_works() -> None:
    code = (
        "import sys\n"
        "sys.modules['PIL'] = None\n"
        "from azresp.errors import UsageError\n"
        "from azresp.media.attachment import attached\n"
        "from azresp.media.shrink import shrunk, without_metadata\n"
        "one = without_metadata(attached(sys.stdin.buffer.read(), 'a.jpg'))\n"
        "print(one.width, one.height)\n"
        "try:\n    shrunk(one, 10)\n"
        "except UsageError as error:\n    print(error.what, '|', error.hint)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], input=LOADED["image/jpeg"], capture_output=True, check=True, cwd=ROOT
    )
    assert done.stdout.decode().splitlines() == [
        "90 70",
        "pictures can't be scaled down: Pillow is not installed | "
        "Install it with `pip install 'azresp[images]'`, or send the picture as it is.",
    ]


def test_an_animation_is_not_stripped_by_mistake() -> None:
    assert _pixels(stripped(animation(), "image/gif")) == _pixels(animation())


@pytest.mark.parametrize("module", ["attaching", "saving", "output", "shrink", "clipboard"])
def test_nothing_heavy_is_loaded(module: str) -> None:
    code = (
        f"import sys, azresp.media.{module}\n"
        "print([name for name in ('PIL', 'httpx2', 'openai', 'pydantic', 'asyncio') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "[]\n"
