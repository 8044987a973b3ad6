"""The chat itself, once its prompt stands: the store, the gateway, the settings and the terminal put together."""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path

from azresp.answering import Answerer
from azresp.cli.attaching import AttachmentDesk
from azresp.cli.clock import SystemClock
from azresp.cli.connect import Reached, reach
from azresp.cli.file_desk import FileDesk
from azresp.cli.gallery import gallery_of
from azresp.cli.moving import Mover
from azresp.cli.patience import until_done
from azresp.cli.report import error_lines, note
from azresp.cli.storing import open_store
from azresp.cli.toolset import Tools, build_toolset
from azresp.cli.tuner import ProfileTuner
from azresp.config.load import Loaded
from azresp.core.session import Session
from azresp.errors import AzrespError, UsageError
from azresp.store.store import Store
from azresp.ui.chat import Chat, LineEditor
from azresp.ui.counting import counted
from azresp.ui.desk import ScreenDesk
from azresp.ui.early import EarlyPrompt
from azresp.ui.limit import Gate
from azresp.ui.terminal import Terminal

LATEST = "."
"""`--resume` without a name."""


def begin(
    terminal: Terminal,
    loaded: Loaded,
    early: EarlyPrompt,
    *,
    resume: str,
    emulator: str,
    tools: tuple[str, ...] = (),
    no_tools: bool = False,
    flags: Mapping[str, object] | None = None,
) -> int:
    """Talk until the user leaves; gives the exit status."""
    reached = reach(loaded.profile, emulator)
    store = open_store(emulated=reached.emulated, warn=note)
    try:
        tuner = ProfileTuner(reached.profile, loaded.origins)
        offered = partial(build_toolset, words=tools, none=no_tools, trusting="/tool trust {name}")
        chat = _chat(terminal, reached, tuner, store, offered(loaded, store.records, values=tuner))
        chat.gate = Gate(loaded.prices)

        def equip(chat: Chat, loaded: Loaded, reached: Reached) -> None:
            tuner = ProfileTuner(reached.profile, loaded.origins)
            _equip(chat, reached, tuner, store, offered(loaded, store.records, values=tuner))
            chat.gate = Gate(loaded.prices)

        mover = chat.mover = Mover(flags or {}, loaded, reached, equip)
        return until_done(_talk(chat, mover, store, early, resume))
    finally:
        store.close()
        reached.stop()


def _equip(chat: Chat, reached: Reached, tuner: ProfileTuner, store: Store, tools: Tools) -> None:
    """Give a chat what belongs to another profile."""
    files = FileDesk(reached.gateway, store, chat.terminal.dim)
    chat.service, chat.tuner, chat.tools, chat.files = reached.gateway, tuner, tools, files
    chat.attaching = AttachmentDesk(files, tuner)
    chat.gallery = gallery_of(reached.profile, store.path)
    desk = chat.answerer.desk
    chat.answerer = Answerer(tools, desk, store.records, origin=reached.gateway.origin, now=chat.clock.now)
    chat.azure = not reached.gateway.connection.loopback


def _chat(terminal: Terminal, reached: Reached, tuner: ProfileTuner, store: Store, tools: Tools) -> Chat:
    history = store.path.with_name("history") if store.path is not None else None
    editor = editor_of(terminal, history, vi=reached.profile.edit_mode == "vi", first=_preloader(reached))
    clock = SystemClock()
    desk = ScreenDesk(terminal, editor)
    files = FileDesk(reached.gateway, store, terminal.dim)
    chat = Chat(
        session=Session(clock.ident(), ""),
        service=reached.gateway,
        library=store,
        tuner=tuner,
        clock=clock,
        terminal=terminal,
        editor=editor,
        tools=tools,
        memory=store.records,
        files=files,
        attaching=AttachmentDesk(files, tuner),
        gallery=gallery_of(reached.profile, store.path),
        answerer=Answerer(tools, desk, store.records, origin=reached.gateway.origin, now=clock.now),
        more=desk.more,
        azure=not reached.gateway.connection.loopback,
        tell=lambda error: [line.removeprefix("azresp: ").strip() for line in error_lines(error)],
    )
    chat.session = tools.kept_in(chat.session)
    return chat


