"""Tokens of all exchanges, summed. The columns are filled when an exchange ends; older rows when first asked for."""

from __future__ import annotations

from collections.abc import Mapping

from azresp.core.keep import load_turn
from azresp.core.turn import Turn
from azresp.core.usage import Spent, Usage, usage_in
from azresp.store.database import Database
from azresp.store.rows import read_object

COUNTED, RUNS = 1, 2
"""The column `counted` once a row was looked at: a background job has no tokens before it is over."""

COUNT = (
    "update exchanges set counted = ?, model = ?, input_tokens = ?, cached_tokens = ?, output_tokens = ?, "
    "reasoning_tokens = ? where id = ?"
)
"""Takes the values of `counts_of`."""

_AT_ONCE = 500
"""Older rows that are read and written in one go."""

_UNCOUNTED = (
    "select id, turn from exchanges indexed by exchanges_tokens where sealed = 1 and counted = 0 limit ?"
)

_WHEN = "strftime('%Y-%m-%d %H:%M', e.asked_at, 'unixepoch', 'localtime')"
_WHAT = "coalesce(nullif(substr(ltrim(e.question, char(10) || ' '), 1, 200), ''), '(no question)')"
_KEYS: Mapping[str, tuple[str, str]] = {
    # what a row of the sum stands for: its key, and what it is called
    "total": ("''", "''"),
    "day": (_day := "date(e.asked_at, 'unixepoch', 'localtime')", _day),
    "model": ("e.deployment", "e.deployment"),
    "session": ("e.session", "coalesce((select name from sessions s where s.id = e.session), '(removed)')"),
    "turn": ("e.n", f"{_WHEN} || '  ' || {_WHAT}"),
}
"""By what `Spending.sums` can sum."""

_COLUMNS = ("input_tokens", "cached_tokens", "output_tokens", "reasoning_tokens")
# `indexed by`: the index holds all that sums need, while a row's own end lies behind the text of its answer.
_SUMS = (
    "select {key}, {label}, e.deployment, e.model, count(*), count(*) - count(e.input_tokens), {sums} "
    "from exchanges e {indexed} where e.sealed = 1 and e.counted = {done} and e.asked_at >= ? "
    "and (? = '' or e.session = ?) group by {key}, e.deployment, e.model order by {order}"
)


def counts_of(turn: Turn, exchange_id: str) -> tuple[object, ...]:
    """The values of COUNT for an exchange with this turn."""
    usage, model = usage_in(turn.response), turn.response.get("model")
    counted = RUNS if turn.status in ("queued", "in_progress") else COUNTED
    tokens = (None,) * 4 if usage is None else (usage.input, usage.cached, usage.output, usage.reasoning)
    return (counted, model[:200] if isinstance(model, str) else "", *tokens, exchange_id)


class Spending:
    """What was asked from this machine, on all branches; running exchanges are left out. Raises LocalError."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def sums(self, by: str, since: float = 0.0, session_id: str = "") -> list[Spent]:
        """Sums by `total`, `day`, `model`, `session` (the largest first) or `turn`; those of a key stand together.

        `since` is in seconds since the epoch; days are this machine's. With `session_id`, what was asked in it.
        """
        self._count_older()
        key, label = _KEYS[by]
        asking = _SUMS.format(
            done=COUNTED,
            key=key,
            label=label,
            sums=", ".join(f"coalesce(sum(e.{column}), 0)" for column in _COLUMNS),
            indexed="" if by == "turn" else "indexed by exchanges_tokens",
            order=key,
        )
        found = [_spent(row) for row in self._db.rows(asking, (since, session_id, session_id))]
        return _largest_first(found) if by in ("model", "session") else found

    def _count_older(self) -> None:
        """Fill the columns of exchanges that an azresp without them wrote."""
        while self._db.row(_UNCOUNTED, (1,)) is not None:
            with self._db.writing():
                for ident, turn in self._db.rows(_UNCOUNTED, (_AT_ONCE,)):
                    self._db.run(COUNT, counts_of(load_turn(read_object(turn)), ident))


def _spent(row: tuple[object, ...]) -> Spent:
    key, label, deployment, model, requests, unknown, *tokens = row
    counts = [one if isinstance(one, int) else 0 for one in (requests, unknown, *tokens)]
    return Spent(str(key), str(label), str(deployment), str(model), counts[0], counts[1], Usage(*counts[2:]))


def _largest_first(found: list[Spent]) -> list[Spent]:
    totals: dict[str, int] = {}
    for one in found:
        totals[one.key] = totals.get(one.key, 0) + one.usage.total
    return sorted(found, key=lambda one: (-totals[one.key], one.key))
