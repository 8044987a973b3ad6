"""`azresp files gc`: delete the uploads of this machine that nothing uses any more."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from azresp.cli.confirm import confirmed
from azresp.cli.files_work import as_rows, desk_at, each
from azresp.cli.patience import until_done
from azresp.cli.report import note
from azresp.cli.streams import Output
from azresp.core.uploads import FileTold
from azresp.errors import Exit, UsageError

if TYPE_CHECKING:
    from azresp.cli.file_desk import FileDesk
    from azresp.core.uploads import Upload

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def collect_unused(
    flags: Mapping[str, object], emulator: str, older_than: str, *, everything: bool, dry_run: bool, yes: bool
) -> int:
    """List what nothing uses and, once that was agreed to, delete it; give the exit status."""
    older_than_s = seconds(older_than)
    with desk_at(flags, emulator) as desk:
        found = desk.unused(older_than_s, by_hand=everything)
        if found:
            Output().write(as_rows([_told(one) for one in found], time.time()))
        else:
            note(f"nothing to collect: every upload is used, or younger than {older_than}")
        if dry_run:
            return Exit.OK
        status: int = Exit.OK
        if found:
            count = f"{len(found)} file{'' if len(found) == 1 else 's'}"
            if not confirmed(f"Delete {count} at {desk.origin}?", yes=yes):
                note("nothing was deleted")
                return Exit.OK
            status = until_done(_collect(desk, found, older_than_s))
        if gone := desk.tidy(older_than_s):
            note(f"removed {gone} kept attachment{'' if gone == 1 else 's'} here that nothing refers to")
        return status


async def _collect(desk: FileDesk, found: Sequence[Upload], older_than_s: float) -> int:
    uploads = {one.file_id: one for one in found}

    async def work(ident: str) -> None:
        if not desk.is_unused(uploads[ident], older_than_s):
            note(f"{ident}: is used meanwhile, and stays")
            return
        there = await desk.delete(ident)
        note(f"{ident}: {'deleted' if there else 'was gone already'}")

    return await each(list(uploads), work)


def seconds(text: str) -> float:
    """`90m`, `12h`, `1d`, `2w` or a number of seconds, as seconds. Raises UsageError."""
    found = re.fullmatch(r"(\d{1,9})([smhdw]?)", text.strip())
    if found is None:
        raise UsageError(f"an age must be like 90m, 12h, 1d or 2w, got {text!r}")
    return float(int(found[1]) * _UNITS[found[2] or "s"])


def _told(one: Upload) -> FileTold:
    return FileTold(one.file_id, one.name, one.purpose, one.bytes, one.uploaded_at, one.expires_at, "")
