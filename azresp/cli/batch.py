"""`azresp run --batch`: many prompts as background jobs, each sent once, whatever happens in between."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from azresp.cli.answer_schema import AnswerSchema
from azresp.cli.batch_rows import Progress, Results
from azresp.cli.batch_work import Batch
from azresp.cli.hearer import quiet
from azresp.cli.jobs_desk import job_desk
from azresp.cli.limits import demand_affordable
from azresp.cli.patience import until_done
from azresp.cli.report import note
from azresp.cli.streams import Output, read_file, read_stdin
from azresp.cli.toolset import Fixed, build_toolset
from azresp.core.batch import BadLine, Line, batch_id, read_lines
from azresp.core.session import BATCH, Session
from azresp.errors import Exit, UsageError
from azresp.ui.stopping import Stopping

if TYPE_CHECKING:
    from azresp.cli.jobs_desk import JobDesk


@dataclass(frozen=True, slots=True)
class BatchOptions:
    """What `azresp run --batch` was asked for, settings apart."""

    file: str
    parallel: int = 8
    again: bool = False
    resend_unknown: bool = False
    output: str = ""
    as_json: bool = False
    quiet: bool = False
    yes: bool = False
    schema: Path | None = None
    tools: tuple[str, ...] = ()
    no_tools: bool = False
    emulator: str = "never"


def run_batch(options: BatchOptions, flags: Mapping[str, object]) -> int:
    """Ask every line once and print the results in order; give the exit status."""
    lines = _lines(options.file)
    schema = AnswerSchema.read(options.schema) if options.schema else None
    warn = quiet if options.quiet else note
    with job_desk(flags, options.emulator, warn) as desk:
        if desk.store.path is None:
            raise UsageError("a batch needs a store that lasts", "Set AZRESP_STORE_FILE to a file.")
        settings = _settings(desk, options) | ({"schema": schema.format} if schema is not None else {})
        session = _session(desk, options.file, settings)
        batch = Batch(desk, session, settings, desk_headers(desk, options), options.parallel)
        if options.again:
            batch.start_anew()
        batch.take_stock(lines, resend_unknown=options.resend_unknown)
        if not options.yes:
            _demand_affordable(desk, batch.unsent(lines), settings, warn)
        return until_done(_run(options, batch, lines, warn))


def _demand_affordable(
    desk: JobDesk, lines: list[Line], settings: Mapping[str, object], warn: Callable[[str], None]
) -> None:
    alone = Session("", "")
    for at, line in enumerate(lines):
        demand_affordable(
            desk.loaded,
            alone,
            line.said,
            {**settings, **line.settings},
            quiet if at else warn,
            f"line {line.number}",
        )


def _lines(file: str) -> list[Line]:
    text, _ = read_stdin(typed=True) if file == "-" else read_file(Path(file).expanduser())
    try:
        lines = read_lines(text)
    except BadLine as why:
        raise UsageError(
            f"{file}: {why}",
            'A line is a JSON string, or an object like {"prompt": "…", "id": "a1"}. Nothing was sent.',
        ) from None
    if not lines:
        raise UsageError(f"{file} holds no prompt", 'Each line is one: "a JSON string" or {"prompt": "…"}.')
    return lines


def _settings(desk: JobDesk, options: BatchOptions) -> dict[str, object]:
    profile = desk.reached.profile
    tools = build_toolset(
        desk.loaded, desk.store.records, options.tools, none=options.no_tools, values=Fixed(profile)
    )
    return {
        **profile.request(),
        "deployment": profile.deployment,
        **tools.request(),
        "background": True,
    }


def desk_headers(desk: JobDesk, options: BatchOptions) -> Mapping[str, str]:
    """The headers that the tools of a batch need."""
    tools = build_toolset(
        desk.loaded,
        desk.store.records,
        options.tools,
        none=options.no_tools,
        values=Fixed(desk.reached.profile),
    )
    return tools.headers()


def _session(desk: JobDesk, file: str, settings: Mapping[str, object]) -> Session:
    place = "-" if file == "-" else str(Path(file).expanduser().resolve())
    ident = batch_id(place, desk.reached.gateway.origin, settings)
    return desk.store.load(ident) or Session(
        ident, desk.store.free_name(f"batch {Path(file).stem}"), settings={BATCH: place}
    )


async def _run(options: BatchOptions, batch: Batch, lines: list[Line], warn: Callable[[str], None]) -> int:
    with ExitStack() as stack:
        results = Results(_opened(options.output, stack), lines, whole=options.as_json)
        progress = Progress(len(lines), warn, batch.clock)
        task = asyncio.ensure_future(batch.run(lines, results, progress))
        with Stopping(task, "SIGINT", "SIGTERM", "SIGHUP") as stopping:
            await asyncio.wait({task})
        progress.end()
    await batch.close()
    if task.cancelled():
        note(f"left: {progress.line()} · the same command goes on from here")
        return Exit.RUNNING if stopping.number == signal.SIGINT else 128 + stopping.number
    task.result()
    if batch.unknown:
        warn(f"{batch.unknown} with unknown outcome: --resend-unknown sends them again")
    return results.status


def _opened(output: str, stack: ExitStack) -> Callable[[str], object]:
    if not output or output == "-":
        return Output().write
    try:
        return stack.enter_context(Path(output).expanduser().open("w", encoding="utf-8")).write
    except OSError as error:
        raise UsageError(f"{output}: {error.strerror}", "Name a file that can be written.") from None
