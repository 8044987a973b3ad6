"""`azresp sessions import`: conversations from a file become sessions here."""

from __future__ import annotations

import asyncio
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from azresp.cli.clock import SystemClock
from azresp.cli.gallery import gallery_of
from azresp.cli.kept import open_kept
from azresp.cli.options import emulator_choice
from azresp.cli.patience import until_done
from azresp.cli.report import note
from azresp.cli.streams import Output
from azresp.core.events import dicts
from azresp.core.imported import read_conversations
from azresp.core.pictures import unforged
from azresp.core.session import Exchange, Session
from azresp.core.sse import Wire
from azresp.errors import LocalError, UsageError
from azresp.ui.counting import counted
from azresp.ui.sink import clean_line

if TYPE_CHECKING:
    from azresp.cli.gallery import Gallery

LARGEST = 1 << 30
SHOWN = 20
"""remarks that are told one by one"""
_DATA = re.compile(r"data:([\w.+-]{1,60}/[\w.+-]{1,100});base64,", re.ASCII)


def import_sessions(file: str, name: str, emulator: str) -> None:
    """Read a file or stdin (`-`) and keep what it holds; print the names of the sessions."""
    from azresp.cli.sessions_work import demand_name
    from azresp.config.load import load

    name = demand_name(name) if name else ""
    clock = SystemClock()
    found = read_conversations(_text(file), clock.ident, clock.now())
    if name and len(found.sessions) > 1:
        raise UsageError(
            f"--name: the file holds {len(found.sessions)} conversations",
            "Leave it out: each gets a name of its own.",
        )
    for remark in found.remarks[:SHOWN]:
        note(f"left out: {remark}")
    if (more := len(found.remarks) - SHOWN) > 0:
        note(f"left out: {more} more")
    profile = load().profile
    store = open_kept(emulator_choice(emulator))
    try:
        gallery = gallery_of(profile, store.path)
        for session in found.sessions:
            taken = store.find(name) if name else None
            if taken is not None and taken.name == name:
                raise UsageError(f"there is a session {name!r} already", "Choose another name.")
            named = replace(session, name=name or store.exact_name(session.name))
            made = until_done(_pictured(gallery, named, list(named.exchanges.values())))
            store.add(named, made, spent=False)
            Output().write(f"{clean_line(named.name)}\n")
            note(f"imported {counted(len(made), 'exchange')} · the next turn sends them in full")
    finally:
        store.close()


def _text(file: str) -> str:
    try:
        if file == "-":
            data = sys.stdin.buffer.read(LARGEST + 1)
        else:
            with Path(file).expanduser().open("rb") as stream:
                data = stream.read(LARGEST + 1)
    except FileNotFoundError:
        raise UsageError(f"{file}: no such file", "Check the name.") from None
    except OSError as error:
        raise LocalError(f"{file}: {error.strerror}") from error
    if len(data) > LARGEST:
        raise UsageError(
            f"{file} is larger than {LARGEST >> 20} MB", "Split it: JSON Lines can be cut at any line."
        )
    return data.decode("utf-8-sig", "replace")


async def _pictured(gallery: Gallery, session: Session, made: list[Exchange]) -> list[Exchange]:
    """The exchanges with their pictures and attachments in files of ours: a reference in the file means nothing."""
    done: list[Exchange] = []
    for one in made:
        pictures = gallery.turn(replace(session, head=one.parent))
        wires = [unforged(item.wire) for item in one.turn.items]
        (cut,) = await pictures.cut([{"output": wires}])
        items = tuple(
            replace(item, wire=wire) for item, wire in zip(one.turn.items, cut["output"], strict=True)
        )
        said = [await asyncio.to_thread(_attached, gallery, unforged(item)) for item in one.said]
        done.append(replace(one, said=tuple(said), turn=replace(one.turn, items=items)))
    return done


def _attached(gallery: Gallery, item: Wire) -> Wire:
    for place in ("content", "output"):
        if isinstance(parts := item.get(place), list):
            item = item | {place: [_kept(gallery, part) for part in dicts(parts)]}
    return item


def _kept(gallery: Gallery, part: Wire) -> Wire:
    """A part whose bytes are in the file, with a reference in their place; they stay where they can't be saved."""
    from azresp.media.attachment import Attachment, Inline
    from azresp.media.encoding import BadBase64, decoded

    for name in ("image_url", "file_data"):
        value = part.get(name)
        if not isinstance(value, str) or (begun := _DATA.match(value)) is None or gallery.attachments is None:
            continue
        try:
            data = b"".join(decoded(value[begun.end() :]))
            kept = gallery.attachments.keep(Attachment("", "file", Inline(data), begun[1], len(data)))
        except (BadBase64, LocalError) as error:
            note(f"warning: an attachment stays in the session itself: {error.what}")
            continue
        if kept is not None:
            part = part | {name: kept.to_wire()}
    return part
