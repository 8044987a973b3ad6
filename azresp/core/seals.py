"""What a service compacted by itself, inside of an answer: its seal stands for all that comes before it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from azresp.core.asks import answered
from azresp.core.session import Exchange
from azresp.core.sse import Wire


def seals_in(path: Iterable[Exchange]) -> frozenset[str]:
    """The seals that answers hold. What is said may hold others: of `/responses/compact`, or of a list of items."""
    wires = (item.wire for one in path for item in one.turn.items if item.kind == "compaction")
    return frozenset(seal for wire in wires if isinstance(seal := wire.get("encrypted_content"), str))


def since_seal(items: Sequence[Wire], seals: frozenset[str]) -> list[Wire]:
    """The items from the last of these seals on, which carries what the conversation needs of the others.

    Before it stay the rules that somebody gave, and calls that are answered behind it.
    """
    start = max((at for at, item in enumerate(items) if item.get("encrypted_content") in seals), default=0)
    behind = items[start:]
    wanted = {answered(item) for item in behind} - {""}
    kept = (item for item in items[:start] if _rules(item) or _asked(item) in wanted)
    return [*kept, *behind]


def _rules(item: Wire) -> bool:
    return item.get("role") in ("system", "developer")


def _asked(item: Wire) -> str:
    kind = item.get("type")
    if kind == "mcp_approval_request":
        return str(item.get("id") or "")
    return str(item.get("call_id") or "") if isinstance(kind, str) and kind.endswith("_call") else ""
