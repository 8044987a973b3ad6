"""Where sentences end: a guess, and a wrong one costs a line break at worst."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_END: Final = re.compile(
    r"(?<!\bDr)(?<!\bMr)(?<!\bMs)(?<!\bMrs)(?<!\bSt)(?<!\bvs)(?<!\b[A-Za-z\d])(?<!\b\d\d)"
    r"[.!?…][\"'”’)\]*_`]*[ \n]+(?=[^a-z\s])"
    r"|[。！？][」』”）]*(?=[^」』”）])"
)
"""With the blanks behind it, and seen only once the next sentence has begun."""


def ends(text: str) -> Iterator[int]:
    """The positions behind the sentences of a text that are whole."""
    return (match.end() for match in _END.finditer(text))
