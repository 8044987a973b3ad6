"""Docstrings: what a function does, and what its parameters mean (Google, Sphinx and NumPy style)."""

from __future__ import annotations

import inspect
import re

_GOOGLE = re.compile(r"(?:Args|Arguments|Parameters|Params):\s*$")
_GOOGLE_ENTRY = re.compile(r"\*{0,2}(\w+)\s*(?:\([^)]*\))?\s*:\s*(.*)")
_SPHINX_ENTRY = re.compile(r":param\s+(?:[^:]*\s)?(\w+):\s*(.*)")
_NUMPY_ENTRY = re.compile(r"(\w+(?:\s*,\s*\w+)*)\s*(?::.*)?$")


def described(text: str) -> tuple[str, dict[str, str]]:
    """The first paragraph, and the description of each parameter."""
    lines = inspect.cleandoc(text).splitlines()
    return _first_paragraph(lines), _google(lines) | _sphinx(lines) | _numpy(lines)


def _first_paragraph(lines: list[str]) -> str:
    found: list[str] = []
    for at, line in enumerate(lines):
        underlined = at + 1 < len(lines) and set(lines[at + 1].strip()) == {"-"}
        if not line.strip() or _GOOGLE.match(line) or _SPHINX_ENTRY.match(line) or underlined:
            break
        found.append(line.strip())
    return " ".join(found)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _google(lines: list[str]) -> dict[str, str]:
    start = next((at for at, line in enumerate(lines) if _GOOGLE.match(line)), None)
    if start is None:
        return {}
    body: list[str] = []
    for line in lines[start + 1 :]:
        if line.strip() and not _indent(line):
            break
        body.append(line)
    return _entries(body, _GOOGLE_ENTRY)


def _entries(body: list[str], entry: re.Pattern[str]) -> dict[str, str]:
    """Entries at the first line's indentation; deeper lines go on with the one above."""
    level = next((_indent(line) for line in body if line.strip()), 0)
    found: dict[str, list[str]] = {}
    name = ""
    for line in filter(str.strip, body):
        if _indent(line) <= level:
            if (hit := entry.match(line.strip())) is None:
                name = ""
                continue
            name = hit[1]
            found[name] = [hit[2]]
        elif name:
            found[name].append(line.strip())
    return {name: " ".join(filter(None, words)) for name, words in found.items()}


def _sphinx(lines: list[str]) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    name = ""
    for line in lines:
        if hit := _SPHINX_ENTRY.match(line.strip()):
            name = hit[1]
            found[name] = [hit[2]]
        elif not line.strip() or line.lstrip().startswith(":"):
            name = ""
        elif name:
            found[name].append(line.strip())
    return {name: " ".join(filter(None, words)) for name, words in found.items()}


def _numpy(lines: list[str]) -> dict[str, str]:
    heads = [at for at in range(len(lines) - 1) if re.fullmatch(r"-{3,}\s*", lines[at + 1])]
    start = next((at for at in heads if lines[at].strip() in ("Parameters", "Other Parameters")), None)
    if start is None:
        return {}
    end = min((at for at in heads if at > start), default=len(lines))
    found: dict[str, list[str]] = {}
    names: list[str] = []
    for line in filter(str.strip, lines[start + 2 : end]):
        if not _indent(line):
            hit = _NUMPY_ENTRY.match(line)
            names = re.split(r"\s*,\s*", hit[1]) if hit else []
            found |= {name: [] for name in names}
        else:
            for name in names:
                found[name].append(line.strip())
    return {name: " ".join(words) for name, words in found.items()}
