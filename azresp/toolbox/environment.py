"""The environment of a tool: what is on the list, and nothing that looks like a secret (case L5)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

_NAMES = frozenset(
    {"PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "TEMP", "TMP"}
    # Without these, programs don't start on Windows.
    | {"SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "USERPROFILE", "APPDATA", "LOCALAPPDATA"}
)
_LOCALE = re.compile(r"LC_[A-Z]+")

CALL_ID = "TOOL_CALL_ID"
"""Marks every process of one call, so that those that left the process group are found and ended too."""


def environment(ours: Mapping[str, str], named: Iterable[str], call_id: str) -> dict[str, str]:
    """What a tool may see of our environment: the allow-list, and the names that the user gave for this tool."""
    named = frozenset(named)
    found = {
        name: value
        for name, value in ours.items()
        if name in named or name.upper() in _NAMES or _LOCALE.fullmatch(name)
    }
    # azresp may itself be run by a tool: whoever ends that call finds the tools of this one too.
    outer = ours.get(CALL_ID, "")
    return found | {"TERM": "dumb", CALL_ID: f"{outer}.{call_id}" if outer else call_id}
