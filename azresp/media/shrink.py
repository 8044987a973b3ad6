"""Smaller pictures, with Pillow (extra `images`): the only place that decodes one."""

from __future__ import annotations

import warnings
from dataclasses import replace
from io import BytesIO
from typing import Any

from azresp.errors import UsageError
from azresp.media.attachment import Attachment, Inline
from azresp.media.headers import NotWhole
from azresp.media.metadata import stripped

MOST_PIXELS = 100_000_000
"""Decoded, a pixel takes 4 bytes: more than this is a bomb, or takes more memory than it is worth."""
_FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP", "image/gif": "GIF"}


def without_metadata(attachment: Attachment) -> Attachment:
    """The same picture without EXIF, GPS and the like; what is no picture, or not ours to change, stays as it is."""
    if attachment.family != "image" or not isinstance(attachment.way, Inline):
        return attachment
    try:
        data = stripped(attachment.way.data, attachment.mime)
    except NotWhole as error:
        raise UsageError(f"{attachment.name} {error}") from error
    return replace(attachment, way=Inline(data), size=len(data))


def shrunk(attachment: Attachment, max_side: int) -> Attachment:
    """The picture with its longer side at most `max_side` pixels, without metadata; a smaller one is not touched.

    Raises UsageError for a picture too large to be decoded, and where Pillow is missing.
    """
    way, size = attachment.way, (attachment.width, attachment.height)
    if attachment.family != "image" or not isinstance(way, Inline) or max(size) <= max_side:
        return attachment
    if max_side < 1:
        raise UsageError(f"max_side must be at least 1, got {max_side}")
    # By the headers, before anything is decoded.
    _demand_decodable(attachment.name, size)
    data, new_size = _scaled(way.data, attachment, max_side)
    return replace(attachment, way=Inline(data), size=len(data), width=new_size[0], height=new_size[1])


def _demand_decodable(name: str, size: tuple[int, int]) -> None:
    if size[0] * size[1] > MOST_PIXELS:
        raise UsageError(
            f"{name} has {size[0]} × {size[1]} pixels, too many to be scaled down here",
            "Send it as it is, or scale it with a picture editor.",
        )


def _scaled(data: bytes, attachment: Attachment, max_side: int) -> tuple[bytes, tuple[int, int]]:
    image_module, ops = _pillow()
    name = _FORMATS[attachment.mime]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", image_module.DecompressionBombWarning)
            # Only the decoder for what the magic bytes say: no other one is tried.
            with image_module.open(BytesIO(data), formats=[name]) as image:
                _demand_decodable(attachment.name, image.size)
                upright = ops.exif_transpose(image)
                upright.thumbnail((max_side, max_side))
                return _written(upright, name, image.info.get("icc_profile")), upright.size
    except UsageError:
        raise
    except Exception as error:  # damaged pictures raise nearly anything in Pillow
        raise UsageError(f"{attachment.name} can't be decoded: {error}", "Send it as it is.") from error


def _written(image: Any, name: str, profile: bytes | None) -> bytes:
    out = BytesIO()
    more: dict[str, Any] = {"quality": 90} if name in ("JPEG", "WEBP") else {}
    if profile:
        more["icc_profile"] = profile
    image.info = {key: image.info[key] for key in ("transparency",) if key in image.info}
    image.save(out, format=name, **more)
    return out.getvalue()


def _pillow() -> tuple[Any, Any]:
    try:
        from PIL import Image, ImageOps
    except ImportError as error:
        raise UsageError(
            "pictures can't be scaled down: Pillow is not installed",
            "Install it with `pip install 'azresp[images]'`, or send the picture as it is.",
        ) from error
    return Image, ImageOps
