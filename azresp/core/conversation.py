"""A conversation object of the service that a session talks in: kept among the session's settings."""

from __future__ import annotations

from dataclasses import replace

from azresp.core.session import Exchange, Session

CONVERSATION = "conversation"
"""Key of a session's settings: the conversation that it talks in, as `ID@ORIGIN`."""


def is_conversation(ident: str) -> bool:
    """Whether an id names a conversation at the service, not a response."""
    return ident.startswith("conv_")


def conversation_at(session: Session, origin: str) -> str:
    """The id of the session's conversation at the service at `origin`; empty: it talks in none there."""
    ident, _, where = str(session.settings.get(CONVERSATION) or "").partition("@")
    return ident if where == origin else ""


def talking_in(session: Session, ident: str, origin: str) -> Session:
    """The session that talks in a conversation from now on; with an empty id in none."""
    others = {key: value for key, value in session.settings.items() if key != CONVERSATION}
    return replace(session, settings=others | ({CONVERSATION: f"{ident}@{origin}"} if ident else {}))


def is_in(exchange: Exchange | None, ident: str) -> bool:
    """Whether the conversation holds an exchange, as the service said with its response."""
    return exchange is not None and conversation_of(exchange) == ident


def conversation_of(exchange: Exchange) -> str:
    """The conversation that holds an exchange; empty for none."""
    told = exchange.turn.response.get("conversation")
    ident = told.get("id") if isinstance(told, dict) else None
    return ident if isinstance(ident, str) else ""
