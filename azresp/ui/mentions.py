"""Files named in a message: `@path`, or a line that is nothing but a path (dropped on the terminal)."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from azresp.ui.paths import goings_on

_MENTION = re.compile(r'(?<!\S)@(?:"([^"\n]+)"|(\S+))')
_DROPPED = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".pdf")
"""What is attached when its path is all of a line; other paths are text."""


def mentioned(text: str) -> list[str]:
    """The paths that `@path` names in a message, as far as there are such files, each once."""
    found: dict[str, None] = {}
    for quoted, bare in _MENTION.findall(text):
        for name in [quoted] if quoted else [bare, bare.rstrip(".,;:!?)")]:
            if _is_file(name):
                found[name] = None
                break
    return list(found)


def dropped(line: str) -> str:
    """The path of a picture or PDF that is all of a line, as terminals paste what is dropped on them; else empty."""
    line = line.strip()
    if not line or "\n" in line or len(line) > 4096:
        return ""
    if line.startswith("file://"):
        path = unquote(urlsplit(line).path)
    elif line[0] in "/~'\"":
        try:
            words = shlex.split(line)
        except ValueError:
            return ""
        path = words[0] if len(words) == 1 else ""
    else:
        return ""
    return path if path.lower().endswith(_DROPPED) and _is_file(path) else ""


_BEGUN = re.compile(r'(?<!\S)@("[^"\n]*|[^"\s]*)$')


def at_mention(before: str) -> bool:
    """Whether a `@path` is being typed at the cursor."""
    return _BEGUN.search(before) is not None


def completions(before: str) -> Iterator[tuple[str, int]]:
    """Paths that go on with the `@…` before the cursor: the text and how many characters it replaces."""
    word = _BEGUN.search(before)
    if word is None:
        return
    for path in goings_on(word[1].removeprefix('"')):
        if '"' in path:
            continue
        closing = "" if path.endswith("/") else '"'
        yield (f'@"{path}{closing}' if " " in path else f"@{path}"), len(word[0])


def _is_file(name: str) -> bool:
    try:
        return Path(name).expanduser().is_file()
    except (OSError, RuntimeError, ValueError):
        return False
