"""How a one-shot ends: its exit status, and what is said on stderr about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from azresp.cli.report import Debug, note, report
from azresp.core.asks import Ask, answered, asks
from azresp.core.turn import INTERRUPTED
from azresp.errors import Exit, LocalError, NetworkError, PipeClosed
from azresp.ui.endings import ending, next_step

if TYPE_CHECKING:
    from azresp.cli.hearer import Hearer
    from azresp.core.turn import Turn
    from azresp.ports import Outcome


def conclude(hearer: Hearer, outcome: Outcome, warn: Callable[[str], None]) -> int:
    """The exit status for an outcome, after telling what is wrong with it on stderr."""
    turn = outcome.exchange.turn
    schema, azure = hearer.schema, not hearer.reached.gateway.connection.loopback
    if outcome.exchange.running:
        return _runs_on(hearer, outcome)
    if outcome.error is not None:
        local = isinstance(outcome.error, LocalError | PipeClosed)
        if not isinstance(outcome.error, PipeClosed):
            report(outcome.error, Debug.asked())
            if isinstance(outcome.error, NetworkError) and not outcome.error.hint:
                note(f"  {_AFTER_A_BREAK if turn.text else _AFTER_SILENCE}")
        lost = outcome.exchange.background and turn.status == INTERRUPTED
        return Exit.UNFINISHED if (turn.text or lost) and not local else outcome.error.exit
    if hearer.differs:
        warn(
            "note: the final answer differs from what was streamed; `azresp run --json` and the session have it"
        )
    if waiting := asks(turn):
        return _waits(hearer, outcome, waiting)
    if schema is not None and turn.status == "completed" and (wrong := schema.wrong(turn.text)):
        note(f"azresp: the answer does not fit the schema: {wrong}")
        return Exit.API
    return _ended(turn, azure=azure)


_AFTER_A_BREAK = "What was heard is kept. Ask again: this exchange is not part of the conversation."
_AFTER_SILENCE = "It was sent once: the service may be answering, and bill it. Ask again if you want."


def _ended(turn: Turn, *, azure: bool) -> int:
    """The exit status for how a turn ended, with a line on stderr unless it is a plain success."""
    line = ending(turn)
    if line:
        note(f"azresp: {line}")
        if step := next_step(turn, azure=azure):
            note(f"  {step}")
    if turn.status == "completed":
        return Exit.API if turn.refusal and not turn.text else Exit.OK
    if turn.status == "cancelled":
        return Exit.CANCELLED
    return Exit.API if turn.status == "failed" else Exit.UNFINISHED


def _runs_on(hearer: Hearer, outcome: Outcome) -> int:
    """A background job that is left to itself: its id, and how to come back."""
    ident = outcome.exchange.turn.id
    launched = hearer.lasting == "launch" and outcome.error is None
    if launched and hearer.shape == "text":
        hearer.output.write(f"{ident}\n")
    if outcome.error is not None:
        report(outcome.error, Debug.asked())
    if not hearer.quiet or not launched:
        note(f"the job runs on at the service: azresp jobs attach {ident}")
    if launched:
        return Exit.OK
    return outcome.error.exit if outcome.error is not None else Exit.RUNNING


def _waits(hearer: Hearer, outcome: Outcome, waiting: tuple[Ask, ...]) -> int:
    """Calls that nobody allowed, or answers that are too much to be sent: kept, for somebody who can."""
    import shlex

    kept = {answered(wire) for wire in hearer.store.records.kept_answers(outcome.exchange.id)}
    for ask in waiting:
        how = "answered, not sent" if ask.id in kept else "not answered"
        note(f"azresp: {how}: {ask.tool} {ask.arguments}")
    name = shlex.quote(outcome.session.name)
    note(
        f"  `azresp approve {name}` or `azresp chat --resume {name}` asks; --approve allow:TOOL answers beforehand."
    )
    return Exit.APPROVAL
