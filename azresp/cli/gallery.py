"""Where a conversation's pictures are: generated ones in a folder of the user's, attached ones beside the store."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from azresp.core.pictures import Kept, Picture, cut_pictures, refer, restore_pictures
from azresp.errors import LocalError

if TYPE_CHECKING:
    from azresp.config.profile import Profile
    from azresp.core.session import Session
    from azresp.core.sse import Wire
    from azresp.media.keeping import AttachmentFolder
    from azresp.media.saving import PictureFolder, TurnPictures


@dataclass(frozen=True, slots=True)
class Seen:
    """A picture that came: where it is, and what it is of."""

    key: str
    """the same for a picture and its sketches"""
    kept: Kept
    sketch: int | None
    base64: str


Show = Callable[[Seen], None]


class Gallery:
    """The folders of generated pictures and of attachments. What works in them is loaded for the first picture."""

    def __init__(self, pictures: Path, attachments: Path | None, *, keep_sketches: bool = False) -> None:
        self._roots = pictures, attachments
        self._keep_sketches = keep_sketches
        self._unsaved: dict[str, str] = {}

    @cached_property
    def pictures(self) -> PictureFolder:
        """Where generated pictures are."""
        from azresp.media.saving import PictureFolder

        return PictureFolder(self._roots[0])

    @cached_property
    def attachments(self) -> AttachmentFolder | None:
        """Where attachments are; None: they are not kept."""
        from azresp.media.keeping import AttachmentFolder

        return AttachmentFolder(self._roots[1]) if self._roots[1] is not None else None

    def turn(self, session: Session, show: Show | None = None) -> TurnGallery:
        """For one exchange of a session; `show` is told each picture once, as it comes."""

        def turn() -> TurnPictures:
            number = len(session.path()) + 1
            return self.pictures.turn(session.name, number, keep_sketches=self._keep_sketches)

        return TurnGallery(self, turn, show)

    def path(self, kept: Kept) -> Path:
        """The file of a saved picture."""
        from azresp.media.names import path_kept

        return path_kept(kept.saved)

    def forget(self, kept: Kept) -> bool:
        """Remove the file of a generated picture; False if it is none of ours, or gone or changed."""
        from azresp.media.saving import remove_kept

        self._unsaved.pop(kept.sha256, None)
        return remove_kept(self.pictures.root, kept)

    def read(self, kept: Kept) -> str | None:
        """The base64 of a picture or attachment; None if it is gone or changed."""
        found = self.pictures.read(kept)
        if found is None and self.attachments is not None:
            found = self.attachments.read(kept)
        return self._unsaved.get(kept.sha256) if found is None and not kept.saved else found

    def hold(self, picture: Picture, why: str) -> Kept:
        """A picture that could not be saved: a final one stays in memory, since it was paid for."""
        from azresp.media.encoding import BadBase64, decoded
        from azresp.media.kind import image_mime

        remark = f"a picture could not be saved: {why}"
        if picture.sketch is not None:
            return Kept("", remark=remark)
        try:
            data = b"".join(decoded(picture.base64))
        except BadBase64:
            data = b""
        if not image_mime(data[:16]):
            return Kept("", remark=remark)
        digest = hashlib.sha256(data).hexdigest()
        self._unsaved[digest] = picture.base64
        return Kept("", len(data), digest, image_mime(data[:16]), remark)


class TurnGallery:
    """The pictures of one exchange: implements the engine's port."""

    def __init__(self, gallery: Gallery, turn: Callable[[], TurnPictures], show: Show | None) -> None:
        self._gallery = gallery
        self._begin = turn
        self._show = show
        self._shown: set[tuple[str, int | None]] = set()

    @cached_property
    def _turn(self) -> TurnPictures:
        return self._begin()

    async def cut(self, wires: list[Wire]) -> list[Wire]:
        """The events with references in place of pictures, which are saved; a full disk gets a remark."""
        return [await self._cut(wire) for wire in wires]

    async def fill(self, body: Wire) -> Wire:
        """The request with its pictures and attachments put in."""
        wanted: list[Kept] = []
        without = restore_pictures(body, wanted.append)
        # Most requests have none: no thread is started for them.
        return await asyncio.to_thread(restore_pictures, body, self._gallery.read) if wanted else without

    async def _cut(self, wire: Wire) -> Wire:
        slim, found = cut_pictures(wire)
        if not found:
            return slim
        kept = [await self._keep(picture) for picture in found]
        return refer(slim, kept)

    async def _keep(self, picture: Picture) -> Kept:
        try:
            kept = await asyncio.to_thread(self._turn.keep, picture)
        except LocalError as error:
            kept = await asyncio.to_thread(self._gallery.hold, picture, error.what)
        mark = (picture.item_id or str(picture.index), picture.sketch)
        if self._show is not None and mark not in self._shown:
            self._shown.add(mark)
            self._show(Seen(mark[0], kept, picture.sketch, picture.base64))
        return kept


def gallery_of(profile: Profile, store: Path | None) -> Gallery:
    """The gallery of a profile; `store` is the store's file (None: attachments are not kept)."""
    folder = profile.picture_folder
    if folder is None:
        from platformdirs import user_pictures_path

        folder = user_pictures_path() / "azresp"
    attachments = store.with_name("attachments") if store is not None else None
    return Gallery(folder, attachments, keep_sketches=profile.keep_partial_images)
