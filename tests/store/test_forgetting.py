"""Exchanges that are forgotten leave no trace, and conversations go on without them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from azresp.core.forgetting import message_of
from azresp.core.omissions import CHAIN
from azresp.core.session import Exchange, Session, message
from azresp.core.turn import Turn
from azresp.store.store import Store
from tests.store.talk import say


def test_forgetting_takes_exchanges_out_of_every_session_and_of_the_file(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.db")
    session = Session("s", "talk")
    for ident, text in (("a", "one"), ("b", "canary"), ("c", "three")):
        session = say(store, session, ident, text)
    store.save(replace(session, id="t", name="fork", head="b"))
    assert [one.id for one in store.following(["a"])] == ["b", "c"]
    store.forget(["b", "unknown"])
    store.unchain(["c"])
    assert [CHAIN in str(store.load(one).settings) for one in "st"] == [True, False]  # type: ignore[union-attr]
    assert [one.id for one in store.load("s").path()] == ["a", "c"]  # type: ignore[union-attr]
    assert [one.id for one in store.load("t").path()] == ["a"]  # type: ignore[union-attr]
    assert not [path for path in tmp_path.iterdir() if b"canary" in path.read_bytes()]
    store.forget(["a", "c"])
    left = store.load("s")
    assert left is not None
    assert (left.head, left.exchanges, store.count()) == (None, {}, 2)
    store.close()


def test_a_message_is_its_tries_and_the_calls_they_led_to() -> None:
    output = ({"type": "function_call_output", "call_id": "x", "output": "1"},)
    said = {"a": "one", "b": "two", "b2": "two", "e": "edited", "c": "", "d": "three"}
    parents = {"a": None, "b": "a", "b2": "a", "e": "a", "c": "b", "d": "c"}
    known = {
        ident: Exchange(ident, parents[ident], (message(text),) if text else output, Turn(), 1.0)
        for ident, text in said.items()
    }
    for ident in ("b", "b2", "c"):
        assert [one.id for one in message_of(known[ident], known)] == ["b", "b2", "c"]
    assert [one.id for one in message_of(known["d"], known)] == ["d"]


def test_deletions_wait_until_they_are_made_or_the_service_has_dropped_the_response() -> None:
    store = Store(None)
    store.deletions.want("resp_1", "here", 100.0, "offline")
    store.deletions.want("resp_1", "here", 200.0, "no key")
    store.deletions.want("resp_2", "there", 300.0, "offline")
    assert [(one.response_id, one.wanted_at, one.why) for one in store.deletions.waiting(400.0, "here")] == [
        ("resp_1", 100.0, "no key")
    ]
    store.mark_deleted("resp_2", "there")
    assert len(store.deletions.waiting(400.0)) == 1
    assert store.deletions.waiting(100.0 + 31 * 86_400) == []
    store.close()


def test_what_is_imported_was_not_spent_here() -> None:
    store = Store(None)
    response = {"usage": {"input_tokens": 7, "output_tokens": 5, "total_tokens": 12}}
    one = Exchange(
        "a", None, (message("hi"),), Turn("resp_1", "completed", response=response), 1.0, stored=False
    )
    store.add(Session("s", "talk", "a"), [one], spent=False)
    (sums,) = store.spending.sums("total")
    assert (sums.unknown, sums.usage.input, sums.usage.output) == (0, 0, 0)
    assert store.load("s").last == one  # type: ignore[union-attr]
    store.close()
