"""A refusal that has a way round, where nobody can be asked: done if the settings say so, else told how."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from azresp.ui.counting import counted
from azresp.ui.moving import KEPT_NOTHING

if TYPE_CHECKING:
    from azresp.core.session import Session
    from azresp.core.turn import Turn
    from azresp.errors import AzrespError


class Unasked:
    """Agrees to what the settings agree to."""

    def __init__(self, rebuild: bool, tell: Callable[[str], None]) -> None:
        self._rebuild = rebuild
        self._tell = tell

    async def rebuild(self, session: Session, error: AzrespError) -> bool:
        """The conversation's last response is gone."""
        count = counted(len(session.path()), "exchange")
        if self._rebuild:
            self._tell(f"note: the service has lost the conversation: sending it in full ({count})")
            return True
        error.hint = f"{error.hint} Add --rebuild to send the conversation in full ({count}).".lstrip()
        return False

    async def unstored(self, session: Session, error: AzrespError) -> Session | None:
        """The service must not store: what is asked for is the user's to change."""
        return None

    def look(self, turn: Turn, *, asked: bool) -> None:
        """An answer that the service was `asked` to store."""
        if asked and turn.response.get("store") is False:
            self._tell(f"note: {KEPT_NOTHING}: --no-store, or store = false, keeps the reasoning too")

    def omitted(self, line: str) -> None:
        """Something is left out from now on."""
        self._tell(f"note: {line}")
