"""How responses end, in every order that was seen, and how streams and outputs are merged."""

from __future__ import annotations

from typing import Any

import pytest

from azresp.core.events import Fault
from azresp.core.items import item_from
from azresp.core.merge import merge
from azresp.core.sse import Wire
from azresp.core.turn import INTERRUPTED, Turn, interrupt
from tests.core.streams import fold_wires

CREATED: Wire = {
    "type": "response.created",
    "sequence_number": 0,
    "response": {"id": "resp_1", "status": "in_progress"},
}
ERROR: Wire = {
    "type": "error",
    "error": {
        "type": "too_many_requests",
        "code": "rate_limit_exceeded",
        "message": "slow down",
        "param": None,
    },
}


def _failed(error: Any, **more: Any) -> Wire:
    return {
        "type": "response.failed",
        "response": {"id": "resp_1", "status": "failed", "error": error} | more,
    }


def _numbered(*wires: Wire) -> list[Wire]:
    return [wire | {"sequence_number": number} for number, wire in enumerate(wires)]


def _message(text: str, ident: str = "m") -> Wire:
    return {
        "type": "message",
        "id": ident,
        "content": [{"type": "output_text", "text": text, "annotations": []}],
    }


REASON = Fault("rate_limit_exceeded", "slow down")


def test_azures_order_of_failure_yields_the_reason() -> None:
    turn = fold_wires(_numbered(CREATED, _failed(None), ERROR))
    assert (turn.status, turn.fault) == ("failed", REASON)


def test_azures_error_without_a_number_yields_the_reason_too() -> None:
    turn = fold_wires([*_numbered(CREATED, _failed(None)), ERROR])
    assert (turn.status, turn.fault) == ("failed", REASON)


def test_openais_order_keeps_the_reason_and_takes_the_response_that_follows() -> None:
    filled = _failed({"code": "rate_limit_exceeded", "message": "slow down"}, usage={"total_tokens": 3})
    turn = fold_wires(_numbered(CREATED, ERROR, filled))
    assert (turn.status, turn.fault) == ("failed", REASON)
    assert turn.to_response()["status"] == "failed"
    assert turn.response["usage"] == {"total_tokens": 3}


def test_a_failure_is_not_turned_into_success_by_what_follows() -> None:
    completed = {"type": "response.completed", "response": {"id": "resp_1", "status": "completed"}}
    assert fold_wires(_numbered(CREATED, ERROR, completed)).status == "failed"


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        ({"type": "error", "code": "c", "message": "flat", "param": "p"}, Fault("c", "flat", "p")),
        ({"type": "error", "message": "text only"}, Fault("", "text only")),
        ({"type": "error", "error": "words"}, Fault("", "words")),
        ({"error": {"code": 429, "message": "untyped"}}, Fault("429", "untyped")),
        ({"type": "error", "error": {"type": "server_error", "message": None}}, Fault("server_error", "")),
        ({"type": "error"}, Fault("", "")),
        ({"type": "response.failed", "response": {"error": "bare"}}, Fault("", "bare")),
    ],
)
def test_errors_in_every_shape_end_the_turn_with_their_words(error: Wire, fault: Fault) -> None:
    turn = fold_wires([CREATED, error])
    assert (turn.status, turn.fault) == ("failed", fault)


def test_the_first_event_being_an_error_is_counted_as_heard() -> None:
    assert fold_wires(_numbered(ERROR)).cursor == 0


@pytest.mark.parametrize("name", ["completed", "incomplete", "failed", "cancelled"])
@pytest.mark.parametrize("response", [None, {}, {"status": None}, {"status": "in_progress"}, 3])
def test_a_terminal_event_ends_the_turn_whatever_its_response_lacks(name: str, response: object) -> None:
    turn = fold_wires(_numbered(CREATED, {"type": f"response.{name}", "response": response}))
    assert (turn.id, turn.status) == ("resp_1", name)


def test_a_failed_event_may_carry_the_status_cancelled() -> None:
    assert (
        fold_wires([{"type": "response.failed", "response": {"status": "cancelled"}}]).status == "cancelled"
    )


@pytest.mark.parametrize("number", [0, 1, 2])
def test_an_end_counts_whatever_its_number(number: int) -> None:
    wires = _numbered(CREATED, {"type": "keepalive"}, {"type": "keepalive"})
    wires[-1]["sequence_number"] = 10**30
    done = {"id": "resp_1", "status": "completed", "output": [_message("whole")]}
    turn = fold_wires([*wires, {"type": "response.completed", "sequence_number": number, "response": done}])
    assert (turn.status, turn.text, turn.cursor) == ("completed", "whole", 10**30)


