"""What a local tool is, wherever it comes from: a Python function, a command line, or one that comes along."""

from __future__ import annotations

from azresp.toolbox.command import CommandTool
from azresp.toolbox.python_tool import PythonTool

LocalTool = PythonTool | CommandTool
"""Both have `function`, `identity`, `read(text)`, `shown(arguments)` and `async run(arguments) -> Ran`."""
