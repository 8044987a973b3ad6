"""`azresp run`: one prompt, one answer, for shells and scripts."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from azresp.cli.answer_schema import AnswerSchema
from azresp.cli.clock import SystemClock
from azresp.cli.connect import Reached, reach
from azresp.cli.patience import until_done
from azresp.cli.report import Debug, note, report
from azresp.cli.storing import open_store
from azresp.cli.streams import LARGE_CHARS, Output, read_file, read_stdin
from azresp.config.load import load
from azresp.core.session import Session, message
from azresp.core.text import mend
from azresp.engine import Outcome, Ports, Screen, converse
from azresp.errors import Exit, LocalError, NetworkError, PipeClosed, UsageError
from azresp.ui.endings import ending, next_step
from azresp.ui.screens import EventScreen, WaitScreen
from azresp.ui.stopping import Stopping
from azresp.ui.terminal import Terminal
from azresp.ui.turn_screen import TurnScreen

if TYPE_CHECKING:
    from azresp.core.turn import Turn
    from azresp.store.store import Store


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What `azresp run` was asked for, settings apart."""

    words: tuple[str, ...]
    session: str = ""
    go_on: bool = False
    as_json: bool = False
    events: bool = False
    quiet: bool = False
    yes: bool = False
    schema: Path | None = None
    emulator: str = "never"


def run_once(options: RunOptions, flags: Mapping[str, object]) -> int:
    """Ask once; give the exit status. Raises AzrespError for what went wrong before the request."""
    if options.as_json and options.events:
        raise UsageError("--json and --events exclude each other", "Choose one.")
    if options.go_on and options.session:
        raise UsageError(
            "--continue and --session exclude each other",
            "--continue goes on in the last session; --session NAME in that one, or starts it.",
        )
    loaded = load(flags)
    warn = _quiet if options.quiet else note
    for warning in loaded.warnings:
        warn(f"warning: {warning}")
    schema = AnswerSchema.read(options.schema) if options.schema else None
    prompt = read_prompt(options, warn)
    reached = reach(loaded.profile, options.emulator)
    settings = {**reached.profile.request(), "deployment": reached.profile.deployment}
    if schema is not None:
        settings["schema"] = schema.format
    store = open_store(emulated=reached.emulated, warn=warn)
    try:
        session = choose_session(store, options, prompt)
        outcome, killed, differs = _ask(reached, store, session, prompt, settings, options)
        if killed:
            warn("azresp: stopped; what was heard is kept")
        azure = not reached.gateway.connection.loopback
        return killed or _conclude(outcome, schema, warn, differs=differs, azure=azure)
    finally:
        store.close()
        if store.trouble:
            warn(f"warning: not kept on this machine: {store.trouble}")
        reached.stop()


def read_prompt(options: RunOptions, warn: Callable[[str], None]) -> str:
    """The prompt: words, `@file`, piped text, or a prompt and then piped text. Raises UsageError if empty.

    `@@` at the beginning stands for an `@` that names no file; `-` alone for stdin, even if it is a terminal.
    """
    said = mend(" ".join(map(_as_typed, options.words)).strip())
    typed = said == "-"
    if typed:
        said = ""
    elif said.startswith("@@"):
        said = said[1:]
    elif said.startswith("@") and len(options.words) == 1:
        said = _checked(read_file(Path(options.words[0].strip()[1:]).expanduser()), said[1:], warn)
    piped = _checked(read_stdin(typed=typed), "stdin", warn)
    prompt = "\n\n".join(part.strip("\n") for part in (said, piped) if part.strip())
    if not prompt:
        raise UsageError("there is no prompt", "Give one: azresp run 'your question', or pipe text in.")
    if len(prompt) > LARGE_CHARS and not options.yes:
        raise UsageError(
            f"the prompt has {len(prompt):,} characters, some {len(prompt) // 4:,} tokens",
            "Add --yes to send it all the same.",
        )
    return prompt


def _as_typed(word: str) -> str:
    """A word of the command line; in a locale without UTF-8 its bytes come as lone surrogates."""
    try:
        return os.fsencode(word).decode() if not word.isascii() else word
    except UnicodeError:
        return word


def _checked(found: tuple[str, int], place: str, warn: Callable[[str], None]) -> str:
    text, invalid = found
    if invalid:
        warn(f"warning: {place}: {invalid} invalid UTF-8 sequences were replaced by U+FFFD")
    return text


