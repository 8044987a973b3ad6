"""image_generation at work: draws or edits, and sends the picture in the recorded order of events."""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import re
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .. import refusals
from ..attachments import attached
from ..brain import Call, Offer
from ..ids import new_id
from .image_tool import given
from .kind import Desk, Worker

if TYPE_CHECKING:
    from PIL.Image import Image

    from ..reply import Event, Reply

_OFFER = Offer(
    "image_generation",
    "image_generation",
    "Draw a picture, or edit the pictures of the conversation.",
    {
        "type": "object",
        "properties": {"prompt": {"type": "string"}, "edit": {"type": "boolean"}},
        "required": ["prompt", "edit"],
        "additionalProperties": False,
    },
)
_WIDE = re.compile(r"\b(?:landscape|wide|banner|panorama|horizontal)\b", re.IGNORECASE)
_TALL = re.compile(r"\b(?:portrait|tall|poster|vertical)\b", re.IGNORECASE)
_TOKENS = {
    "1024x1024": {"low": 272, "medium": 1056, "high": 4160},
    "1024x1536": {"low": 408, "medium": 1584, "high": 6240},
    "1536x1024": {"low": 400, "medium": 1568, "high": 6208},
}


@dataclass(frozen=True, slots=True)
class Order:
    """One picture to make."""

    prompt: str
    bases: Sequence[bytes]
    """Pictures to edit; none to draw anew."""
    size: str
    quality: str
    transparent: bool
    format: str
    compression: int
    mask: bytes | None
    partial: int
    """Coarser versions to send before."""

    @property
    def about(self) -> dict[str, Any]:
        """What partial images and the item say of the picture."""
        return {
            "background": "transparent" if self.transparent else "opaque",
            "output_format": self.format,
            "quality": self.quality,
            "size": self.size,
        }


class Painter(Worker):
    """Makes the pictures of one request."""

    hosted = True

    def __init__(self, tool: Mapping[str, Any], desk: Desk) -> None:
        self._tool = tool
        self._desk = desk
        self._azure = desk.settings.image_order != "openai"
        self._mask = self._read_mask()

    def offers(self) -> Sequence[Offer]:
        return (_OFFER,)

    async def run(self, call: Call, reply: Reply) -> AsyncGenerator[Event]:
        order = self._order(call, reply)
        item: dict[str, Any] = {"id": new_id("ig"), "type": "image_generation_call", "status": "in_progress"}
        for event in reply.place(item):
            yield event
        yield reply.about("image_generation_call.in_progress")
        yield reply.about("image_generation_call.generating")
        picture = await asyncio.to_thread(_made, order)
        for index in range(order.partial):
            await asyncio.sleep(self._desk.settings.first_token_s)
            part = await asyncio.to_thread(_written, picture, order, index)
            yield reply.about(
                "image_generation_call.partial_image",
                **order.about,
                partial_image_b64=part,
                partial_image_index=index,
            )
        result = await asyncio.to_thread(_written, picture, order)
        if not self._azure:
            yield reply.about("image_generation_call.completed")
        _count(reply, order)
        for event in reply.settle(self._item(item["id"], order, result)):
            yield event

    def _item(self, id_: str, order: Order, result: str) -> dict[str, Any]:
        """Azure's items stay "generating" for ever, as recorded."""
        about = order.about
        return {
            "id": id_,
            "type": "image_generation_call",
            "status": "generating" if self._azure else "completed",
            "action": "edit" if order.bases else "generate",
            "background": about["background"],
            "output_format": about["output_format"],
            "quality": about["quality"],
            "result": result,
            "revised_prompt": _revised(order),
            "size": about["size"],
        }

    def _order(self, call: Call, reply: Reply) -> Order:
        prompt, edit = _asked(call.arguments)
        tool = self._tool
        bases = self._bases(reply, edit)
        format_ = tool.get("output_format") or "png"
        background = tool.get("background") or "auto"
        transparent = background == "transparent" or (
            background == "auto" and format_ != "jpeg" and "transparent" in prompt.lower()
        )
        quality = tool.get("quality") or "medium"
        return Order(
            prompt=prompt,
            bases=bases,
            size=_size(tool.get("size") or "1024x1024", prompt, bases),
            quality="medium" if quality == "auto" else quality,
            transparent=transparent,
            format=format_,
            compression=given(tool.get("output_compression"), 100),
            mask=self._mask if bases else None,
            partial=given(tool.get("partial_images"), 1 if self._azure else 0),
        )

    def _bases(self, reply: Reply, edit: bool) -> list[bytes]:
        """The pictures that came with the request; else the last one made, if the model means to edit."""
        action = self._tool.get("action") or "auto"
        if action == "generate":
            return []
        came = list(self._given(self._desk.own))
        if came or not (edit or action == "edit" or self._mask):
            return came
        if last := self._last([*self._desk.items, *reply.response["output"]]):
            return [last]
        came = list(self._given(self._desk.before))[-1:]
        if not came and action == "edit":
            raise refusals.image_user_error("Action 'edit' requires at least one input image.")
        return came

    def _given(self, items: Sequence[Mapping[str, Any]]) -> Iterator[bytes]:
        for path, part in attached(items):
            if part["type"] == "input_image" and (data := self._desk.attachments.picture(part, path)):
                yield data

    def _last(self, items: Sequence[Mapping[str, Any]]) -> bytes | None:
        """The latest picture made; sent again without its result, it is looked up by its id."""
        for item in reversed(items):
            if item.get("type") != "image_generation_call":
                continue
            known = item if item.get("result") else self._desk.vault.item(item["id"]) or {}
            try:
                return base64.b64decode(known.get("result") or "", validate=True) or None
            except (binascii.Error, ValueError):
                raise refusals.image_user_error(f"Item '{item['id']}' holds no valid image.") from None
        return None

    def _read_mask(self) -> bytes | None:
        mask = self._tool.get("input_image_mask")
        if mask is None:
            return None
        index = self._desk.create.body["tools"].index(self._tool)
        data = self._desk.attachments.picture(mask, f"tools[{index}].input_image_mask")
        if not data:  # a URL: the service's answer when it cannot get one
            raise refusals.invalid(
                "There was an issue with your request. Please check your inputs and try again"
            )
        return data


