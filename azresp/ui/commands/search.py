"""Looking for what was said, in all sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from azresp.ui.commands.registry import Rest, command
from azresp.ui.commands.sessions import age
from azresp.ui.counting import counted

if TYPE_CHECKING:
    from azresp.ui.chat import Chat

MOST = 10


@command("search")
async def search(chat: Chat, words: Annotated[str, Rest()]) -> None:
    """Find words and "phrases" in everything that was asked and answered; /resume ID goes on from there."""
    index = chat.library.search
    if not index.available:
        chat.terminal.dim("this Python's SQLite can't search texts (FTS5 is missing)")
        return
    index.catch_up(lambda left: chat.terminal.dim(f"{counted(left, 'exchange')} still to be read"))
    hits = index.find(words, MOST)
    for hit in hits:
        when = age(chat.clock.now() - hit.exchange.asked_at)
        where = f"{hit.session} · {when} · {hit.exchange.turn.id}"
        chat.terminal.found(where, hit.snippet, index.marks)
    chat.found = [hit.exchange.turn.id for hit in hits if hit.exchange.turn.id]
    if chat.found:
        chat.terminal.dim("/resume and Tab offers these ids: the conversation goes on from there")
    elif not hits:
        chat.terminal.dim("nothing was found")
