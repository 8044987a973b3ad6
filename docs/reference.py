"""`docs/reference.md` from the code: commands, flags, slash commands, keys, settings, exit statuses, formats.

`make docs` writes it; a test compares it. Nothing in it is written by hand.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from azresp.cli.app import build
from azresp.config.example import settings_table
from azresp.config.profile import SETTINGS
from azresp.errors import Exit
from azresp.ui import commands  # noqa: F401 - registers them
from azresp.ui.commands.program import KEYS
from azresp.ui.commands.registry import COMMANDS
from docs.formats import formats

TARGET = Path(__file__).with_name("reference.md")


def reference() -> str:
    """The whole page."""
    parts = [
        "# Reference",
        "Made from the code by `make docs`; a test keeps it so.",
        "## Commands",
        *_commands(),
        "## Slash commands",
        _table(("Command", "What it does"), [(f"`{one.usage}`", one.help) for one in COMMANDS.values()]),
        "## Keys",
        _table(("Key", "What it does"), KEYS),
        "## Settings",
        "Each may stand in `config.toml` (at the top or in a profile), in the environment, or on the command line.",
        settings_table(),
        "## Exit statuses",
        _table(("Status", "Meaning"), [(f"{one.value}", doc) for one, doc in _exits()]),
        "## Event and JSON formats",
        *formats(),
    ]
    return "\n\n".join(parts) + "\n"


def _commands() -> Iterator[str]:
    import typer

    root: Any = typer.main.get_command(build())
    shared = {one.flag for one in SETTINGS.values()} | {"--profile", "--config"}
    for path, command in [("azresp", root), *_leaves("azresp", root)]:
        rows = []
        takes = any("--endpoint" in parameter.opts for parameter in command.params)
        for parameter in command.params:
            names = [*parameter.opts, *parameter.secondary_opts]
            if (takes and shared & set(names)) or parameter.name == "help":
                continue
            shown = ", ".join(f"`{name}`" for name in names)
            rows.append((shown, (getattr(parameter, "help", None) or "").strip()))
        first = (inspect.getdoc(command.callback) or "").split("\n")[0]
        yield f"### `{path}`"
        yield first + (" Takes the flags of the settings too." if takes else "")
        if rows:
            yield _table(("Argument or flag", "What it does"), rows)


def _leaves(path: str, command: Any) -> Iterator[tuple[str, Any]]:
    children = getattr(command, "commands", None)
    if not children:
        yield path, command
        return
    for name, child in children.items():
        yield from _leaves(f"{path} {name}", child)


def _exits() -> Iterator[tuple[Exit, str]]:
    """Each exit status with the docstring that stands under it."""
    lines = inspect.getsource(Exit).splitlines()
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        name, equals, _ = line.strip().partition(" = ")
        if equals and name in Exit.__members__:
            documented = following.strip().startswith('"""')
            yield Exit[name], following.strip().strip('"') if documented else "Success."


def _table(head: tuple[str, str], rows: Any) -> str:
    lines = [head, ("---", "---"), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in lines)


if __name__ == "__main__":
    if "--write" in sys.argv:
        TARGET.write_text(reference(), encoding="utf-8")
    else:
        sys.stdout.write(reference())
