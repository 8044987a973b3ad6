"""Refusals that have a way round, and what a session leaves out because of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from azresp.core.compose import compose, left_behind, sent_again
from azresp.core.obstacles import Kind, Obstacle, forbids_storing, obstacle, type_of
from azresp.core.omissions import CIPHERTEXT, Omission, omissions, omit
from azresp.core.session import Session, message
from azresp.core.sse import Wire
from azresp.errors import NetworkError, ServiceError
from tests.core.test_compose import HERE, SET, _exchange, _reply, _talk

PREVIOUS = "Previous response cannot be used for this organization due to Zero Data Retention."
MISSING = (
    "Item with id 'ws_0123' not found. Items are not persisted when `store` is set to false. Try again with …"
)
KEPT = "Item with id 'ws_0123' not found. Items are not persisted for Zero Data Retention organizations. Remove …"
ALONE = "Item 'ws_0123' of type 'web_search_call' was provided without its required 'reasoning' item: 'rs_9'."


@pytest.mark.parametrize(
    ("what", "told", "kind"),
    [
        ("Previous response with id 'resp_1' not found.", {"code": "previous_response_not_found"}, Kind.HEAD),
        ("Response with id 'resp_1' not found.", {"status": 404}, Kind.HEAD),
        ("Store must be set to false", {}, Kind.STORE),
        ("`store=True` (default) is not supported. Please set `store=False`", {}, Kind.STORE),
        (PREVIOUS, {"param": "previous_response_id", "code": "unsupported_parameter"}, Kind.STORE),
        ("Encrypted content is not supported with this model.", {"param": "include"}, Kind.CIPHERTEXT),
        ("The encrypted content gAAA...c90= could not be verified.", {}, Kind.REASONING),
        ("Unreadable.", {"code": "invalid_encrypted_content"}, Kind.REASONING),
        (MISSING, {"param": "input"}, Kind.ITEM),
        (KEPT, {"param": "input"}, Kind.ITEM),
        (ALONE, {"param": "input", "status": 404}, Kind.ITEM),
        ("No tool output found for function call call_1.", {"param": "input"}, None),
        ("both were given", {"param": "previous_response_id", "code": "mutually_exclusive_parameters"}, None),
        (PREVIOUS, {"status": 500}, None),
        ("The vector store must be ready", {}, None),
        ("", {}, None),
    ],
)
def test_what_a_refusal_means(what: str, told: dict[str, object], kind: Kind | None) -> None:
    found = obstacle(ServiceError(what, **{"status": 400, **told}))  # type: ignore[arg-type]  # of the table
    assert (found.kind if found else None) == kind
    assert forbids_storing(what) == (kind is Kind.STORE or told.get("status") == 500)
    assert obstacle(NetworkError(what)) is obstacle(None) is None


def _search(ident: str) -> Wire:
    return {"type": "web_search_call", "id": ident, "status": "completed"}


SEALED: Wire = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "xyz"}
TALK = _talk(_exchange("1", SEALED, _search("ws_0123"), _reply("a")), _exchange("2", SEALED, _reply("b")))


def _kinds(session: Session) -> list[str]:
    return [str(item["type"]) for item in sent_again(session, HERE)]


def test_a_refused_kind_is_left_out_up_to_where_it_was_refused_and_on_that_branch_only() -> None:
    assert _kinds(TALK).count("reasoning") == 2
    cut = omit(TALK, "reasoning", "1")
    assert _kinds(cut).count("reasoning") == 1
    cut = omit(cut, "reasoning", "2")
    assert omissions(cut) == (Omission("reasoning", "2"),)
    assert "reasoning" not in _kinds(cut)
    later = replace(_exchange("3", SEALED, _reply("c")), parent="2")
    grown = replace(cut.with_exchange(later), head="3")
    assert _kinds(grown).count("reasoning") == 1
    assert _kinds(replace(grown, head="1")).count("reasoning") == 1
    assert omit(grown, "reasoning", "2") == grown


def test_the_item_that_a_refusal_names_is_found_by_its_id() -> None:
    found = obstacle(ServiceError(ALONE, status=400))
    assert found == Obstacle(Kind.ITEM, ("ws_0123", "rs_9"))
    assert type_of(found.ids, TALK.path()) == "web_search_call"
    assert type_of(("ws_x",), TALK.path()) == ""
    assert "web_search_call" not in _kinds(omit(TALK, "web_search_call", "2"))


def test_the_answer_to_a_request_that_is_left_out_goes_with_it() -> None:
    asked = {
        "type": "mcp_approval_request",
        "id": "mcpr_1",
        "name": "n",
        "server_label": "l",
        "arguments": "{}",
    }
    answered: Wire = {"type": "mcp_approval_response", "approval_request_id": "mcpr_1", "approve": True}
    talk = _talk(_exchange("1", asked), _exchange("2", said=(answered,)))
    assert _kinds(talk) == ["message", "mcp_approval_request", "mcp_approval_response", "message"]
    assert _kinds(omit(talk, "mcp_approval_request", "1")) == ["message", "message"]


def test_encrypted_reasoning_is_asked_for_where_nothing_is_stored_unless_the_model_has_none() -> None:
    off = SET | {"store": False, "include": ["code_interpreter_call.outputs", CIPHERTEXT]}
    assert compose(TALK, (), off)["include"] == ["code_interpreter_call.outputs", CIPHERTEXT]
    assert compose(TALK, (), SET | {"store": False})["include"] == [CIPHERTEXT]
    assert "include" not in compose(TALK, (), SET | {"store": True})
    assert "include" not in compose(omit(TALK, CIPHERTEXT, "gpt"), (), SET | {"store": False})
    assert "include" in compose(omit(TALK, CIPHERTEXT, "other"), (), SET | {"store": False})


def test_what_can_not_move_to_another_service_is_counted_and_told_to_the_model() -> None:
    file = {"type": "input_file", "file_id": "assistant-1"}
    talk = _talk(replace(TALK.path()[0], said=(message("look", parts=[file]),)))
    assert left_behind(talk.path(), HERE) == (0, 0)
    assert left_behind(talk.path(), "https://two/") == (1, 1)
    there = compose(talk, (), SET, origin="https://two/")["input"]
    assert [part["type"] for part in there[0]["content"]] == ["input_text", "input_text"]
    assert "reasoning" not in [item["type"] for item in there]


def test_what_was_fetched_from_a_service_loses_its_ids_there_and_citations_stay() -> None:
    cited = {"type": "url_citation", "url": "https://x/", "title": "X", "start_index": 0, "end_index": 1}
    reply = _reply("hi", partition_key="p")
    reply["content"][0]["annotations"] = [{**cited, "odd": 1}, {"type": "url_citation"}, {"type": "new"}]
    own = message("hello") | {"id": "msg_9", "status": "completed"}
    output: Wire = {"type": "function_call_output", "id": "fco_1", "call_id": "c", "output": "1"}
    call: Wire = {"type": "function_call", "id": "fc", "call_id": "c", "name": "n", "arguments": "{}"}
    given: Wire = {"role": "assistant", "content": "as text"}
    items = sent_again(_talk(_exchange("1", reply, said=(own, call, output, given, reply))))
    assert not any("id" in item or "partition_key" in item for item in items)
    assert items[0] == message("hello")
    assert items[3] == given
    assert items[4] == items[5]
    assert items[5]["content"][0]["annotations"] == [cited]
