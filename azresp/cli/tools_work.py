"""What `azresp tools` does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from azresp.cli.kept import open_kept
from azresp.cli.manners import settle
from azresp.cli.report import note
from azresp.cli.streams import Output
from azresp.cli.toolset import build_toolset
from azresp.config.load import load
from azresp.errors import Exit
from azresp.ui.terminal import Terminal


def list_tools(flags: Mapping[str, object]) -> None:
    """Print a table of all tools."""
    store = open_kept("auto", flags)
    try:
        loaded = load(flags)
        settle(loaded.profile)
        tools = build_toolset(loaded, store.records)
        terminal = Terminal(Output())
        rows, off = tools.rows(), "off " if terminal.caps.reader else "·  "
        terminal.pairs(
            [(f"{'on ' if row.on else off}{row.name}", f"{row.kind} · {row.remark}") for row in rows]
        )
        for remark in tools.remarks():
            note(remark)
    finally:
        store.close()


def check_file(path: Path, *, as_json: bool) -> int:
    """Print a file's tools; status 2 if there is none, or one is refused."""
    from azresp.toolbox.trust import load_file

    file = load_file(path)
    terminal = Terminal(Output())
    if as_json:
        Output().write_json([tool.to_wire() for tool in file.tools])
    else:
        for tool in file.tools:
            terminal.strong(tool.name)
            terminal.say(tool.description)
            terminal.say(json.dumps(tool.parameters, indent=2))
    for one in file.refused:
        note(f"azresp: {one.told(str(path))}")
    if not file.tools:
        note(f"azresp: {path} has no function that can be a tool")
    return Exit.USAGE if file.refused or not file.tools else Exit.OK


def trust_file(path: Path, *, yes: bool) -> int:
    """Ask, and remember the file's hash for the user's own store and the emulator's talks alike."""
    from azresp.cli.confirm import confirmed
    from azresp.toolbox.trust import load_file

    file = load_file(path)
    note(f"{file.path} · sha256 {file.digest}")
    for tool in file.tools:
        note(f"  {tool.name}: {tool.description.splitlines()[0] if tool.description else ''}")
    if not confirmed("Did you read it, and trust it as it is now?", yes=yes):
        note("not trusted: nothing of it runs")
        return Exit.APPROVAL
    for emulator in ("never", "always"):
        store = open_kept(emulator)
        try:
            store.records.trust(str(file.path), file.digest)
        finally:
            store.close()
    note("trusted, until it changes")
    return Exit.OK
