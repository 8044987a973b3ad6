"""What is asked of the service, and how conversations outlive it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from azresp.core.compose import compose, items_of, setting_at
from azresp.core.conversation import talking_in
from azresp.core.omissions import unchain
from azresp.core.session import Exchange, Session, message, settle, undo
from azresp.core.sse import Wire
from azresp.core.turn import Turn, interrupt
from tests.core.streams import fold_wires

HERE = "https://one.openai.azure.com/openai/v1/"
SET = {"deployment": "gpt"}


def _turn(ident: str, *items: Wire, status: str = "completed") -> Turn:
    response = {"id": ident, "status": status, "output": list(items)}
    return fold_wires([{"type": f"response.{status}", "response": response}])


def _reply(text: str, **more: Any) -> Wire:
    content = [
        {"type": "output_text", "text": text, "annotations": [{"type": "url_citation"}], "logprobs": []}
    ]
    return {
        "type": "message",
        "id": "msg_1",
        "status": "completed",
        "role": "assistant",
        "content": content,
    } | more


def _talk(*exchanges: Exchange) -> Session:
    session = Session("s", "talk")
    for exchange in exchanges:
        session = settle(session, replace(exchange, parent=session.head))
    return session


def _exchange(ident: str, *items: Wire, **more: Any) -> Exchange:
    turn = _turn(f"resp_{ident}", *(items or (_reply(f"answer {ident}"),)))
    return replace(Exchange(ident, None, (message(f"question {ident}"),), turn, 1.0, "gpt", HERE), **more)


def _texts(body: Wire) -> list[str]:
    return [part["text"] for item in body["input"] for part in item.get("content", ())]


TALK = _talk(_exchange("1"), _exchange("2"))
IN_FULL = ["question 1", "answer 1", "question 2", "answer 2", "and now?"]


def test_a_conversation_chains_to_its_last_response() -> None:
    body = compose(TALK, (message("and now?"),), SET, origin=HERE)
    assert (body["previous_response_id"], _texts(body)) == ("resp_2", ["and now?"])
    assert (body["model"], body["stream"]) == ("gpt", True)


def test_a_chain_that_lost_a_link_is_not_built_on_but_one_that_began_after_it_is() -> None:
    def built(anchor: str | None, ident: str, **more: Any) -> Exchange:
        one = _exchange(ident, **more)
        return replace(one, turn=replace(one.turn, response={"previous_response_id": anchor}))

    say = (message("and now?"),)
    whole = [built(None, "1"), built("resp_1", "2"), built("resp_2", "3")]
    assert compose(_talk(*whole), say, SET, origin=HERE)["previous_response_id"] == "resp_3"
    gap = [whole[0], replace(whole[1], deleted=True), whole[2]]
    for session in (_talk(*gap), unchain(_talk(*whole), ["2"])):
        assert len(_texts(compose(session, say, SET, origin=HERE))) == 7
    # What was said in full is a chain of its own.
    session = _talk(*gap, built(None, "4"), built("resp_4", "5"))
    assert compose(session, say, SET, origin=HERE)["previous_response_id"] == "resp_5"


def test_a_conversation_of_the_service_gets_nothing_twice() -> None:
    told = replace(TALK.exchanges["1"].turn, response={"conversation": {"id": "conv_1"}})
    session = _talk(_exchange("1", turn=told), _exchange("2", stored=False), _exchange("3", stored=False))
    body = compose(talking_in(session, "conv_1", HERE), (message("and now?"),), SET, origin=HERE)
    assert _texts(body) == ["question 2", "answer 2", "question 3", "answer 3", "and now?"]
    assert body["conversation"] == "conv_1"
    body = compose(talking_in(session, "conv_2", HERE), (message("and now?"),), SET, origin=HERE)
    assert _texts(body)[0] == "question 1"


@pytest.mark.parametrize(
    ("session", "settings", "options"),
    [
        (TALK, SET, {"in_full": True}),
        (TALK, SET | {"store": False}, {}),
        (TALK, SET, {"origin": "https://two.openai.azure.com/openai/v1/"}),
        (_talk(_exchange("1"), _exchange("2", deleted=True)), SET, {}),
        (_talk(_exchange("1"), _exchange("2", stored=False)), SET, {}),
    ],
)
def test_it_is_sent_in_full_where_the_service_does_not_hold_it(
    session: Session, settings: dict[str, object], options: dict[str, Any]
) -> None:
    body = compose(session, (message("and now?"),), settings, **({"origin": HERE} | options))
    assert "previous_response_id" not in body
    assert _texts(body) == IN_FULL


def test_undone_exchanges_are_neither_chained_to_nor_sent() -> None:
    body = compose(undo(TALK), (message("and now?"),), SET, origin=HERE)
    assert body["previous_response_id"] == "resp_1"
    assert _texts(compose(undo(undo(TALK)), (message("and now?"),), SET)) == ["and now?"]


def test_an_unfinished_answer_does_not_become_the_head() -> None:
    cut = replace(_exchange("3"), parent="2", turn=interrupt(Turn("resp_3", "in_progress")))
    assert settle(TALK, cut).head == "2"
    incomplete = replace(cut, turn=_turn("resp_3", status="incomplete"))
    assert settle(TALK, incomplete).head == "3"


def test_replayed_items_lose_their_ids_and_what_only_the_service_writes() -> None:
    (_, reply) = items_of(_talk(_exchange("1", _reply("hi", phase="final_answer"))).path())
    assert reply == {
        "type": "message",
        "role": "assistant",
        "content": [{"type": "output_text", "text": "hi", "annotations": []}],
        "phase": "final_answer",
    }


def test_reasoning_goes_back_only_encrypted_and_only_to_who_encrypted_it() -> None:
    plain = {"type": "reasoning", "id": "rs_1", "summary": []}
    locked = plain | {"encrypted_content": "xyz"}
    talk = _talk(_exchange("1", plain, _reply("a")), _exchange("2", locked, _reply("b")))
    kinds = [item["type"] for item in items_of(talk.path(), HERE)]
    assert kinds == ["message", "message", "message", "reasoning", "message"]
    assert "reasoning" not in [item["type"] for item in items_of(talk.path(), "https://elsewhere/")]


def test_text_that_was_only_streamed_is_replayed() -> None:
    wires: list[Wire] = [
        {"type": "response.created", "response": {"id": "resp_1"}},
        {"type": "response.output_item.added", "output_index": 0, "item": {"type": "message", "content": []}},
        {"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": "streamed"},
        {"type": "response.completed", "response": {"id": "resp_1", "output": []}},
    ]
    talk = _talk(replace(_exchange("1"), turn=fold_wires(wires)))
    assert _texts(compose(talk, (), SET, in_full=True)) == ["question 1", "streamed"]


def test_what_has_no_kind_is_not_sent_back() -> None:
    half: Wire = {
        "type": "response.function_call_arguments.delta",
        "output_index": 0,
        "delta": "{",
    }
    end = {"type": "response.incomplete", "response": {"id": "resp_1"}}
    assert items_of([replace(_exchange("1"), turn=fold_wires([half, end]))]) == [message("question 1")]


@pytest.mark.parametrize("content", [None, 3, "text", [None, 3], [{"type": "output_text"}], {}])
def test_odd_content_of_a_message_is_left_out(content: object) -> None:
    assert items_of([_exchange("1", {"type": "message", "content": content})]) == [message("question 1")]


def test_settings_stand_where_the_api_wants_them() -> None:
    every: dict[str, object] = {
        "deployment": "gpt",
        "instructions": "be brief",
        "reasoning_effort": "low",
        "reasoning_summary": "auto",
        "verbosity": "high",
        "temperature": 0.0,
        "top_p": 0.5,
        "max_output_tokens": 16,
        "store": True,
        "background": True,
        "truncation": "auto",
        "metadata": {"k": "v"},
        "schema": {"type": "json_schema"},
        "tools": [{"type": "web_search"}],
        "tool_choice": "required",
        "parallel_tool_calls": False,
        "include": ["code_interpreter_call.outputs"],
        "context_management": [{"type": "compaction", "compact_threshold": 1000}],
        "timeout": 5,
    }
    assert compose(Session("s", "n"), (), every) == {
        "model": "gpt",
        "instructions": "be brief",
        "reasoning": {"effort": "low", "summary": "auto"},
        "text": {"verbosity": "high", "format": {"type": "json_schema"}},
        "temperature": 0.0,
        "top_p": 0.5,
        "max_output_tokens": 16,
        "store": True,
        "background": True,
        "truncation": "auto",
        "metadata": {"k": "v"},
        "tools": [{"type": "web_search"}],
        "tool_choice": "required",
        "parallel_tool_calls": False,
        "include": ["code_interpreter_call.outputs"],
        "context_management": [{"type": "compaction", "compact_threshold": 1000}],
        "input": [],
        "stream": True,
    }


def test_unset_settings_are_not_sent() -> None:
    body = compose(Session("s", "n"), (), SET | {"temperature": None, "metadata": {}})
    assert body == {"model": "gpt", "input": [], "stream": True}


def test_instructions_go_with_every_request_of_a_chain() -> None:
    assert compose(TALK, (), SET | {"instructions": "x"}, origin=HERE)["instructions"] == "x"


def test_what_is_sent_can_be_encoded_whatever_was_pasted_or_heard() -> None:
    talk = _talk(_exchange("1", _reply("half \ud83d")))
    body = compose(
        talk, (message("pair \ud83d\ude86 and \udc00"),), SET | {"instructions": "\ud800"}, in_full=True
    )
    assert _texts(body) == ["question 1", "half \ufffd", "pair 🚆 and \ufffd"]
    assert str(body).encode()


def test_a_tree_that_goes_round_in_circles_has_an_end() -> None:
    one, two = replace(_exchange("1"), parent="2"), replace(_exchange("2"), parent="1")
    assert len(Session("s", "n", "1", {}, {"1": one, "2": two}).path()) == 2


def test_a_field_of_the_request_is_known_by_its_setting() -> None:
    assert [setting_at(one) for one in ("reasoning.summary", "text.format", "top_p", "input[0].x", "")] == [
        "reasoning_summary",
        "schema",
        "top_p",
        "input[0].x",
        "",
    ]
