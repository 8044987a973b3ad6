"""`azresp jobs list`: once, or as long as somebody looks."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from azresp.cli.jobs_desk import JobDesk, job_desk
from azresp.cli.jobs_rows import as_dict, as_rows
from azresp.cli.kept import open_kept
from azresp.cli.options import emulator_choice
from azresp.cli.patience import until_done
from azresp.cli.report import note
from azresp.cli.sessions_work import columns_of
from azresp.cli.streams import Output
from azresp.core.resume import follow_wait, look_wait
from azresp.errors import Exit, UsageError

if TYPE_CHECKING:
    from azresp.store.jobs import Job
    from azresp.store.store import Store

RECENT_S = 86_400.0
"""Jobs that ended are listed so long."""


def list_jobs(
    flags: Mapping[str, object], emulator: str, *, every: bool, as_json: bool, watch: bool, offline: bool
) -> int:
    """Print the jobs; give the exit status."""
    if watch and (offline or as_json):
        raise UsageError(
            "--watch goes with neither --offline nor --json", "`azresp jobs wait --json` tells ends."
        )
    output = Output()
    if offline:
        store = open_kept(emulator_choice(emulator))
        try:
            _print(store, store.jobs.listed(), output, every=every, as_json=as_json)
        finally:
            store.close()
        return Exit.OK
    with job_desk(flags, emulator) as desk:
        return until_done(
            _watched(desk, output, every=every) if watch else _once(desk, output, every, as_json)
        )


async def _once(desk: JobDesk, output: Output, every: bool, as_json: bool) -> int:
    jobs, failed = await desk.refresh(desk.store.jobs.listed())
    for job, error in failed:
        note(f"job {job.number} is shown as last seen: {error.what}")
    _print(desk.store, jobs, output, every=every, as_json=as_json)
    return Exit.OK


def _print(store: Store, listed: list[Job], output: Output, *, every: bool, as_json: bool) -> None:
    jobs = _chosen(listed, every=every)
    if as_json:
        rows = [as_dict(job, _session_name(store, job)) for job in jobs]
        output.write_json(rows)
    elif jobs:
        output.write(as_rows(jobs, time.time(), columns_of(output)))
    else:
        note("there are no background jobs")
    if not as_json:
        _tell_batches(store, every=every)
    for job in jobs:
        if not job.exchange.running and not job.told:
            store.jobs.tell(job.exchange.id)
    if not as_json and (hidden := len(listed) - len(jobs)):
        note(f"{hidden} more ended over a day ago: --all shows them, `azresp jobs prune` takes them off")


def _tell_batches(store: Store, *, every: bool) -> None:
    """A line for each batch: its jobs are too many to be listed."""
    since = time.time() - RECENT_S
    for batch in store.batches.counted():
        if batch.running:
            note(f"{batch.name}: {batch.claimed} sent, {batch.running} not over when last seen")
        elif every or batch.asked_at > since:
            note(f"{batch.name}: {batch.claimed} sent, all over")


def _chosen(listed: list[Job], *, every: bool) -> list[Job]:
    since = time.time() - RECENT_S
    return [
        job
        for job in listed
        if every or job.exchange.running or not job.told or job.exchange.asked_at > since
    ]


def _session_name(store: Store, job: Job) -> str:
    session = store.load(job.session)
    return session.name if session is not None else ""


async def _watched(desk: JobDesk, output: Output, *, every: bool) -> int:
    """Until nothing runs, or Ctrl-C: on a terminal in place, in a pipe a line whenever a job has changed."""
    shown, looks, missed = "", 0, 0
    try:
        while True:
            listed, failed = await desk.refresh(desk.store.jobs.listed())
            jobs = _chosen(listed, every=every)
            running = [one for one in jobs if one.exchange.running and desk.here(one.exchange)]
            whole = as_rows(jobs, time.time(), columns_of(output))
            # What the window has no room for could not be replaced: it comes with the last look.
            text = _lowest(whole) if running and output.isatty() else whole
            if text != shown:
                looks = 0
                _replace(output, shown, text)
                shown = text
            for job in jobs:
                if not job.exchange.running:
                    desk.store.jobs.tell(job.exchange.id)
            if not running:
                return Exit.OK
            failed = [(job, error) for job, error in failed if desk.here(job.exchange)]
            looks, missed = looks + 1, missed + 1 if len(failed) == len(running) else 0
            pause_s = min(look_wait(looks, 0.5), 5.0)
            if missed:
                job, error = failed[0]
                since = time.time() - job.exchange.asked_at
                wait = follow_wait(error, missed, asked_s_ago=since, spread=0.5)
                if wait is None:
                    raise error
                pause_s = max(pause_s, wait.seconds)
            await asyncio.sleep(pause_s)
    except asyncio.CancelledError:
        return Exit.OK


def _lowest(text: str) -> str:
    """As many of the last rows as the window shows."""
    rows, most = text.splitlines(keepends=True), max(shutil.get_terminal_size().lines - 1, 2)
    if len(rows) <= most:
        return text
    return "".join((f"… {len(rows) - most + 1} rows more\n", *rows[1 - most :]))


def _replace(output: Output, shown: str, text: str) -> None:
    from azresp.ui.terminal import Terminal

    terminal = Terminal(output)
    if not terminal.caps.cursor:  # a pipe has none either
        old = set(shown.splitlines())
        output.write("".join(f"{row}\n" for row in text.splitlines() if row not in old))
        return
    up = f"\x1b[{shown.count(chr(10))}A\r" if shown else ""
    # Row by row: tmux takes a screen that is cleared from its first cell for one to be remembered.
    terminal.draw(up + text.replace("\n", "\x1b[K\n") + "\x1b[J")
