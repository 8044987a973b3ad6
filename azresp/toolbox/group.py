"""The processes of one call: a session of their own without a terminal, ended together."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from azresp.toolbox.environment import CALL_ID

_WINDOWS = sys.platform == "win32"
_DYING_MS = 500
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
    for _ in range(_SWEEPS):
        marked = list(_handles(call_id, child.pid))
        _signal(-child.pid, signal.SIGKILL)
        for handle in marked:
            _end(handle)
        if not marked:
            return


def _signal(pid: int, number: int) -> None:
    # PermissionError: macOS says so of a group of zombies; a set-uid program is not ours to end.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def _end(handle: int) -> None:
    """Kill a process and wait until it is dead."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            signal.pidfd_send_signal(handle, signal.SIGKILL)
            waiting = select.poll()  # `select` takes no handle above 1023
            waiting.register(handle, select.POLLIN)
            waiting.poll(_DYING_MS)
        os.close(handle)


def _handles(call_id: str, but: int) -> Iterator[int]:
    """Handles of the living processes of a call (Linux; elsewhere none are found).

    A handle stays with its process, while an id may be given to another one between looking and killing.
    """
    if sys.platform == "linux":
        for folder in Path("/proc").glob("[0-9]*"):
            if folder.name == str(but) or not _is_of(folder, call_id):
                continue
            with contextlib.suppress(OSError):
                handle = os.pidfd_open(int(folder.name))
                if _is_of(folder, call_id):
                    yield handle
                else:
                    os.close(handle)


def _is_of(folder: Path, call_id: str) -> bool:
    try:
        variables = (folder / "environ").read_bytes().split(b"\0")
    except OSError:  # it has ended, or is another user's
        return False
    name, mark = f"{CALL_ID}=".encode(), call_id.encode()
    return any(one.startswith(name) and mark in one for one in variables)
