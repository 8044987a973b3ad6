"""The tools that come along, off by default: read a file, list a folder, search text, run a command."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from azresp.core.tools import FunctionTool
from azresp.toolbox.command import CommandTool
from azresp.toolbox.limits import Limits
from azresp.toolbox.python_tool import PythonTool
from azresp.toolbox.trust import ToolFile

BUILT_IN = "built in"

_RUN_COMMAND = FunctionTool(
    "run_command",
    "Run a program in the working folder and get its output. There is no shell: no pipes, variables or wildcards.",
    {
        "type": "object",
        "properties": {
            "argv": {
                "type": "array",
                "items": {"type": "string"},
                "minItems": 1,
                "description": 'the program and its arguments, e.g. ["git", "log", "-3"]',
            }
        },
        "required": ["argv"],
        "additionalProperties": False,
    },
    source=BUILT_IN,
)


def builtin_tool(name: str, root: Path, limits: Limits | None = None) -> PythonTool | CommandTool:
    """The tool of that name, working in `root` and reading nothing outside of it. KeyError: there is no such tool.

    `run_command` starts in `root`, but what it runs may reach anything that the user may: its approval is the guard.
    """
    limits = limits or Limits()
    if name == _RUN_COMMAND.name:
        return CommandTool(_RUN_COMMAND, ("{argv...!}",), "none", root, limits)
    # Not imported, since it runs in the child; not held to the rules of trust, since it came with azresp.
    path = Path(__file__).with_name("offered.py")
    file = ToolFile.of(path, path.read_bytes())
    for one in file.functions:
        if one.function.name == name:
            told = replace(one, function=replace(one.function, source=BUILT_IN))
            return PythonTool(file, told, root, limits)
    raise KeyError(name)
