"""The background jobs while a chat runs: one task looks at all of them, and tells when one is over."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from azresp.core.asks import asks
from azresp.core.session import Session
from azresp.engine import lose, take
from azresp.errors import AzrespError
from azresp.ports import Ports
from azresp.ui.counting import counted
from azresp.ui.endings import ending
from azresp.ui.screens import WaitScreen
from azresp.ui.usage import usage_of
from azresp.watching import Watch

if TYPE_CHECKING:
    from azresp.core.session import Exchange
    from azresp.core.sse import Wire
    from azresp.ui.chat import Chat
    from azresp.ui.ports import Job


class JobWatch:
    """Watches the jobs of this endpoint, whoever started them."""

    def __init__(self, chat: Chat) -> None:
        self.running = 0
        """how many run, as far as known"""
        self._chat = chat
        self._held: set[str] = set()
        self._task: asyncio.Task[None] | None = None

    def listed(self) -> list[Job]:
        """The list, in the order of its numbers."""
        return list(self._chat.library.jobs.listed())

    def of(self, exchange_id: str) -> Job | None:
        """The job that an exchange is."""
        return self._chat.library.jobs.of(exchange_id)

    def look(self) -> None:
        """Begin to watch if something runs, and tell what ended while nobody looked."""
        jobs = self.listed()
        for job in jobs:
            if not job.exchange.running and not job.told and job.exchange.id not in self._held:
                self._announce(job)
        self._count(jobs)
        if self.running and (self._task is None or self._task.done()):
            self._task = asyncio.ensure_future(self._watched())

    def hold(self, exchange_id: str) -> None:
        """Somebody hears it: it needs no looks."""
        self._held.add(exchange_id)

    def release(self, exchange_id: str) -> None:
        """It is looked at again."""
        self._held.discard(exchange_id)
        self.look()

    async def stop(self) -> None:
        """The chat ends; the jobs run on."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def session(self, job: Job) -> Session:
        """The session that a job was asked in: the chat's own as it stands here, others as they are kept."""
        chat = self._chat
        if job.session == chat.session.id:
            return chat.session
        return chat.library.load(job.session) or Session(job.session, chat.library.free_name("job"))

    def _count(self, jobs: list[Job]) -> None:
        count = len(self._waiting(jobs))
        if count != self.running:
            self.running = count
            self._chat.editor.refresh()

    def _waiting(self, jobs: list[Job]) -> list[Job]:
        origin = self._chat.service.origin
        return [job for job in jobs if job.exchange.running and job.exchange.origin == origin]

    async def _watched(self) -> None:
        try:
            await self._watch()
        except AzrespError as error:
            # A store that can't be read must not end the chat, and is not silent either.
            self._chat.announce(f"jobs are not watched any more: {error.what}", error.hint)

    async def _watch(self) -> None:
        chat = self._chat
        watch = Watch(self._ports())
        lost: set[str] = set()
        while True:
            jobs = self._waiting(self.listed())
            for job in jobs:
                if job.exchange.id in self._held:
                    watch.drop(job.exchange.id)
                elif job.exchange.id not in lost:
                    watch.add(job.exchange.id, job.exchange.turn.id, job.exchange.asked_at)
            if not len(watch) and not self._held:
                return
            if not len(watch):
                await chat.clock.sleep(1.0)
            for seen in await watch.round():
                found = self.of(seen.key)
                if found is None:
                    watch.drop(seen.key)
                elif seen.error is not None:
                    lost.add(seen.key)
                    self._missed(found, seen.error)
                elif seen.over and seen.response is not None and seen.key not in self._held:
                    await self._ended(found, seen.response)
            self._count(self.listed())

    async def _ended(self, job: Job, response: Wire) -> None:
        """It is over: keep its answer, its pictures as files, and tell."""
        chat, session = self._chat, self.session(job)
        try:
            (slim,) = await chat.gallery.turn(session).cut([response])
            session = self.session(job)  # saving pictures took a while
            outcome = take(self._ports(), session, job.exchange, slim)
        except AzrespError as error:
            self._tell_lost(job, error)
            return
        if outcome.session.id == chat.session.id:
            chat.session = outcome.session
        self._announce(job._replace(exchange=outcome.exchange))

    def _announce(self, job: Job) -> None:
        number, exchange = job.number, job.exchange
        self._chat.library.jobs.tell(exchange.id)
        from azresp.ui.heading import heading

        lines = [f"job {number} {how(exchange)} · {heading(exchange)}"]
        if exchange.turn.finished:
            lines.append(self._next_step(job))
        else:
            lines.append(f"/attach {number} shows what it said" if exchange.turn.text else "")
        self._chat.announce(*(line for line in lines if line))

    def _next_step(self, job: Job) -> str:
        if asks(job.exchange.turn):
            return f"/take {job.number} puts its questions to you"
        if self._chat.session.head == job.exchange.id:
            return f"the conversation goes on from it · /attach {job.number} shows it"
        return f"/attach {job.number} shows it · /take {job.number} goes on from it"

    def _missed(self, job: Job, error: AzrespError) -> None:
        """It is watched no more: the service has it no more, or could not be asked."""
        outcome = lose(self._ports(), self.session(job), job.exchange, error)
        job = job._replace(exchange=outcome.exchange)
        if outcome.session.id == self._chat.session.id:
            self._chat.session = outcome.session
        if job.exchange.running:
            self._tell_lost(job, error)
        else:
            self._announce(job)

    def _ports(self) -> Ports:
        chat = self._chat
        return Ports(chat.service, WaitScreen(lambda line: None), chat.library, chat.clock)

    def _tell_lost(self, job: Job, error: AzrespError) -> None:
        self._chat.announce(f"job {job.number} can't be looked at any more: {error.what}", error.hint)


def how(exchange: Exchange) -> str:
    """How a job stands, for a sentence."""
    turn = exchange.turn
    usage = usage_of(exchange)
    tokens = f" · {usage.total:,} tokens" if usage is not None else ""
    if exchange.running:
        return turn.status.replace("_", " ")
    if turn.finished and (waiting := asks(turn)):
        return f"waits for you: {counted(len(waiting), 'call')}{tokens}"
    return (ending(turn) or "is done") + tokens
