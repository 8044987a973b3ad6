"""The definition of an image_generation tool: its rules and its echo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .. import parameter, refusals

if TYPE_CHECKING:
    from .kind import Desk, Worker

_HEADER = "x-ms-oai-image-generation-deployment"
SIZES = ("1024x1024", "1024x1536", "1536x1024", "auto")
_CHOICES: dict[str, tuple[str, ...]] = {
    "quality": ("low", "medium", "high", "auto"),
    "size": SIZES,
    "output_format": ("png", "webp", "jpeg"),
    "moderation": ("auto", "low"),
    "background": ("transparent", "opaque", "auto"),
    "input_fidelity": ("high", "low"),
    "action": ("generate", "edit", "auto"),
}
_NUMBERS = {"output_compression": (0, 100), "partial_images": (0, 3), "n": (1, 1)}


class ImageGeneration:
    """`{type, model, quality, size, output_format, …, input_image_mask, partial_images, action}`."""

    def check(self, name: str, tool: Mapping[str, Any], headers: Mapping[str, str]) -> None:
        if not headers.get(_HEADER):
            raise refusals.no_image_deployment()
        for field, value in tool.items():
            where = f"{name}.{field}"
            if value is None or field == "type":
                continue
            if field in _CHOICES:
                _check_choice(where, value, _CHOICES[field])
            elif field in _NUMBERS:
                _check_number(where, value, *_NUMBERS[field])
            elif field == "input_image_mask":
                _check_mask(where, value)
            elif field != "model":
                raise parameter.unknown(where)
            elif not isinstance(value, str):
                raise parameter.wrong_type(where, "a string", value)
        if tool.get("background") == "transparent" and tool.get("output_format") == "jpeg":
            raise refusals.invalid(
                "Transparent background is not supported for JPEG output format.",
                f"{name}.background",
                "invalid_value",
            )

    def echo(self, tool: Mapping[str, Any]) -> dict[str, Any]:
        """As recorded on Azure: defaults filled in; mask, action and partial_images left out."""
        return {
            "type": "image_generation",
            "background": tool.get("background") or "auto",
            "model": tool.get("model") or "gpt-image-1",
            "moderation": tool.get("moderation") or "auto",
            "n": 1,
            "output_compression": given(tool.get("output_compression"), 100),
            "output_format": tool.get("output_format") or "png",
            "quality": tool.get("quality") or "medium",
            "size": tool.get("size") or "1024x1024",
        }

    def staff(self, tools: Sequence[Mapping[str, Any]], desk: Desk) -> Worker:
        from .image_generation import Painter

        return Painter(tools[-1], desk)


def given(value: Any, default: Any) -> Any:
    return default if value is None else value


def _check_choice(where: str, value: Any, allowed: tuple[str, ...]) -> None:
    if not isinstance(value, str):
        raise parameter.wrong_type(where, "a string", value)
    if value not in allowed:
        raise parameter.wrong_value(where, value, allowed)


def _check_number(where: str, value: Any, least: int, most: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool):
        raise parameter.wrong_type(where, "an integer", value)
    if not least <= value <= most:
        above = value > most
        raise parameter.out_of_range(where, "integer", most if above else least, value, above=above)


def _check_mask(where: str, value: Any) -> None:
    if not isinstance(value, dict):
        raise parameter.wrong_type(where, "an object", value)
    for field in value:
        if field not in ("image_url", "file_id"):
            raise parameter.unknown(f"{where}.{field}")
    if not (value.get("image_url") or value.get("file_id")):
        raise parameter.missing(f"{where}.image_url")
