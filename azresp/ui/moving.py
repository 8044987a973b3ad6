"""A conversation that goes on at another endpoint: what that means, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azresp.core.compose import chain_anchor, left_behind
from azresp.ui.counting import counted

if TYPE_CHECKING:
    from azresp.core.session import Session

KEPT_NOTHING = "the service stored nothing, though asked to"
"""An organisation without retention may take the request all the same."""
DEPLOYMENT = "deployment"
"""The session's setting that means something at one endpoint only."""


def elsewhere(session: Session, origin: str) -> list[str]:
    """What changes for a conversation that goes on at `origin`; empty if it is there already."""
    last, path = session.last, session.path()
    if last is None or not last.origin or last.origin == origin or chain_anchor(session, origin):
        return []
    lines = [
        f"this conversation was at {last.origin}: its next message takes all of it "
        f"along ({counted(len(path), 'exchange')})"
    ]
    sealed, files = left_behind(path, origin)
    stays = [counted(sealed, "piece of encrypted reasoning") if sealed else ""]
    stays.append(counted(files, "uploaded file") if files else "")
    if any(stays):
        lines.append(f"what only that endpoint can read stays behind: {', '.join(filter(None, stays))}")
    return lines
