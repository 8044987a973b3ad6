"""Commands about the last turn: retry, edit, copy, save, raw."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from azresp.core.session import asked_in, attached_to, message
from azresp.errors import LocalError, UsageError
from azresp.ui.album import pictures_in
from azresp.ui.commands.registry import Paths, Rest, Words, command
from azresp.ui.counting import counted
from azresp.ui.heading import heading
from azresp.ui.sink import clean

if TYPE_CHECKING:
    from azresp.core.session import Exchange
    from azresp.core.sse import Wire
    from azresp.ui.chat import Chat


@command("retry")
async def retry(chat: Chat) -> None:
    """Ask the last question again, as a sibling of the first try."""
    last = _last(chat)
    if last.turn.finished:
        # Calls that were answered are asked for anew; after an error only what failed is said again.
        last = _asked(chat, last)
    chat.terminal.said(heading(_asked(chat, last)))
    await _ask_again(chat, last, last.said)


@command("edit")
async def edit(chat: Chat) -> None:
    """Change the last question in the editor and ask it, as a sibling."""
    last = _asked(chat, _last(chat))
    question = last.question.strip()
    text = await chat.editor.edit(question)
    if text is None or text.strip() in ("", question):
        chat.terminal.dim("not changed, not sent")
        return
    chat.terminal.said(text.strip())
    await _ask_again(chat, last, (*last.said[:-1], message(text.strip(), parts=attached_to(last.said[-1]))))


def _last(chat: Chat) -> Exchange:
    last = chat.last or chat.session.last
    if last is None:
        raise UsageError("there is no question yet", "Say something first.")
    if last.compaction:
        raise UsageError(
            "the last thing was a compaction, no question", "Say something, or /undo takes it back."
        )
    return last


def _asked(chat: Chat, last: Exchange) -> Exchange:
    return asked_in(chat.session.with_exchange(last), last) or last


async def _ask_again(chat: Chat, last: Exchange, said: tuple[Wire, ...]) -> None:
    """Say something where `last` was said; if nothing comes of it, the conversation ends as it did before."""
    before = chat.session.head
    if before != last.parent:
        chat.move_head(last.parent)
    await chat.say(said)
    if chat.session.head == last.parent != before:
        chat.move_head(before)


def _answer(chat: Chat) -> str:
    last = _last(chat)
    text = last.turn.text or last.turn.refusal
    if not text:
        raise UsageError("the last answer holds no text")
    return text


def _parts(chat: Chat, before: tuple[str, ...]) -> list[str]:
    last = chat.last or chat.session.last
    count = len(_code_blocks(last.turn.text)) if last is not None else 0
    return ["all", *(str(n) for n in range(1, count + 1))]


@command("copy")
async def copy(chat: Chat, part: Annotated[str, Words(_parts)] = "all") -> None:
    """Copy the last answer, or its code block number PART, to the clipboard."""
    from azresp.ui.clipboard import copy_text

    text = _answer(chat)
    if part != "all":
        blocks = _code_blocks(text)
        if not part.isdigit() or not 0 < int(part) <= len(blocks):
            raise UsageError(
                f"there is no code block {part!r}", f"The answer has {counted(len(blocks), 'code block')}."
            )
        text = blocks[int(part) - 1]
    how = copy_text(text, chat.terminal)
    chat.terminal.dim(f"copied {counted(len(text), 'character')} ({how})")
    _warn_of_hidden(chat, text)


@command("save")
async def save(chat: Chat, file: Annotated[str, Rest(), Paths()]) -> None:
    """Write the last answer's text to a new file, or the picture drawn last where the name is a picture's."""
    if Path(file).suffix.lower() in _PICTURES and (drawn := pictures_in(chat.session)):
        path = _write_new(file, _bytes_of(chat.gallery.path(drawn[-1])))
        chat.terminal.dim(f"saved {path}")
        return
    text = _answer(chat)
    path = _write_new(file, (text.rstrip("\n") + "\n").encode("utf-8", "replace"))
    chat.terminal.dim(f"saved {path}")
    _warn_of_hidden(chat, text)


def _warn_of_hidden(chat: Chat, text: str) -> None:
    """What leaves as it came may act elsewhere: in a shell it is pasted into, in a terminal that shows the file."""
    if clean(text) != text:
        chat.terminal.dim("note: it holds characters that act or hide where nobody makes them visible")


def _bytes_of(picture: Path) -> bytes:
    try:
        return picture.read_bytes()
    except OSError as error:
        raise LocalError(f"{picture}: {error.strerror}", "/pictures lists where they were saved.") from error


_PICTURES = (".png", ".jpg", ".jpeg", ".webp")


def _write_new(file: str, content: bytes) -> Path:
    path = Path(file).expanduser()
    try:
        with path.open("xb") as stream:
            stream.write(content)
    except FileExistsError:
        raise UsageError(f"{path} exists already", "Give another name: nothing is overwritten.") from None
    except OSError as error:
        raise LocalError(f"{path}: {error.strerror}") from error
    return path


@command("raw")
async def raw(chat: Chat) -> None:
    """Show the last answer as it came, Markdown unrendered."""
    chat.terminal.say(_answer(chat))


def _code_blocks(text: str) -> list[str]:
    """The contents of the fenced code blocks of Markdown text."""
    blocks: list[str] = []
    fence = ""
    lines: list[str] = []
    for line in text.splitlines():
        mark = line.strip()
        if not fence and (mark.startswith(("```", "~~~"))):
            fence, lines = mark[:3], []
        elif fence and mark.startswith(fence) and not mark.strip(fence[0]):
            blocks.append("\n".join(lines))
            fence = ""
        elif fence:
            lines.append(line)
    return [*blocks, "\n".join(lines)] if fence else blocks
