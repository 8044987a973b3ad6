"""What `azresp jobs` does to single jobs: show, attach, cancel, forget, prune."""

from __future__ import annotations

import sys
import time
from collections.abc import Awaitable, Mapping
from dataclasses import replace
from typing import TypeVar

from azresp.cli.conclusion import conclude
from azresp.cli.confirm import confirmed
from azresp.cli.files_gc import seconds
from azresp.cli.hearer import Hearer, Shape, quiet
from azresp.cli.jobs_desk import JobDesk, job_desk
from azresp.cli.jobs_rows import as_dict, state
from azresp.cli.kept import open_kept
from azresp.cli.notify import Notifier
from azresp.cli.options import emulator_choice
from azresp.cli.patience import until_done
from azresp.cli.report import note, tell
from azresp.cli.streams import Output
from azresp.cli.toolset import Fixed, build_toolset
from azresp.cli.unattended import Unattended
from azresp.core.pictures import restore_pictures
from azresp.core.session import Exchange, Session
from azresp.core.text import first_line
from azresp.core.turn import Turn
from azresp.engine import cancel, cancel_response
from azresp.errors import AzrespError, Exit, UsageError
from azresp.ui.counting import counted
from azresp.ui.endings import ending
from azresp.ui.terminal import Terminal
from azresp.ui.usage import usage_of

T = TypeVar("T")


def show_job(word: str, flags: Mapping[str, object], emulator: str, *, as_json: bool) -> int:
    """Print how a job stands; give the exit status, 0 however it stands."""
    with job_desk(flags, emulator) as desk:
        (job,), failed = until_done(desk.refresh([desk.find(word)]))
        for _, error in failed:
            note(f"as last seen: {error.what}")
        output, turn = Output(), job.exchange.turn
        session = desk.session(job)
        if as_json:
            whole = as_dict(job, session.name)
            response = turn.to_response() | {"status": turn.status}
            whole["response"] = restore_pictures(response, desk.gallery.read)
            output.write_json(whole)
            return Exit.OK
        terminal = Terminal(output)
        usage = usage_of(job.exchange)
        facts = [state(job.exchange), job.exchange.deployment, str(usage) if usage else "", turn.id]
        terminal.pairs(
            [
                (f"job {job.number}", " · ".join(one for one in facts if one)),
                ("session", session.name),
                ("prompt", first_line(job.exchange.question)),
            ]
        )
        terminal.gap()
        terminal.turn(turn)
        if line := ending(turn):
            note(line)
        if not job.exchange.running:
            desk.store.jobs.tell(job.exchange.id)
        return Exit.OK


def attach_job(
    word: str,
    flags: Mapping[str, object],
    emulator: str,
    *,
    as_json: bool,
    events: bool,
    quiet: bool,
) -> int:
    """Come back to a job and hear it to its end; give the exit status."""
    if as_json and events:
        raise UsageError("--json and --events exclude each other", "Choose one.")
    shape: Shape = "events" if events else "json" if as_json else "text"
    with job_desk(flags, emulator) as desk:
        notifier = Notifier.of(desk.reached.profile)
        session, exchange = _found(desk, word)
        warn = _say_nothing if quiet else note
        hearer = _hearer(desk, session, shape, quiet=quiet)
        outcome, killed = hearer.follow(session, exchange)
        if killed:
            if outcome.exchange.running:
                warn(f"the job runs on: azresp jobs attach {outcome.exchange.turn.id}")
            return killed
        status = conclude(hearer, outcome, warn)
        if not outcome.exchange.running:
            desk.store.jobs.tell(outcome.exchange.id)
            notifier.tell(outcome.exchange.question, state(outcome.exchange))
        return status


_say_nothing = quiet


