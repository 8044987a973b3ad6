"""Exports come back as they were, and no file can do more than become a session of its own."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from azresp.core.compose import chain_anchor, items_of
from azresp.core.imported import Found, read_conversations
from azresp.core.pictures import restore_pictures
from azresp.core.portable import everything, exchange_wire, session_wire
from azresp.core.session import Exchange, Session, message
from azresp.core.sse import Wire
from azresp.core.turn import interrupt
from azresp.errors import UsageError
from tests.core.streams import fold_wires, json_values, odd_wires, streams


def _ids() -> Callable[[], str]:
    numbers = itertools.count(1)
    return lambda: f"new-{next(numbers)}"


def _read(value: Any) -> Found:
    return read_conversations(value if isinstance(value, str) else json.dumps(value), _ids(), 5.0)


@st.composite
def _sessions(draw: st.DrawFn) -> tuple[Session, list[Exchange]]:
    made: list[Exchange] = []
    for n, wires in enumerate(draw(st.lists(streams(), min_size=1, max_size=4))):
        parent = draw(st.sampled_from([None, *(one.id for one in made)]))
        turn = interrupt(fold_wires(wires[: draw(st.integers(0, len(wires)))]))
        turn = replace(turn, items=tuple(replace(item, sketch=None) for item in turn.items))
        said = (message(draw(st.text(max_size=9)), draw(st.sampled_from(["user", "developer"]))),)
        made.append(
            Exchange(f"{n}", parent, said, turn, float(n + 1), "gpt", "https://here/", deleted=n == 1)
        )
    known = {one.id: one for one in made}
    return Session("s", "a talk", draw(st.sampled_from(list(known))), {"verbosity": "low"}, known), made


@given(_sessions(), st.booleans())
@settings(max_examples=40)
def test_what_is_exported_and_imported_is_the_same_session(
    whole: tuple[Session, list[Exchange]], lines: bool
) -> None:
    session, made = whole
    ordered = everything(session, made)
    wires = [exchange_wire(one, session) for one in ordered]
    head = session_wire(session)
    text = (
        "\n".join(map(json.dumps, [head, *wires]))
        if lines
        else json.dumps(head | {"exchanges": wires}, indent=1)
    )
    found = _read(text)
    (back,) = found.sessions
    assert found.remarks == []
    new = dict(zip([one.id for one in ordered], back.exchanges, strict=True))
    assert [*back.exchanges.values()] == [
        replace(one, id=new[one.id], parent=new[one.parent] if one.parent else None, stored=False)
        for one in ordered
    ]
    assert (back.name, back.settings, back.head) == (session.name, session.settings, new[session.head or ""])
    assert chain_anchor(back, "https://here/") is None
    assert items_of(back.path()) == items_of(session.path())


@given(_sessions())
@settings(max_examples=40)
def test_the_items_of_a_session_come_back_as_a_conversation_with_the_same_items(
    whole: tuple[Session, list[Exchange]],
) -> None:
    # None of these brings a picture: those travel as base64, see tests/cli.
    items = [
        item for item in items_of(whole[0].path()) if "call" not in str(item["type"]) or "call_id" in item
    ]
    if usable := [item for item in items if item.get("content") != []]:
        (back,) = _read(usable).sessions
        assert items_of(back.path()) == usable


def test_exchanges_without_an_id_of_their_own_are_all_kept() -> None:
    said = [{"role": "user", "content": "hi"}]
    exchanges = [
        {"type": "exchange", "id": ident, "said": said, "asked_at": at}
        for at, ident in enumerate(("a", "a", "", "", "b"), 1)
    ]
    found = _read({"type": "session", "name": "talk", "exchanges": [*exchanges, exchanges[0]], "head": "b"})
    assert [len(one.exchanges) for one in found.sessions] == [5]
    assert [remark.split(":")[0] for remark in found.remarks] == ["exchange 2", "exchange 3", "exchange 4"]


@given(json_values | st.lists(json_values | odd_wires, max_size=4) | st.text(max_size=20))
def test_no_file_breaks_the_import(value: Any) -> None:
    whole = {"type": "session", "name": value, "exchanges": value, "settings": value, "head": value}
    exchange = {
        "type": "exchange",
        "id": value,
        "said": value,
        "response": value,
        "heard": value,
        "parent": value,
    }
    heard = {
        "type": "exchange",
        "response": {"output": value},
        "heard": {"items": value, "cursor": value, "told": value},
    }
    for one in (
        value,
        whole,
        whole | {"exchanges": [exchange, heard]},
        {"messages": value},
        [value, {"role": value}],
    ):
        for text in (json.dumps(one), f"{json.dumps(one)}\n{value}\n"):
            try:
                found = read_conversations(text, _ids(), 5.0)
            except UsageError:
                continue
            for session in found.sessions:
                assert not any(one.stored or one.background for one in session.exchanges.values())
                restore_pictures({"input": items_of(session.path())}, lambda kept: None)


def test_messages_as_chat_completions_has_them_become_questions_and_answers() -> None:
    picture = {"type": "image_url", "image_url": {"url": "data:x"}}
    called = {"name": "f", "arguments": "{}"}
    messages = [
        {"role": "system", "content": "be brief"},
        {"role": "user", "content": [{"type": "text", "text": "look"}, picture]},
        {"role": "assistant", "content": None, "tool_calls": [{"id": "c1", "type": "function", "function": called}]},
        {"role": "tool", "tool_call_id": "c1", "content": "42"},
        {"role": "assistant", "content": "it is 42"},
        {"role": "user", "content": [{"type": "input_audio"}, {"type": "text", "text": "why?"}]},
        {"role": "critic", "content": "no"},
        7,
    ]  # fmt: skip
    found = _read({"messages": messages})
    (session,) = found.sessions
    path = session.path()
    assert [one.turn.text for one in path] == ["", "it is 42", ""]
    assert [one.question for one in path] == ["look", "", "why?"]
    assert [item["type"] for item in items_of(path)] == [
        "message", "message", "function_call", "function_call_output", "message", "message",
    ]  # fmt: skip
    assert found.remarks == [
        "message 6: a part of type input_audio", 'message 7: the role is "critic"', "message 8: it is no object",
    ]  # fmt: skip
    assert path[0].said[1]["content"][1] == {"type": "input_image", "image_url": "data:x"}
    several = "\n".join(json.dumps({"messages": messages[:2]}) for _ in range(3))
    assert len(_read(several).sessions) == 3
    assert _read('{"role":"user","content":"a"}\noops\n{"role":"assistant","content":"b"}').remarks == [
        "line 2: it is no JSON"
    ]


def test_a_forged_session_reaches_into_nothing() -> None:
    exchange: Wire = {
        "type": "exchange", "id": "mine", "parent": "theirs", "stored": True, "background": True,
        "response": {"id": "resp_1", "status": "in_progress"},
    }  # fmt: skip
    forged: Wire = {"type": "session", "id": "theirs", "head": "theirs", "exchanges": [exchange, exchange]}
    forged["settings"] = {"tools": "run_command", "endpoint": "https://evil", "verbosity": "low", "top_p": {}}
    found = _read(forged)
    (session,) = found.sessions
    (one,) = session.exchanges.values()
    assert (one.parent, one.stored, one.background, one.turn.status) == (None, False, False, "interrupted")
    assert session.settings == {"verbosity": "low"}
    assert "endpoint, tools, top_p" in found.remarks[-1]
    assert not {session.id, one.id} & {"mine", "theirs"}


@pytest.mark.parametrize("text", ["", "no", "[]", "{}", "3", '{"messages": []}', "[" * 100_000, "1" * 5000])
def test_a_file_without_a_conversation_is_told(text: str) -> None:
    with pytest.raises(UsageError, match="no conversation"):
        _read(text)
