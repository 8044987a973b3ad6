"""Which process is hearing an exchange, and whether it still lives."""

from __future__ import annotations

import os
import socket
import sys
from uuid import uuid4

_TOKEN = uuid4().hex[:8]


def this_process() -> str:
    """The owner's mark: host, process id, and a word of its own, since process ids come again."""
    return f"{socket.gethostname()}:{os.getpid()}:{_TOKEN}"


def is_alive(owner: str) -> bool:
    """Whether that process may still be hearing. Another machine's (a shared home) is not ours to judge."""
    host, pid, token = (*owner.rsplit(":", 2), "", "")[:3]
    if not pid.isdigit():
        return False
    if host != socket.gethostname():
        return True
    if int(pid) == os.getpid():
        return token == _TOKEN
    return _runs(int(pid))


def _runs(pid: int) -> bool:
    if sys.platform == "win32":
        import ctypes

        # os.kill(pid, 0) would send Ctrl-C there. 0x1000: PROCESS_QUERY_LIMITED_INFORMATION.
        handle = ctypes.windll.kernel32.OpenProcess(0x1000, False, pid)
        if handle:
            ctypes.windll.kernel32.CloseHandle(handle)
        return bool(handle)
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
