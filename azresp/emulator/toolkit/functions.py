"""Functions and custom tools: the client runs them, so a call is only put into words here."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .. import parameter, refusals
from ..brain import Call, Offer
from ..schemas import check_schema, check_strict
from .kind import Desk, Worker

if TYPE_CHECKING:
    from ..reply import Event, Reply

_NAME = re.compile(r"[a-zA-Z0-9_-]+")
_LONGEST_NAME = 128


class Function:
    """`{type, name, description, parameters, strict}`."""

    def check(self, name: str, tool: Mapping[str, Any], headers: Mapping[str, str]) -> None:
        _check_name(f"{name}.name", tool)
        parameters = tool.get("parameters")
        if parameters is None:
            return
        if not isinstance(parameters, dict):
            raise parameter.wrong_type(f"{name}.parameters", "an object", parameters)
        where = f"function '{tool['name']}'"
        check_schema(parameters, where, f"{name}.parameters", "invalid_function_parameters")
        if tool.get("strict"):
            check_strict(parameters, where, f"{name}.parameters", "invalid_function_parameters")

    def echo(self, tool: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "type": "function",
            "description": tool.get("description"),
            "name": tool["name"],
            "parameters": tool.get("parameters") or {},
            "strict": tool.get("strict") is not False,
        }

    def staff(self, tools: Sequence[Mapping[str, Any]], desk: Desk) -> Worker:
        return _Clerk(
            [
                Offer("function", tool["name"], tool.get("description") or "", tool.get("parameters") or {})
                for tool in tools
            ]
        )


class Custom:
    """`{type, name, description, format}`: the model writes free text, not JSON."""

    def check(self, name: str, tool: Mapping[str, Any], headers: Mapping[str, str]) -> None:
        _check_name(f"{name}.name", tool)

    def echo(self, tool: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "type": "custom",
            "description": tool.get("description"),
            "format": tool.get("format") or {"type": "text"},
            "name": tool["name"],
        }

    def staff(self, tools: Sequence[Mapping[str, Any]], desk: Desk) -> Worker:
        return _Clerk([Offer("custom", tool["name"], tool.get("description") or "", {}) for tool in tools])


class _Clerk(Worker):
    """Writes calls out and leaves them to the client."""

    hosted = False

    def __init__(self, offers: Sequence[Offer]) -> None:
        self._offers = offers

    def offers(self) -> Sequence[Offer]:
        return self._offers

    async def run(self, call: Call, reply: Reply) -> AsyncGenerator[Event]:
        for event in reply.call(call):
            yield event
        reply.ask()


def _check_name(where: str, tool: Mapping[str, Any]) -> None:
    if "name" not in tool:
        raise parameter.missing(where)
    name = tool["name"]
    if not isinstance(name, str):
        raise parameter.wrong_type(where, "a string", name)
    if len(name) > _LONGEST_NAME:
        raise parameter.too_long(where, _LONGEST_NAME, len(name))
    if not _NAME.fullmatch(name):
        raise refusals.invalid(
            f"Invalid '{where}': string does not match pattern. Expected a string that matches the pattern "
            "'^[a-zA-Z0-9_-]+$'.",
            where,
            "invalid_value",
        )
