"""The chat: reads lines, says them or runs commands, and keeps the session. One loop, no second thread of control."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar

from azresp.core.asks import open_asks
from azresp.core.session import TOOLS, Exchange, Session, message, said_text
from azresp.core.sse import Wire
from azresp.errors import AzrespError, Exit
from azresp.ports import Clock, Outcome
from azresp.rounds import answer_rounds
from azresp.ui.endings import status_of
from azresp.ui.grammar import Invoke, Say, parse
from azresp.ui.limit import Gate
from azresp.ui.mentions import dropped, mentioned
from azresp.ui.stopping import Stopping
from azresp.ui.tool_lists import list_changes

if TYPE_CHECKING:
    from azresp.answering import Answerer
    from azresp.ui.jobs import JobWatch
    from azresp.ui.ports import (
        Attached,
        Attaching,
        Files,
        Gallery,
        Library,
        Memory,
        Mover,
        Service,
        Toolset,
        Tuner,
    )
    from azresp.ui.terminal import Terminal


T = TypeVar("T")


class Leave(Exception):
    """The user wants to go."""


class LineEditor(Protocol):
    """Reads what the user types. Raises EOFError (Ctrl-D) and KeyboardInterrupt (Ctrl-C twice)."""

    async def read(self, chat: Chat) -> str: ...
    def forget_typed(self) -> None: ...
    def forget_line(self, text: str) -> bool: ...
    async def answer(self, question: str) -> str | None: ...
    async def edit(self, text: str) -> str | None: ...
    def announce(self, show: Callable[[], None]) -> bool: ...
    def refresh(self) -> None: ...


@dataclass(slots=True)
class Chat:
    """A running chat and everything that its commands may touch."""

    session: Session
    service: Service
    library: Library
    tuner: Tuner
    clock: Clock
    terminal: Terminal
    editor: LineEditor
    tools: Toolset
    memory: Memory
    answerer: Answerer
    files: Files
    attaching: Attaching
    gallery: Gallery
    more: Callable[[str], Awaitable[bool]]
    """asked when a question has used up its budget of tool calls"""
    last: Exchange | None = None
    """the last exchange tried, finished or not"""
    tell: Callable[[AzrespError], list[str]] = lambda error: [error.what, error.hint]
    """an error as lines"""
    attached: list[Attached] = field(default_factory=list)
    """goes with the next message"""
    gate: Gate = field(default_factory=Gate)
    """asked before anything is said"""
    mover: Mover | None = None
    """takes the chat to another profile"""
    azure: bool = True
    """the service is Azure, not a server on this machine"""
    ended_by: int = 0
    """the signal that ends the program (SIGTERM, SIGHUP)"""
    found: list[str] = field(default_factory=list)
    """response ids of the last search"""
    cant_compact: set[str] = field(default_factory=set)
    """origins of services that turned out to have no compaction"""
    jobs: JobWatch = field(init=False)
    _notices: list[tuple[str, ...]] = field(default_factory=list)
    _told_trouble: str = ""
    _status: int = 0
    """how the last line that was typed ended, as an exit status"""
    _took_s: float = 0.0
    """how long the service took for the question so far"""

    def __post_init__(self) -> None:
        from azresp.ui.jobs import JobWatch

        self.jobs = JobWatch(self)

    async def run(self) -> int:
        """Read and obey until the user leaves; gives the exit status."""
        while not self.ended_by:
            self._tell_notices()
            self.terminal.window.name(self.session.name)
            self._status = 0
            try:
                line = await self.editor.read(self)
                await self.obey(line)
            except asyncio.CancelledError:
                if not self.ended_by:
                    raise
            except (EOFError, KeyboardInterrupt, Leave):
                return Exit.OK
            except AzrespError as error:
                self._status = int(error.exit)
                self.show_error(error)
            self._tell_trouble()
            self.terminal.gap()
            self.terminal.window.answered(self._status)
        return 128 + self.ended_by

    async def obey(self, line: str) -> None:
        """Say or do what one line asks for; one that is only the path of a picture or PDF attaches it."""
        if path := dropped(line):
            # Before anything else: most paths begin like a command.
            await self.attach(path)
            self.terminal.dim("your next message takes it along · /attachments")
            return
        match parse(line):
            case Say(text):
                await self._say_text(text)
            case Invoke(name, rest):
                await self.invoke(name, rest)

    async def _say_text(self, text: str) -> None:
        """Say a message with what is attached and what it names by `@path`."""
        # What the message itself names goes with it alone: if nothing comes of it, the message can be sent again.
        waiting, parts = self.attached, await self.take_attached(text)
        if not await self.say((message(text, parts=parts),)):
            self.attached = waiting

    async def take_attached(self, text: str) -> list[Wire]:
        """What goes with a message: what is attached, and what it names by `@path`."""
        attached = [*self.attached, *[await self._read(path) for path in mentioned(text)]]
        parts = await self.stoppable(self.attaching.ready(attached)) if attached else []
        self.attached = []
        return parts

    def announce(self, *lines: str) -> None:
        """Tell something above the prompt, now if it stands there, else before the next one."""
        if not self.editor.announce(lambda: self._show_notice(lines)):
            self._notices.append(lines)

    def _tell_notices(self) -> None:
        notices, self._notices = self._notices, []
        for lines in notices:
            self._show_notice(lines)

    def _show_notice(self, lines: tuple[str, ...]) -> None:
        first, *others = [line for line in lines if line]
        self.terminal.strong(first)
        for line in others:
            self.terminal.dim(line)
        self.terminal.gap()

    async def attach(self, text: str, family: str = "") -> None:
        """Attach a picture or file to the next message."""
        self.attached.append(await self._read(text, family))

    async def _read(self, text: str, family: str = "") -> Attached:
        attached = await self.stoppable(self.attaching.attach(text, family))
        self.terminal.dim(f"attached {self.attaching.described(attached)}")
        return attached

    async def invoke(self, name: str, rest: str) -> None:
        """Run a slash command. Raises UsageError if it is unknown or its arguments are wrong."""
        from azresp.ui.commands import registry

        command = registry.find(name)
        await command.run(self, **registry.bind(command, rest))

    async def say(self, said: tuple[Wire, ...]) -> bool:
        """Say something in the session and hear the answer. False: it is large, and the user does not want it sent."""
        session = self.session
        said = (*self.answerer.leave(session, said), *said)
        if not await self.gate.passes(self, session, said):
            return False
        if not session.name:
            question = next((text for one in said if (text := said_text(one))), "")
            session = replace(session, name=self.library.free_name(question))
            self.terminal.window.name(session.name)
        self._took_s = 0.0
        outcome = await self._hear_or_rebuild(session, said)
        await self.answer_asks(outcome, new=True)
        return True

    async def answer_asks(self, outcome: Outcome | None = None, *, new: bool = False) -> None:
        """Answer what a turn asks, by default the conversation's last; `new`: it was heard just now."""
        if outcome is None:
            self._took_s = 0.0
            if self.session.last is None or not open_asks(self.session):
                return
            outcome = Outcome(self.session, self.session.last)
        from azresp.ui.conclusion import conclude, tell_open

        heard: list[Exchange] = []

        def tell(ended: Outcome) -> None:
            heard.append(ended.exchange)
            self._status = status_of(ended)
            conclude(self, ended, heard, self._took_s)

        if new:
            tell(outcome)

        async def hear(session: Session, said: tuple[Wire, ...]) -> Outcome:
            following = await self._hear_or_rebuild(session, said)
            tell(following)
            return following

        outcome = await answer_rounds(
            outcome,
            hear,
            self.answerer,
            more=self.more,
            budget=self.tuner.budget(),
            now=self.clock.now,
            passes=lambda session, said: self.gate.passes(self, session, said),
        )
        tell_open(self, outcome)

    async def _hear_or_rebuild(self, session: Session, said: tuple[Wire, ...]) -> Outcome:
        from azresp.ui.agreeing import say_on

        return await say_on(self, self._hear, session, said)

    async def stoppable(self, work: Coroutine[Any, Any, T]) -> T:
        """Wait for the service outside of an answer. Raises AzrespError, also where Ctrl-C stops it."""
        task = asyncio.ensure_future(work)
        with self.terminal.quiet_keys(), Stopping(task, "SIGINT") as stopping:
            try:
                return await task
            except asyncio.CancelledError:
                if not stopping.number:
                    raise
                raise AzrespError("stopped") from None

    async def _hear(self, session: Session, said: tuple[Wire, ...], in_full: bool) -> Outcome:
        from azresp.ui.hearing import hear

        outcome = await hear(self, session, said, in_full=in_full)
        self.session, self.last = outcome.session, outcome.exchange
        self._took_s += max(self.clock.now() - outcome.exchange.asked_at, 0.0)
        self._tell_split(session)
        self.attaching.used(outcome.exchange.id, said)
        for line in list_changes(outcome.exchange.turn, self.tools.server, self.memory):
            self.terminal.strong(line)
        return outcome

    def move_head(self, head: str | None) -> None:
        """Let the conversation end with another exchange."""
        from azresp.ui.commands.conversation import leave

        leave(self, "the service's conversation holds what was said: this branch goes on without it")
        was = self.session
        self.session = self.library.move(replace(was, head=head), was.head)
        self._tell_split(was)

    def _tell_split(self, was: Session) -> None:
        if self.session.id != was.id:
            self.terminal.strong(
                f"another azresp went on in {was.name} meanwhile; this conversation is now {self.session.name}"
            )

    def keep_session(self, also: Literal["", "name", "tags"] = "") -> None:
        """Write the session's settings, `also` its name or tags, if it holds anything yet."""
        if self.session.exchanges or self.session.head:
            self.library.save(self.session, also)

    def keep_tools(self) -> None:
        """Remember which tools are on in this session."""
        self.session = replace(
            self.session, settings={**self.session.settings, TOOLS: self.tools.selection()}
        )
        self.keep_session()

    def tune(self, key: str, text: str) -> None:
        """Change a setting for this session. Raises ConfigError."""
        self.tuner.set(key, text)
        self.session = replace(self.session, settings={**self.session.settings, key: text})
        self.keep_session()

    def show_error(self, error: AzrespError) -> None:
        """Show an error: what happened, then what to do."""
        first, *others = [line for line in self.tell(error) if line]
        self.terminal.strong(first, "Error")
        for line in others:
            self.terminal.dim(line)

    async def ask(self, question: str) -> str:
        """A short answer; empty for Ctrl-C and Ctrl-D."""
        try:
            return await self.editor.answer(question) or ""
        except EOFError:
            return ""

    async def confirm(self, question: str) -> bool:
        """Ask a question whose default is no."""
        self.terminal.strong(question)
        return (await self.ask("[y/N] ")).strip().lower() in ("y", "yes")

    async def agreed(self, question: str) -> bool:
        """Ask for yes or no until one of them comes; nothing typed means yes."""
        self.terminal.strong(question)
        while True:
            said = (await self.ask("[Y/n] ")).strip().lower()
            if said in ("", "y", "yes"):
                return True
            if said in ("n", "no"):
                return False

    def _tell_trouble(self) -> None:
        trouble = self.library.trouble or self.memory.trouble
        if trouble and trouble != self._told_trouble:
            self._told_trouble = trouble
            self.terminal.strong(f"not kept on this machine: {trouble}")
