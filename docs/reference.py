"""`docs/reference.md` from the code: commands, flags, slash commands, keys, settings, exit statuses, formats.

`make docs` writes it; a test compares it. Nothing in it is written by hand.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from azresp.config.example import settings_table
from azresp.ui import commands as _registered  # noqa: F401
from azresp.ui.commands.program import KEYS
from azresp.ui.commands.registry import COMMANDS
from docs.formats import formats
from docs.surface import commands, exits

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
        _table(("Status", "Meaning"), [(f"{one.value}", doc) for one, doc in exits()]),
        "## Event and JSON formats",
        *formats(),
    ]
    return "\n\n".join(parts) + "\n"


def _commands() -> Iterator[str]:
    for command in commands():
        rows = [(", ".join(f"`{name}`" for name in one.names), one.help) for one in command.parameters]
        yield f"### `{command.path}`"
        yield command.told + (" Takes the flags of the settings too." if command.takes_settings else "")
        if rows:
            yield _table(("Argument or flag", "What it does"), rows)


def _table(head: tuple[str, str], rows: Any) -> str:
    lines = [head, ("---", "---"), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in lines)


if __name__ == "__main__":
    if "--write" in sys.argv:
        TARGET.write_text(reference(), encoding="utf-8")
    else:
        sys.stdout.write(reference())