def test_a_status_that_is_no_text_breaks_nothing() -> None:
    odd: Wire = {"object": "response", "id": "resp_1", "status": ["completed"], "sequence_number": 0}
    failed = {"type": "error", "error": {"code": "c", "message": "m"}}
    assert fold_wires([odd, odd, failed, *_numbered(CREATED, odd)]).status == "failed"


@pytest.mark.parametrize("name", ["created", "queued", "in_progress"])
@pytest.mark.parametrize("status", ["completed", "failed", "incomplete", "cancelled"])
def test_only_a_terminal_event_ends_a_stream(name: str, status: str) -> None:
    begun = {"type": f"response.{name}", "response": {"id": "resp_1", "status": status}}
    delta = {"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": "heard"}
    turn = fold_wires(_numbered(begun, delta))
    assert (turn.over, turn.text) == (False, "heard")


def test_a_second_response_in_one_stream_neither_ends_nor_fills_the_first() -> None:
    other = {"id": "resp_2", "status": "completed", "output": [_message("theirs")]}
    turn = fold_wires(
        _numbered(
            CREATED,
            {"type": "response.output_item.added", "output_index": 0, "item": {"type": "message", "id": "m"}},
            {"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": "ours"},
            {"type": "response.created", "response": {"id": "resp_2", "status": "in_progress"}},
            {"type": "response.completed", "response": other},
        )
    )
    assert (turn.id, turn.status, turn.text) == ("resp_1", "in_progress", "ours")


def test_final_text_replaces_what_the_deltas_said() -> None:
    turn = fold_wires(
        _numbered(
            CREATED,
            {"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": "wrogn"},
            {"type": "response.completed", "response": {"id": "resp_1", "output": [_message("right")]}},
        )
    )
    assert turn.text == "right"


def test_text_of_a_message_whose_beginning_was_not_heard_is_shown() -> None:
    delta = {"type": "response.output_text.delta", "sequence_number": 9, "output_index": 1, "delta": "late"}
    turn = interrupt(fold_wires([delta]))
    assert (turn.text, turn.status) == ("late", INTERRUPTED)
    opened = {"type": "response.output_item.added", "output_index": 1, "item": {"type": "message", "id": "m"}}
    assert fold_wires([opened], turn).items[0].id == "m"
    assert fold_wires([opened], turn).text == "late"


def test_the_response_of_a_cut_turn_holds_the_text_that_was_heard() -> None:
    wires = _numbered(
        CREATED,
        {
            "type": "response.output_item.added",
            "output_index": 0,
            "item": {"type": "message", "id": "m", "role": "assistant", "content": []},
        },
        {"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": "half"},
    )
    (item,) = interrupt(fold_wires(wires)).to_response()["output"]
    assert item["content"] == [{"type": "output_text", "text": "half", "annotations": []}]
    assert (item["id"], item["role"]) == ("m", "assistant")


def test_negative_numbers_do_not_silence_a_stream() -> None:
    delta = {"type": "response.output_text.delta", "sequence_number": -7, "output_index": 0, "delta": "x"}
    assert fold_wires([delta]).text == "x"


def test_items_match_by_id_before_anything_is_guessed() -> None:
    heard = (item_from(0, _message("one", "a")), item_from(1, _message("two", "b")))
    merged = merge(heard, (_message("new", "c"), _message("", "a")), over=True)
    assert [(item.id, item.text("text")) for item in merged] == [("c", "new"), ("a", "one")]


def test_an_item_that_the_output_does_not_name_keeps_its_place() -> None:
    heard = (item_from(0, {"type": "reasoning", "id": "r"}), item_from(1, _message("hi", "m")))
    merged = merge(heard, (_message("hi", "m"),), over=True)
    assert [(item.index, item.id) for item in merged] == [(0, "r"), (1, "m")]


def test_ids_that_differ_between_stream_and_output_still_make_one_item() -> None:
    merged = merge((item_from(0, _message("hi", "x")),), (_message("hi", "y"),), over=True)
    assert [(item.id, item.text("text")) for item in merged] == [("y", "hi")]


def test_a_huge_output_is_merged_in_linear_time() -> None:
    told = tuple(_message("t", f"m{n}") for n in range(30_000))
    heard = tuple(item_from(n, wire | {"id": f"other{n}"}) for n, wire in enumerate(reversed(told)))
    assert len(merge(heard, told, over=True)) == 30_000


def test_a_turn_knows_why_it_is_incomplete() -> None:
    response = {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}
    assert (
        fold_wires([{"type": "response.incomplete", "response": response}]).incomplete_reason
        == "max_output_tokens"
    )
    assert Turn(response={"incomplete_details": "odd"}).incomplete_reason == ""
