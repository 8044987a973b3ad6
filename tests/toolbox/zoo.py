"""Tool files written for a test, and looking at processes."""

from __future__ import annotations

import asyncio
import json
import textwrap
from pathlib import Path

from azresp.toolbox.box import LocalTool
from azresp.toolbox.limits import Limits, Ran
from azresp.toolbox.python_tool import PythonTool, tools_of
from azresp.toolbox.trust import load_file

QUICK = Limits(time_s=1.0, grace_s=0.1)
"""For tools that never end by themselves."""
PATIENT = Limits(time_s=60.0)


def file_of(folder: Path, source: str) -> Path:
    """A tool file with this source."""
    path = folder / "tools.py"
    path.write_text(textwrap.dedent(source), encoding="utf-8")
    return path


def tool_of(
    folder: Path, source: str, name: str = "", limits: Limits = PATIENT, env: tuple[str, ...] = ()
) -> PythonTool:
    """The only tool of a file with this source, or the one so named."""
    file = load_file(file_of(folder, source))
    tools = {one.function.name: one for one in tools_of(file, folder, limits, env)}
    assert tools, [one.told("tools.py") for one in file.refused]
    return tools[name] if name else next(iter(tools.values()))


def call(tool: LocalTool, **arguments: object) -> Ran:
    """Read, and run."""
    return asyncio.run(tool.run(tool.read(json.dumps(arguments))))


def alive(pid: int) -> bool:
    """The process runs; a zombie that nobody has reaped does not."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] not in ("Z", "X")
