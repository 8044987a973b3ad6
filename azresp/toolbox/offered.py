"""The functions that come along, off until the user turns them on. They run in the child like any other tool file.

The folder that the child starts in is the root: nothing outside of it is read. Nothing here is imported by azresp.
"""

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

__all__ = ["list_folder", "read_file", "search_text"]

MOST_CHARS = 48_000
MOST_ENTRIES = 1000
MOST_HITS = 200
LARGEST_SEARCHED = 4 * 1024 * 1024
LONGEST_LINE = 300
SKIPPED = {".git", ".hg", ".svn", "node_modules", "__pycache__", ".venv"}


class ToolError(Exception):
    """Told to the model as it is."""


def read_file(
    path: Annotated[str, "path of the file, relative to the working folder"],
    first_line: Annotated[int, "first line to give, counted from 1"] = 1,
    last_line: Annotated[int | None, "last line to give; null for as much as fits"] = None,
) -> str:
    """Read a text file of the working folder. Long files are given in parts: go on with the line that is told."""
    found: list[str] = []
    room = MOST_CHARS
    with os.fdopen(_opened(path), encoding="utf-8", errors="replace", newline="") as file:
        for number, line in enumerate(iter(lambda: file.readline(MOST_CHARS), ""), 1):
            if "\0" in line:
                raise ToolError(f"{path} is not a text file.")
            if number < first_line:
                continue
            if last_line is not None and number > last_line:
                break
            room -= len(line)
            if room < 0:
                found.append(f"[cut here: go on with first_line={number}]")
                break
            found.append(line)
    return "".join(found) or "[nothing there: the file is empty or shorter]"


def list_folder(path: Annotated[str, "path of the folder, relative to the working folder"] = ".") -> str:
    """List what is in a folder of the working folder: one entry a line, folders with a slash, files with their size."""
    folder = _inside(path)
    try:
        entries = sorted(os.scandir(folder), key=lambda one: one.name)
    except OSError as error:
        raise ToolError(f"{path}: {error.strerror}.") from None
    lines = [_entry(one) for one in entries[:MOST_ENTRIES]]
    if len(entries) > MOST_ENTRIES:
        lines.append(f"[{len(entries) - MOST_ENTRIES:,} more]")
    return "\n".join(lines) or "[empty]"


def search_text(
    pattern: Annotated[str, "the text to look for"],
    path: Annotated[str, "folder or file to search, relative to the working folder"] = ".",
    regex: Annotated[bool, "whether the pattern is a Python regular expression"] = False,
    ignore_case: bool = False,
) -> str:
    """Search the text files below a folder, line by line. Gives `file:line: text` for each hit."""
    try:
        wanted = re.compile(pattern if regex else re.escape(pattern), re.IGNORECASE if ignore_case else 0)
    except re.error as error:
        raise ToolError(f"The pattern is no regular expression: {error}.") from None
    hits: list[str] = []
    for name in _files(_inside(path)):
        for number, line in _lines(name):
            if wanted.search(line):
                hits.append(f"{name}:{number}: {line.strip()[:LONGEST_LINE]}")
                if len(hits) >= MOST_HITS:
                    return "\n".join([*hits, f"[stopped after {MOST_HITS} hits]"])
    return "\n".join(hits) or "[nothing found]"


def _inside(path: str) -> Path:
    """A path in the root, with no symbolic link left in it, relative to the root."""
    root = Path.cwd().resolve()
    try:
        found = (root / path).resolve()
        return found.relative_to(root)
    except ValueError:
        raise ToolError(f"{path} is outside of the working folder.") from None
    except (OSError, RuntimeError) as error:
        raise ToolError(f"{path}: {error}.") from None


def _opened(path: str) -> int:
    """A descriptor of a regular file in the root.

    Each folder on the way is opened without following links: what was checked can't be exchanged for a link.
    """
    parts = _inside(path).parts
    flags = (
        os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    )
    try:
        opened = _walk(parts, flags) if os.open in os.supports_dir_fd else os.open(Path(*parts), flags)
    except OSError as error:
        raise ToolError(f"{path}: {error.strerror}.") from None
    if not stat.S_ISREG(os.fstat(opened).st_mode):
        os.close(opened)
        raise ToolError(f"{path} is not a regular file.")
    return opened


def _walk(parts: tuple[str, ...], flags: int) -> int:
    at = os.open(".", os.O_RDONLY)
    for last, part in [(index == len(parts) - 1, part) for index, part in enumerate(parts)]:
        try:
            deeper = os.open(part, flags if last else flags | os.O_DIRECTORY, dir_fd=at)
        finally:
            os.close(at)
        at = deeper
    return at


def _entry(entry: os.DirEntry[str]) -> str:
    try:
        if entry.is_symlink():
            return f"{entry.name} -> {Path(entry.path).readlink()}"
        if entry.is_dir(follow_symlinks=False):
            return f"{entry.name}/"
        found = entry.stat(follow_symlinks=False)
    except OSError:
        return f"{entry.name}  [can't be read]"
    return (
        f"{entry.name}  {found.st_size:,} bytes"
        if stat.S_ISREG(found.st_mode)
        else f"{entry.name}  [special]"
    )


def _files(start: Path) -> Iterator[str]:
    """Regular files below a folder, in order; links are not followed."""
    if not start.is_dir():
        yield str(start)
        return
    for folder, folders, names in os.walk(start):
        folders[:] = sorted(set(folders) - SKIPPED)
        for name in sorted(names):
            path = Path(folder, name)
            if not path.is_symlink() and path.is_file():
                yield str(path)


def _lines(name: str) -> Iterator[tuple[int, str]]:
    """The lines of a text file; none for what is binary, too large or gone."""
    try:
        opened = _opened(name)
    except ToolError:
        return
    with os.fdopen(opened, "rb") as file:
        if os.fstat(file.fileno()).st_size > LARGEST_SEARCHED:
            return
        data = file.read(LARGEST_SEARCHED)
    if b"\0" not in data:
        yield from enumerate(data.decode("utf-8", "replace").splitlines(), 1)
