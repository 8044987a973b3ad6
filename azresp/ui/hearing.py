"""Hearing one answer in a chat: the screen, the pictures, and Ctrl-C."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from enum import Enum
from signal import SIGINT
from typing import TYPE_CHECKING, Any

from azresp.core.asks import answered
from azresp.core.tools import going_on
from azresp.engine import cancel_in_time, converse, follow
from azresp.errors import AzrespError
from azresp.ports import Outcome, Ports
from azresp.ui.album import Wall, pictures_in
from azresp.ui.screens import WaitScreen
from azresp.ui.stopping import LEAVING, Stopping, second_ctrl_c
from azresp.ui.typed import AGAIN_S

if TYPE_CHECKING:
    from azresp.core.session import Exchange, Session
    from azresp.core.sse import Wire
    from azresp.ui.chat import Chat


async def hear(
    chat: Chat,
    session: Session,
    said: tuple[Wire, ...],
    *,
    in_full: bool,
    settings: dict[str, Any] | None = None,
) -> Outcome:
    """Say something and show what is answered, to its end or Ctrl-C; `settings`: other ones than the chat's."""
    settings = _settings(chat, said) if settings is None else settings
    headers = chat.tools.headers()
    return await _shown(
        chat,
        session,
        lambda ports: converse(ports, session, said, settings, headers=headers, in_full=in_full),
        _Keys.STOP_OR_LEAVE if settings.get("background") else _Keys.STOP,
    )


async def come_back(chat: Chat, session: Session, exchange: Exchange) -> Outcome:
    """Show what a background job said so far, and what it says now, to its end or Ctrl-C, which leaves it."""
    return await _shown(chat, session, lambda ports: follow(ports, session, exchange), _Keys.LEAVE)


async def launch(chat: Chat, session: Session, said: tuple[Wire, ...], in_full: bool = False) -> Outcome:
    """Ask in the background, and leave as soon as the response has an id."""
    asking = Ports(
        chat.service, WaitScreen(chat.terminal.dim), chat.library, chat.clock, chat.gallery.turn(session)
    )
    settings = {**_settings(chat, said), "background": True}
    headers = chat.tools.headers()
    saying = converse(asking, session, said, settings, headers=headers, in_full=in_full, launch=True)
    task = asyncio.ensure_future(saying)
    with chat.terminal.quiet_keys(), Stopping(task, "SIGINT"):
        outcome = await task
    chat.attaching.used(outcome.exchange.id, said)
    return outcome


class _Keys(Enum):
    """What keys do while an answer is heard."""

    STOP = "Ctrl-C stops"
    STOP_OR_LEAVE = "Ctrl-C stops · Ctrl-B leaves it running"
    LEAVE = "Ctrl-C leaves it running"


async def _shown(
    chat: Chat, session: Session, hearing: Callable[[Ports], Awaitable[Outcome]], keys: _Keys
) -> Outcome:
    loop = asyncio.get_running_loop()
    chat.terminal.gap()
    screen = chat.terminal.turn_screen(loop.call_later, thoughts=bool(chat.tuner.value("show_reasoning")))
    screen.keys = keys.value
    first = len(pictures_in(session)) + 1
    preview = str(chat.tuner.value("preview"))
    wall = Wall(chat.terminal, screen, first, chat.gallery.path, preview)
    ports = Ports(chat.service, screen, chat.library, chat.clock, chat.gallery.turn(session, wall.show))
    signals = ("SIGINT", LEAVING) if keys is not _Keys.STOP else ("SIGINT",)
    again = lambda: loop.call_soon_threadsafe(screen.again)  # noqa: E731
    with chat.terminal.quiet_keys(again, leaving=keys is not _Keys.STOP):
        task = asyncio.ensure_future(hearing(ports))
        with Stopping(task, *signals) as stopping:
            try:
                outcome = await task
                if not stopping.number:
                    await wall.done()
            finally:
                wall.stop()
                screen.finish()
        if outcome.stopped and outcome.exchange.running and stopping.number == SIGINT:
            outcome = await _stopped(chat, outcome, keys)
    for remark in wall.remarks:
        chat.terminal.strong(remark)
    return outcome


async def _stopped(chat: Chat, outcome: Outcome, keys: _Keys) -> Outcome:
    """Ctrl-C: an answer that was meant for the foreground ends at the service too; a job runs on."""
    if keys is _Keys.STOP_OR_LEAVE:
        return await _cancelled(chat, outcome, keys)
    offer = f"left: it runs on · Ctrl-C again within {AGAIN_S:.0f} s offers to cancel it"
    again = await second_ctrl_c(lambda: chat.terminal.dim(offer), AGAIN_S)
    if again and await chat.confirm("Cancel it at the service?"):
        return await _cancelled(chat, outcome, keys)
    return outcome


async def _cancelled(chat: Chat, outcome: Outcome, keys: _Keys) -> Outcome:
    asking = Ports(chat.service, WaitScreen(chat.terminal.dim), chat.library, chat.clock)
    try:
        ended = await cancel_in_time(asking, outcome)
    except AzrespError as error:
        chat.show_error(error)
        return outcome
    if keys is _Keys.STOP_OR_LEAVE:
        chat.library.jobs.forget(ended.exchange.id)  # it never was a job to its user
    else:
        chat.library.jobs.tell(ended.exchange.id)
    return replace(ended, stopped=True)


def _settings(chat: Chat, said: tuple[Wire, ...]) -> dict[str, Any]:
    settings = {**chat.tuner.request(), **chat.tools.request()}
    return {**going_on(settings)} if all(answered(item) for item in said) else settings
