"""Names of sessions."""

from __future__ import annotations

import re

from azresp.core.text import mend


def slug(text: str) -> str:
    """A session name from a question: its first words, lower case, joined by hyphens."""
    words = re.findall(r"\w+", mend(text).lower())[:5]
    return "-".join(words)[:40].strip("-_") or "session"


def glob_of(text: str) -> str:
    """A GLOB pattern that matches just this text."""
    return re.sub(r"([*?\[])", r"[\1]", text)
