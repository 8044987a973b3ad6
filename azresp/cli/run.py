"""`azresp run`: one prompt, one answer, for shells and scripts."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from azresp.cli.answer_schema import AnswerSchema
from azresp.cli.clock import SystemClock
from azresp.cli.conclusion import conclude
from azresp.cli.connect import Reached, reach
from azresp.cli.gallery import gallery_of
from azresp.cli.hearer import Hearer, Lasting, Shape, quiet
from azresp.cli.limits import demand_affordable
from azresp.cli.policy import policy_of
from azresp.cli.report import note
from azresp.cli.storing import open_store, tell_trouble
from azresp.cli.streams import Aside, Output, read_file, read_stdin
from azresp.cli.toolset import Fixed, Tools, build_toolset
from azresp.cli.unattended import Unattended
from azresp.config.load import load
from azresp.core.conversation import talking_in
from azresp.core.given import first_words, read_items
from azresp.core.session import BATCH, Session, message
from azresp.core.text import mend
from azresp.errors import UsageError
from azresp.ui.moving import elsewhere

if TYPE_CHECKING:
    from azresp.cli.attaching import AttachmentDesk
    from azresp.config.load import Loaded
    from azresp.core.approval import Policy
    from azresp.core.sse import Wire
    from azresp.ports import Outcome
    from azresp.store.store import Store


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What `azresp run` was asked for, settings apart."""

    words: tuple[str, ...]
    session: str = ""
    go_on: bool = False
    conversation: str = ""
    as_json: bool = False
    events: bool = False
    quiet: bool = False
    yes: bool = False
    schema: Path | None = None
    tools: tuple[str, ...] = ()
    no_tools: bool = False
    approve: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    mask: str = ""
    output: str = ""
    input: str = ""
    items: tuple[Wire, ...] = ()
    """what `input` holds"""
    emulator: str = "never"
    background: bool = False
    wait: bool = False

    @property
    def lasting(self) -> Lasting:
        """Whether it is a background job, and one that is waited for."""
        return "wait" if self.wait else "launch" if self.background else "no"

    @property
    def shape(self) -> Shape:
        """What goes to stdout."""
        return "events" if self.events else "json" if self.as_json else "text"


def run_once(options: RunOptions, flags: Mapping[str, object]) -> int:
    """Ask once; give the exit status. Raises AzrespError for what went wrong before the request."""
    _check(options)
    loaded = load(flags)
    warn = quiet if options.quiet else note
    for warning in loaded.warnings:
        warn(f"warning: {warning}")
    policy = policy_of(options.approve) if options.approve else None
    schema = AnswerSchema.read(options.schema) if options.schema else None
    if options.input:
        options = replace(options, items=_items(options.input, warn))
    prompt = _read_prompt(options, warn)
    reached = reach(loaded.profile, options.emulator)
    store = open_store(emulated=reached.emulated, warn=warn)
    try:
        return _ask(options, loaded, reached, store, prompt, policy, schema, warn)
    finally:
        store.close()
        tell_trouble(store, warn)
        reached.stop()


def _ask(
    options: RunOptions,
    loaded: Loaded,
    reached: Reached,
    store: Store,
    prompt: str,
    policy: Policy | None,
    schema: AnswerSchema | None,
    warn: Callable[[str], None],
) -> int:
    session = _choose_session(store, options, prompt)
    reached = _in_session(reached, loaded, session)
    values = Fixed(replace(reached.profile, images=True) if options.output else reached.profile)
    tools = build_toolset(
        loaded, store.records, options.tools, none=options.no_tools, session=session, values=values
    )
    if options.tools:
        from azresp.cli.untrusted import demand_trusted

        demand_trusted(tools)
    for remark in tools.remarks():
        warn(f"note: {remark}")
    said, attaching = _affordable(options, prompt, loaded, reached, store, tools, session, warn)
    output = Output()
    if options.output == "-":
        output = Aside()  # the answer's text, while stdout takes the picture
    hearer = Hearer(
        reached,
        store,
        output,
        options.shape,
        tools,
        gallery_of(reached.profile, store.path),
        Unattended(warn),
        policy,
        schema,
        options.quiet,
        attaching,
        options.lasting,
        None if options.yes else loaded.prices,
    )
    for line in elsewhere(session, reached.gateway.origin):
        warn(f"note: {line}")
    if options.conversation:
        session = _in_conversation(options, reached, session)
    outcome, killed = hearer.say(tools.kept_in(session), said)
    return _ended(options, hearer, outcome, killed, warn)


def _ended(
    options: RunOptions, hearer: Hearer, outcome: Outcome, killed: int, warn: Callable[[str], None]
) -> int:
    """The exit status, after all that is still to be done."""
    if killed:
        warn(_killed(outcome))
        return killed
    status = conclude(hearer, outcome, warn)
    if options.wait and not outcome.exchange.running:
        _notify(hearer.reached, outcome)
    if not options.output or (status and not hearer.drawn):
        return status
    from azresp.cli.picture_output import write_pictures

    written = write_pictures(hearer, options.output, warn)
    return status or written


def _killed(outcome: Outcome) -> str:
    if outcome.exchange.running:
        return f"the job runs on: azresp jobs attach {outcome.exchange.turn.id}"
    return "azresp: stopped; what was heard is kept"


