"""Which tools a request may bring. Tools that this emulator cannot run yet are refused, not ignored."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from . import refusals
from .schemas import check_schema, check_strict

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
_IMAGE_HEADER = "x-ms-oai-image-generation-deployment"
_HOSTED = (
    "mcp",
    "image_generation",
    "code_interpreter",
    "web_search",
    "web_search_preview",
    "file_search",
    "computer_use_preview",
    "local_shell",
    "shell",
    "apply_patch",
    "custom",
)


def check_tools(tools: list[Any], choice: Any, headers: Mapping[str, str]) -> None:
    """Accepts function tools (echoed, the built-in brain never calls them); refuses hosted ones."""
    for index, tool in enumerate(tools):
        name = f"tools[{index}]"
        if not isinstance(tool, dict):
            raise refusals.wrong_type(name, "an object", tool)
        match tool.get("type"):
            case None:
                raise refusals.missing(f"{name}.type")
            case "function":
                _check_function(name, tool)
            case "image_generation" if not headers.get(_IMAGE_HEADER):
                raise refusals.no_image_deployment()
            case str(kind) if kind in _HOSTED:
                raise refusals.invalid(f"Hosted tool '{kind}' is not supported with this model.", "tools")
            case other:
                raise refusals.wrong_value(f"{name}.type", other, ("function", *_HOSTED))
    _check_choice(choice, tools)


def echo_tools(tools: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """As the response repeats them, defaults filled in."""
    return [
        {"type": "function", "description": None, "parameters": {}, "strict": True, **tool} for tool in tools
    ]


def _check_function(name: str, tool: Mapping[str, Any]) -> None:
    if "name" not in tool:
        raise refusals.missing(f"{name}.name")
    if not isinstance(tool["name"], str):
        raise refusals.wrong_type(f"{name}.name", "a string", tool["name"])
    if not _NAME.fullmatch(tool["name"]):
        raise refusals.invalid(
            f"Invalid '{name}.name': string does not match pattern. Expected a string that matches the pattern "
            "'^[a-zA-Z0-9_-]+$'.",
            f"{name}.name",
            "invalid_value",
        )
    parameters = tool.get("parameters")
    if parameters is not None and not isinstance(parameters, dict):
        raise refusals.wrong_type(f"{name}.parameters", "an object", parameters)
    where = f"function '{tool['name']}'"
    if parameters is not None:
        check_schema(parameters, where, f"{name}.parameters", "invalid_function_parameters")
    if tool.get("strict") and parameters is not None:
        check_strict(parameters, where, f"{name}.parameters", "invalid_function_parameters")


def _check_choice(choice: Any, tools: list[Any]) -> None:
    match choice:
        case None | "auto" | "none":
            return
        case "required" | {"type": "function"}:
            raise refusals.unsupported("tool_choice")  # the built-in brain makes no calls yet
        case str():
            raise refusals.wrong_value("tool_choice", choice, ("none", "auto", "required"))
        case dict():
            raise refusals.invalid("Tool choice was not found in the 'tools' parameter.", "tool_choice")
        case _:
            raise refusals.wrong_type("tool_choice", "one of an object or string", choice)
