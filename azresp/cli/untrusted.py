"""Files of `--tool` that nobody trusts yet."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from azresp.errors import AzrespError, Exit

if TYPE_CHECKING:
    from azresp.cli.toolset import Tools


class _NotTrusted(AzrespError):
    """A file of functions that somebody has to read first."""

    exit = Exit.APPROVAL


def demand_trusted(tools: Tools) -> None:
    """Raise where a file of --tool is not trusted: to answer without what was asked for would be no answer."""
    for name in tools.new_files():
        found = tools.untrusted(name)
        if found is not None:
            file = shlex.quote(str(found[0]))
            raise _NotTrusted(
                f"{found[0]} is new, or was changed since you trusted it",
                f"`azresp tools check {file}` shows what it offers, `azresp tools trust {file}` trusts it.",
            )
