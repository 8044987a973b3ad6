"""What the user attached is kept beside the store, by its content: sessions hold references, not base64."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from contextlib import suppress
from pathlib import Path

from azresp.core.pictures import Kept
from azresp.errors import LocalError
from azresp.media.attachment import Attachment, Inline
from azresp.media.folder import Folder
from azresp.media.names import kept_path
from azresp.media.saving import read_kept


class AttachmentFolder:
    """The bytes of attachments, each once, in folders by the first two digits of their SHA-256."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()

    def keep(self, attachment: Attachment) -> Kept | None:
        """Save the bytes of an attachment that has some; None for what is only linked or uploaded. LocalError."""
        if not isinstance(attachment.way, Inline):
            return None
        data, digest = attachment.way.data, attachment.way.sha256
        kept = Kept(kept_path(self.root / digest[:2] / digest), len(data), digest, attachment.mime)
        with Folder.open(self.root) as root, root.inside(digest[:2]) as folder:
            if folder.read(digest, len(data)) == data:
                with suppress(OSError, NotImplementedError):
                    os.utime(folder.path / digest, follow_symlinks=False)  # young again: see `prune`
                return kept
            folder.remove(digest)  # damaged, or somebody's link: it has no other meaning than these bytes
            with folder.new_file() as file:
                file.write(data)
                file.named(iter([digest]), lambda name: folder.read(name, len(data)) == data)
        return kept

    def read(self, kept: Kept) -> str | None:
        """The base64 of what was kept; None if it is gone or changed."""
        return read_kept(self.root, kept)

    def prune(self, used: Collection[str], before: float | None = None) -> int:
        """Remove all but the files whose SHA-256 is `used`; tells how many went.

        With `before`, only what was last kept before that time: younger ones may belong to a message that is
        about to be sent.
        """
        gone = 0
        for path in self.root.glob("[0-9a-f][0-9a-f]/*"):
            with suppress(OSError, LocalError):
                if path.name not in used and (before is None or path.lstat().st_mtime < before):
                    path.unlink()
                    gone += 1
        return gone

    def drop(self, digests: Iterable[str]) -> int:
        """Remove the files of these SHA-256; tells how many there were."""
        gone = 0
        for digest in digests:
            with suppress(OSError):
                (self.root / digest[:2] / digest).unlink()
                gone += 1
        return gone