async def _talk(chat: Chat, mover: Mover, store: Store, early: EarlyPrompt, resume: str) -> int:
    from azresp.ui import commands  # noqa: F401 - registers them

    early.clear()
    with chat.terminal.enter_kept():
        await _trust(chat)
        for remark in chat.tools.remarks():
            chat.terminal.dim(remark)
        await _begin(chat, store, resume)
        chat.jobs.look()
        _end_on_signals(chat)
        status = await chat.run()
    await chat.jobs.stop()
    _part(chat)
    await mover.reached.gateway.close()
    return status


async def _trust(chat: Chat) -> None:
    """Ask about the files of `--tool` that are new or changed."""
    for name in chat.tools.new_files():
        from azresp.ui.commands.tools import trusted

        await trusted(chat, name)


def editor_of(
    terminal: Terminal, history: Path | None, *, vi: bool = False, first: Callable[[], None] | None = None
) -> LineEditor:
    """The line editor that this terminal can bear."""
    # A Windows console without TERM moves its cursor by other means than escape sequences.
    if not terminal.caps.cursor and sys.platform != "win32":
        from azresp.ui.cooked import CookedEditor

        return CookedEditor(terminal, first)
    from azresp.ui.prompt import PromptEditor

    return PromptEditor(history, vi=vi, first=first)


def _end_on_signals(chat: Chat) -> None:
    """SIGTERM and SIGHUP seal a running answer and leave the terminal as it was."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()

    def end(number: int) -> None:
        chat.ended_by = number
        if task is not None:
            task.cancel()

    for name in ("SIGTERM", "SIGHUP"):
        with suppress(AttributeError, NotImplementedError):
            number = getattr(signal, name)
            loop.add_signal_handler(number, end, number)


async def _begin(chat: Chat, store: Store, resume: str) -> None:
    """Recover what a crash left behind, and resume what is asked for."""
    try:
        lost = store.recover()
        for exchange in lost:
            # What it uploaded is used, though nobody lived to say so.
            chat.attaching.used(exchange.id, exchange.said)
        lost = [one for one in lost if not one.background]  # those run on, or are told as jobs
    except AzrespError as error:
        chat.show_error(error)
        lost = []
    if resume:
        latest = store.latest() if resume == LATEST else None
        if resume == LATEST and latest is None:
            raise UsageError("there is no session to resume", "Leave --resume out to start one.")
        try:
            await chat.invoke("resume", latest.id if latest is not None else resume)
        except UsageError as error:
            hint = error.hint.replace("/sessions lists", "`azresp sessions list` shows")
            raise UsageError(error.what, hint) from error
        chat.terminal.gap()
    elif lost:
        chat.terminal.dim(
            f"{counted(len(lost), 'answer')} broke off when azresp last ended; what was heard is kept: /resume NAME"
        )
        chat.terminal.gap()


def _preloader(reached: Reached) -> Callable[[], None]:
    """Load what the first message needs while the user types it."""

    def load_later() -> None:
        threading.Thread(target=_preload, args=(reached,), name="preload", daemon=True).start()

    return load_later


def _preload(reached: Reached) -> None:
    reached.gateway.preload()
    import azresp.ui.paint
    import azresp.ui.turn_screen  # noqa: F401


def _part(chat: Chat) -> None:
    """The exit line: how to come back, what it took, what the service keeps."""
    from azresp.ui.usage import tally_of, told

    if chat.jobs.running:
        chat.terminal.dim(f"{counted(chat.jobs.running, 'job')} still running: azresp jobs list")
    path = chat.session.path()
    if not path:
        return
    stored = sum(1 for one in path if one.stored and not one.deleted and one.turn.id)
    kept = f" · {counted(stored, 'response')} stored at the service for 30 days" if stored else ""
    chat.terminal.dim(f"azresp chat --resume {_quoted(chat.session.name)}")
    chat.terminal.dim(f"{told(tally_of(path, chat.gate.prices))}{kept}")


def _quoted(name: str) -> str:
    import shlex

    return shlex.quote(name)
