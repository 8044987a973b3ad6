"""What is attached to a message: read, scaled and stripped as the settings say, told, and made ready to be sent."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, cast

from azresp.cli.file_desk import FileDesk

if TYPE_CHECKING:
    from azresp.cli.toolset import Values
    from azresp.core.sse import Wire
    from azresp.media.attachment import Attachment, Detail, Family
    from azresp.ui.ports import Attached


class AttachmentDesk:
    """Reads and sends attachments by the settings in force."""

    def __init__(self, files: FileDesk, values: Values) -> None:
        self.files = files
        self._values = values

    async def attach(self, text: str, family: str = "") -> Attachment:
        """The picture or file that a path, URL, `clipboard`, `-` or `id:…` names. Raises UsageError, LocalError."""
        detail = cast("Detail", self._values.value("image_detail"))
        stdin = sys.stdin.buffer if sys.stdin is not None else None
        one = await self.files.attach(text, cast("Family | None", family or None), detail, stdin=stdin)
        return await asyncio.to_thread(self._changed, one)

    def _changed(self, one: Attachment) -> Attachment:
        from azresp.media.attachment import Inline

        if one.family != "image" or not isinstance(one.way, Inline):
            return one
        if self._values.value("strip_metadata"):
            from azresp.media.shrink import without_metadata

            one = without_metadata(one)
        side = self._values.value("image_max_side")
        if isinstance(side, int):
            from azresp.media.shrink import shrunk

            one = shrunk(one, side)
        return one

    def described(self, attached: Attached) -> str:
        """A line about an attachment: its name, what it is, and how it will be sent."""
        from azresp.media.attachment import Inline, Linked
        from azresp.ui.album import size_told

        one = cast("Attachment", attached)
        kind = "text" if one.mime == "text/plain" else one.mime.rpartition("/")[2].upper() or one.family
        size = f"{one.width} × {one.height}" if one.width else ""
        match one.way:
            case Linked(url):
                how = f"fetched by the service from {url}"
            case Inline():
                how = "uploaded when it is sent" if one.to_upload else ""
            case _:
                how = "at the service"
        parts = [one.name, kind, size, size_told(one.size) if one.size else "", how]
        return " · ".join(part for part in parts if part)

    async def ready(self, attached: Sequence[Attached]) -> list[Wire]:
        """The parts of the message, large ones uploaded."""
        return await self.files.ready(cast("Sequence[Attachment]", attached))

    def used(self, exchange_id: str, said: Iterable[Wire]) -> None:
        """Remember which exchange uses an upload."""
        self.files.used(exchange_id, said)

    async def mask(self, text: str) -> Wire:
        """A picture as the image_generation tool's mask."""
        one = await self.files.attach(text, "image")
        if one.to_upload:
            (part,) = await self.files.ready([one])
            return {key: part[key] for key in ("file_id", "image_url") if key in part}
        return one.to_mask()

    def preview(self, attached: Attached) -> bytes | None:
        """A picture's bytes, to be shown; None where there are none here."""
        from azresp.media.attachment import Inline

        one = cast("Attachment", attached)
        return one.way.data if one.family == "image" and isinstance(one.way, Inline) else None
