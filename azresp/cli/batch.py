"""`azresp run --batch`: many prompts as background jobs, each sent once, whatever happens in between."""

from __future__ import annotations

import asyncio
import shlex
import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from azresp.batching import Batch, Orders
from azresp.cli.answer_schema import AnswerSchema
from azresp.cli.batch_output import results_file
from azresp.cli.batch_rows import Progress, Results
from azresp.cli.clock import SystemClock
from azresp.cli.hearer import quiet
from azresp.cli.jobs_desk import job_desk
from azresp.cli.limits import demand_affordable
from azresp.cli.patience import until_done
from azresp.cli.report import note
from azresp.cli.streams import MAX_MESSAGE_CHARS, Output
from azresp.cli.toolset import Fixed, build_toolset
from azresp.core.batch import UNKNOWN, Line, batch_id, exchange_ids, read_lines
from azresp.core.compose import compose
from azresp.core.pictures import restore_pictures
from azresp.core.session import BATCH, Exchange, Session
from azresp.core.turn import Turn
from azresp.errors import Exit, LocalError, UsageError
from azresp.ports import Ports
from azresp.ui.screens import WaitScreen
from azresp.ui.stopping import Stopping

if TYPE_CHECKING:
    from azresp.cli.jobs_desk import JobDesk
    from azresp.core.sse import Wire

_TICK_S = 0.5


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
    lines = read_lines(_text(options.file), options.file, MAX_MESSAGE_CHARS)
    schema = AnswerSchema.read(options.schema) if options.schema else None
    warn = quiet if options.quiet else note
    with job_desk(flags, options.emulator, warn) as desk:
        if desk.store.path is None:
            raise UsageError("a batch needs a store that lasts", "Set AZRESP_STORE_FILE to a file.")
        if desk.reached.profile.store is False:
            raise UsageError(
                "background responses must be stored at the service, and store is off",
                "Switch store on for it (--store).",
            )
        return _Sitting(desk, options, lines, schema, warn).run()


def _text(file: str) -> str:
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).expanduser().read_bytes()
        return data.decode("utf-8-sig")
    except FileNotFoundError:
        raise UsageError(f"{file}: no such file", "Check the name.") from None
    except UnicodeDecodeError as error:
        row = error.object.count(b"\n", 0, error.start) + 1
        raise UsageError(f"{file}: line {row} is not UTF-8", "Convert the file. Nothing was sent.") from None
    except OSError as error:
        raise LocalError(f"{file}: {error.strerror}") from error


