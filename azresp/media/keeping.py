"""What the user attached is kept beside the store, by its content: sessions hold references, not base64."""

from __future__ import annotations

from collections.abc import Collection
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
                return kept
            folder.remove(digest)  # damaged, or somebody's link: it has no other meaning than these bytes
            with folder.new_file() as file:
                file.write(data)
                file.named(iter([digest]), lambda name: folder.read(name, len(data)) == data)
        return kept

    def read(self, kept: Kept) -> str | None:
        """The base64 of what was kept; None if it is gone or changed."""
        return read_kept(self.root, kept)

    def prune(self, used: Collection[str]) -> int:
        """Remove all but the files whose SHA-256 is `used`; tells how many went."""
        gone = 0
        for path in self.root.glob("[0-9a-f][0-9a-f]/*"):
            if path.name not in used:
                with suppress(OSError, LocalError):
                    path.unlink()
                    gone += 1
        return gone
