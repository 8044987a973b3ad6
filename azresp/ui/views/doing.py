"""What a turn is at, for the status row."""

from __future__ import annotations

from azresp.core.items import Item
from azresp.core.turn import Turn
from azresp.ui.views.brief import word

_DOING = {
    "message": "writing",
    "reasoning": "thinking",
    "web_search_call": "searching the web",
    "file_search_call": "searching files",
    "image_generation_call": "drawing",
    "tool_search_call": "searching tools",
    "computer_call": "writing a call",
    "custom_tool_call": "writing a call",
    "shell_call": "writing a command",
    "local_shell_call": "writing a command",
    "apply_patch_call": "writing a patch",
}


def doing(turn: Turn | None) -> str:
    """What the model or one of its tools is at now; an item that is closed keeps nobody waiting, whatever it says."""
    if turn is None or not turn.status:
        return "waiting for the service"
    if turn.status == "queued":
        return "queued"
    at_work = [item for item in turn.items if not item.closed]
    return _of(at_work[-1]) if at_work else "thinking"


def _of(item: Item) -> str:
    wire = item.wire
    match item.kind:
        case "mcp_call":
            return f"calling {word(wire, 'server_label')}/{word(wire, 'name')}"
        case "mcp_list_tools":
            return f"listing the tools of {word(wire, 'server_label')}"
        case "function_call":
            return f"writing a call of {word(wire, 'name')}"
        case "code_interpreter_call":
            return "running code" if item.phase in ("interpreting", "completed") else "writing code"
    return _DOING.get(item.kind) or item.kind.replace("_", " ") or "writing"
