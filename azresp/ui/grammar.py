"""What a typed line means: something to say, or a command to invoke. Unknown commands never reach the model."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Say:
    """A message for the model."""

    text: str


@dataclass(frozen=True, slots=True)
class Invoke:
    """A slash command and the rest of its line."""

    name: str
    rest: str


_COMMAND = re.compile(r"/(\S*)\s*(.*)", re.DOTALL)


def parse(line: str) -> Say | Invoke | None:
    """A line's meaning; None for a blank one. `//` or a leading blank sends a slash as text; `?` asks for help."""
    if not line.strip():
        return None
    if line.strip() == "?":
        return Invoke("help", "")
    if line.startswith("//"):
        return Say(line[1:])
    found = _COMMAND.fullmatch(line)
    if found is None:
        return Say(line)
    return Invoke(found[1], found[2].strip())
