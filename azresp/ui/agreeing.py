"""A refusal that has a way round: asked about in a chat, or told."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from azresp.insisting import insist
from azresp.ui.counting import counted
from azresp.ui.moving import KEPT_NOTHING

if TYPE_CHECKING:
    from azresp.core.session import Session
    from azresp.core.sse import Wire
    from azresp.errors import AzrespError
    from azresp.insisting import Hear
    from azresp.ports import Outcome
    from azresp.ui.chat import Chat


async def say_on(chat: Chat, hear: Hear, session: Session, said: tuple[Wire, ...]) -> Outcome:
    """Say something in a chat, and find a way round a refusal that has one."""
    outcome = await insist(hear, session, said, Chatting(chat))
    if chat.tuner.value("store") and outcome.exchange.turn.response.get("store") is False:
        chat.tune("store", "off")
        outcome = replace(outcome, session=_tuned(chat, outcome.session))
        chat.terminal.strong(f"{KEPT_NOTHING}: store is off now, the conversation goes with every request")
    return outcome


class Chatting:
    """Asks the user of a chat."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat

    async def rebuild(self, session: Session, error: AzrespError) -> bool:
        """The conversation's last response is gone."""
        count = counted(len(session.path()), "exchange")
        if self._chat.tuner.value("rebuild"):
            self._chat.terminal.strong(f"the service has lost the conversation: sending it in full ({count})")
            return True
        self._chat.show_error(error)
        return await self._chat.agreed(f"Send the conversation in full instead ({count})?")

    async def unstored(self, session: Session, error: AzrespError) -> Session | None:
        """The service must not store."""
        self._chat.show_error(error)
        if not await self._chat.agreed("Switch store off in this session, and send it again?"):
            return None
        self._chat.tune("store", "off")
        return _tuned(self._chat, session)

    def omitted(self, line: str) -> None:
        """Something is left out from now on."""
        self._chat.terminal.strong(line)


def _tuned(chat: Chat, session: Session) -> Session:
    return replace(session, settings={**session.settings, "store": "off"})
