"""`azresp jobs wait`: until one or all of some jobs are over."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping

from azresp.cli.jobs_desk import JobDesk, job_desk
from azresp.cli.jobs_rows import as_dict, state, status_of
from azresp.cli.notify import Notifier
from azresp.cli.patience import until_done
from azresp.cli.report import StatusLine, note, tell
from azresp.cli.streams import Output
from azresp.errors import AzrespError, Exit
from azresp.store.jobs import Job
from azresp.ui.stopping import Stopping
from azresp.watching import Watch


def wait_for(
    words: list[str],
    flags: Mapping[str, object],
    emulator: str,
    *,
    first: bool,
    timeout_s: float,
    as_json: bool,
) -> int:
    """Wait, and print a line for each job that is over; give the exit status: the worst, or the first one's."""
    with job_desk(flags, emulator) as desk:
        jobs = desk.find_all(words)
        for job in jobs:
            desk.demand_here(job)
        waiting = _Waiting(desk, jobs, first=first, as_json=as_json)
        return until_done(waiting.run(timeout_s))


class _Waiting:
    def __init__(self, desk: JobDesk, jobs: list[Job], *, first: bool, as_json: bool) -> None:
        self._desk = desk
        self._jobs = {job.exchange.id: job for job in jobs}
        self._first = first
        self._as_json = as_json
        self._output = Output()
        self._line = StatusLine()
        self._notifier = Notifier.of(desk.reached.profile)
        self._statuses: list[int] = []
        self._began = time.monotonic()

    async def run(self, timeout_s: float) -> int:
        """To the end, the time-out, or Ctrl-C: the jobs run on whatever happens here."""
        task = asyncio.ensure_future(self._watch())
        with Stopping(task, "SIGINT", "SIGTERM", "SIGHUP") as stopping:
            done, _ = await asyncio.wait({task}, timeout=timeout_s or None)
            if not done:
                task.cancel()
                await asyncio.wait({task})
        self._line.show("")
        if stopping.number not in (0, 2):
            return 128 + stopping.number
        if task.cancelled():
            left = len(self._jobs) - len(self._statuses)
            note(f"{left} still running: azresp jobs list")
            return Exit.RUNNING
        return task.result()

    async def _watch(self) -> int:
        watch = Watch(self._desk.ports())
        for job in self._jobs.values():
            if job.exchange.running:
                watch.add(job.exchange.id, job.exchange.turn.id, job.exchange.asked_at, now=True)
            else:
                self._over(job)
        while len(watch) and not (self._first and self._statuses):
            self._show()
            for seen in await watch.round():
                job = self._jobs[seen.key]
                if seen.error is not None:
                    self._lost(job, seen.error)
                elif seen.over and seen.response is not None:
                    outcome = await self._desk.seen(job, seen.response)
                    self._over(job._replace(exchange=outcome.exchange))
        if self._first and self._statuses:
            return self._statuses[0]
        return max(self._statuses, default=Exit.OK)

    def _show(self) -> None:
        seconds = time.monotonic() - self._began
        self._line.show(
            f"{len(self._statuses)} of {len(self._jobs)} over · {seconds:.0f} s · Ctrl-C stops waiting"
        )

    def _over(self, job: Job) -> None:
        self._line.show("")
        self._statuses.append(status_of(job.exchange))
        if self._as_json:
            session = self._desk.session(job)
            self._output.write_json(as_dict(job, session.name), in_lines=True)
        else:
            self._output.write(f"{job.exchange.turn.id or '-'} {state(job.exchange)}\n")
        self._desk.store.jobs.tell(job.exchange.id)
        self._notifier.tell(job.exchange.question, state(job.exchange))

    def _lost(self, job: Job, error: AzrespError) -> None:
        job = self._desk.lost(job, error)
        if not job.exchange.running:
            self._over(job)
            return
        self._line.show("")
        note(f"job {job.number} can't be looked at any more:")
        tell(error)
        self._statuses.append(error.exit)
