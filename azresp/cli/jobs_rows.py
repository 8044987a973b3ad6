"""Background jobs as rows and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azresp.core.asks import asks
from azresp.core.text import first_line
from azresp.core.turn import INTERRUPTED
from azresp.errors import Exit
from azresp.ui.cells import fit, width
from azresp.ui.sink import clean_line
from azresp.ui.usage import usage_of

if TYPE_CHECKING:
    from azresp.cli.formats import JobRow
    from azresp.core.session import Exchange
    from azresp.core.turn import Turn
    from azresp.store.jobs import Job

NARROW = 60
"""Columns below which the question gets a line of its own."""
WIDE = 140
"""Columns from which on the response id fits beside it."""


def state(exchange: Exchange) -> str:
    """How a job stands, in one word: the service's, `asks` where it waits for the user, `lost` where nobody has it."""
    turn = exchange.turn
    if turn.finished and asks(turn):
        return "asks"
    return _status(turn)


def _status(turn: Turn) -> str:
    return "lost" if turn.status in ("", INTERRUPTED) else turn.status


def status_of(exchange: Exchange) -> int:
    """The exit status for how a job stands."""
    match state(exchange):
        case "completed":
            return Exit.API if exchange.turn.refusal and not exchange.turn.text else Exit.OK
        case "asks":
            return Exit.APPROVAL
        case "cancelled":
            return Exit.CANCELLED
        case "incomplete" | "lost":
            return Exit.UNFINISHED
        case "failed":
            return Exit.API
    return Exit.RUNNING


def as_dict(job: Job, session: str) -> JobRow:
    """A job for programs."""
    exchange = job.exchange
    turn = exchange.turn
    return {
        "number": job.number,
        "id": turn.id,
        "status": _status(turn),
        "waits_for_answer": bool(asks(turn)),
        "session": session,
        "model": exchange.deployment,
        "endpoint": exchange.origin,
        "asked_at": exchange.asked_at,
        "usage": turn.response.get("usage"),
        "prompt": exchange.question,
    }


def as_rows(jobs: list[Job], now: float, columns: int) -> str:
    """Lines of at most `columns` cells."""
    from azresp.cli.session_list import age

    facts = [
        (
            str(job.number),
            state(job.exchange),
            age(now - job.exchange.asked_at),
            clean_line(job.exchange.deployment),
            _tokens(job.exchange),
        )
        for job in jobs
    ]
    widths = [max((width(one[at]) for one in facts), default=0) for at in range(5)]
    rows: list[str] = []
    for job, (number, *told, tokens) in zip(jobs, facts, strict=True):
        cells = [f"{number:>{widths[0]}}", *map(_left, told, widths[1:4]), f"{tokens:>{widths[4]}}"]
        question = clean_line(first_line(job.exchange.question))
        if columns < NARROW:
            rows += [fit("  ".join(cells), columns), fit(f"   {question}".rstrip(), columns)]
            continue
        ident = f"{job.exchange.turn.id}  " if columns >= WIDE else ""
        rows.append(fit(f"{'  '.join(cells)}  {ident}{question}".rstrip(), columns))
    return "".join(f"{row}\n" for row in rows)


def _tokens(exchange: Exchange) -> str:
    usage = usage_of(exchange)
    return f"{usage.total:,}" if usage is not None else "-"


def _left(text: str, columns: int) -> str:
    return text + " " * (columns - width(text))
