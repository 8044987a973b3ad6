"""A chat that goes on in another session, a conversation that goes on at another endpoint: what that means."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from azresp.core.compose import chain_anchor, left_behind
from azresp.core.session import BATCH, TAGS, TOOLS, Session
from azresp.ui.counting import counted

if TYPE_CHECKING:
    from azresp.ui.chat import Chat

KEPT_NOTHING = "the service stored nothing, though asked to"
"""An organisation without retention may take the request all the same."""
DEPLOYMENT = "deployment"
"""The session's setting that means something at one endpoint only."""


def elsewhere(session: Session, origin: str) -> list[str]:
    """What changes for a conversation that goes on at `origin`; empty if it is there already."""
    last, path = session.last, session.path()
    if last is None or not last.origin or last.origin == origin or chain_anchor(session, origin):
        return []
    lines = [
        f"this conversation was at {last.origin}: its next message takes all of it "
        f"along ({counted(len(path), 'exchange')})"
    ]
    sealed, files = left_behind(path, origin)
    stays = [counted(sealed, "piece of encrypted reasoning") if sealed else ""]
    stays.append(counted(files, "uploaded file") if files else "")
    if any(stays):
        lines.append(f"what only that endpoint can read stays behind: {', '.join(filter(None, stays))}")
    return lines


def switch(chat: Chat, session: Session) -> list[str]:
    """Go on in another session, with its settings and nothing of this one's; gives what is to be told about it."""
    if BATCH in session.settings:
        # Its answers have nothing to do with each other: what is said now begins a conversation.
        session = Session(chat.clock.ident(), chat.library.free_name(session.name))
    if told := elsewhere(session, chat.service.origin):
        # A deployment was chosen among those of the other endpoint.
        kept = {key: value for key, value in session.settings.items() if key != DEPLOYMENT}
        session = replace(session, settings=kept)
    chat.session = session
    chat.last = session.last
    settings = {key: str(text) for key, text in session.settings.items()}
    settings.pop(TAGS, "")
    chat.tools.select(settings.pop(TOOLS, ""))
    chat.tuner.restore(settings)
    return told
