"""tool_choice: which tools the model may, must or must not call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .. import parameter, refusals

if TYPE_CHECKING:
    from ..brain import Offer

_WORDS = ("none", "auto", "required")


def check_choice(choice: Any, tools: Sequence[Mapping[str, Any]]) -> None:
    """Refuse a choice of what the request does not bring."""
    match choice:
        case None | "auto" | "none":
            return
        case "required":
            if not tools:
                raise refusals.invalid(
                    "Tool choice 'required' must be specified with 'tools' parameter.", "tool_choice"
                )
        case str():
            raise parameter.wrong_value("tool_choice", choice, _WORDS)
        case {"type": "allowed_tools"}:
            _check_allowed(choice, tools)
        case {"type": str()}:
            _check_named(choice, tools)
        case dict():
            raise parameter.missing("tool_choice.type")
        case _:
            raise parameter.wrong_type("tool_choice", "one of an object or string", choice)


def permitted(choice: Any, offers: Sequence[Offer]) -> tuple[list[Offer], bool]:
    """The offers that the model may call, and whether it has to call one."""
    match choice:
        case "none":
            return [], False
        case "required":
            return list(offers), True
        case {"type": "allowed_tools", "tools": tools}:
            allowed = [offer for offer in offers if any(_fits(entry, offer) for entry in tools)]
            return allowed, choice.get("mode") == "required"
        case {"type": str()}:
            return [offer for offer in offers if _fits(choice, offer)], True
        case _:
            return list(offers), False


def _check_allowed(choice: Mapping[str, Any], tools: Sequence[Mapping[str, Any]]) -> None:
    if not isinstance(choice.get("tools"), list):
        raise parameter.missing("tool_choice.tools")
    if choice.get("mode") not in ("auto", "required"):
        raise parameter.wrong_value("tool_choice.mode", choice.get("mode"), ("auto", "required"))
    for entry in choice["tools"]:
        if not isinstance(entry, dict) or not isinstance(entry.get("type"), str):
            raise parameter.wrong_type("tool_choice.tools", "an array of tools", entry)
        _check_named(entry, tools)


def _check_named(choice: Mapping[str, Any], tools: Sequence[Mapping[str, Any]]) -> None:
    for needed in {"function": ("name",), "custom": ("name",), "mcp": ("server_label",)}.get(
        choice["type"], ()
    ):
        if needed not in choice:
            raise parameter.missing(f"tool_choice.{needed}")
    if not any(_is(choice, tool) for tool in tools):
        name = choice.get("name") or choice.get("server_label") or choice["type"]
        raise refusals.invalid(f"Tool choice '{name}' not found in 'tools' parameter.", "tool_choice")


def _is(choice: Mapping[str, Any], tool: Mapping[str, Any]) -> bool:
    names = ("name",) if choice["type"] in ("function", "custom") else ("server_label",)
    return tool["type"] == choice["type"] and all(tool.get(key) == choice.get(key) for key in names)


def _fits(choice: Mapping[str, Any], offer: Offer) -> bool:
    if offer.type != choice["type"]:
        return False
    if offer.type == "mcp":
        return choice["server_label"] == offer.server and choice.get("name") in (None, offer.name)
    return choice["type"] not in ("function", "custom") or bool(choice.get("name") == offer.name)