def _made(order: Order) -> Image:
    from ..pictures.draw import drawn
    from ..pictures.edit import edited
    from ..pictures.look import pillow

    pillow()
    width, height = map(int, order.size.split("x"))
    if order.bases:
        return edited(
            order.bases, order.prompt, width, height, mask=order.mask, transparent=order.transparent
        )
    return drawn(order.prompt, width, height, quality=order.quality, transparent=order.transparent)


def _written(picture: Image, order: Order, partial: int | None = None) -> str:
    from ..pictures.encode import coarser, encoded

    shown = picture if partial is None else coarser(picture, partial)
    return encoded(shown, order.format, order.compression)


def _asked(arguments: str) -> tuple[str, bool]:
    """A brain's arguments may be anything."""
    try:
        asked = json.loads(arguments)
    except ValueError:
        return arguments, False
    if not isinstance(asked, dict):
        return arguments, False
    return str(asked.get("prompt") or ""), asked.get("edit") is True


def _size(size: str, prompt: str, bases: Sequence[bytes]) -> str:
    if size != "auto":
        return size
    if bases:
        from ..pictures.look import opened

        picture = opened(bases[0])
        width, height = picture.size
        picture.close()
        return "1536x1024" if width > 1.2 * height else "1024x1536" if height > 1.2 * width else "1024x1024"
    return "1536x1024" if _WIDE.search(prompt) else "1024x1536" if _TALL.search(prompt) else "1024x1024"


def _revised(order: Order) -> str:
    flat = " ".join(order.prompt.split())
    if order.bases:
        return f"The given picture, changed as asked: {flat}"
    return f"A simple, flat illustration, as an emulator draws it: {flat}"


def _count(reply: Reply, order: Order) -> None:
    spent = _TOKENS[order.size][order.quality]
    usage = reply.response["tool_usage"]
    before = usage["image_gen"]["output_tokens"]
    tokens = {
        **usage["image_gen"],
        "output_tokens": before + spent,
        "output_tokens_details": {"image_tokens": before + spent, "text_tokens": 0},
        "total_tokens": usage["image_gen"]["input_tokens"] + before + spent,
    }
    reply.response["tool_usage"] = usage | {"image_gen": tokens}
