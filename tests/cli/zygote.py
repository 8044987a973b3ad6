"""A process that has imported what azresp imports and forks itself for each start: `python -P zygote.py SOCKET`.

Most of a start is importing the same modules again. What is forked is a process like any other: its own descriptors,
environment, folder, signals and exit status. It reads its task, a line of JSON, from the socket that came with it.
"""

from __future__ import annotations

import fcntl
import gc
import importlib
import io
import json
import os
import pkgutil
import signal
import socket
import sys
import termios
import time
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any

THEIRS = """
    asyncio azure.identity click h11 httpcore2 httpx2 jsonschema keyring markdown_it mcp PIL.Image platformdirs
    prompt_toolkit.shortcuts pydantic pygments.lexers rich sqlite3 starlette.applications tomlkit typer.main
    uvicorn.main wcwidth
"""


def preload() -> None:
    """Import what can be imported; what is not there or not for this system is left to those who start."""
    import azresp
    from azresp.azure.lean import load_openai

    load_openai()
    ours = [found.name for found in pkgutil.walk_packages(azresp.__path__, "azresp.")]
    for name in THEIRS.split() + [one for one in ours if not one.endswith(".__main__")]:
        with suppress(ImportError):
            importlib.import_module(name)


def serve(control: socket.socket) -> None:
    """Fork for each message, tell the pid, and at the child's end its status; until nobody asks any more."""
    running: dict[int, socket.socket] = {}
    signal.signal(signal.SIGCHLD, lambda *_: tell_ended(running))
    while True:
        _, handles, _, _ = socket.recv_fds(control, 1, 4)
        if not handles:
            return
        # The handler must not look before the child is noted.
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
        conn = socket.socket(fileno=handles[3])
        pid = os.fork()
        if pid == 0:
            be_azresp(conn, handles[:3])
        for handle in handles[:3]:
            os.close(handle)
        running[pid] = conn
        with suppress(OSError):
            conn.sendall(b"%d\n" % pid)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])


def tell_ended(running: dict[int, socket.socket]) -> None:
    """Tell the status of all that have ended, as subprocess would."""
    with suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            with running.pop(ended[0]) as conn, suppress(OSError):
                conn.sendall(b"%d\n" % os.waitstatus_to_exitcode(ended[1]))


def be_azresp(conn: socket.socket, handles: list[int]) -> None:
    """Never returns."""
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])
        with conn.makefile("rb") as lines:
            task = json.loads(lines.readline())
        for number, handle in enumerate(handles):
            os.dup2(handle, number)
        os.closerange(3, 1024)
        conn.detach()
        settle(task)
        from azresp.__main__ import main

        if "fault" in task:
            arm(*task["fault"])
        main()
    except BaseException:
        os.write(2, traceback.format_exc().encode())
    os._exit(99)


def settle(task: dict[str, Any]) -> None:
    """Make this process what the task says and the interpreter's start would have made."""
    import azresp

    if task["session"]:
        os.setsid()
        if os.isatty(0):
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    os.chdir(task["cwd"])
    os.environ.clear()
    os.environ.update(task["env"])
    time.tzset()
    sys.path.insert(0, str(Path.cwd()))
    sys.argv[:] = [str(Path(azresp.__file__).with_name("__main__.py")), *task["words"]]
    sys.stdin = sys.__stdin__ = opened(0, "r", "surrogateescape")  # type: ignore[misc]
    sys.stdout = sys.__stdout__ = opened(1, "w", "surrogateescape", lines=os.isatty(1))  # type: ignore[misc]
    sys.stderr = sys.__stderr__ = opened(2, "w", "backslashreplace", lines=True)  # type: ignore[misc]


def arm(call: str, number: int, how: int, log: str, folder: str) -> None:
    """From now on calls are counted, and one fails (tests/torture/faults.c, preloaded)."""
    import ctypes
    import subprocess

    setattr(subprocess, "_USE_VFORK", False)  # noqa: B010 - final; but no wrapper can return twice
    ctypes.CDLL(None).fault_arm(call.encode(), number, how, log.encode(), folder.encode())


def opened(number: int, mode: str, errors: str, lines: bool = False) -> Any:
    """A standard stream as the interpreter opens it in UTF-8 mode."""
    raw: Any = open(number, f"{mode}b", closefd=False)  # noqa: SIM115
    raw.raw.name = f"<{('stdin', 'stdout', 'stderr')[number]}>"
    newline = None if mode == "r" else "\n"
    stream: Any = io.TextIOWrapper(raw, "utf-8", errors, newline=newline, line_buffering=lines)
    stream.mode = mode
    return stream


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    preload()
    gc.freeze()
    serve(socket.socket(fileno=int(sys.argv[1])))
