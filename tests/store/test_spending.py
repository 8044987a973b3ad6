"""Sums over the store: of all branches, by anything, and of rows that an older azresp wrote."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from azresp.core.session import Session, settle, undo
from azresp.core.sse import Wire
from azresp.core.turn import Turn
from azresp.core.usage import Spent, Usage, tallies
from azresp.store.schema import VERSION
from azresp.store.store import Store
from tests.store.talk import asked, stop

DAY = 86_400.0


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "store.db")
    yield opened
    opened.close()


def _usage(given: int, cached: int, made: int, thought: int) -> Wire:
    return {
        "input_tokens": given,
        "input_tokens_details": {"cached_tokens": cached},
        "output_tokens": made,
        "output_tokens_details": {"reasoning_tokens": thought},
    }


def _say(
    store: Store,
    session: Session,
    ident: str,
    usage: Wire | None,
    *,
    day: int = 1,
    deployment: str = "gpt",
    status: str = "completed",
) -> Session:
    exchange = replace(
        asked(ident, session.head, f"question\n{ident}"), asked_at=day * DAY + 43_200, deployment=deployment
    )
    store.begin(session, exchange)
    response = {"id": f"resp_{ident}", "model": f"{deployment}-2025-08-07", "usage": usage}
    done = replace(exchange, turn=Turn(f"resp_{ident}", status, response=response))
    return store.seal(settle(session, done), done)


def _filled(store: Store) -> Usage:
    """Two sessions, with a branch, a failed answer with usage, and two that nothing is known of."""
    one = _say(store, Session("s1", "one"), "a", _usage(100, 10, 20, 5))
    _say(store, undo(one), "b", _usage(200, 0, 30, 0), deployment="o3")
    _say(store, one, "c", None, day=2, status="cancelled")
    two = _say(store, Session("s2", "two"), "d", _usage(400, 300, 40, 40), day=3)
    _say(store, two, "e", _usage(7, 0, 0, 0), day=3, status="failed")
    stop(store, two, "f", "half")
    store.begin(two, asked("g", two.head))
    _say(store, Session("s3", "three"), "h", None, status="in_progress")
    return Usage(707, 310, 90, 45)


def _grand(spent: list[Spent]) -> tuple[int, int, Usage]:
    usage = sum((one.usage for one in spent), Usage())
    return sum(one.requests for one in spent), sum(one.unknown for one in spent), usage


def test_sums_by_anything_are_equal(store: Store) -> None:
    usage = _filled(store)
    for by in ("total", "day", "model", "session", "turn"):
        assert _grand(store.spending.sums(by)) == (6, 2, usage), by
    sessions = tallies(store.spending.sums("session"), {})
    assert [(label, one.usage.total) for label, one in sessions.values()] == [("two", 447), ("one", 350)]
    models = [(one.key, one.model, one.usage) for one in store.spending.sums("model")]
    assert models[-1] == ("o3", "o3-2025-08-07", Usage(200, 0, 30, 0))
    turns = store.spending.sums("turn", session_id="s1")
    assert [one.label.partition("question")[2].strip() for one in turns] == ["a", "b", "c"]
    assert _grand(store.spending.sums("day", since=3 * DAY)) == (2, 0, Usage(407, 300, 40, 40))


def test_older_rows_are_counted_when_first_asked_for(store: Store, tmp_path: Path) -> None:
    usage = _filled(store)
    db = store._db.raw
    db.execute("drop index exchanges_tokens")
    columns = ("model", "counted", "input_tokens", "cached_tokens", "output_tokens", "reasoning_tokens")
    for column in columns:
        db.execute(f"alter table exchanges drop column {column}")
    db.execute("update exchanges set turn = 'no json' where id = 'f'")
    db.execute("pragma user_version = 2")
    updated = Store(tmp_path / "store.db")
    try:
        assert _grand(updated.spending.sums("day")) == (6, 2, usage)
        assert db.execute("pragma user_version").fetchone() == (VERSION,)
        assert db.execute("select count(*) from exchanges where counted = 0 and sealed = 1").fetchone() == (
            0,
        )
    finally:
        updated.close()


def test_a_removed_session_takes_its_sums_along_and_what_others_build_on_stays(store: Store) -> None:
    one = _say(store, Session("s1", "one"), "a", _usage(100, 10, 20, 5))
    fork = Session("s2", "fork", one.head, exchanges=one.exchanges)
    store.save(fork)
    _say(store, one, "b", _usage(1, 0, 1, 0))
    store.remove("s1")
    (left,) = store.spending.sums("session")
    assert (left.label, left.usage) == ("(removed)", Usage(100, 10, 20, 5))
