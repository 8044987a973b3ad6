"""Going on after Ctrl-Z and `fg`: a shell leaves the terminal in its own modes."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def when_resumed(again: Callable[[], object]) -> Iterator[None]:
    """While it lasts `again` is called whenever the program is continued in the foreground."""
    if not hasattr(signal, "SIGCONT"):
        yield
        return

    def resumed(number: int, frame: FrameType | None) -> None:
        # In the background (`bg`) the terminal is not ours to change; `fg` tells again.
        if _in_front():
            again()

    before = signal.signal(signal.SIGCONT, resumed)
    try:
        yield
    finally:
        signal.signal(signal.SIGCONT, before)


def _in_front() -> bool:
    try:
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except OSError:
        return False
