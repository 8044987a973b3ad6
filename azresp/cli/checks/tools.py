"""Configured tools and MCP servers, and whether their secrets and files are there; values are never shown."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

from azresp.cli.checks.finding import Finding, Mark
from azresp.cli.checks.settings import KEYRING_S
from azresp.cli.offered import approval, references, what
from azresp.config.credential import resolve_lent
from azresp.errors import SignInError

if TYPE_CHECKING:
    from azresp.config.load import Loaded
    from azresp.config.servers import ServerDefinition
    from azresp.config.tools import ToolDefinition


def tools(loaded: Loaded) -> Iterator[Finding]:
    """A line for each tool and server; none where nothing is configured. What is missing is no failure of a chat."""
    for tool in loaded.tools:
        yield _tool(tool)
    for server in loaded.servers:
        yield _server(server)


def _tool(one: ToolDefinition) -> Finding:
    missing = _missing(one)
    text = what(one) + ("" if one.on else ", off")
    if missing:
        return Finding("tools", one.name, Mark.WARN, f"{text}: {missing}", f"See {one.place}.")
    return Finding("tools", one.name, Mark.OK, text)


def _missing(one: ToolDefinition) -> str:
    """What a tool needs and is not there."""
    from azresp.config.tools import BuiltInDefinition, CommandDefinition, FileDefinition

    match one:
        case FileDefinition() if not one.file.is_file():
            return "there is no such file"
        case CommandDefinition() if "{" not in str(one.command[0]):
            path = None if os.sep in str(one.command[0]) else os.environ.get("PATH")
            return "" if shutil.which(str(one.command[0]), path=path) else f"there is no {one.command[0]}"
        case BuiltInDefinition() if one.root is not None and not one.root.is_dir():
            return "there is no such folder"
    return ""


def _server(one: ServerDefinition) -> Finding:
    server, told, hints = one.server, [], []
    for field, ref in references(server):
        try:
            resolve_lent(ref, timeout_s=KEYRING_S)
            told.append(f"{field} from {ref} is there")
        except SignInError as error:
            told.append(f"{field}: {error.what}")
            hints.append(error.hint)
    text = "; ".join([f"{server.server} (approval {approval(server)}{'' if one.on else ', off'})", *told])
    return Finding("tools", one.name, Mark.WARN if hints else Mark.OK, text, hints[0] if hints else "")
