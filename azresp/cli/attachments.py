"""The folder beside the store that holds what was attached, and what becomes of it when sessions go."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from azresp.media.keeping import AttachmentFolder
    from azresp.store.store import Store

FOLDER = "attachments"


def attachment_folder(store: Store) -> AttachmentFolder | None:
    """The folder of a store's attachments; None for a store in memory, which keeps nothing on disk."""
    from azresp.media.keeping import AttachmentFolder

    return AttachmentFolder(store.path.with_name(FOLDER)) if store.path is not None else None


@dataclass(slots=True)
class Dropped:
    """How many attachments went."""

    count: int = 0


@contextmanager
def dropping_attachments(store: Store) -> Iterator[Dropped]:
    """Whatever exchanges are removed inside, the attachments that only they referred to go with them.

    Generated pictures stay: they are the user's files, in the user's folder.
    """
    before, dropped = store.kept_files(), Dropped()
    yield dropped
    folder = attachment_folder(store)
    if folder is not None and (unused := before - store.kept_files()):
        dropped.count = folder.drop(unused)
