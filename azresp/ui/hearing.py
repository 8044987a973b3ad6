"""Hearing one answer in a chat: the screen, the pictures, and Ctrl-C."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from azresp.core.asks import answered
from azresp.core.tools import going_on
from azresp.engine import Outcome, Ports, converse
from azresp.ui.album import Wall, pictures_in
from azresp.ui.stopping import Stopping

if TYPE_CHECKING:
    from azresp.core.session import Session
    from azresp.core.sse import Wire
    from azresp.ui.chat import Chat


async def hear(chat: Chat, session: Session, said: tuple[Wire, ...], *, in_full: bool) -> Outcome:
    """Say something and show what is answered, to its end or Ctrl-C."""
    loop = asyncio.get_running_loop()
    chat.terminal.gap()
    screen = chat.terminal.turn_screen(loop.call_later, thoughts=bool(chat.tuner.value("show_reasoning")))
    first = len(pictures_in(session)) + 1
    preview = str(chat.tuner.value("preview"))
    wall = Wall(chat.terminal, screen, first, chat.gallery.path, preview)
    ports = Ports(chat.service, screen, chat.library, chat.clock, chat.gallery.turn(session, wall.show))
    headers = chat.tools.headers()
    saying = converse(ports, session, said, _settings(chat, said), headers=headers, in_full=in_full)
    with chat.terminal.quiet_keys(lambda: loop.call_soon_threadsafe(screen.again)):
        task = asyncio.ensure_future(saying)
        with Stopping(task, "SIGINT") as stopping:
            try:
                outcome = await task
                if not stopping.number:
                    await wall.done()
            finally:
                wall.stop()
                screen.finish()
    for remark in wall.remarks:
        chat.terminal.strong(remark)
    return outcome


def _settings(chat: Chat, said: tuple[Wire, ...]) -> dict[str, Any]:
    settings = {**chat.tuner.request(), **chat.tools.request()}
    return {**going_on(settings)} if all(answered(item) for item in said) else settings
