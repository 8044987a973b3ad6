"""Generated pictures become files, under names of our making: session, turn, number; the extension by magic bytes."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import chain, count
from pathlib import Path

from azresp.core.pictures import Kept, Picture
from azresp.errors import LocalError
from azresp.media.encoding import BadBase64, decoded, encoded
from azresp.media.folder import Folder
from azresp.media.kind import image_extension, image_mime
from azresp.media.names import kept_path, path_kept

MAX_PICTURE = 64 * 1024 * 1024
"""Larger than any event may be: see `core.sse.MAX_EVENT_BYTES`."""
_LEFT_FOR_S = 3600.0
"""No picture takes so long to write: its process is gone."""


class PictureFolder:
    """Where pictures are saved: one folder for each session in `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()

    def turn(self, session: str, number: int, *, keep_sketches: bool = False) -> TurnPictures:
        """The pictures of the `number`-th turn of a session that is called `session`."""
        return TurnPictures(self.root, slugged(session), number, keep_sketches)

    def read(self, kept: Kept) -> str | None:
        """The base64 of a saved picture; None if it is gone, changed, or none of this folder's."""
        return read_kept(self.root, kept)


class TurnPictures:
    """The pictures of one turn, as they come: the same one twice is saved once, a sketch goes when the final comes."""

    def __init__(self, root: Path, session: str, turn: int, keep_sketches: bool) -> None:
        self._root = root
        self._session = session
        self._stem = f"{session}-{turn:03}"
        self._keep_sketches = keep_sketches
        self._saved: dict[tuple[str, int | None, int, int], Kept] = {}
        self._sketches: dict[tuple[str, int], list[Path]] = {}

    def keep(self, picture: Picture) -> Kept:
        """Save a picture and tell where; what is no picture gets a remark and no file. Raises LocalError."""
        # Its hash and length, not the text: that would be held as long as the turn runs.
        key = (picture.item_id, picture.sketch, len(picture.base64), hash(picture.base64))
        if key not in self._saved:
            self._saved[key] = self._save(picture)
        return self._saved[key]

    def _save(self, picture: Picture) -> Kept:
        try:
            pieces = decoded(picture.base64)
            head = next(pieces, b"")
            mime = image_mime(head[:16])
            if not mime:
                return Kept("", remark="what came as a picture is none: no file was written")
            with Folder.open(self._root) as root, root.inside(self._session) as folder:
                folder.sweep(time.time() - _LEFT_FOR_S)
                kept = self._write(folder, picture, mime, chain([head], pieces))
        except BadBase64 as error:
            return Kept("", remark=f"a picture came damaged, no file was written: {error.what}")
        if kept.saved:
            self._replace_sketches(picture, path_kept(kept.saved))
        return kept

    def _write(self, folder: Folder, picture: Picture, mime: str, pieces: Iterator[bytes]) -> Kept:
        size, digest = 0, hashlib.sha256()
        with folder.new_file() as file:
            for piece in pieces:
                size += len(piece)
                if size > MAX_PICTURE:
                    return Kept(
                        "",
                        size,
                        remark=f"a picture is larger than {MAX_PICTURE >> 20} MB, no file was written",
                    )
                digest.update(piece)
                file.write(piece)
            name = file.named(
                self._names(picture, image_extension(mime)),
                lambda name: _holds(folder, name, size, digest.hexdigest()),
            )
        return Kept(kept_path(folder.path / name), size, digest.hexdigest(), mime)

    def _names(self, picture: Picture, extension: str) -> Iterator[str]:
        stem = f"{self._stem}-{picture.index + 1}"
        if picture.sketch is not None:
            stem += f"-sketch{picture.sketch + 1}"
        yield f"{stem}{extension}"
        for again in count(2):
            yield f"{stem}.{again}{extension}"

    def _replace_sketches(self, picture: Picture, saved: Path) -> None:
        place = (picture.item_id, picture.index)
        if picture.sketch is not None:
            self._sketches.setdefault(place, []).append(saved)
            return
        if self._keep_sketches:
            return
        for sketch in self._sketches.pop(place, []):
            with Folder.open(self._root) as root, root.inside(self._session) as folder:
                folder.remove(sketch.name)


def read_kept(root: Path, kept: Kept) -> str | None:
    """The base64 of a file in a folder of `root`; None if it is gone, changed, or elsewhere."""
    with _found(root, kept) as (_, data):
        return encoded(data) if data is not None else None


def remove_kept(root: Path, kept: Kept) -> bool:
    """Remove such a file; False if it is gone, changed, or elsewhere."""
    with _found(root, kept) as (folder, data):
        if folder is None or data is None:
            return False
        path = path_kept(kept.saved)
        folder.remove(path.name)
        with suppress(OSError):
            path.parent.rmdir()  # its name is the session's; others of its pictures keep it
        return True


@contextmanager
def _found(root: Path, kept: Kept) -> Iterator[tuple[Folder | None, bytes | None]]:
    """The folder of a kept file, and what it holds if that is unchanged."""
    path = path_kept(kept.saved)
    inner = path.parent.name
    if path.parent.parent != root or inner != slugged(inner) or not root.is_dir():
        # A reference in a damaged or foreign store must not choose which file is sent, or goes.
        yield None, None
        return
    with ExitStack() as open_:
        try:
            folder = open_.enter_context(open_.enter_context(Folder.open(root)).inside(inner, make=False))
            data = folder.read(path.name, MAX_PICTURE)
        except LocalError:
            yield None, None
            return
        same = data is not None and hashlib.sha256(data).hexdigest() == kept.sha256
        yield folder, data if same else None


def _holds(folder: Folder, name: str, size: int, sha256: str) -> bool:
    """The file is just this picture: another process heard the same turn."""
    data = folder.read(name, size)
    return data is not None and len(data) == size and hashlib.sha256(data).hexdigest() == sha256


def slugged(text: str) -> str:
    """A folder's name from a session's: letters, digits and hyphens, nothing that a path could mean."""
    words = re.findall(r"[a-z0-9]+", text.lower())
    return "-".join(words)[:40].strip("-") or "session"
