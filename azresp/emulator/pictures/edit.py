"""Editing pictures: tints, turns, things put in, and masks that say where."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from .. import refusals
from .colours import NAMED, colours_in
from .draw import letter, word_in
from .look import opened
from .shapes import PENS, shapes_in

if TYPE_CHECKING:
    from PIL.Image import Image

_TURNS = (
    (re.compile(r"\b(?:mirror|flip)", re.IGNORECASE), "mirror"),
    (re.compile(r"\bupside.?down\b|\brotate|\bturn (?:it )?(?:round|around)\b", re.IGNORECASE), "turn"),
    (re.compile(r"\bblack.and.white\b|\bgr[ae]yscale\b|\bmonochrome\b", re.IGNORECASE), "grey"),
    (re.compile(r"\bbright(?:er|en)|\blighter\b", re.IGNORECASE), "brighter"),
    (re.compile(r"\bdark(?:er|en)", re.IGNORECASE), "darker"),
    (re.compile(r"\bblur|\bsofter\b", re.IGNORECASE), "blur"),
    (re.compile(r"\binvert|\bnegative\b", re.IGNORECASE), "invert"),
)
_BACKGROUND = re.compile(r"\b(?:background|backdrop)\b", re.IGNORECASE)
_COLOURS = re.compile(r"\b(?:make|turn|tint|(?:re)?colou?r|paint|change|all|more|less)\b", re.IGNORECASE)
_LIKE_GROUND = 24
_PUTS_IN = re.compile(r"\b(?:add|adding|put|insert|place|with|draw)\b", re.IGNORECASE)


def edited(
    bases: Sequence[bytes], wish: str, width: int, height: int, *, mask: bytes | None, transparent: bool
) -> Image:
    """`bases` side by side, changed as `wish` says, where the mask is transparent if there is one."""
    base = _together([_picture(data) for data in bases], width, height)
    changed = _changed(base, wish)
    if mask:
        where = _where(mask, width, height)
        changed.paste(base, (0, 0), where)
    if not transparent:
        return changed.convert("RGB").convert("RGBA")
    return changed


def _picture(data: bytes) -> Image:
    return _decoded(opened(data))


def _decoded(picture: Image) -> Image:
    """All its pixels; the file is let go."""
    try:
        return picture.convert("RGBA")
    except Exception as error:  # a damaged file makes the library raise anything
        raise refusals.invalid("The image to edit is damaged.", "input", "invalid_image") from error
    finally:
        picture.close()


def _together(pictures: Sequence[Image], width: int, height: int) -> Image:
    from PIL import Image, ImageOps

    sheet = Image.new("RGBA", (width, height), (255, 255, 255, 255))
    each = width // len(pictures)
    for n, picture in enumerate(pictures):
        sheet.paste(ImageOps.fit(picture, (max(1, each), height)), (n * each, 0))
    return sheet


def _changed(base: Image, wish: str) -> Image:
    changed = base.copy()
    for pattern, turn in _TURNS:
        if pattern.search(wish):
            changed = _turned(changed, turn)
    colours = colours_in(wish)
    shapes = shapes_in(wish) if _PUTS_IN.search(wish) else []
    if colours and _BACKGROUND.search(wish):
        changed = _on_ground(changed, colours[-1])
    elif colours and not shapes and _COLOURS.search(wish):
        changed = _tinted(changed, colours[-1])
    if shapes:
        _put_in(changed, shapes, colours or ["orange"])
    if word := word_in(wish):
        letter(changed, word, NAMED[colours[-1] if colours else "navy"])
    return changed


def _on_ground(picture: Image, name: str) -> Image:
    """What has the colour of its upper left corner gets another one."""
    from PIL import Image, ImageChops

    plain = picture.convert("RGB")
    corner = plain.getpixel((0, 0))
    away = ImageChops.difference(plain, Image.new("RGB", plain.size, corner)).convert("L")
    ground = away.point(lambda distance: 255 if distance < _LIKE_GROUND else 0)
    changed = picture.copy()
    changed.paste((*NAMED[name], 255), mask=ground)
    return changed


def _turned(picture: Image, turn: str) -> Image:
    from PIL import Image, ImageEnhance, ImageFilter, ImageOps

    match turn:
        case "mirror":
            return ImageOps.mirror(picture)
        case "turn":
            return picture.transpose(Image.Transpose.ROTATE_180)
        case "grey":
            return ImageOps.grayscale(picture.convert("RGB")).convert("RGBA")
        case "brighter" | "darker":
            return ImageEnhance.Brightness(picture).enhance(1.35 if turn == "brighter" else 0.65)
        case "blur":
            return picture.filter(ImageFilter.GaussianBlur(picture.size[0] / 80))
        case _:
            return ImageOps.invert(picture.convert("RGB")).convert("RGBA")


def _tinted(picture: Image, name: str) -> Image:
    """Its lights and shades in one colour."""
    from PIL import ImageOps

    red, green, blue = NAMED[name]
    light = ((255 + 2 * red) // 3, (255 + 2 * green) // 3, (255 + 2 * blue) // 3)
    shades = ImageOps.grayscale(picture.convert("RGB"))
    tinted = ImageOps.colorize(
        shades, black=(red // 4, green // 4, blue // 4), mid=(red, green, blue), white=light
    )
    tinted = tinted.convert("RGBA")
    tinted.putalpha(picture.getchannel("A"))
    return tinted


def _put_in(picture: Image, shapes: Sequence[str], colours: Sequence[str]) -> None:
    from PIL import ImageDraw

    width, height = picture.size
    draw = ImageDraw.Draw(picture)
    for n, name in enumerate(shapes):
        x = width * (n + 1) / (len(shapes) + 1)
        paint = (*NAMED[colours[n % len(colours)]], 255)
        PENS[name](draw, x, height * 0.6, min(width, height) / (3.5 + len(shapes)), paint)


def _where(mask: bytes, width: int, height: int) -> Image:
    """What of the base stays: the parts that the mask covers."""
    picture = opened(mask, "tools")
    if "A" not in picture.getbands() and "transparency" not in picture.info:
        picture.close()
        raise refusals.invalid(
            "Invalid mask image format - mask image missing alpha channel", "tools", "invalid_image_format"
        )
    return _decoded(picture).getchannel("A").resize((width, height))
