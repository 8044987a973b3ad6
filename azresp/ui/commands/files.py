"""The command about files at the service: list, upload, get, delete, collect."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from azresp.core.uploads import FileTold, file_told
from azresp.errors import UsageError
from azresp.ui.commands.registry import Paths, Rest, Words, command
from azresp.ui.commands.sessions import age

if TYPE_CHECKING:
    from azresp.core.uploads import Upload
    from azresp.ui.chat import Chat

_ACTIONS = ("list", "upload", "get", "delete", "gc")
LISTED = 20
COLLECTED_AFTER_S = 86_400.0
"""An upload younger than that may be of a message that is still being retried."""


def _words(chat: Chat, before: tuple[str, ...]) -> list[str]:
    return list(chat.files.known_ids()) if before and before[0] in ("get", "delete") else []


@command("files")
async def files(
    chat: Chat,
    action: Annotated[str, Words(lambda chat, before: list(_ACTIONS))] = "list",
    what: Annotated[str, Words(_words), Paths(lambda before: before == ("upload",))] = "",
    rest: Annotated[str, Rest()] = "",
) -> None:
    """Files at the service: list, upload FILE, get ID [FILE], get CONTAINER ID [FILE], delete ID, gc.

    gc deletes uploads of this machine that no kept exchange uses, after asking.
    """
    match action:
        case "list":
            await _list(chat)
        case "gc":
            await _collect(chat)
        case "upload" | "get" | "delete" if not what:
            raise UsageError(f"/files {action} needs {'a file' if action == 'upload' else 'an id'}", _USAGE)
        case "upload":
            await _upload(chat, f"{what} {rest}".strip())
        case "get":
            await _get(chat, what, rest)
        case "delete":
            await _delete(chat, what)
        case _:
            raise UsageError(f"/files takes {', '.join(_ACTIONS)}, got {action!r}", _USAGE)


_USAGE = "Usage: /files [list|upload FILE|get ID [FILE]|get CONTAINER ID [FILE]|delete ID|gc]"


async def _list(chat: Chat) -> None:
    found, more = await chat.stoppable(chat.files.listed(LISTED))
    if not found:
        chat.terminal.dim("there are no files at the service")
    told = [file_told(one) for one in found]
    chat.terminal.pairs([(one.id, _row(one, chat.clock.now() - one.created_at)) for one in told])
    if more:
        chat.terminal.dim(f"the {len(found)} newest; `azresp files list -n 0` shows all")


async def _upload(chat: Chat, text: str) -> None:
    told = file_told(await chat.stoppable(chat.files.upload(_path(text))))
    chat.terminal.say(told.id)
    chat.terminal.dim(f"uploaded {told.name} for {told.purpose} · /files delete takes it back")


async def _get(chat: Chat, first: str, rest: str) -> None:
    container, ident, name = "", first, rest
    if first.startswith("cntr_"):
        ident, _, name = rest.partition(" ")
        container = first
        if not ident:
            raise UsageError("/files get CONTAINER needs the id of a file in it", _USAGE)
    elif first.startswith("cfile_"):
        raise UsageError(f"{first} is a file in a container", "Usage: /files get CONTAINER ID [FILE]")
    path = _path(name) if name.strip() else Path(await _own_name(chat, ident, container))
    size = await chat.stoppable(chat.files.save(ident, path, container))
    chat.terminal.dim(f"wrote {path.absolute()} ({size:,} bytes)")


async def _own_name(chat: Chat, ident: str, container: str) -> str:
    """What the file is called at the service, as a name that means nothing else in this folder."""
    told = "" if container else file_told(await chat.stoppable(chat.files.look(ident))).name
    return _harmless(told) or _harmless(ident) or "file"


def _harmless(name: str) -> str:
    """A name without folders, hidden beginnings and odd characters; empty where nothing is left."""
    return re.sub(r"[^\w. -]", "_", name)[-100:].strip(" ._-")


async def _delete(chat: Chat, ident: str) -> None:
    if not await chat.confirm(f"Delete {ident} at the service?"):
        chat.terminal.dim("nothing was deleted")
        return
    there = await chat.stoppable(chat.files.delete(ident))
    chat.terminal.dim(f"{ident}: {'deleted' if there else 'was not at the service (any more)'}")


async def _collect(chat: Chat) -> None:
    desk = chat.files
    found = desk.unused(COLLECTED_AFTER_S)
    now = chat.clock.now()
    chat.terminal.pairs([(one.file_id, _upload_row(one, now)) for one in found])
    if not found:
        chat.terminal.dim("nothing to collect: every upload is used, by name, or younger than a day")
    elif not await chat.confirm(f"Delete {len(found)} of them at {desk.origin}?"):
        chat.terminal.dim("nothing was deleted")
        return
    for one in found:
        if desk.is_unused(one, COLLECTED_AFTER_S):
            there = await chat.stoppable(desk.delete(one.file_id))
            chat.terminal.dim(f"{one.file_id}: {'deleted' if there else 'was gone already'}")
    if gone := desk.tidy(COLLECTED_AFTER_S):
        chat.terminal.dim(f"removed {gone} kept attachments here that nothing refers to")


def _row(one: FileTold, old_s: float) -> str:
    uploaded = age(old_s) if one.created_at else ""
    return " · ".join(part for part in (one.name, one.purpose, f"{one.bytes:,} bytes", uploaded) if part)


def _upload_row(one: Upload, now: float) -> str:
    return f"{one.name} · {one.purpose} · {one.bytes:,} bytes · {age(now - one.uploaded_at)}"


def _path(text: str) -> Path:
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        text = text[1:-1]
    try:
        return Path(text).expanduser()
    except RuntimeError as error:  # ~ of a user who does not exist
        raise UsageError(f"{text!r}: {error}", "Give the whole path.") from error