def _found(desk: JobDesk, word: str) -> tuple[Session, Exchange]:
    """The job that a word means; a response id that is not known here is picked up from the service."""
    job = desk.known(word)
    if job is not None:
        desk.demand_here(job)
        return desk.session(job), job.exchange
    if not word.startswith("resp_"):
        desk.find(word)
    known = desk.store.find(word)
    if known is not None and known.last is not None:
        # One that was forgotten while it ran is a job again.
        runs = known.last.turn.status in ("queued", "in_progress")
        return known, replace(known.last, background=True) if runs else known.last
    from azresp.ui.pickup import pick_up

    picking = pick_up(desk.ports(), desk.reached.gateway, desk.store, desk.gallery, word)
    session, exchange = until_done(_closing(desk, picking))
    if exchange.running:
        # Its session is empty until its answer is there; the ledger keeps it when it is heard.
        return session, exchange
    desk.store.add(session, [exchange])
    return session, exchange


async def _closing(desk: JobDesk, picking: Awaitable[T]) -> T:
    try:
        return await picking
    finally:
        await desk.reached.gateway.close()  # it belongs to this loop


def _hearer(desk: JobDesk, session: Session, shape: Shape, *, quiet: bool) -> Hearer:
    values = Fixed(desk.reached.profile)
    tools = build_toolset(desk.loaded, desk.store.records, session=session, values=values)
    warn = _say_nothing if quiet else note
    return Hearer(
        desk.reached,
        desk.store,
        Output(),
        shape,
        tools,
        desk.gallery,
        Unattended(warn),
        None,
        quiet=quiet,
        lasting="wait",
    )


def cancel_jobs(words: list[str], flags: Mapping[str, object], emulator: str) -> int:
    """Cancel jobs, and tell how each stands; give the exit status. The others are cancelled even if one fails."""
    with job_desk(flags, emulator) as desk:

        async def work() -> int:
            status = Exit.OK
            for word in words:
                try:
                    note(await _cancelled(desk, word))
                except AzrespError as error:
                    tell(error)
                    status = error.exit
            return status

        return until_done(work())


async def _cancelled(desk: JobDesk, word: str) -> str:
    job = desk.known(word)
    if job is None and word.startswith("resp_"):
        # Started elsewhere: it need not be known here to be ended.
        exchange = Exchange("", None, (), Turn(word), 0.0)
        return f"{word}: {(await cancel_response(desk.ports(), exchange)).get('status')}"
    job = job or desk.find(word)
    if not job.exchange.running:
        return f"job {job.number}: {state(job.exchange)} already"
    desk.demand_here(job)
    outcome = await cancel(desk.ports(), desk.session(job), job.exchange)
    desk.store.jobs.tell(job.exchange.id)
    return f"job {job.number}: {state(outcome.exchange)}"


def forget_jobs(words: list[str], emulator: str, *, force: bool) -> int:
    """Take jobs off the list; give the exit status."""
    with job_desk({}, emulator) as desk:
        jobs = desk.find_all(words)
        running = [str(job.number) for job in jobs if job.exchange.running]
        if running and not force:
            raise UsageError(
                f"job {', '.join(running)} still runs", "`azresp jobs cancel` ends it, --force forgets it."
            )
        for job in jobs:
            desk.store.jobs.forget(job.exchange.id)
        note(f"{counted(len(jobs), 'job')} forgotten; the answers stay in their sessions")
    return Exit.OK


def prune_jobs(older: str, emulator: str, *, yes: bool) -> int:
    """Take old jobs that are over off the list; give the exit status."""
    before = time.time() - seconds(older)
    store = open_kept(emulator_choice(emulator))
    try:
        old = [
            job for job in store.jobs.listed() if not job.exchange.running and job.exchange.asked_at < before
        ]
        question = f"Take {counted(len(old), 'job')} off the list?"
        if not old:
            note(f"no job that is over is older than {older}")
        elif confirmed(question, yes=yes or not sys.stdin.isatty()):
            for job in old:
                store.jobs.forget(job.exchange.id)
            note(f"{counted(len(old), 'job')} forgotten; the answers stay in their sessions")
    finally:
        store.close()
    return Exit.OK
