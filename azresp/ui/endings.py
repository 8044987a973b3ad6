"""How a turn ended, in one line, where it is not a plain success."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azresp.core.remedies import shared_remedy
from azresp.core.turn import INTERRUPTED, Turn
from azresp.errors import Exit

if TYPE_CHECKING:
    from azresp.ports import Outcome

_REASONS = {
    "max_output_tokens": "cut off at max_output_tokens",
    "content_filter": "cut off by the content filter",
}

_LIMITS = ("rate_limit_exceeded", "too_many_requests", "429")
"""Codes of a stream that begins with status 200 and then fails because of the quota."""


def ending(turn: Turn) -> str:
    """A line about an end that is not a plain success; empty for one. Holds foreign text."""
    fault = turn.fault
    match turn.status:
        case "completed":
            return "the model refused" if turn.refusal and not turn.text else ""
        case "incomplete":
            reason = turn.incomplete_reason
            return f"not finished: {_REASONS.get(reason, reason or 'no reason given')}"
        case "failed":
            if fault is None or not (fault.message or fault.code):
                return "failed, and the service gave no reason"
            code = f" ({fault.code})" if fault.code else ""
            did = "failed" if turn.id else "refused"
            return f"{did}: {fault.message or fault.code}{code if fault.message else ''}"
        case "cancelled":
            return "cancelled at the service"
        case s if s == INTERRUPTED:
            if fault is not None:
                return f"{'lost' if turn.id else 'no answer'}: {fault.message}"
            return "the answer broke off before its end"
    return ""


def _limited(turn: Turn) -> bool:
    fault = turn.fault
    return fault is not None and (fault.code in _LIMITS or "rate limit" in fault.message.lower())


def next_step(turn: Turn, *, azure: bool = True) -> str:
    """What to do after an end that is not a plain success; empty for one. `azure`: not a server on this machine."""
    fault = turn.fault
    if turn.status == "failed" and fault and (step := shared_remedy(fault.code, fault.message)):
        return step
    match turn.status:
        case "incomplete" if turn.incomplete_reason == "max_output_tokens":
            return "Raise max_output_tokens, or ask it to go on: the conversation goes on from here."
        case "incomplete":
            return "Say it in other words."
        case "failed" if _limited(turn):
            return "Wait a little and ask again" + (
                ", or raise the deployment's quota (tokens per minute) in the Azure portal." if azure else "."
            )
        case "failed":
            report = f"; if it stays, report {turn.id} to Azure support" if turn.id and azure else ""
            return f"Ask again{report}."
        case "cancelled" | "interrupted":
            return "Ask again: this exchange is not part of the conversation."
    return ""


def status_of(outcome: Outcome) -> int:
    """How a question ended, as the exit status that a command would have."""
    if outcome.stopped:
        return 130
    if outcome.error is not None:
        return int(outcome.error.exit)
    match outcome.exchange.turn.status:
        case "incomplete" | "interrupted":
            return int(Exit.UNFINISHED)
        case "failed":
            return int(Exit.API)
        case "cancelled":
            return int(Exit.CANCELLED)
    return int(Exit.OK)
