"""Asks: what a finished turn waits for, and the input items that answer them.

An ask is answered by the next thing said. So it can be stored, and answered by another process tomorrow.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from azresp.core.items import Item
from azresp.core.session import Exchange, Session
from azresp.core.sse import Wire
from azresp.core.turn import Turn

# A white pixel: the wire wants a screenshot, even of somebody who has no screen.
_NO_SCREEN = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4"
    "DwABAQEAsTj2FAAAAABJRU5ErkJggg=="
)


class AskKind(Enum):
    """Who can answer an ask."""

    CALL = "call"
    """a function on this machine"""
    APPROVAL = "approval"
    """the user, about a call of an MCP server"""
    FOREIGN = "foreign"
    """nobody: a call that azresp can't execute, answered with a refusal"""


@dataclass(frozen=True, slots=True)
class Ask:
    """Something that a finished turn waits for."""

    kind: AskKind
    id: str
    """the call_id, or the approval request's id: what the answer names"""
    wire_type: str
    """type of the item that asks"""
    name: str
    """the function's or tool's name"""
    arguments: str
    """as sent; of a foreign call its action as JSON"""
    label: str = ""
    """the MCP server's label; empty for local functions"""
    whole: bool = True
    """False if the response ended in the middle of its arguments"""
    caller: Wire | None = None
    """the program of the service that made the call; goes back with the answer"""

    @property
    def tool(self) -> str:
        """`LABEL/NAME`, or just the name."""
        return f"{self.label}/{self.name}" if self.label else self.name


_CALLS = {"function_call": "function_call_output", "custom_tool_call": "custom_tool_call_output"}
_FOREIGN = {
    "computer_call": "computer_call_output",
    "local_shell_call": "local_shell_call_output",
    "shell_call": "shell_call_output",
    "apply_patch_call": "apply_patch_call_output",
    "tool_search_call": "tool_search_output",
}


def asks(turn: Turn) -> tuple[Ask, ...]:
    """What the turn waits for, in order; nothing if it is not finished."""
    if not turn.finished:
        return ()
    answered = {str(item.wire.get("call_id")) for item in turn.items if item.kind in _OUTPUTS}
    found = [ask for item in turn.items if (ask := _ask(item)) is not None and ask.id not in answered]
    return tuple({ask.id: ask for ask in found}.values())  # one answer for an ask that stands there twice


def open_asks(session: Session) -> tuple[Ask, ...]:
    """What the conversation waits for at its end."""
    return asks(session.last.turn) if session.last is not None else ()


_OUTPUTS = frozenset({*_CALLS.values(), *_FOREIGN.values()})


def _ask(item: Item) -> Ask | None:
    wire = item.wire
    call_id = _word(wire, "call_id")
    match item.kind:
        case "mcp_approval_request" if item.id:
            name, label = _word(wire, "name"), _word(wire, "server_label")
            return Ask(AskKind.APPROVAL, item.id, item.kind, name, item.text("arguments") or "{}", label)
        case "function_call" | "custom_tool_call" if call_id:
            slot = "arguments" if item.kind == "function_call" else "input"
            # A call that a program of the service made stays `in_progress` in a completed response.
            whole = item.status != "incomplete"
            caller = wire["caller"] if isinstance(wire.get("caller"), dict) else None
            return Ask(
                AskKind.CALL, call_id, item.kind, _word(wire, "name"), item.text(slot), "", whole, caller
            )
        case kind if kind in _FOREIGN and call_id and wire.get("execution") != "server":
            return Ask(AskKind.FOREIGN, call_id, kind, kind.removesuffix("_call"), _action(wire))
    return None


def _action(wire: Wire) -> str:
    from azresp.core.canonical import canonical

    acts = ("action", "operation", "arguments", "pending_safety_checks")
    return canonical({key: wire[key] for key in acts if key in wire})


def _word(wire: Wire, field: str) -> str:
    value = wire.get(field)
    return value if isinstance(value, str) else ""


def output(ask: Ask, result: str | list[Wire]) -> Wire:
    """What a function gave, as the answer to its call."""
    wire: Wire = {"type": _CALLS[ask.wire_type], "call_id": ask.id, "output": result}
    return wire | {"caller": ask.caller} if ask.caller else wire


def approval(ask: Ask, *, approve: bool, reason: str = "") -> Wire:
    """Yes or no to a call of an MCP server."""
    wire: Wire = {"type": "mcp_approval_response", "approval_request_id": ask.id, "approve": approve}
    return wire | {"reason": reason} if reason else wire


def refusal(ask: Ask, reason: str) -> Wire:
    """No, whatever asks: the conversation can go on from it."""
    match ask.wire_type:
        case "mcp_approval_request":
            return approval(ask, approve=False, reason=reason)
        case "function_call" | "custom_tool_call":
            return output(ask, reason)
    wire: Wire = {"type": _FOREIGN[ask.wire_type], "call_id": ask.id}
    match ask.wire_type:
        case "computer_call":
            return wire | {"output": {"type": "computer_screenshot", "image_url": _NO_SCREEN}}
        case "local_shell_call":
            return wire | {"output": reason, "status": "incomplete"}
        case "shell_call":
            outcome = {"type": "exit", "exit_code": 1}
            return wire | {"output": [{"stdout": "", "stderr": reason, "outcome": outcome}]}
        case "apply_patch_call":
            return wire | {"status": "failed", "output": reason}
    return wire | {"execution": "client", "status": "completed", "tools": []}


def answers(asked: Iterable[Ask], given: Iterable[Wire], reason: str) -> tuple[Wire, ...]:
    """The given answers, and a refusal with `reason` for each ask that has none: the chain stays valid."""
    known = {answered(wire): wire for wire in given}
    return tuple(known.get(ask.id) or refusal(ask, reason) for ask in asked)


def answered(wire: Wire) -> str:
    """The id of the ask that an input item answers; empty for other items."""
    return _word(wire, "approval_request_id") or _word(wire, "call_id")


def listed_tools(path: Iterable[Exchange], label: str) -> dict[str, Wire] | None:
    """The tools that an MCP server listed last on the way, by name; None if it listed none yet."""
    found: dict[str, Wire] | None = None
    for exchange in path:
        wires = [*exchange.said, *(item.wire for item in exchange.turn.items)]
        for wire in wires:
            if wire.get("type") == "mcp_list_tools" and wire.get("server_label") == label:
                found = tools_of(wire)
    return found


def tools_of(listing: Wire) -> dict[str, Wire]:
    """The tools of an mcp_list_tools item by name."""
    from azresp.core.events import dicts

    return {_word(one, "name"): one for one in dicts(listing.get("tools"))}