def choose_session(store: Store, options: RunOptions, prompt: str) -> Session:
    """The session to continue, or a new one."""
    session = None
    if options.go_on:
        session = store.latest()
        if session is None:
            raise UsageError("there is no session to continue", "Leave --continue out to start one.")
    elif options.session:
        session = store.find(options.session)
    return session or Session(SystemClock().ident(), store.free_name(options.session or prompt))


def _ask(
    reached: Reached,
    store: Store,
    session: Session,
    prompt: str,
    settings: Mapping[str, Any],
    options: RunOptions,
) -> tuple[Outcome, int, bool]:
    output = Output()

    async def ask() -> tuple[Outcome, Screen, int]:
        screen = _screen(output, options, thoughts=reached.profile.show_reasoning)
        ports = Ports(reached.gateway, screen, store, SystemClock())
        task = asyncio.ensure_future(converse(ports, session, (message(prompt),), settings))
        with Stopping(task, "SIGINT", "SIGTERM", "SIGHUP") as stopping:
            try:
                return await task, screen, stopping.number
            finally:
                if isinstance(screen, TurnScreen):
                    screen.finish()

    outcome, screen, signal = until_done(ask())
    if options.as_json:
        output.write(json.dumps(_final(outcome), indent=2 if output.isatty() else None) + "\n")
    return outcome, 128 + signal if signal else 0, isinstance(screen, TurnScreen) and screen.differs


def _screen(output: Output, options: RunOptions, *, thoughts: bool) -> Screen:
    say = _quiet if options.quiet else note
    if options.events:
        return EventScreen(output.write, say)
    if options.as_json:
        return WaitScreen(say)
    terminal = Terminal(output, aside=None if options.quiet else sys.stderr)
    later = asyncio.get_running_loop().call_later
    return terminal.turn_screen(later, thoughts=thoughts and terminal.caps.cursor)


def _conclude(
    outcome: Outcome,
    schema: AnswerSchema | None,
    warn: Callable[[str], None],
    *,
    differs: bool,
    azure: bool,
) -> int:
    turn = outcome.exchange.turn
    if outcome.error is not None:
        local = isinstance(outcome.error, LocalError | PipeClosed)
        if not isinstance(outcome.error, PipeClosed):
            report(outcome.error, Debug.asked())
            if isinstance(outcome.error, NetworkError) and not outcome.error.hint:
                note(f"  {_AFTER_A_BREAK if turn.text else _AFTER_SILENCE}")
        return Exit.UNFINISHED if turn.text and not local else outcome.error.exit
    if differs:
        warn(
            "note: the final answer differs from what was streamed; `azresp run --json` and the session have it"
        )
    if schema is not None and turn.status == "completed" and (wrong := schema.wrong(turn.text)):
        note(f"azresp: the answer does not fit the schema: {wrong}")
        return Exit.API
    return _ended(turn, azure=azure)


_AFTER_A_BREAK = "What was heard is kept. Ask again: this exchange is not part of the conversation."
_AFTER_SILENCE = "It was sent once: the service may be answering, and bill it. Ask again if you want."


def _ended(turn: Turn, *, azure: bool) -> int:
    """The exit status for how a turn ended, with a line on stderr unless it is a plain success."""
    line = ending(turn)
    if line:
        note(f"azresp: {line}")
        if step := next_step(turn, azure=azure):
            note(f"  {step}")
    if turn.status == "completed":
        return Exit.API if turn.refusal and not turn.text else Exit.OK
    return Exit.API if turn.status == "failed" else Exit.UNFINISHED


def _final(outcome: Outcome) -> dict[str, Any]:
    """The response object, or the documented failure form `{"error": …}` where there is none."""
    turn = outcome.exchange.turn
    if turn.id:
        return {**turn.to_response(), "id": turn.id, "status": turn.status}
    error = outcome.error
    what = error.what if error is not None else "stopped" if outcome.stopped else "nothing was heard"
    code = getattr(error, "code", "") or None
    return {
        "error": {"message": what, "code": code, "exit": int(error.exit) if error else int(Exit.UNFINISHED)}
    }


def _quiet(_: str) -> None:
    """Say nothing."""