def _notify(reached: Reached, outcome: Outcome) -> None:
    from azresp.cli.jobs_rows import state
    from azresp.cli.notify import Notifier

    Notifier.of(reached.profile).tell(outcome.exchange.question, state(outcome.exchange))


def _affordable(
    options: RunOptions,
    prompt: str,
    loaded: Loaded,
    reached: Reached,
    store: Store,
    tools: Tools,
    session: Session,
    warn: Callable[[str], None],
) -> tuple[tuple[Wire, ...], AttachmentDesk | None]:
    """What is said. Raises UsageError where it is above the limits, if that can be seen before anything is uploaded."""

    def demand(said: tuple[Wire, ...], tell: Callable[[str], None]) -> None:
        if not options.yes:
            settings = {
                **reached.profile.request(),
                "deployment": reached.profile.deployment,
                **tools.request(),
            }
            demand_affordable(reached.profile, loaded.prices, session, said, settings, tell)

    typed = (message(prompt),) if prompt else ()
    demand((*options.items, *typed), warn)
    if not (options.images or options.files or options.mask):
        return (*options.items, *typed), None
    from azresp.cli.run_files import message_of

    spoken, attaching = message_of(options, prompt, reached, store, tools, warn)
    said = (*options.items, spoken)
    demand(said, quiet)
    return said, attaching


def _check(options: RunOptions) -> None:
    if [*options.images, *options.files, options.input].count("-") > 1:
        raise UsageError("stdin holds one picture, file or list of items only", "Give the others by name.")
    if options.output and options.output != "-":
        from azresp.media.output import demand_free

        demand_free(Path(options.output).expanduser())
    if options.output == "-" and sys.stdout is not None and sys.stdout.isatty():
        raise UsageError(
            "-o - writes the picture's bytes, and stdout is a terminal", "Give a file, or pipe them on."
        )
    if options.output == "-" and options.shape != "text":
        raise UsageError("-o - and --json or --events both want stdout", "Give -o a file.")
    if options.as_json and options.events:
        raise UsageError("--json and --events exclude each other", "Choose one.")
    if options.lasting == "launch" and (options.output or options.events or options.schema):
        raise UsageError(
            "--background comes back before there is an answer", "Add --wait to hear it to its end."
        )
    if options.go_on and options.session:
        raise UsageError(
            "--continue and --session exclude each other",
            "--continue goes on in the last session; --session NAME in that one, or starts it.",
        )


_NO_PROMPT = "Give one: azresp run 'your question', or pipe text in."


def _read_prompt(options: RunOptions, warn: Callable[[str], None]) -> str:
    """The prompt: words, `@file`, piped text, or a prompt and then piped text. Raises UsageError if empty.

    `@@` at the beginning stands for an `@` that names no file; `-` alone for stdin, even if it is a terminal.
    """
    said = mend(" ".join(map(_as_typed, options.words)).strip())
    typed = said == "-"
    taken = "-" in (*options.images, *options.files, options.input)
    if typed:
        said = ""
    elif said.startswith("@@"):
        said = said[1:]
    elif said.startswith("@") and len(options.words) == 1:
        said = _checked(read_file(Path(options.words[0].strip()[1:]).expanduser()), said[1:], warn)
    piped = "" if taken else _checked(read_stdin(typed=typed), "stdin", warn)
    prompt = "\n\n".join(part.strip("\n") for part in (said, piped) if part.strip())
    if not prompt and not options.items:
        hint = "Give one beside it: azresp run -i - 'what is this?'" if taken else _NO_PROMPT
        raise UsageError("there is no prompt", hint)
    return prompt


def _items(place: str, warn: Callable[[str], None]) -> tuple[Wire, ...]:
    """The items of a file, or of stdin."""
    if place == "-":
        return read_items(_checked(read_stdin(typed=True, most=_MOST_ITEMS), "stdin", warn), "stdin")
    path = Path(place).expanduser()
    return read_items(_checked(read_file(path, most=_MOST_ITEMS), place, warn), place)


_MOST_ITEMS = 64 * 1024 * 1024
"""Characters of a list of items: pictures inside it count."""


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


def _in_conversation(options: RunOptions, reached: Reached, session: Session) -> Session:
    if not reached.profile.store:
        raise UsageError("a conversation is kept at the service, and store is off", "Add --store.")
    return talking_in(session, options.conversation, reached.gateway.origin)


def _in_session(reached: Reached, loaded: Loaded, session: Session) -> Reached:
    if not session.settings:
        return reached
    from azresp.cli.session_settings import in_session

    return in_session(reached, loaded, session)


def _choose_session(store: Store, options: RunOptions, prompt: str) -> Session:
    """The session to continue, or a new one."""
    session = None
    if options.go_on:
        session = store.latest()
        if session is None:
            raise UsageError("there is no session to continue", "Leave --continue out to start one.")
    elif options.session:
        session = store.find(options.session)
    if session is not None and BATCH in session.settings:
        raise UsageError(
            f"{session.name} is a batch: its answers are no conversation",
            "Give another name: --session NAME.",
        )
    return session or Session(
        SystemClock().ident(), store.free_name(options.session or prompt or first_words(options.items))
    )
