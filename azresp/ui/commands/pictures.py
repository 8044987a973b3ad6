"""Commands about pictures and files: image, file, attachments, image-mode, mask, pictures, open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from azresp.errors import UsageError
from azresp.ui.album import caption, pictures_in
from azresp.ui.commands.registry import Paths, Rest, Words, command

if TYPE_CHECKING:
    from azresp.ui.chat import Chat


def _sources(chat: Chat, before: tuple[str, ...]) -> list[str]:
    return ["last", "clipboard"] if pictures_in(chat.session) else ["clipboard"]


def _numbers(count: int) -> list[str]:
    return [str(n) for n in range(1, count + 1)]


@command("image")
async def image(chat: Chat, source: Annotated[str, Rest(), Words(_sources), Paths()]) -> None:
    """Attach a picture to the next message: a path, a URL, `clipboard`, `last` (drawn last), or id:FILE_ID."""
    await chat.attach(_last(chat) if source == "last" else _unquoted(source), "image")


@command("file")
async def file(chat: Chat, source: Annotated[str, Rest(), Paths()]) -> None:
    """Attach a PDF or text document to the next message: a path, a URL, or id:FILE_ID."""
    await chat.attach(_unquoted(source), "file")


def _unquoted(source: str) -> str:
    """A path as it is, even where it was typed in quotation marks."""
    quoted = len(source) > 2 and source[0] == source[-1] and source[0] in "\"'"
    return source[1:-1] if quoted else source


def _last(chat: Chat) -> str:
    pictures = pictures_in(chat.session)
    if not pictures:
        raise UsageError("no picture was drawn in this conversation yet", "Give a path: /image FILE.")
    return str(chat.gallery.path(pictures[-1]))


@command("attachments")
async def attachments(
    chat: Chat,
    action: Annotated[str, Words(lambda chat, before: ["drop", "show"])] = "",
    number: Annotated[str, Words(lambda chat, before: ["all", *_numbers(len(chat.attached))])] = "",
) -> None:
    """List what the next message takes along; `show N` previews a picture, `drop N` or `drop all` takes back."""
    if not action:
        if not chat.attached:
            chat.terminal.dim("nothing is attached: /image and /file attach, so does @path in a message")
        chat.terminal.pairs(
            [(f"{n}", chat.attaching.described(one)) for n, one in enumerate(chat.attached, 1)]
        )
        return
    if (action, number) == ("drop", "all"):
        chat.attached.clear()
        chat.terminal.dim("nothing is attached any more")
        return
    if action not in ("drop", "show"):
        raise UsageError(f"/attachments takes show or drop, got {action!r}", "Usage: /attachments [drop N]")
    at = _nth(number, len(chat.attached), "attachment")
    if action == "drop":
        chat.terminal.dim(f"not attached any more: {chat.attaching.described(chat.attached.pop(at))}")
        return
    await _preview(
        chat, chat.attaching.preview(chat.attached[at]), chat.attaching.described(chat.attached[at])
    )


@command("image-mode")
async def image_mode(
    chat: Chat, mode: Annotated[str, Words(lambda chat, before: ["on", "off"])] = ""
) -> None:
    """Let the model draw, or not any more; how: /set image_size, image_quality, partial_images …"""
    if mode:
        chat.tune("images", mode)
    on = chat.tuner.value("images")
    chat.terminal.dim("the model may draw pictures" if on else "no pictures are drawn · /image-mode on")
    if on and not chat.tuner.value("image_deployment"):
        chat.terminal.dim("Azure needs `image_deployment`, a deployment of an image model: see azresp config")


@command("mask")
async def mask(
    chat: Chat, source: Annotated[str, Rest(), Words(lambda chat, before: ["none"]), Paths()]
) -> None:
    """Edit only where a picture is transparent: its path, or `none`. Goes with the next messages."""
    wire = None if source == "none" else await chat.stoppable(chat.attaching.mask(_unquoted(source)))
    chat.tools.mask = wire
    chat.terminal.dim("no mask any more" if wire is None else f"{source} is the mask until /mask none")


@command("pictures")
async def pictures(chat: Chat) -> None:
    """List the pictures that were drawn in this conversation."""
    found = pictures_in(chat.session)
    if not found:
        chat.terminal.dim("no pictures yet: /image-mode on lets the model draw")
    for number, kept in enumerate(found, 1):
        chat.terminal.say(caption(number, kept, chat.gallery.path(kept)))


@command("open")
async def open_picture(
    chat: Chat,
    number: Annotated[str, Words(lambda chat, before: _numbers(len(pictures_in(chat.session))))] = "",
) -> None:
    """Open a picture with the system's viewer: its number, or the last one."""
    from azresp.ui.opener import open_with_system

    found = pictures_in(chat.session)
    at = _nth(number, len(found), "picture") if number else len(found) - 1
    if at < 0:
        raise UsageError(
            "no picture was drawn in this conversation yet", "/image-mode on lets the model draw."
        )
    path = chat.gallery.path(found[at])
    open_with_system(path)
    chat.terminal.dim(f"opened {path}")


def _nth(number: str, count: int, noun: str) -> int:
    if not number.isdigit() or not 0 < int(number) <= count:
        raise UsageError(f"there is no {noun} {number!r}", f"There are {count}.")
    return int(number) - 1


async def _preview(chat: Chat, source: bytes | None, told: str) -> None:
    import asyncio

    from azresp.ui.pictures.picture import prepare

    if source is None:
        chat.terminal.dim(f"{told}: there is nothing here to show")
        return
    surface = chat.terminal.surface(str(chat.tuner.value("preview")))
    chat.terminal.picture(await asyncio.to_thread(prepare, source, surface, told, chat.terminal.size))
