"""What the model has before it, as rows: the service's counts as they are, estimates with `~`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from azresp.core.context import KINDS, Shares, Size, exchange_tokens
from azresp.core.session import Exchange
from azresp.ui.cells import width
from azresp.ui.spending import bar

_MOST_BAR = 40


def size_told(found: Size, source: str) -> str:
    """The whole, with who says so."""
    return f"{found.tokens:,} tokens, {source}" if found.counted else f"~{found.tokens:,} tokens, estimated"


def window_bar(found: Size, window: int, columns: int) -> str:
    """One line: how much of the model's window is taken; without any columns there is no bar in it."""
    mark = "" if found.counted else "~"
    text = f"  {mark}{round(found.tokens / window * 100)} % of {window:,}"
    if not columns:
        return text.strip()
    room = max(min(columns - width(text), _MOST_BAR), 4)
    drawn = bar(min(found.tokens, window), window, room)
    return f"{drawn}{'·' * (room - width(drawn))}{text}"


def share_rows(found: Shares, whole: Size, columns: int) -> Iterator[tuple[str, str]]:
    """A row for each kind that is there, all of them estimates; what they don't explain of the whole comes last.

    Only the reasoning of the last turn is the service's own count.
    """
    shown = [(kind, found[kind]) for kind in KINDS if found[kind].count]
    explained = sum(share.tokens for _, share in shown)
    most = max((share.tokens for _, share in shown), default=0)
    digits = len(f"{max(most, whole.tokens):,}") + 1
    room = min(columns - digits - 22, 24)
    for kind, share in shown:
        name = kind if kind == "instructions" else f"{kind} ({share.count})"
        drawn = f"  {bar(share.tokens, whole.tokens, room)}" if room >= 6 else ""
        yield name, f"{_estimate(share.tokens, share.unknown, share.count):>{digits}}{drawn}".rstrip()
    if whole.reasoning:
        yield "reasoning", f"{whole.reasoning:>{digits},}  counted"
    rest = whole.tokens - whole.reasoning - explained
    if whole.counted and rest > 0 and shown:
        yield "other", f"{f'~{rest:,}':>{digits}}"


def _estimate(tokens: int, unknown: int, count: int) -> str:
    if unknown == count:
        return "?"
    return f"~{tokens:,}{' + ?' if unknown else ''}"


def largest(path: Sequence[Exchange]) -> tuple[int, int] | None:
    """The number of the turn that adds most, and its tokens, estimated; None where there is no choice."""
    if len(path) < 2:
        return None
    tokens = [exchange_tokens(one) for one in path]
    most = max(tokens)
    return tokens.index(most) + 1, most
