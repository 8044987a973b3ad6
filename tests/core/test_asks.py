"""What a finished turn waits for, and how it is answered."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from azresp.core.asks import Ask, AskKind, answers, approval, asks, listed_tools, output, refusal
from azresp.core.events import Snapshot
from azresp.core.session import Exchange
from azresp.core.turn import Turn, fold


def _turn(*items: dict[str, Any], status: str = "completed") -> Turn:
    return fold([Snapshot(None, {"id": "resp_1", "status": status, "output": list(items)})])


CALL = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "add", "arguments": '{"a": 1}'}
APPROVAL = {
    "type": "mcp_approval_request",
    "id": "mcpr_1",
    "name": "search",
    "server_label": "docs",
    "arguments": "{}",
}


def test_calls_and_approvals_are_asked_in_their_order() -> None:
    assert asks(_turn(CALL, APPROVAL)) == (
        Ask(AskKind.CALL, "call_1", "function_call", "add", '{"a": 1}'),
        Ask(AskKind.APPROVAL, "mcpr_1", "mcp_approval_request", "search", "{}", "docs"),
    )


@pytest.mark.parametrize("status", ["failed", "cancelled", "in_progress", "queued"])
def test_a_turn_that_is_not_finished_asks_nothing(status: str) -> None:
    assert asks(_turn(CALL, status=status)) == ()


def test_a_call_cut_off_by_the_token_limit_is_asked_as_half_a_call() -> None:
    (ask,) = asks(_turn(CALL | {"status": "incomplete"}, status="incomplete"))
    assert not ask.whole


def test_an_ask_that_stands_there_twice_or_is_answered_already_is_asked_once_or_not_at_all() -> None:
    shell = {"type": "shell_call", "id": "sh_1", "call_id": "call_2", "action": {"commands": ["ls"]}}
    done = {"type": "shell_call_output", "id": "sho_1", "call_id": "call_2", "output": []}
    assert [ask.id for ask in asks(_turn(CALL, CALL | {"id": "fc_2"}, shell, done))] == ["call_1"]


@pytest.mark.parametrize(
    "item",
    [
        {"type": "function_call", "id": "fc_1", "name": "add", "arguments": "{}"},
        {"type": "function_call", "id": "fc_1", "call_id": 7, "name": "add"},
        {"type": "mcp_approval_request", "name": "x", "server_label": "docs"},
        {"type": "tool_search_call", "id": "t", "call_id": "call_1", "execution": "server"},
        {"type": "message", "call_id": "call_1"},
    ],
)
def test_what_cant_be_answered_is_no_ask(item: dict[str, Any]) -> None:
    assert asks(_turn(item)) == ()


def test_arguments_sent_as_an_object_are_read_too() -> None:
    (ask,) = asks(_turn(APPROVAL | {"arguments": {"q": "é"}}))
    assert ask.arguments == '{"q": "é"}'


def test_a_call_of_a_program_at_the_service_goes_back_with_its_caller() -> None:
    caller = {"type": "program", "caller_id": "call_0"}
    (ask,) = asks(_turn(CALL | {"caller": caller, "status": "in_progress"}))
    assert ask.whole
    assert output(ask, "3") == {
        "type": "function_call_output",
        "call_id": "call_1",
        "output": "3",
        "caller": caller,
    }


FOREIGN = {
    "computer_call": "computer_call_output",
    "local_shell_call": "local_shell_call_output",
    "shell_call": "shell_call_output",
    "apply_patch_call": "apply_patch_call_output",
    "tool_search_call": "tool_search_output",
}


@pytest.mark.parametrize(("kind", "answer"), FOREIGN.items())
def test_a_call_that_nobody_here_can_make_is_answered_with_a_refusal(kind: str, answer: str) -> None:
    (ask,) = asks(_turn({"type": kind, "id": "x", "call_id": "call_1", "action": {"type": "screenshot"}}))
    assert ask.kind is AskKind.FOREIGN
    wire = refusal(ask, "no")
    assert (wire["type"], wire["call_id"]) == (answer, "call_1")
    if kind == "computer_call":
        picture = base64.b64decode(wire["output"]["image_url"].partition(",")[2], validate=True)
        assert picture.startswith(b"\x89PNG")


def test_every_ask_gets_its_answer_in_order() -> None:
    asked = asks(_turn(CALL, APPROVAL, CALL | {"call_id": "call_2"}))
    given = [approval(asked[1], approve=True), output(asked[2], "3")]
    assert answers(asked, given, "gone") == (
        {"type": "function_call_output", "call_id": "call_1", "output": "gone"},
        {"type": "mcp_approval_response", "approval_request_id": "mcpr_1", "approve": True},
        {"type": "function_call_output", "call_id": "call_2", "output": "3"},
    )


def test_the_last_list_of_a_server_on_the_way_counts() -> None:
    def listing(*names: str, label: str = "docs") -> dict[str, Any]:
        return {"type": "mcp_list_tools", "server_label": label, "tools": [{"name": name} for name in names]}

    def exchange(said: tuple[dict[str, Any], ...], *items: dict[str, Any]) -> Exchange:
        return Exchange("1", None, said, _turn(*items), 0.0)

    path = [exchange((listing("a"),), listing("b")), exchange((), listing("x", label="other"))]
    assert listed_tools(path, "docs") == {"b": {"name": "b"}}
    assert listed_tools(path[1:], "docs") is None