class _Sitting:
    """One run over a batch."""

    def __init__(
        self,
        desk: JobDesk,
        options: BatchOptions,
        lines: list[Line],
        schema: AnswerSchema | None,
        warn: Callable[[str], None],
    ) -> None:
        self._desk = desk
        self._options = options
        self._schema = schema
        self._warn = warn
        self._clock = SystemClock()
        profile = desk.reached.profile
        words, none = options.tools, options.no_tools
        tools = build_toolset(desk.loaded, desk.store.records, words, none=none, values=Fixed(profile))
        for remark in tools.remarks():
            warn(f"note: {remark}")
        self._headers = tools.headers()
        form = {"schema": schema.format} if schema is not None else {}
        asked = {**profile.request(), "deployment": profile.deployment, **tools.request(), **form}
        self._settings: Mapping[str, object] = asked | {"background": True}
        self._session = self._begun()
        ids = exchange_ids(self._session.id, lines)
        self._lines = dict(zip(ids, lines, strict=True))

    def run(self) -> int:
        """To the end, or until the user leaves."""
        if not self._options.yes:
            self._demand_affordable()
        with ExitStack() as stack:
            put: Callable[[str], object] = Output().write
            if self._options.output not in ("", "-"):
                put = stack.enter_context(results_file(Path(self._options.output).expanduser()))
            return until_done(self._run(put))

    def _demand_affordable(self) -> None:
        """Nothing is begun while a line that is still to be sent is above a limit."""
        alone, told = Session("", ""), self._warn
        for ident, line in self._lines.items():
            if self._desk.store.batches.find(ident) is None:
                settings = {**self._settings, **line.extra}
                loaded, what = self._desk.loaded, f"line {line.number}"
                demand_affordable(loaded.profile, loaded.prices, alone, line.said, settings, told, what)
                told = quiet

    def _begun(self) -> Session:
        """The session of the batch, new or begun by an earlier run."""
        file = self._options.file
        place = "-" if file == "-" else str(Path(file).expanduser().resolve())
        whole = compose(Session("", ""), (), self._settings)
        base = batch_id(place, self._desk.reached.gateway.origin, whole)
        ident = self._desk.store.batches.latest(base, again=self._options.again)
        known = self._desk.store.load(ident)
        # The exchanges of a batch do not follow each other: its session has no head.
        name = known.name if known is not None else self._desk.store.free_name(f"batch {Path(file).stem}")
        return Session(ident, name, settings={BATCH: place})

    def _exchange(self, ident: str) -> Exchange:
        line = self._lines[ident]
        model = str(line.extra.get("model") or self._settings["deployment"])
        origin = self._desk.reached.gateway.origin
        return Exchange(
            ident,
            None,
            line.said,
            Turn(),
            self._clock.now(),
            deployment=model,
            origin=origin,
            background=True,
        )

    def _body(self, exchange: Exchange) -> Wire:
        return compose(self._session, exchange.said, self._settings) | self._lines[exchange.id].extra

    def _whole(self, exchange: Exchange) -> Wire:
        whole = restore_pictures(exchange.turn.to_response(), self._desk.gallery.read)
        return whole | {"status": exchange.turn.status}

    async def _run(self, put: Callable[[str], object]) -> int:
        progress = Progress(len(self._lines), None if self._options.quiet else self._warn, self._clock)

        def write(text: str) -> None:
            progress.clear()
            put(text)

        wrong = self._schema.wrong if self._schema is not None else None
        results = Results(
            write, self._lines, whole=self._whole if self._options.as_json else None, wrong=wrong
        )
        batch = self._batch(lambda exchange: progress.known(results.put(exchange)), progress)
        ticking = asyncio.ensure_future(self._tick(batch, progress))
        task = asyncio.ensure_future(batch.run(map(self._exchange, self._lines)))
        with Stopping(task, "SIGINT", "SIGTERM", "SIGHUP") as stopping:
            await asyncio.wait({task})
        ticking.cancel()
        progress.clear()
        await self._desk.reached.gateway.close()
        if task.cancelled() or batch.left:
            note(f"left: {progress.line(batch.running)}; the same command goes on from here:")
            note(f"  azresp {shlex.join(sys.argv[1:])}")
            return Exit.RUNNING if stopping.number == signal.SIGINT else 128 + stopping.number
        if task.exception() is not None:
            self._warn(f"{progress.line(batch.running)}; the same command goes on from here")
        task.result()
        if unknown := progress.count(UNKNOWN):
            self._warn(f"the outcome of {unknown} is unknown: --resend-unknown sends them again")
        return results.status

    def _batch(self, done: Callable[[Exchange], None], progress: Progress) -> Batch:
        def tell(line: str) -> None:
            progress.clear()
            self._warn(line)

        desk, options = self._desk, self._options
        pictures = desk.gallery.turn(self._session)
        ports = Ports(desk.reached.gateway, WaitScreen(tell), desk.store, self._clock, pictures)
        deployment = str(self._settings["deployment"])
        orders = Orders(self._body, self._headers, options.parallel, options.resend_unknown, deployment)
        return Batch(ports, self._session, desk.store.batches, orders, done)

    async def _tick(self, batch: Batch, progress: Progress) -> None:
        await asyncio.sleep(0)
        progress.before = progress.done
        while True:
            progress.show(batch.running, batch.pause)
            await asyncio.sleep(_TICK_S)
