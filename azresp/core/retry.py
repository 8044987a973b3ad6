"""When a failed request goes again (rule R9): if the model surely did not see it, or if asking twice is harmless."""

from __future__ import annotations

from dataclasses import dataclass

from azresp.errors import AzrespError, NetworkError, ServiceError

LONGEST_WAIT_S = 120.0
"""A longer wait is for the user to decide."""
SETTLING_S = 35.0
"""A streamed response may be unknown to the service for seconds after it ended; worst seen 32.7 s (facts.md 6)."""
_RATE_LIMIT_TRIES = 6
_SAFE_TRIES = 4
_CONNECT_TRIES = 3
_TRANSIENT = frozenset({408, 409, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Wait:
    """How long to wait before the next try, and why."""

    why: str
    seconds: float
    attempt: int
    """the try that follows, from 2"""
    of: int


def next_wait(error: AzrespError, tried: int, *, safe: bool, settling: bool, spread: float) -> Wait | None:
    """The wait before the next try after `tried` failed ones; None if it should not go again.

    `safe`: asking twice does no harm (GET, DELETE). `settling`: the request builds on a response that ended moments
    ago. `spread`: jitter from 0 to 1.
    """
    match error:
        case ServiceError(code="previous_response_not_found") if settling:
            return _settle_wait(tried)
        case ServiceError(status=404) if settling and safe:
            return _settle_wait(tried)
        case ServiceError(should_retry=False) | ServiceError(code="insufficient_quota"):
            # A spent budget is also a 429, but no wait fills it.
            return None
        case ServiceError(status=429):
            told = error.retry_after_s if error.retry_after_s is not None else min(2.0**tried, 30.0)
            return _within("rate limit", told, tried, _RATE_LIMIT_TRIES)
        case ServiceError(status=status) if status in _TRANSIENT and (safe or error.should_retry):
            told = error.retry_after_s if error.retry_after_s is not None else _backoff(tried, spread)
            return _within(f"HTTP {status}", told, tried, _SAFE_TRIES)
        case NetworkError(lasting=True):
            return None
        case NetworkError() if not error.reached:
            return _within("no connection", _backoff(tried, spread) / 2, tried, _CONNECT_TRIES)
        case NetworkError() if safe:
            return _within("connection lost", _backoff(tried, spread), tried, _SAFE_TRIES)
    return None


def _within(why: str, seconds: float, tried: int, of: int) -> Wait | None:
    if tried >= of or seconds > LONGEST_WAIT_S:
        return None
    return Wait(why, seconds, tried + 1, of)


def _backoff(tried: int, spread: float) -> float:
    return 0.5 * 2.0 ** (tried - 1) * (1.0 + 0.5 * spread)


_SETTLE_STEPS_S = (0.5, 1.0, 2.0, 4.0, 6.0, 8.0, 8.0, 5.5)


def _settle_wait(tried: int) -> Wait | None:
    if tried > len(_SETTLE_STEPS_S):
        return None
    return Wait("the service is still storing the last answer", _SETTLE_STEPS_S[tried - 1], tried + 1, 9)
