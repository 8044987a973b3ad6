"""Saying something from the command line and hearing the answer on stdout, round by round while tools are called."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

from azresp.cli.clock import SystemClock
from azresp.cli.insisting import Unasked
from azresp.cli.patience import until_done
from azresp.cli.report import note
from azresp.cli.streams import Aside
from azresp.core.asks import asks
from azresp.core.pictures import restore_pictures
from azresp.engine import converse, follow
from azresp.insisting import insist
from azresp.ports import Outcome, Ports, Screen
from azresp.ui.album import Seen, Wall, drawn_in, pictures_in
from azresp.ui.screens import EventScreen, WaitScreen
from azresp.ui.stopping import Stopping
from azresp.ui.terminal import Terminal
from azresp.ui.tool_lists import list_changes
from azresp.ui.turn_screen import TurnScreen

if TYPE_CHECKING:
    from azresp.answering import Answerer
    from azresp.cli.answer_schema import AnswerSchema
    from azresp.cli.connect import Reached
    from azresp.cli.formats import NoResponse
    from azresp.cli.gallery import Gallery
    from azresp.cli.streams import Output
    from azresp.core.approval import Policy
    from azresp.core.pictures import Kept
    from azresp.core.session import Exchange, Session
    from azresp.core.sse import Wire
    from azresp.core.usage import Prices
    from azresp.parties import Desk
    from azresp.store.store import Store
    from azresp.ui.ports import Attaching, Toolset

    class Asking(Desk, Protocol):
        """A desk that is also asked when the budget is used up."""

        async def more(self, over: str) -> bool: ...


Lasting = Literal["no", "launch", "wait"]
"""A background job: none, one that is left as soon as it runs, or one that is heard, and left by Ctrl-C."""

Shape = Literal["text", "json", "events"]
"""What goes to stdout: the answer, the final response object, or the raw events."""


def quiet(_: str) -> None:
    """Say nothing."""


@dataclass(slots=True)
class Hearer:
    """Says things in a session and shows what is answered."""

    reached: Reached
    store: Store
    output: Output
    shape: Shape
    tools: Toolset
    gallery: Gallery
    desk: Asking
    policy: Policy | None
    """answers given beforehand, if any"""
    schema: AnswerSchema | None = None
    quiet: bool = False
    attaching: Attaching | None = None
    lasting: Lasting = "no"
    prices: Prices | None = None
    """what answers of tools are held against with the limits; None: they may take what they want"""
    differs: bool = False
    """a final text was not what had been streamed"""
    drawn: list[Kept] = field(default_factory=list)
    """the pictures that came"""
    _clock: SystemClock = field(default_factory=SystemClock)

    def say(self, session: Session, said: tuple[Wire, ...]) -> tuple[Outcome, int]:
        """Say something, hear the answer and all that follows from calls; also 128 + the signal that ended it."""
        return self._until_done(self._rounds(session, said))

    def answer(self, session: Session) -> tuple[Outcome, int]:
        """Answer what the session waits for, and hear what follows."""
        return self._until_done(self._rounds(session, None))

    def follow(self, session: Session, exchange: Exchange) -> tuple[Outcome, int]:
        """Come back to a background job: show what was heard of it, and hear what is still to come."""

        async def come_back(ports: Ports) -> Outcome:
            if not exchange.running:
                ports.screen.show(exchange.turn)
                return Outcome(session, exchange)
            return await follow(ports, session, exchange)

        return self._until_done(self._shown(session, come_back))

    def _until_done(self, hearing: Coroutine[Any, Any, Outcome]) -> tuple[Outcome, int]:
        async def work() -> tuple[Outcome, int]:
            task = asyncio.ensure_future(hearing)
            with Stopping(task, "SIGINT", "SIGTERM", "SIGHUP") as stopping:
                outcome = await task
            if outcome.stopped and outcome.exchange.running and stopping.number == signal.SIGINT:
                from azresp.cli.leaving import leave

                return await leave(
                    self._asking(), outcome, self.store.jobs.forget, detach=self.lasting == "wait"
                )
            return outcome, 128 + stopping.number if stopping.number else 0

        outcome, killed = until_done(work())
        if self.shape == "json":
            self.output.write_json(restore_pictures(_final(outcome), self.gallery.read))
        return outcome, killed

    async def _rounds(self, session: Session, said: tuple[Wire, ...] | None) -> Outcome:
        if said is not None:
            if session.last is not None:
                said = (*self._answerer().leave(session, said), *said)
            outcome = await self._hear(session, said, self._settings())
        else:
            assert session.last is not None  # noqa: S101 - somebody saw that it waits
            outcome = Outcome(session, session.last)
        # Most turns ask nothing: what answers is not even loaded then.
        return await self._answered(outcome) if asks(outcome.exchange.turn) else outcome

    async def _answered(self, outcome: Outcome) -> Outcome:
        from azresp.cli.tuner import budget_of
        from azresp.core.tools import going_on
        from azresp.rounds import answer_rounds

        async def hear(session: Session, said: tuple[Wire, ...]) -> Outcome:
            return await self._hear(session, said, going_on(self._settings()))

        budget = budget_of(self.reached.profile)
        more, now = self.desk.more, self._clock.now
        return await answer_rounds(
            outcome, hear, self._answerer(), more=more, budget=budget, now=now, passes=self._passes
        )

    async def _passes(self, session: Session, said: tuple[Wire, ...]) -> bool:
        """Whether answers may be sent: they are small enough, or somebody says yes."""
        from azresp.cli.limits import too_large

        if self.prices is None:
            return True
        over = too_large(self.reached.profile, self.prices, session, said, self._settings())
        return not over or await self.desk.more(over)

    def _answerer(self) -> Answerer:
        from azresp.answering import Answerer

        origin = self.reached.gateway.origin
        return Answerer(
            self.tools, self.desk, self.store.records, origin=origin, now=self._clock.now, policy=self.policy
        )

    def _settings(self) -> dict[str, Any]:
        profile = self.reached.profile
        settings = {**profile.request(), "deployment": profile.deployment, **self.tools.request()}
        if self.lasting != "no":
            settings["background"] = True
        return settings | ({"schema": self.schema.format} if self.schema is not None else {})

    async def _hear(self, session: Session, said: tuple[Wire, ...], settings: Mapping[str, Any]) -> Outcome:
        headers, launch = self.tools.headers(), self.lasting == "launch"

        async def hear(session: Session, said: tuple[Wire, ...], in_full: bool) -> Outcome:
            outcome = await self._shown(
                session,
                lambda ports: converse(
                    ports, session, said, settings, headers=headers, in_full=in_full, launch=launch
                ),
            )
            if self.attaching is not None:
                self.attaching.used(outcome.exchange.id, said)
            return outcome

        consent = Unasked(self.reached.profile.rebuild, quiet if self.quiet else note)
        outcome = await insist(hear, session, said, consent)
        consent.look(outcome.exchange.turn, asked=settings.get("store") is not False)
        return outcome

    async def _shown(self, session: Session, hearing: Callable[[Ports], Awaitable[Outcome]]) -> Outcome:
        """Hear something in a session, with a screen for it."""
        screen = self._screen()
        wall = self._wall(screen, session) if isinstance(screen, TurnScreen) else None
        pictures = self.gallery.turn(session, wall.show if wall is not None else self._tell_picture)
        try:
            ports = Ports(self.reached.gateway, screen, self.store, self._clock, pictures)
            outcome = await hearing(ports)
            if wall is not None and not outcome.stopped:
                await wall.done()
        finally:
            if isinstance(screen, TurnScreen):
                screen.finish()
                self.differs = self.differs or screen.differs
            if wall is not None:
                wall.stop()
        for line in (*(wall.remarks if wall is not None else ()), *self._list_changes(outcome)):
            note(f"note: {line}")
        self.drawn += drawn_in(outcome.exchange)
        return outcome

    def _asking(self) -> Ports:
        """Ports that show nothing but waits."""
        say = quiet if self.quiet else note
        return Ports(self.reached.gateway, WaitScreen(say), self.store, self._clock)

    def _list_changes(self, outcome: Outcome) -> Iterator[str]:
        return list_changes(outcome.exchange.turn, self.tools.server, self.store.records)

    def _wall(self, screen: TurnScreen, session: Session) -> Wall:
        first = len(pictures_in(session)) + 1
        preview = self.reached.profile.preview
        return Wall(self._terminal(), screen, first, self.gallery.path, preview)

    def _tell_picture(self, seen: Seen) -> None:
        """Where no screen shows it (`--json`, `--events`) a line on stderr does."""
        if seen.sketch is None and not self.quiet:
            note(str(self.gallery.path(seen.kept)) if seen.kept.saved else f"note: {seen.kept.remark}")

    def _terminal(self) -> Terminal:
        return Terminal(self.output, aside=None if self.quiet else Aside())

    def _screen(self) -> Screen:
        say = quiet if self.quiet else note
        if self.shape == "events":
            return EventScreen(self.output.write, say)
        if self.shape == "json":
            return WaitScreen(say)
        terminal = self._terminal()
        later = asyncio.get_running_loop().call_later
        return terminal.turn_screen(
            later,
            thoughts=self.reached.profile.show_reasoning and (terminal.caps.cursor or terminal.caps.reader),
        )


def _final(outcome: Outcome) -> dict[str, Any]:
    """The response object, or the documented failure form `{"error": …}` where there is none."""
    from azresp.errors import Exit

    turn = outcome.exchange.turn
    if turn.id:
        return {**turn.to_response(), "id": turn.id, "status": turn.status}
    error = outcome.error
    what = error.what if error is not None else "stopped" if outcome.stopped else "nothing was heard"
    code = getattr(error, "code", "") or None
    status = int(error.exit) if error else int(Exit.UNFINISHED)
    nothing: NoResponse = {"error": {"message": what, "code": code, "exit": status}}
    return {**nothing}
