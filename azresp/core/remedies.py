"""Next steps for what fails the same way as a refusal and inside a stream."""

from __future__ import annotations

import re

_UNLISTED = re.compile(r"MCP server: '([^']{1,100})'")
_FILTERS = ("content_filter", "content_policy_violation", "ResponsibleAIPolicyViolation")


def shared_remedy(code: str, message: str, filtered: str = "") -> str:
    """What to do, by the code and words of a refusal or an error event; empty where it depends on more than those.

    `filtered` is what Azure's content filter found, where that is known.
    """
    if code in _FILTERS:
        what = f" ({filtered})" if filtered else ""
        return f"Azure's content filter stopped it{what}: say it in other words."
    if (found := _UNLISTED.search(message)) is not None:
        label = found[1]
        return (
            f"The service can't reach the MCP server {label}: check its URL and credentials, "
            f"or go on without it (`/mcp off {label}`, `azresp mcp remove {label}`)."
        )
    return ""
