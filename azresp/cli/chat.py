"""`azresp chat`: put together the store, the gateway, the settings and the terminal, and talk."""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

import typer

from azresp import __version__
from azresp.cli.clock import SystemClock
from azresp.cli.connect import Reached, reach
from azresp.cli.report import error_lines, note
from azresp.cli.storing import open_store
from azresp.cli.streams import Output
from azresp.cli.tuner import ProfileTuner
from azresp.config.load import Loaded, load
from azresp.core.session import Session
from azresp.errors import AzrespError, ConfigError, UsageError
from azresp.ui.chat import Chat
from azresp.ui.terminal import Terminal

if TYPE_CHECKING:
    from azresp.store.store import Store

LATEST = "."
"""`--resume` without a name."""


def talk(resume: str, emulator: str, flags: Mapping[str, object]) -> int:
    """Open a chat; gives the exit status."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("azresp chat needs a terminal", "For scripts and pipes use `azresp run`.")
    loaded = load(flags)
    if loaded.profile.endpoint is None and emulator == "never":
        emulator, loaded = _first_run(loaded, flags)
    reached = reach(loaded.profile, emulator)
    terminal = Terminal(Output())
    for warning in loaded.warnings:
        note(f"warning: {warning}")
    _greet(terminal, reached, loaded)
    store = open_store(emulated=reached.emulated, warn=note)
    try:
        return asyncio.run(_talk(terminal, reached, loaded, store, resume))
    finally:
        store.close()
        reached.stop()


def _first_run(loaded: Loaded, flags: Mapping[str, object]) -> tuple[str, Loaded]:
    """Nothing is configured: say so, and offer the set-up or the emulator."""
    from azresp.cli.init import set_up
    from azresp.cli.init_questions import choose, tell

    tell("No endpoint is configured.")
    tell(f"Looked at --endpoint, AZRESP_ENDPOINT, AZURE_OPENAI_ENDPOINT and {loaded.path or 'no file'}.")
    try:
        chosen = choose(("Set up Azure OpenAI now", "Try the built-in emulator, without an account", "Quit"))
    except EOFError:
        chosen = 3
    if chosen == 2:
        return "always", loaded
    if chosen == 3:
        raise ConfigError(
            "no endpoint is configured", "`azresp init` sets it up; `azresp doctor` shows what is set."
        )
    if status := set_up(flags, check=True, yes=False):
        raise typer.Exit(status)
    return "never", load(flags)


async def _talk(terminal: Terminal, reached: Reached, loaded: Loaded, store: Store, resume: str) -> int:
    from azresp.ui import commands  # noqa: F401 - registers them
    from azresp.ui.prompt import PromptEditor

    profile = reached.profile
    place = "the built-in emulator" if reached.emulated else reached.gateway.connection.host
    history = store.path.with_name("history") if store.path is not None else None
    chat = Chat(
        session=Session(SystemClock().ident(), ""),
        service=reached.gateway,
        library=store,
        tuner=ProfileTuner(profile, loaded.origins, place),
        clock=SystemClock(),
        terminal=terminal,
        editor=PromptEditor(
            history, vi=profile.edit_mode == "vi", colour=terminal.caps.colour, first=_preloader(reached)
        ),
        tell=lambda error: [line.removeprefix("azresp: ").strip() for line in error_lines(error)],
    )
    await _begin(chat, store, resume)
    _end_on_signals(chat)
    status = await chat.run()
    _part(chat)
    await reached.gateway.close()
    return status


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
    except AzrespError as error:
        chat.show_error(error)
        lost = []
    if resume:
        latest = store.latest() if resume == LATEST else None
        if resume == LATEST and latest is None:
            raise UsageError("there is no session to resume", "Leave --resume out to start one.")
        await chat.invoke("resume", latest.id if latest is not None else f'"{resume}"')
    elif lost:
        chat.terminal.dim(
            f"{len(lost)} answers broke off when azresp last ended; kept: /sessions, /resume NAME"
        )


def _greet(terminal: Terminal, reached: Reached, loaded: Loaded) -> None:
    profile = reached.profile
    if reached.emulated:
        terminal.dim(f"azresp {__version__} · the built-in emulator answers, not a model · /help")
        terminal.dim("No endpoint is used: `azresp init` sets up Azure OpenAI.")
        return
    terminal.dim(f"azresp {__version__} · {profile.deployment} at {reached.gateway.connection.host} · /help")


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
    from azresp.ui.usage import total

    path = chat.session.path()
    if not path:
        return
    stored = sum(1 for one in path if one.stored and not one.deleted and one.turn.id)
    kept = f" · {stored} responses stored at the service for 30 days" if stored else ""
    chat.terminal.dim(f"azresp chat --resume {_quoted(chat.session.name)}")
    chat.terminal.dim(f"{total(path)} tokens{kept}")


def _quoted(name: str) -> str:
    import shlex

    return shlex.quote(name)
