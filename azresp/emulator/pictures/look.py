"""Looking at a picture: is it one, of which kind and size, and which colours rule it."""

from __future__ import annotations

import io
import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .. import refusals
from .colours import nearest

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFile import ImageFile

_MOST_PIXELS = 64_000_000
"""Beyond this a picture is not decoded: a small file can claim to be enormous."""
_SAMPLE = 64


@dataclass(frozen=True, slots=True)
class Look:
    """What there is to say of a picture."""

    format: str
    width: int
    height: int
    colours: tuple[str, ...]
    """The ruling colours, the most frequent first."""

    def tokens(self, detail: str) -> int:
        """What it costs as context: 85, and 170 for each tile of 512 pixels unless the detail is low."""
        if detail == "low":
            return 85
        scale = min(1.0, 2048 / max(self.width, self.height))
        scale = min(scale, 768 / max(1.0, min(self.width, self.height) * scale) * scale)
        tiles = math.ceil(self.width * scale / 512) * math.ceil(self.height * scale / 512)
        return 85 + 170 * tiles


def look(data: bytes, param: str = "input") -> Look:
    """Decodes it whole; refused in the service's words where it is no picture that the service takes."""
    picture = opened(data, param)
    width, height = picture.size
    try:
        if picture.format == "JPEG":
            picture.draft("RGB", (4 * _SAMPLE, 4 * _SAMPLE))  # decodes a fraction of a large photograph
        return Look(str(picture.format), width, height, _ruling(picture))
    except Exception as error:  # a damaged file makes the library raise anything
        raise _no_picture() from error
    finally:
        picture.close()


def opened(data: bytes, param: str = "input") -> Image:
    """The picture, its header read and its kind and size checked; the caller closes it."""
    pillow()
    if not data:
        raise refusals.invalid("The image file is empty.", param, "empty_image_file")
    plugin = _plugin(data)
    try:
        picture = plugin(io.BytesIO(data))
        animated = getattr(picture, "is_animated", False)
    except Exception as error:  # a damaged file makes the library raise anything
        raise _no_picture() from error
    if picture.size[0] * picture.size[1] > _MOST_PIXELS:
        picture.close()
        raise _too_many_pixels(param)
    if animated:
        picture.close()
        raise refusals.invalid(
            "You uploaded an unsupported image. Please make sure your image is valid: animated images are not "
            "supported.",
            param,
            "invalid_image_format",
        )
    return picture


def pillow() -> None:
    """Refuses with a hint where Pillow is missing."""
    try:
        import PIL.Image  # noqa: F401
    except ImportError:
        raise refusals.lacks("pillow", "look at pictures") from None


def _plugin(data: bytes) -> type[ImageFile]:
    """Pillow's class for these bytes. Not through Image.open: its own limit would only warn, on stderr."""
    from PIL import GifImagePlugin, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return PngImagePlugin.PngImageFile
    if data.startswith(b"\xff\xd8\xff"):
        return JpegImagePlugin.JpegImageFile
    if data.startswith((b"GIF87a", b"GIF89a")):
        return GifImagePlugin.GifImageFile
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return WebPImagePlugin.WebPImageFile
    raise _no_picture()


def _ruling(picture: Image) -> tuple[str, ...]:
    plain = picture if picture.mode in ("L", "RGB", "RGBA") else picture.convert("RGBA")
    small = plain.resize((_SAMPLE, _SAMPLE)).convert("RGBA")
    counted: Counter[str] = Counter()
    for count, pixel in small.getcolors(_SAMPLE * _SAMPLE) or []:
        red, green, blue, alpha = pixel  # type: ignore[misc]
        if alpha >= 128:
            counted[nearest((red, green, blue))] += count
    enough = _SAMPLE * _SAMPLE / 20
    return tuple(name for name, count in counted.most_common(3) if count >= enough)


def _no_picture() -> refusals.Refused:
    """As quoted in openai/codex#3097."""
    return refusals.invalid(
        "The image data you provided does not represent a valid image. Please check your input and try again with "
        "one of the supported image formats: ['image/jpeg', 'image/png', 'image/gif', 'image/webp'].",
        "input",
        "invalid_value",
    )


def _too_many_pixels(param: str) -> refusals.Refused:
    return refusals.invalid(
        f"The image is too large: it has more than {_MOST_PIXELS} pixels.", param, "image_too_large"
    )
