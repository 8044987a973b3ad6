"""What MCP servers list, compared with what they listed last: a server may change what it says of its tools."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from azresp.core.turn import Turn
    from azresp.ui.ports import Memory


def list_changes(turn: Turn, server_of: Callable[[str], str | None], memory: Memory) -> Iterator[str]:
    """A line for each server whose list in this turn is not the last one seen; what is seen is remembered."""
    if not turn.finished or not any(item.kind == "mcp_list_tools" for item in turn.items):
        return
    from azresp.core.approval import compare, described
    from azresp.core.asks import tools_of

    for item in turn.items:
        label = item.wire.get("server_label")
        if item.kind != "mcp_list_tools" or not isinstance(label, str) or item.wire.get("error"):
            continue
        server = server_of(label)
        if server is None:
            continue
        now = {name: described(told) for name, told in tools_of(item.wire).items()}
        before = memory.last_list(server, label)
        if before == now:
            continue
        memory.see_list(server, label, now)
        if before is None:
            continue
        change = compare(before, now)
        parts = [
            f"{what}: {', '.join(names)}"
            for what, names in (("new", change.added), ("changed", change.changed), ("gone", change.removed))
            if names
        ]
        if parts:
            yield f"{label} lists other tools than before · {' · '.join(parts)} · /mcp tools {label} shows them"
