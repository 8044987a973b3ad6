"""Compacting the conversation: compact."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azresp.core.asks import asks
from azresp.core.context import Size, size
from azresp.errors import UsageError
from azresp.ui.commands.registry import command

if TYPE_CHECKING:
    from azresp.ui.chat import Chat


@command("compact")
async def compact(chat: Chat) -> None:
    """Go on from a compaction of this conversation, which takes fewer tokens; /undo goes back to all of it."""
    from azresp.ui import compacting

    last = chat.session.last
    if last is None:
        raise UsageError("there is nothing to compact yet", "Say something first.")
    if last.compaction:
        raise UsageError("the conversation is compacted already", "Say something first.")
    if asks(last.turn):
        raise UsageError("a call waits for its answer", "/answer, then /compact.")
    before = _size(chat)
    made = await compacting.compact(chat)
    if made is None:
        return
    chat.terminal.strong(f"compacted: {_told(before)} tokens before, {_told(_size(chat))} now")
    chat.terminal.dim("the conversation before it is kept · /undo goes back to it")


def _size(chat: Chat) -> Size:
    return size(chat.session.path(), {**chat.tuner.request(), **chat.tools.request()})


def _told(found: Size) -> str:
    return f"{'' if found.counted else '~'}{found.tokens:,}"
