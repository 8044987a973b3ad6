"""Questions about calls, for tests of the desk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from azresp.core.approval import Question, Subject
from azresp.core.asks import Ask, AskKind
from azresp.core.canonical import canonical

TOLD = {
    "name": "search",
    "description": "Finds pages.\nOr nothing.",
    "input_schema": {"type": "object", "properties": {"q": {"type": "string"}}},
}


def remote(arguments: object = None, *, label: str = "docs", tool: str = "search") -> Question:
    """An MCP server wants to call a tool."""
    shown = canonical({"q": "orbits"} if arguments is None else arguments)
    ask = Ask(AskKind.APPROVAL, "mcpr_1", "mcp_approval_request", tool, shown, label)
    subject = Subject(
        "https://demo.openai.azure.com/openai/v1", "https://mcp.example.com/mcp", label, tool, "f1f1"
    )
    return Question(ask, subject, shown, TOLD)


def local(arguments: object = None, *, tool: str = "read_file") -> Question:
    """The model wants to call a function on this machine."""
    shown = canonical({"path": "README.md"} if arguments is None else arguments)
    ask = Ask(AskKind.CALL, "call_1", "function_call", tool, shown)
    subject = Subject("https://demo.openai.azure.com/openai/v1", "built in", "", tool, "f2f2")
    return Question(ask, subject, shown, {"name": tool, "description": "Reads a file.", "parameters": {}})


def long(keys: int) -> Mapping[str, str]:
    """So many arguments."""
    return {f"key{number}": f"value {number}" for number in range(keys)}


QUESTIONS = {
    "remote": remote(),
    "local": local(),
    "long": remote(long(60)),
    "unlisted": replace(remote(), told=None),
    "wide": local({"city": "北京\u200b\u202e", "note": "x" * 300}),
    "changed": replace(
        remote(),
        changes=('- description: "Finds pages."', '+ description: "Deletes pages."'),
        warnings=('looks like "docs/serach", but is another tool',),
        before=("three pages",),
    ),
}
