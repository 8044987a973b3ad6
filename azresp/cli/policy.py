"""`--approve`: answers given beforehand."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from azresp.errors import UsageError

if TYPE_CHECKING:
    from azresp.core.approval import Policy

ApproveOption = Annotated[
    list[str] | None,
    typer.Option(
        "--approve",
        help="Answer calls beforehand: never, always, allow:TOOL, allow:SERVER/TOOL or allow:SERVER/*; repeatable",
        metavar="WHAT",
    ),
]


def policy_of(words: Iterable[str]) -> Policy:
    """The policy that the words of `--approve` say. Raises UsageError."""
    from azresp.core.approval import Policy

    try:
        return Policy.read(words)
    except ValueError as wrong:
        raise UsageError(
            f"--approve: must be never, always, allow:TOOL or allow:SERVER/TOOL, got {str(wrong)!r}",
            "Example: --approve allow:docs/search",
        ) from None
