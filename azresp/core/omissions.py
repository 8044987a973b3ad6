"""What a session no longer sends back, because the service refused it: kept among its settings, so it is asked once.

A service can refuse the ciphertext of reasoning (a rotated key, another model), or an item whose id it would look up.
Then what is meant goes again without all items of that kind up to the end of the conversation as it was; what is
said after that is as good as ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from azresp.core.session import Exchange, Session
from azresp.core.sse import Wire

OMITTED = "omitted"
"""Key of a session's settings: what is left out, as words `KIND@WHERE`."""
CIPHERTEXT = "reasoning.encrypted_content"
"""As a kind: it is not asked for at a deployment that has none."""

CHAIN = "chain"
"""As a kind: that response is not built on, since the service has in it what was forgotten here."""


class Omission(NamedTuple):
    """One thing that is left out."""

    kind: str
    """an item's type, CIPHERTEXT, or CHAIN"""
    where: str
    """the id of the last exchange that it is left out of, or the deployment's name"""


def omissions(session: Session) -> tuple[Omission, ...]:
    """All that a session leaves out. Total: a kept setting may hold anything."""
    words = str(session.settings.get(OMITTED) or "").split()
    return tuple(Omission(kind, where) for kind, _, where in (word.partition("@") for word in words))


def omit(session: Session, kind: str, where: str) -> Session:
    """The session that leaves one more thing out; an older omission of the same kind and branch goes with it."""
    before = {one.id for one in session.path()} - {where}
    kept = [one for one in omissions(session) if one.kind != kind or one.where not in before]
    words = dict.fromkeys(f"{one.kind}@{one.where}" for one in (*kept, Omission(kind, where)))
    return replace(session, settings={**session.settings, OMITTED: " ".join(words)})


def unchain(session: Session, idents: Iterable[str]) -> Session:
    """The session that builds on the responses of these exchanges no more."""
    words = [f"{one.kind}@{one.where}" for one in omissions(session)] + [
        f"{CHAIN}@{ident}" for ident in idents
    ]
    return replace(session, settings={**session.settings, OMITTED: " ".join(dict.fromkeys(words))})


def without(session: Session, path: Sequence[Exchange]) -> list[frozenset[str]]:
    """For each exchange of a path of the session the types of items that it is sent without."""
    place = {one.id: at for at, one in enumerate(path)}
    until = [(one.kind, place[one.where]) for one in omissions(session) if one.where in place]
    return [frozenset(kind for kind, last in until if at <= last) for at in range(len(path))]


def paired(items: Sequence[Wire], dropped: frozenset[str]) -> list[Wire]:
    """The items without answers to approval requests that are not among them; only if such requests were dropped."""
    if "mcp_approval_request" not in dropped:
        return list(items)
    asked = {item.get("id") for item in items if item.get("type") == "mcp_approval_request"}
    return [
        item
        for item in items
        if item.get("type") != "mcp_approval_response" or item.get("approval_request_id") in asked
    ]
