"""Coming back to a background response: where its stream goes on, and how long to wait before."""

from __future__ import annotations

from azresp.core.events import TERMINAL, Failed, Snapshot, read
from azresp.core.retry import SETTLING_S, Wait, next_wait
from azresp.core.sse import Wire
from azresp.core.turn import Turn
from azresp.errors import AzrespError, NetworkError, ServiceError, SignInError

LONGEST_LOOK_S = 20.0
_LONGEST_BACKOFF_S = 30.0
_TRIES = 20
"""Some eight minutes without a word from the service; a machine that sleeps does not count them."""


def heard_before(wire: Wire, turn: Turn) -> bool:
    """Whether an event of a resumed stream was heard already: it is shown and counted once."""
    event = read(wire)
    match event:
        case Failed():
            return False
        case Snapshot(_, response) if response.get("status") in TERMINAL:
            return False
    return event.seq is not None and event.seq <= turn.cursor


def unheard(turn: Turn) -> Turn:
    """The turn that its stream can be folded into: one that is known from a look only is heard from the beginning."""
    status = "in_progress" if turn.status not in ("queued", "in_progress") else turn.status
    if turn.over:
        return turn
    items = turn.items if turn.cursor >= 0 else ()
    return Turn(turn.id, status, items, turn.cursor, turn.response)


def look_wait(looks: int, spread: float) -> float:
    """Seconds before the next look at a response that still runs: growing, and no two clients in step."""
    return float(min(1.5 * 1.4 ** (looks - 1), LONGEST_LOOK_S) * (0.8 + 0.4 * spread))


def follow_wait(error: AzrespError, lost: int, *, asked_s_ago: float, spread: float) -> Wait | None:
    """The wait after `lost` failures in a row to hear a running response; None if going on is of no use.

    Asking again costs nothing and starts nothing, so patience is long; a response that was asked for only moments
    ago may not be known to every part of the service yet.
    """
    match error:
        case SignInError():
            return None
        case ServiceError(status=404):
            settling = 0 <= asked_s_ago < SETTLING_S
            return next_wait(error, lost, safe=True, settling=True, spread=spread) if settling else None
        case ServiceError() if next_wait(error, 1, safe=True, settling=False, spread=spread) is None:
            return None
        case ServiceError(retry_after_s=float(told)):
            seconds = told
        case ServiceError() | NetworkError():
            seconds = min(0.5 * 2.0 ** min(lost - 1, 10), _LONGEST_BACKOFF_S) * (1.0 + 0.5 * spread)
        case _:
            return None
    why = f"HTTP {error.status}" if isinstance(error, ServiceError) else "connection lost"
    return Wait(why, seconds, lost + 1, 0) if lost < _TRIES else None
