"""The desk of a person at a terminal: puts the questions about calls, and tells what became of them."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from azresp.core.approval import Decision, Verdict
from azresp.ui.counting import counted
from azresp.ui.gutter import Gutter
from azresp.ui.markdown.rows import DIM
from azresp.ui.question import bound_to, detail_rows, origin, question_rows
from azresp.ui.readable import named
from azresp.ui.replies import Reply, choices, legend, read_reply
from azresp.ui.running import RunningRow, running_line
from azresp.ui.sink import clean_line
from azresp.ui.stopping import Stopping

if TYPE_CHECKING:
    from azresp.core.approval import Question
    from azresp.core.asks import Ask
    from azresp.parties import Ran
    from azresp.ui.markdown.rows import Row
    from azresp.ui.terminal import Terminal

USER = "user"
_STOP = Decision(Verdict.NO, USER, halt=True)
_NO = Decision(Verdict.NO, USER)


class Replies(Protocol):
    """Who reads what the user answers."""

    def forget_typed(self) -> None: ...
    async def answer(self, question: str) -> str | None: ...  # None: Ctrl-C; raises EOFError
    async def edit(self, text: str) -> str | None: ...


class ScreenDesk:
    """Asks a person. Nothing typed before a question counts as an answer to it."""

    def __init__(self, terminal: Terminal, editor: Replies) -> None:
        self._terminal = terminal
        self._editor = editor
        self._running: RunningRow | None = None
        self._taught: set[str] = set()
        self._drawn = 0
        self._paged = False

    async def decide(self, question: Question) -> Decision:
        """The user's answer: no for the end of input and Ctrl-C; later where nobody sits at the terminal."""
        if not self._attended():
            return Decision(Verdict.LATER, USER)
        self._terminal.gap()
        try:
            return await self._put(question) or await self._answer(question)
        except EOFError:
            return _NO

    async def more(self, over: str) -> bool:
        """Whether to go on although the budget is used up."""
        if not self._attended():
            return False
        self._terminal.gap()
        over = over.removesuffix(" for one question")
        self._terminal.strong(f"{over} for this question. Go on?")
        try:
            said = await self._ask("[y/N] ")
        except EOFError:
            return False
        return (said or "").strip().lower() in ("y", "yes")

    def refused(self, ask: Ask, why: str) -> None:
        """Tell of a call that needed no question to be refused."""
        self._tell(f"{named(ask.tool)} not run: {why}")

    def decided(self, question: Question, decision: Decision) -> None:
        """Tell what the user did not decide."""
        by = decision.by
        if by == USER:
            return
        verb = "allowed" if decision.verdict.yes else "not allowed"
        how = _STANDING.get(by, f"by {by}")
        self._tell(f"{named(question.subject.name)} {verb} {how}")

    @contextmanager
    def running(self, names: Sequence[str]) -> Iterator[None]:
        """While it lasts a row tells what runs, keys are quiet, and Ctrl-C cancels the task."""
        task, loop = asyncio.current_task(), asyncio.get_running_loop()
        if not self._terminal.caps.cursor:
            self._terminal.dim(f"{running_line(names)} · Ctrl-C stops")
        else:
            self._running = RunningRow(self._terminal.painter(), names, time.monotonic, loop.call_later)
        row = self._running
        back = (lambda: loop.call_soon_threadsafe(row.again)) if row is not None else (lambda: None)
        try:
            with self._terminal.quiet_keys(back):
                if task is None:
                    yield
                else:
                    with Stopping(task, "SIGINT"):
                        yield
        finally:
            self._running = None
            if row is not None:
                row.finish()

    def ran(self, ask: Ask, ran: Ran) -> None:
        """Tell how a call went."""
        seconds = f"{ran.seconds:.1f} s"
        size = (
            counted(len(ran.output), "character")
            if isinstance(ran.output, str)
            else counted(len(ran.output), "part")
        )
        if ran.ok:
            parts = [named(ask.tool), ran.note, seconds, size]
        else:
            parts = [
                f"{named(ask.tool)} failed: {ran.note}" if ran.note else f"{named(ask.tool)} failed",
                seconds,
            ]
        self._tell(" · ".join(part for part in parts if part))

    # One question

    async def _put(self, question: Question) -> Decision | None:
        """Show the question; an answer if the user has seen enough before its end."""
        self._drawn = self._terminal.size()[0]
        return await self._page([*question_rows(question, self._gutter()), *self._teach(question)])

    def _disturbed(self) -> bool:
        """A narrower terminal breaks rows that stand there: what goes on has no gutter any more."""
        return self._terminal.size()[0] < self._drawn

    async def _answer(self, question: Question) -> Decision:
        """Ask until there is an answer: what is none is asked again once, then it is a no.

        So is a bare Enter after pages, which are turned with Enter: one too many is no answer.
        """
        spoken = self._terminal.caps.reader
        keys = choices(question, spoken=spoken)
        prompt = "Allow? Enter means no: " if spoken else f"Allow? {keys} "
        unknown = 0
        while unknown < 2:
            if spoken:
                self._terminal.dim(keys)
            said = await self._ask(prompt)
            if said is None:
                return _STOP
            reply = read_reply(said, question) if said.strip() or not self._paged else Reply.UNKNOWN
            if isinstance(reply, Decision):
                if not reply.verdict.yes or not self._disturbed():
                    self._tell_bound(question, reply)
                    return reply
                self._terminal.dim("The window became narrower: here is the question again.")
                if (early := await self._put(question)) is not None:
                    return early
                continue
            match reply:
                case Reply.DETAILS:
                    if (early := await self._page(detail_rows(question, self._gutter()))) is not None:
                        return early
                    self._terminal.dim(origin(question))
                case Reply.EDIT:
                    if (edited := await self._edited(question)) is not None:
                        return edited
                case Reply.UNKNOWN:
                    unknown += 1
                    self._terminal.dim("not run" if unknown > 1 else self._legend(question))
                case why:
                    self._terminal.dim(why)
        return _NO

    async def _edited(self, question: Question) -> Decision | None:
        text = await self._editor.edit(question.shown)
        if text is None:
            self._terminal.dim("the editor failed; the arguments are as they were")
        elif text.strip() in ("", question.shown.strip()):
            self._terminal.dim("the arguments are as they were")
        else:
            return Decision(Verdict.ONCE, USER, arguments=text)
        return None

    def _tell_bound(self, question: Question, decision: Decision) -> None:
        if decision.verdict is Verdict.ALWAYS:
            what = ", ".join(bound_to(question.subject)[:3])
            self._terminal.dim(
                f"always allowed from now on: {what}, as it describes itself today · /approvals takes it back"
            )

    # The terminal

    def _teach(self, question: Question) -> list[Row]:
        """What the keys mean, where they were not told yet."""
        keys = choices(question)
        if keys in self._taught:
            return []
        self._taught.add(keys)
        return self._gutter().line(self._legend(question), DIM)

    def _legend(self, question: Question) -> str:
        return legend(question, spoken=self._terminal.caps.reader)

    async def _page(self, rows: list[Row]) -> Decision | None:
        """Show rows, a screenful at a time; an answer if the user has seen enough."""
        self._paged = False
        while rows:
            room = max(1, self._terminal.size()[1] - 2)
            room = len(rows) if self._terminal.caps.reader else room  # nothing is lost by scrolling off
            rest = rows[room:] if len(rows) > room + 1 else []
            self._terminal.draw("".join(f"{row.ansi}\n" for row in rows[: len(rows) - len(rest)]))
            rows = rest
            if rows:
                self._paged = True
                said = await self._ask(f"Enter: more ({counted(len(rows), 'row')}) · q: no ")
                if said is None:
                    return _STOP
                if said.strip().lower() in ("q", "n", "no", "quit"):
                    return _NO
        return None

    async def _ask(self, prompt: str) -> str | None:
        self._editor.forget_typed()
        return await self._editor.answer(prompt)

    def _gutter(self) -> Gutter:
        terminal = self._terminal
        caps, encoding = terminal.caps, terminal.stream.encoding
        return Gutter.of(terminal.size()[0], encoding, styled=caps.cursor, spoken=caps.reader)

    def _tell(self, line: str) -> None:
        if self._running is not None:
            self._running.note(clean_line(line))
        else:
            self._terminal.dim(line)

    def _attended(self) -> bool:
        return self._terminal.stream.isatty() and sys.stdin is not None and sys.stdin.isatty()


_STANDING = {
    "always": "by the standing approval (/approvals)",
    "session": "for this session (/approvals)",
    "config": "without asking, as the configuration says",
}
