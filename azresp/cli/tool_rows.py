"""Tools in lists: a row for each, and all that there is to know of one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from azresp.config.hosted import HOSTED
from azresp.core.canonical import canonical
from azresp.core.tools import HostedTool, McpServer

if TYPE_CHECKING:
    from azresp.cli.entries import Entry


@dataclass(frozen=True, slots=True)
class Row:
    """A tool in a list."""

    name: str
    kind: str
    on: bool
    remark: str


def row_of(entry: Entry, *, on: bool, trusted: bool) -> Row:
    """A tool in a list."""
    return Row(entry.name, entry.kind, on, _remark(entry, trusted))


def _remark(entry: Entry, trusted: bool) -> str:
    tool = entry.tool
    if isinstance(tool, McpServer):
        need = tool.require_approval
        return f"{tool.server} · approval: {_shown(need)}"
    if not trusted:
        return f"off until you trust the file: /tool trust {entry.name}"
    if isinstance(tool, HostedTool):
        options = (
            f" · {key} {_shown(value)}" for key, value in tool.options.items() if value != {"type": "auto"}
        )
        return HOSTED[tool.kind].remark + "".join(options)
    first = tool.description.split("\n")[0].partition(". ")[0].rstrip(".")
    return f"{'runs without asking · ' if entry.approval == 'never' else ''}{first}".removesuffix(" · ")


def _shown(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def all_of(entry: Entry, *, on: bool, trusted: bool) -> list[tuple[str, str]]:
    """All of one tool; last how it is sent, in many lines."""
    rows = [("name", entry.name), ("from", entry.spec), ("on", "yes" if on else "no")]
    if entry.local is not None:
        rows += [("approval", entry.approval), ("identity", entry.local.identity)]
    if entry.file is not None:
        rows.append(("trusted", "yes" if trusted else "no"))
    return [
        *rows,
        ("as sent", canonical({key: _plain(value) for key, value in entry.tool.to_wire().items()})),
    ]


def unguarded(entry: Entry) -> str:
    """A sentence about a tool that acts without asking; empty for none."""
    tool = entry.tool
    if isinstance(tool, McpServer) and tool.require_approval != "always":
        need = tool.require_approval
        which = "all its calls" if need == "never" else f"some of its calls ({json.dumps(need)})"
        return f"{tool.label} needs no approval for {which}: your configuration says so"
    return (
        f"{entry.name} runs without asking: your configuration says so" if entry.approval == "never" else ""
    )


def _plain(value: object) -> object:
    """A wire value with references as text."""
    match value:
        case Mapping():
            return {str(key): _plain(one) for key, one in value.items()}
        case list() | tuple():
            return [_plain(one) for one in value]
        case str() | int() | float() | bool() | None:
            return value
    return str(value)
