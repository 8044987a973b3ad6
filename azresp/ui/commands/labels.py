"""What a session is called and filed under: tags, and a title that the model gives."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from azresp.core.session import Session, message, said_text, tagged
from azresp.engine import converse
from azresp.errors import UsageError
from azresp.ports import Ports
from azresp.ui.commands.registry import Rest, command
from azresp.ui.screens import WaitScreen
from azresp.ui.usage import usage_of

if TYPE_CHECKING:
    from azresp.ui.chat import Chat

_ASK = "Give this conversation a title of two to five words. Answer with the title alone."
_MOST_CHARS = 4_000
"""Of the conversation: a title needs no more."""


@command("tag")
async def tag(chat: Chat, words: Annotated[str, Rest()] = "") -> None:
    """File this session under words; -WORD takes one away. Without words: show its tags."""
    try:
        chat.session = tagged(chat.session, words.split())
    except ValueError as word:
        raise UsageError(f"{str(word)!r} can't be a tag", "A tag is one printable word.") from None
    if words:
        chat.keep_session("tags")
    chat.terminal.dim(" ".join(f"#{one}" for one in chat.session.tags) or "no tags")


@command("title")
async def title(chat: Chat) -> None:
    """Let the model name this session: one small request, which the service does not store."""
    path = chat.session.path()
    if not path:
        raise UsageError("there is nothing to name yet", "Say something first, or /rename NAME.")
    told = "\n\n".join(
        f"{''.join(map(said_text, one.said))}\n{one.turn.text}" for one in (path[0], *path[1:][-1:])
    )
    settings = {"deployment": chat.tuner.request()["deployment"], "store": False, "max_output_tokens": 1000}
    asking = Ports(chat.service, WaitScreen(chat.terminal.dim), _Nowhere(), chat.clock)
    said = (message(f"{_ASK}\n\n{told[:_MOST_CHARS]}"),)
    outcome = await chat.stoppable(converse(asking, Session("title", "title"), said, settings))
    if outcome.error is not None:
        raise outcome.error
    name = " ".join(outcome.exchange.turn.text.split()).strip("\"'*.# ")[:60]
    if not name:
        raise UsageError("the model gave no title", "/rename NAME gives one by hand.")
    chat.session = replace(chat.session, name=chat.library.free_name(name))
    chat.keep_session("name")
    usage = usage_of(outcome.exchange)
    chat.terminal.dim(f"this session is now {chat.session.name}" + (f" · {usage} tokens" if usage else ""))


class _Nowhere:
    """A ledger that keeps nothing: the request for a title is no part of any conversation."""

    def begin(self, *_: object) -> None:
        """Nothing."""

    reopen = heard = begin

    def keep(self) -> None:
        """Nothing."""

    def seal(self, session: Session, exchange: object) -> Session:
        """Nothing."""
        return session
