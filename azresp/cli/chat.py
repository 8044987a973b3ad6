"""`azresp chat`: put together the store, the gateway, the settings and the terminal, and talk."""

from __future__ import annotations

import signal
import sys
from collections.abc import Mapping
from urllib.parse import urlsplit

import typer

from azresp import __version__
from azresp.cli.manners import settle
from azresp.cli.options import emulates
from azresp.cli.report import note
from azresp.cli.streams import Output
from azresp.config.load import Loaded, load
from azresp.config.profile import Profile
from azresp.errors import ConfigError, Exit, UsageError
from azresp.ui.early import EarlyPrompt
from azresp.ui.terminal import Terminal
from azresp.ui.window import Window

PICK = "?"
"""`--resume` with what is chosen from a list; no session is called so."""


def talk(
    resume: str,
    emulator: str,
    flags: Mapping[str, object],
    tools: tuple[str, ...] = (),
    *,
    no_tools: bool = False,
) -> int:
    """Open a chat; gives the exit status."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("azresp chat needs a terminal", "For scripts and pipes use `azresp run`.")
    loaded = load(flags)
    if loaded.profile.endpoint is None and emulator == "never":
        emulator, loaded = _first_run(loaded, flags)
    emulated = emulates(emulator, loaded.profile)
    if not emulated:
        loaded.profile.require()
    terminal = _terminal(loaded.profile)
    for warning in loaded.warnings:
        note(f"warning: {warning}")
    if resume == PICK:
        from azresp.cli.picking import pick

        resume = pick(terminal, emulated=emulated)
        if not resume:
            return Exit.OK
    if not resume:
        # The recap greets somebody who comes back; a name that does not exist is told without a banner.
        _greet(terminal, loaded, emulated=emulated)
    _leave_on_signals()
    early = EarlyPrompt(terminal, wanted=not resume)
    try:
        # Everything heavy comes after the prompt.
        from azresp.cli.talking import begin

        return begin(
            terminal,
            loaded,
            early,
            resume=resume,
            emulator="always" if emulated else "never",
            tools=tools,
            no_tools=no_tools,
            flags=flags,
        )
    finally:
        early.clear()
        terminal.window.restore()


def _terminal(profile: Profile) -> Terminal:
    """The terminal, with what its window may be told."""
    settle(profile)
    terminal = Terminal(Output())
    terminal.window = Window(terminal.stream, terminal.caps, title=profile.title, marks=profile.prompt_marks)
    return terminal


def _leave_on_signals() -> None:
    """Until the chat itself takes care of them, these signals undo what was done to the terminal."""

    def leave(number: int, frame: object) -> None:
        raise SystemExit(128 + number)

    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), leave)


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


def _greet(terminal: Terminal, loaded: Loaded, *, emulated: bool) -> None:
    profile = loaded.profile
    if terminal.caps.reader:
        terminal.dim("Screen reader mode is on.")
    if emulated:
        terminal.dim(f"azresp {__version__} · the built-in emulator answers, not a model · /help")
        terminal.dim("No endpoint is used: `azresp init` sets up Azure OpenAI.")
        return
    terminal.dim(
        f"azresp {__version__} · {profile.deployment} at {urlsplit(profile.base_url).netloc} · /help"
    )
