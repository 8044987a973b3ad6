"""`azresp approve`: answer what a run or a chat left open, in another process."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from azresp.cli.conclusion import conclude
from azresp.cli.connect import reach
from azresp.cli.gallery import gallery_of
from azresp.cli.hearer import Hearer, Shape
from azresp.cli.report import note
from azresp.cli.storing import open_store, tell_trouble
from azresp.cli.streams import Output
from azresp.cli.toolset import Fixed, build_toolset
from azresp.cli.unattended import Unattended
from azresp.config.load import load
from azresp.core.approval import Decision, Policy, Question, Verdict
from azresp.core.asks import asks
from azresp.errors import AzrespError, Exit, UsageError
from azresp.ui.commands.sessions import age
from azresp.ui.terminal import Terminal

if TYPE_CHECKING:
    from azresp.cli.formats import AskRow
    from azresp.cli.hearer import Asking
    from azresp.core.session import Exchange, Session
    from azresp.store.store import Store


class _NobodyToAsk(AzrespError):
    """An approval needs somebody at a terminal."""

    exit = Exit.APPROVAL


@dataclass(frozen=True, slots=True)
class ApproveOptions:
    """What `azresp approve` was asked for."""

    name: str
    listed: bool
    yes: bool
    no: bool
    reason: str
    as_json: bool
    emulator: str


def approve_waiting(options: ApproveOptions, flags: Mapping[str, object]) -> int:
    """Answer one session's asks, or list all that wait; gives the exit status."""
    if options.yes and options.no:
        raise UsageError("--yes and --no exclude each other", "Choose one.")
    loaded = load(flags)
    reached = reach(loaded.profile, options.emulator)
    store = open_store(emulated=reached.emulated, warn=note)
    try:
        waiting = [(ident, one) for ident, one in store.recent_heads() if asks(one.turn)]
        if options.listed:
            _list(store, waiting, as_json=options.as_json)
            return Exit.OK
        session = _chosen(store, waiting, options.name)
        if session.settings:
            from azresp.cli.session_settings import in_session

            reached = in_session(reached, loaded, session)
        tools = build_toolset(loaded, store.records, session=session, values=Fixed(reached.profile))
        output = Output()
        shape: Shape = "json" if options.as_json else "text"
        gallery = gallery_of(reached.profile, store.path)
        desk = _desk(options, output)
        hearer = Hearer(reached, store, output, shape, tools, gallery, desk, Policy(), prices=loaded.prices)
        outcome, killed = hearer.answer(session)
        return killed or conclude(hearer, outcome, note)
    finally:
        store.close()
        tell_trouble(store, note)
        reached.stop()


def _chosen(store: Store, waiting: list[tuple[str, Exchange]], name: str) -> Session:
    if not waiting:
        raise UsageError("nothing waits for an answer", "`azresp sessions list` shows what there is.")
    if not name:
        found = store.load(waiting[0][0])
    else:
        by_ask = [ident for ident, one in waiting if any(ask.id == name for ask in asks(one.turn))]
        found = store.load(by_ask[0]) if by_ask else store.find(name)
    if found is None:
        raise UsageError(f"nothing is called {name!r}", "`azresp approve --list` shows what waits.")
    if found.last is None or not asks(found.last.turn):
        raise UsageError(f"{found.name} waits for no answer", "`azresp approve --list` shows what does.")
    return found


def _list(store: Store, waiting: list[tuple[str, Exchange]], *, as_json: bool) -> None:
    rows: list[AskRow] = [
        {
            "session": session.name if (session := store.load(ident)) is not None else ident,
            "response_id": exchange.turn.id,
            "id": ask.id,
            "tool": ask.tool,
            "arguments": ask.arguments,
            "asked_at": exchange.asked_at,
        }
        for ident, exchange in waiting
        for ask in asks(exchange.turn)
    ]
    output = Output()
    if as_json:
        output.write_json(rows)
        return
    for row in rows:
        when = age(time.time() - row["asked_at"])
        Terminal(output).pairs([(row["session"], f"{when} · {row['tool']} {row['arguments']} · {row['id']}")])
    if not rows:
        note("nothing waits for an answer")


def _desk(options: ApproveOptions, output: Output) -> Asking:
    if options.yes or options.no:
        return _Answered(options)
    if not (sys.stdin.isatty() and output.isatty()):
        raise _NobodyToAsk(
            "there is no terminal to ask on",
            "Use --yes or --no, or run it in a terminal; --list shows what waits.",
        )
    from azresp.cli.talking import editor_of
    from azresp.ui.desk import ScreenDesk

    terminal = Terminal(output)
    return ScreenDesk(terminal, editor_of(terminal, None))


class _Answered(Unattended):
    """The same answer to everything, given on the command line; what follows it asks again."""

    def __init__(self, options: ApproveOptions) -> None:
        super().__init__(note)
        self._options = options
        self._round = True

    async def decide(self, question: Question) -> Decision:
        """Yes or no, as the flag says."""
        if not self._round:
            return Decision(Verdict.LATER, "nobody")
        self._round = question.number < question.of
        if self._options.yes:
            return Decision(Verdict.ONCE, "azresp approve --yes")
        return Decision(Verdict.NO, "azresp approve --no", self._options.reason)
