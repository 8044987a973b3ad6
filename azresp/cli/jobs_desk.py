"""The background jobs of a store and the service that they run at: found, looked at, brought up to date."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from azresp.cli.clock import SystemClock
from azresp.cli.connect import reach
from azresp.cli.gallery import gallery_of
from azresp.cli.options import emulator_choice
from azresp.cli.report import note
from azresp.cli.storing import open_store, tell_trouble
from azresp.config.load import load
from azresp.core.session import Exchange, Session
from azresp.engine import lose, take
from azresp.errors import AzrespError, UsageError
from azresp.ports import Outcome, Ports
from azresp.ui.screens import WaitScreen
from azresp.watching import AT_ONCE

if TYPE_CHECKING:
    from azresp.cli.connect import Reached
    from azresp.cli.gallery import Gallery
    from azresp.config.load import Loaded
    from azresp.core.sse import Wire
    from azresp.store.jobs import Job
    from azresp.store.store import Store

LAST = "last"


@dataclass(frozen=True, slots=True)
class JobDesk:
    """What the commands about jobs work with."""

    loaded: Loaded
    reached: Reached
    store: Store
    gallery: Gallery

    def ports(self) -> Ports:
        """Ports that show waits only."""
        return Ports(self.reached.gateway, WaitScreen(note), self.store, SystemClock())

    def here(self, exchange: Exchange) -> bool:
        """Whether a job runs at the endpoint that is configured now."""
        return exchange.origin == self.reached.gateway.origin

    def demand_here(self, job: Job) -> None:
        """Refuse a job that runs at another endpoint: nobody here knows its id."""
        if job.exchange.running and not self.here(job.exchange):
            raise UsageError(
                f"job {job.number} is at {job.exchange.origin}, not at {self.reached.gateway.origin}",
                "Choose its profile with --profile, or --endpoint.",
            )

    def session(self, job: Job) -> Session:
        """The session that a job was asked in."""
        return self.store.load(job.session) or Session(job.session, self.store.free_name("job"))

    def known(self, word: str) -> Job | None:
        """The job of a number, a response id or its beginning, or `last`; None if the list has none such."""
        jobs = self.store.jobs.listed()
        if word == LAST:
            found = jobs[-1:]
        elif word.isdecimal() and len(word) < 10:
            found = [one for one in jobs if one.number == int(word)]
        else:
            ids = [one for one in jobs if one.exchange.turn.id == word]
            found = ids or [one for one in jobs if len(word) > 8 and one.exchange.turn.id.startswith(word)]
        if len(found) > 1:
            raise UsageError(f"{word!r} begins the ids of {len(found)} jobs", "Give more of it.")
        return found[0] if found else None

    def find(self, word: str) -> Job:
        """The job that a word means. Raises UsageError."""
        job = self.known(word)
        if job is None:
            raise UsageError(f"there is no job {word!r}", "`azresp jobs list --all` shows them.")
        return job

    def find_all(self, words: Iterable[str]) -> list[Job]:
        """The jobs that words mean, each once."""
        return list({(job := self.find(word)).exchange.id: job for word in words}.values())

    async def seen(self, job: Job, response: Wire) -> Outcome:
        """A job after a look at its response; one that is over is sealed, its pictures in files."""
        session = self.session(job)
        (slim,) = await self.gallery.turn(session).cut([response])
        return take(self.ports(), session, job.exchange, slim)

    def lost(self, job: Job, error: AzrespError) -> Job:
        """A job after a look that failed: the service may have it no more."""
        # Another process may have heard its end since we read it.
        known = self.store.jobs.of(job.exchange.id) or job
        if not known.exchange.running:
            return known
        return known._replace(
            exchange=lose(self.ports(), self.session(known), known.exchange, error).exchange
        )

    async def refresh(self, jobs: Iterable[Job]) -> tuple[list[Job], list[tuple[Job, AzrespError]]]:
        """The jobs after one look at those that run here; also which could not be looked at, with the reason."""
        gate, failed = asyncio.Semaphore(AT_ONCE), list[tuple["Job", AzrespError]]()

        async def look(job: Job) -> Job:
            if not job.exchange.running:
                return job
            if not self.here(job.exchange):
                failed.append((job, UsageError(f"it is at {job.exchange.origin}")))
                return job
            async with gate:
                try:
                    outcome = await self.seen(job, await self.reached.gateway.look(job.exchange.turn.id))
                except AzrespError as error:
                    job = self.lost(job, error)
                    if job.exchange.running:
                        failed.append((job, error))
                    return job
                return job._replace(exchange=outcome.exchange)

        return list(await asyncio.gather(*map(look, jobs))), failed


@contextmanager
def job_desk(
    flags: Mapping[str, object], emulator: str, warn: Callable[[str], None] = note
) -> Iterator[JobDesk]:
    """The desk, and what is to be closed after it. Jobs whose process died are in its list as well."""
    loaded = load(flags)
    for warning in loaded.warnings:
        warn(f"warning: {warning}")
    reached = reach(loaded.profile, emulator_choice(emulator))
    store = open_store(emulated=reached.emulated, warn=warn)
    try:
        store.recover()
        yield JobDesk(loaded, reached, store, gallery_of(reached.profile, store.path))
    finally:
        store.close()
        tell_trouble(store, warn)
        reached.stop()
