"""Refusals that have a way round: nothing was run, and the same can be said once more in another form."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum
from typing import NamedTuple

from azresp.core.session import Exchange
from azresp.core.sse import Wire
from azresp.errors import AzrespError, ServiceError


class Kind(Enum):
    """What stands in the way."""

    HEAD = "head"
    """the response that the request builds on is not there (any more)"""
    STORE = "store"
    """this organisation keeps nothing at the service"""
    CIPHERTEXT = "ciphertext"
    """the model has no encrypted reasoning to give"""
    REASONING = "reasoning"
    """encrypted reasoning that the service can't read"""
    ITEM = "item"
    """an item that the service looks up and does not find"""


class Obstacle(NamedTuple):
    """What stands in the way, and for an item the ids that the refusal names."""

    kind: Kind
    ids: tuple[str, ...] = ()


_ID = re.compile(r"(?<=')[a-z]{1,12}_[A-Za-z0-9_-]{1,128}|\b[a-z]{1,12}_[A-Za-z0-9]{16,128}")
"""quoted, or (of a duplicate) bare"""
_TYPED = re.compile(r"of type '\w+'")


def obstacle(error: AzrespError | None) -> Obstacle | None:
    """What a refusal before any answer means; None if there is no way round it."""
    if not isinstance(error, ServiceError) or error.status not in (400, 404):
        return None
    what = error.what.lower()
    if forbids_storing(error.what):
        return Obstacle(Kind.STORE)
    lost = error.param == "previous_response_id" and "not found" in what
    if error.code == "previous_response_not_found" or lost or error.gone:
        return Obstacle(Kind.HEAD)
    if error.code == "invalid_encrypted_content" or ("encrypted content" in what and "verified" in what):
        return Obstacle(Kind.REASONING)
    if "encrypted content is not supported" in what or (
        error.param == "include" and "encrypted_content" in what
    ):
        return Obstacle(Kind.CIPHERTEXT)
    named = what.startswith(("item with id", "item '", "duplicate item"))
    if named and (ids := tuple(_ID.findall(_TYPED.sub("", error.what)))):
        return Obstacle(Kind.ITEM, ids)
    return None


def forbids_storing(what: str) -> bool:
    """The refusal says that this organisation, or this server, stores no responses."""
    what = what.lower()
    if "item with id" in what:
        return False  # of such an organisation too, but about what was sent
    return "zero data retention" in what or ("store" in what and _NO_STORE.search(what) is not None)


_NO_STORE = re.compile(r"\bstore\W{0,3} must be (set to )?\W?false|\bstore=true\W.*\bnot supported")


def type_of(ids: Iterable[str], path: Iterable[Exchange]) -> str:
    """The type of the first item on the path that has one of these ids; empty if none has."""
    found: dict[str, str] = {}
    for exchange in path:
        for wire in (*exchange.said, *(item.wire for item in exchange.turn.items)):
            found[str(wire.get("id"))] = _type(wire)
    return next((found[ident] for ident in ids if found.get(ident)), "")


def _type(wire: Wire) -> str:
    kind = wire.get("type")
    return kind if isinstance(kind, str) and kind != "message" else ""
