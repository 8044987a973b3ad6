"""File names: exact on disk, and in a form that JSON, a store and a service can hold."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes

from azresp.core.text import mend

_INVISIBLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff/\\]")
_BYTES = "file-bytes:"


def told_name(path: Path) -> str:
    """The name of a file as it is told to the service: whatever can't be seen or encoded becomes `_`."""
    name = _INVISIBLE.sub("_", mend(path.name)).replace("\ufffd", "_").strip()
    return name[-120:] or "file"


def kept_path(path: Path) -> str:
    """A path as text that JSON and SQLite can hold; `path_kept` gives the same path back."""
    text = str(path)
    if mend(text) == text and not text.startswith(_BYTES):
        return text
    return _BYTES + quote(os.fsencode(text))


def path_kept(text: str) -> Path:
    """The path that `kept_path` wrote."""
    if text.startswith(_BYTES):
        return Path(os.fsdecode(unquote_to_bytes(text[len(_BYTES) :])))
    return Path(text)
