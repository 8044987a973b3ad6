"""Which of a server's tools may be called, and which of them only after the user agreed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def is_allowed(tool: Mapping[str, Any], allowed: Any) -> bool:
    """Whether `allowed_tools` (a list of names, a filter, or nothing) lets this listed tool in."""
    if allowed is None:
        return True
    if isinstance(allowed, list):
        return tool["name"] in allowed
    return _matches(tool, allowed)


def needs_approval(tool: Mapping[str, Any], wanted: Any) -> bool:
    """By `require_approval`: a word, or filters. What no filter names needs one, unless only `always` is given."""
    if wanted is None or isinstance(wanted, str):
        return wanted != "never"
    always, never = wanted.get("always"), wanted.get("never")
    if never is not None and _matches(tool, never):
        return False
    return never is not None or always is None or _matches(tool, always)


def _matches(tool: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    names, read_only = wanted.get("tool_names"), wanted.get("read_only")
    if names is not None and tool["name"] not in names:
        return False
    return read_only is None or bool((tool.get("annotations") or {}).get("read_only")) is read_only
