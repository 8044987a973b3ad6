"""Markdown that ends where it ends: what one message leaves open must not swallow the next."""

from __future__ import annotations

import re

_FENCE = re.compile(r" {0,3}(?P<mark>`{3,}(?=[^`]*$)|~{3,})")
_RUNS_ON = (
    # HTML blocks that end with a mark of their own, not with a blank line (CommonMark 4.6, conditions 1 to 5)
    (
        re.compile(r" {0,3}<(?:script|pre|style|textarea)(?:[\s>]|$)", re.I),
        r"</(?:script|pre|style|textarea)>",
    ),
    (re.compile(r" {0,3}<!--"), r"-->"),
    (re.compile(r" {0,3}<\?"), r"\?>"),
    (re.compile(r" {0,3}<!\[CDATA\["), r"\]\]>"),
    (re.compile(r" {0,3}<![A-Za-z]"), r">"),
)


def whole(text: str) -> str:
    """The text with an open fence closed, and HTML that never ends shown as text."""
    lines, fence = text.split("\n"), ""
    for at, line in enumerate(lines):
        found = _FENCE.match(line)
        if fence:
            shut = found is not None and found["mark"].startswith(fence) and not line[found.end() :].strip()
            fence = "" if shut else fence
        elif found is not None:
            fence = found["mark"]
        elif _never_ends(line, lines[at + 1 :]):
            lines[at] = line.replace("<", "\\<", 1)
    return "\n".join([*lines, fence] if fence else lines)


def _never_ends(line: str, rest: list[str]) -> bool:
    for begin, end in _RUNS_ON:
        if found := begin.match(line):
            return not any(re.search(end, one, re.I) for one in (line[found.end() :], *rest))
    return False
