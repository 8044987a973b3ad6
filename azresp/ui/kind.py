"""The kinds of streamed text that painters tell apart."""

from __future__ import annotations

from enum import Enum


class Kind(Enum):
    """What a section of streamed text is."""

    ANSWER = "answer"
    """Markdown; settles into the scrollback as it streams."""
    THOUGHT = "thought"
    """A reasoning summary: dimmed, its last rows only, usually replaced by one line in the end."""
