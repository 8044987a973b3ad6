"""Which exchanges one message is kept in: where it was said, each try of it, and the calls that it led to."""

from __future__ import annotations

from collections.abc import Mapping

from azresp.core.session import Exchange


def message_of(exchange: Exchange, known: Mapping[str, Exchange]) -> list[Exchange]:
    """The exchanges of the message that led to this one, in order; `known` are those of its tree, by id."""
    asked = _asked(exchange, known)
    tries = [one for one in known.values() if one.parent == asked.parent and one.said == asked.said]
    found = {one.id: one for one in (tries or [asked])}
    for one in known.values():
        # Answers to calls, one after the other: parents stand before those that build on them.
        if one.parent in found and _goes_on(one):
            found[one.id] = one
    for one in known.values():
        if one.compaction and one.id not in found and found.keys() & _before(one, known):
            found[one.id] = one  # it may repeat the message
    return list(found.values())


def _asked(exchange: Exchange, known: Mapping[str, Exchange]) -> Exchange:
    seen: set[str] = set()
    while _goes_on(exchange) and exchange.id not in seen:
        seen.add(exchange.id)
        before = known.get(exchange.parent or "")
        if before is None:
            break
        exchange = before
    return exchange


def _before(exchange: Exchange, known: Mapping[str, Exchange]) -> set[str]:
    found: set[str] = set()
    at = exchange.parent
    while at is not None and at in known and at not in found:
        found.add(at)
        at = known[at].parent
    return found


def _goes_on(exchange: Exchange) -> bool:
    """It answers calls and says nothing else."""
    return not exchange.compaction and not any(
        item.get("type", "message") == "message" for item in exchange.said
    )
