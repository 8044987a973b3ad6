"""Paths that go on with what is typed, for completion."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

_MOST = 30


def goings_on(typed: str) -> Iterator[str]:
    """Files and folders (with a slash) whose path begins so, as it would be typed; hidden ones if a dot is typed."""
    head, tail = os.path.split(typed)
    try:
        names = sorted(os.scandir(Path(head or ".").expanduser()), key=lambda entry: entry.name)
    except (OSError, RuntimeError, ValueError):
        return
    shown = [one for one in names if one.name.startswith(tail) and (tail[:1] == "." or one.name[:1] != ".")]
    for entry in shown[:_MOST]:
        if entry.name.isprintable():
            folder = "/" if entry.is_dir() else ""
            yield f"{os.path.join(head, entry.name)}{folder}"  # noqa: PTH118 - as it was typed
