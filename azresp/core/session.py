"""A session: a named head over a tree of exchanges, with its settings. Trees never lose a branch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from azresp.core.sse import Wire
from azresp.core.turn import Turn

TOOLS = "tools"
"""Key of a session's settings: which tools are on in it."""
TAGS = "tags"
"""Key of a session's settings: words that the user files it under, with blanks between them."""
COMPACTION = "response.compaction"
"""What the service calls the answer of `/responses/compact`."""
BATCH = "batch"
"""Key of a session's settings: it is a batch, made from this file; its exchanges are no conversation."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """What was said and the turn that answered it: one node of the tree."""

    id: str
    """ours; sorts by time"""
    parent: str | None
    said: tuple[Wire, ...]
    """input items, as sent"""
    turn: Turn
    asked_at: float
    """seconds since the epoch"""
    deployment: str = ""
    origin: str = ""
    """the endpoint's base URL: a response id means nothing elsewhere"""
    stored: bool = True
    """the service was asked to keep the response"""
    deleted: bool = False
    """the response was deleted at the service; our copy stays"""
    background: bool = False
    """a background job: its response runs, or ran, at the service without anybody who hears it"""

    @property
    def running(self) -> bool:
        """A background job that is not over, as far as heard."""
        return self.background and bool(self.turn.id) and self.turn.status in ("queued", "in_progress")

    @property
    def compaction(self) -> bool:
        """What it says stands for all that came before it on its path; nobody asked or answered anything in it."""
        return not self.turn.id and self.turn.response.get("object") == COMPACTION

    @property
    def question(self) -> str:
        """The text the user said, pictures and files left out."""
        if self.compaction:
            return ""
        mine = (item for item in self.said if item.get("role", "user") == "user")
        return "\n".join(text for item in mine if (text := said_text(item)))


@dataclass(frozen=True, slots=True)
class Session:
    """A name, a head, and the exchanges on the way to it (others of the tree may be absent)."""

    id: str
    name: str
    head: str | None = None
    """id of the last exchange that the next one builds on"""
    settings: Mapping[str, object] = field(default_factory=dict)
    """what `/set` changed, by setting key"""
    exchanges: Mapping[str, Exchange] = field(default_factory=dict)

    @property
    def tags(self) -> tuple[str, ...]:
        """The words it is filed under."""
        return tuple(str(self.settings.get(TAGS, "")).split())

    def path(self) -> tuple[Exchange, ...]:
        """The exchanges from the root to the head."""
        found: list[Exchange] = []
        at = self.head
        seen: set[str] = set()
        while at is not None and at in self.exchanges and at not in seen:
            seen.add(at)
            found.append(self.exchanges[at])
            at = self.exchanges[at].parent
        return tuple(reversed(found))

    @property
    def last(self) -> Exchange | None:
        """The exchange at the head."""
        return self.exchanges.get(self.head) if self.head is not None else None

    def with_exchange(self, exchange: Exchange) -> Session:
        """The session that knows `exchange`; its head stays."""
        return replace(self, exchanges={**self.exchanges, exchange.id: exchange})


def settle(session: Session, exchange: Exchange) -> Session:
    """The session after an exchange: the head moves only to a finished response (rule R11)."""
    session = session.with_exchange(exchange)
    return replace(session, head=exchange.id) if exchange.turn.finished else session


def undo(session: Session) -> Session:
    """The session before its last question; the branch stays in the tree."""
    asked = asked_in(session, session.last)
    return session if asked is None else replace(session, head=asked.parent)


def asked_in(session: Session, exchange: Exchange | None) -> Exchange | None:
    """The exchange whose question led to this one: itself, or where tools answered, the one before them.

    A compaction is taken back like a question.
    """
    seen: set[str] = set()
    while exchange is not None and not exchange.question and exchange.id not in seen:
        if exchange.compaction:
            break
        seen.add(exchange.id)
        before = session.exchanges.get(exchange.parent) if exchange.parent is not None else None
        if before is None:
            break
        exchange = before
    return exchange


def said_text(item: Wire) -> str:
    """The text of one input item."""
    content = item.get("content")
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n".join(
            part["text"] for part in content if isinstance(part, dict) and isinstance(part.get("text"), str)
        )
    return ""


def attached_to(item: Wire) -> list[Wire]:
    """The pictures and files of a message: all its parts but text."""
    content = item.get("content")
    parts = content if isinstance(content, list) else []
    return [part for part in parts if isinstance(part, dict) and part.get("type") != "input_text"]


def message(text: str, role: str = "user", parts: Iterable[Wire] = ()) -> Wire:
    """A message as an input item; `parts`: pictures and files, after the text."""
    content: list[Wire] = [{"type": "input_text", "text": text}] if text else []
    return {"type": "message", "role": role, "content": [*content, *parts]}


def tagged(session: Session, words: Iterable[str]) -> Session:
    """The session filed under these words too; `-word` takes one away. ValueError: a word that is no tag."""
    tags = dict.fromkeys(session.tags)
    for word in words:
        name = word.removeprefix("-").removeprefix("#")
        if not name or not name.isprintable() or len(name) > 40 or name.startswith("-"):
            raise ValueError(word)
        if word.startswith("-"):
            tags.pop(name, None)
        else:
            tags[name] = None
    return replace(session, settings={**session.settings, TAGS: " ".join(tags)})
