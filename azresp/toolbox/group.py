"""The processes of one call: a session of their own without a terminal, ended together."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from azresp.toolbox.environment import CALL_ID

_WINDOWS = sys.platform == "win32"
_SWEEPS = 50
"""A process may be forked while we look; so many looks end any but a deliberate escape."""


def session_of_its_own() -> dict[str, Any]:
    """How `Popen` makes a child that has no controlling terminal and can be ended with its children."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    return {"start_new_session": True}


def wait_unreaped(child: subprocess.Popen[bytes]) -> None:
    """Return when the child has ended; where possible it stays a zombie, so that its id is not given away."""
    if not _WINDOWS and hasattr(os, "waitid"):
        with contextlib.suppress(ChildProcessError):
            os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    else:
        child.wait()


def ask_to_end(child: subprocess.Popen[bytes]) -> None:
    """Tell the whole group to end."""
    if _WINDOWS:
        child.terminate()
    else:
        _signal(-child.pid, signal.SIGTERM)


def kill(child: subprocess.Popen[bytes], call_id: str) -> None:
    """End the whole group at once, and every process of this call that has left the group."""
    if sys.platform == "win32":
        tree = ["taskkill", "/T", "/F", "/PID", str(child.pid)]
        subprocess.run(tree, capture_output=True, check=False)
        return
    _signal(-child.pid, signal.SIGKILL)
    for _ in range(_SWEEPS):
        strays = [pid for pid in _of_call(call_id) if pid != child.pid]
        for pid in strays:
            _signal(pid, signal.SIGKILL)
        if not strays:
            return


def _signal(pid: int, number: int) -> None:
    # PermissionError: macOS says so of a group of zombies; a set-uid program is not ours to end.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def _of_call(call_id: str) -> Iterator[int]:
    """Living processes whose environment is marked with this call (Linux; elsewhere none are found)."""
    name, mark = f"{CALL_ID}=".encode(), call_id.encode()
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError):
            variables = (folder / "environ").read_bytes().split(b"\0")
            if any(one.startswith(name) and mark in one for one in variables):
                yield int(folder.name)
