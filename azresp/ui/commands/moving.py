"""Moving a conversation to another profile: move."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from azresp.errors import UsageError
from azresp.ui.commands.registry import Rest, Words, command
from azresp.ui.moving import switch

if TYPE_CHECKING:
    from azresp.ui.chat import Chat


def _profiles(chat: Chat, before: tuple[str, ...]) -> list[str]:
    return chat.mover.profiles() if chat.mover is not None else []


@command("move")
async def move(chat: Chat, profile: Annotated[str, Rest(), Words(_profiles)]) -> None:
    """Go on at another profile's endpoint and deployment, with this conversation."""
    if chat.mover is None:
        raise UsageError("this chat can't move", "Start azresp with --profile.")
    if chat.attached:
        raise UsageError(
            "something is attached to your next message", "Send it first, or take it off: /attachments."
        )
    await chat.mover.move(chat, profile)
    await chat.jobs.stop()
    told = switch(chat, chat.session)
    chat.keep_session()
    chat.terminal.strong(f"now at {chat.service.origin}, deployment {chat.tuner.value('deployment')}")
    for line in told:
        chat.terminal.dim(line)
    chat.jobs.look()
