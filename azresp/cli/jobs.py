"""`azresp jobs`: background jobs: list, look, come back, wait, cancel, forget."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import typer

from azresp.cli.completion import job_ids
from azresp.cli.flags import setting_flags
from azresp.cli.lean import LeanTyper
from azresp.cli.options import EmulatorOption, YesOption

jobs_app = LeanTyper(
    help="Background jobs: list, show, attach, wait for, cancel and forget them.", no_args_is_help=True
)

Id = Annotated[
    str,
    typer.Argument(
        help="Number in the list, response id or its beginning, or last",
        metavar="JOB",
        autocompletion=job_ids,
    ),
]
Ids = Annotated[
    list[str],
    typer.Argument(
        help="Numbers in the list, response ids or their beginnings, last",
        metavar="JOB...",
        autocompletion=job_ids,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON")]


@jobs_app.command("list")
@setting_flags("connection", "network")
def list_all(
    *,
    flags: Mapping[str, object],
    every: Annotated[bool, typer.Option("--all", "-a", help="Also those that ended over a day ago")] = False,
    as_json: JsonOption = False,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Stay, and follow what changes")] = False,
    offline: Annotated[bool, typer.Option("--offline", help="As last seen; ask nobody")] = False,
    emulator: EmulatorOption = "auto",
) -> None:
    """List jobs: number, state, age, model, tokens, the prompt's first line. Running ones are looked at first."""
    from azresp.cli.jobs_list import list_jobs

    raise typer.Exit(list_jobs(flags, emulator, every=every, as_json=as_json, watch=watch, offline=offline))


@jobs_app.command("show")
@setting_flags("connection", "network")
def show(
    job: Id, *, flags: Mapping[str, object], as_json: JsonOption = False, emulator: EmulatorOption = "auto"
) -> None:
    """Show how a job stands and what it said so far, without waiting for more."""
    from azresp.cli.jobs_work import show_job

    raise typer.Exit(show_job(job, flags, emulator, as_json=as_json))


@jobs_app.command("attach")
@setting_flags()
def attach(
    job: Id,
    *,
    flags: Mapping[str, object],
    as_json: Annotated[bool, typer.Option("--json", help="Print the final response object")] = False,
    events: Annotated[bool, typer.Option("--events", help="Print the raw events as JSON Lines")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No notes on stderr, errors only")] = False,
    emulator: EmulatorOption = "auto",
) -> None:
    """Come back to a job: what it said so far, then what it says now. Ctrl-C leaves it, and it runs on.

    A response id that was started on another machine (resp_…) is picked up as well.
    """
    from azresp.cli.jobs_work import attach_job

    raise typer.Exit(
        attach_job(
            job,
            flags,
            emulator,
            as_json=as_json,
            events=events,
            quiet=quiet,
        )
    )


@jobs_app.command("wait")
@setting_flags("connection", "network", "screen")
def wait(
    jobs: Ids,
    *,
    flags: Mapping[str, object],
    first: Annotated[bool, typer.Option("--any", help="Until one of them is over")] = False,
    every: Annotated[bool, typer.Option("--all", help="Until all of them are over (the default)")] = False,
    timeout: Annotated[
        float, typer.Option("--timeout", min=0, help="Seconds to wait at most; 0 is for ever")
    ] = 0.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON object per job")] = False,
    emulator: EmulatorOption = "auto",
) -> None:
    """Wait until jobs are over, and print a line for each: id and status. One small loop looks at all of them."""
    from azresp.cli.jobs_wait import wait_for
    from azresp.errors import UsageError

    if first and every:
        raise UsageError("--any and --all exclude each other", "Choose one.")
    raise typer.Exit(
        wait_for(
            jobs,
            flags,
            emulator,
            first=first,
            timeout_s=timeout,
            as_json=as_json,
        )
    )


@jobs_app.command("cancel")
@setting_flags("connection", "network")
def cancel(jobs: Ids, *, flags: Mapping[str, object], emulator: EmulatorOption = "auto") -> None:
    """Cancel jobs at the service. One that is over already only tells how it ended."""
    from azresp.cli.jobs_work import cancel_jobs

    raise typer.Exit(cancel_jobs(jobs, flags, emulator))


@jobs_app.command("forget")
def forget(
    jobs: Ids,
    force: Annotated[bool, typer.Option("--force", help="Also those that still run")] = False,
    emulator: EmulatorOption = "auto",
) -> None:
    """Take jobs off the list. Their answers stay in their sessions and at the service."""
    from azresp.cli.jobs_work import forget_jobs

    raise typer.Exit(forget_jobs(jobs, emulator, force=force))


@jobs_app.command("prune")
def prune(
    older: Annotated[str, typer.Option("--older-than", help="Age: 12h, 7d, 4w", metavar="AGE")] = "7d",
    yes: YesOption = False,
    emulator: EmulatorOption = "auto",
) -> None:
    """Take all jobs off the list that were started longer ago and are over."""
    from azresp.cli.jobs_work import prune_jobs

    raise typer.Exit(prune_jobs(older, emulator, yes=yes))
