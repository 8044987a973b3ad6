"""The Conversations API: kept items, turns that add to them, what excludes what; recorded, and by the SDK."""

from __future__ import annotations

import json
from itertools import groupby
from pathlib import Path
from typing import Any

from azresp.emulator import Emulator, Settings
from tests.emulator.contract import Contract
from tests.emulator.test_background import Clock
from tests.emulator.wire import Answer, call, create, events_of


def said(answer: Answer) -> str:
    return str(answer.json["output"][-1]["content"][0]["text"])


def refusal(answer: Answer) -> tuple[int, str, Any, Any]:
    error = answer.json["error"]
    return answer.status, error["message"], error["param"], error["code"]


def test_the_recorded_conversation_goes_as_recorded(
    emulator: Emulator, contract: Contract, shared: Path
) -> None:
    folder = shared / "recordings"
    id_ = ""
    for number in range(1, 5):
        case = folder / f"oaidotnet-responseusingconversations--0{number}"
        request = json.loads((case / "request.json").read_text())
        theirs = json.loads((case / "response.json").read_text())
        if number == 1:
            theirs_id = theirs["id"]
        text = json.dumps(request["body"]).replace(theirs_id, id_) if request["body"] else None
        path = request["path"].removeprefix("/v1").replace(theirs_id, id_)
        answer = call(emulator, request["method"], path, json.loads(text) if text else None)
        id_ = id_ or answer.json["id"]
        assert answer.status == 200
        if number == 2:
            assert answer.json["conversation"] == {"id": id_}
            contract.check_response(answer.json)
            continue
        assert {key: type(value) for key, value in answer.json.items()} == {
            k: type(v) for k, v in theirs.items()
        }
        for ours, other in zip(answer.json.get("data", []), theirs.get("data", []), strict=True):
            assert (list(ours), ours["role"]) == (list(other), other["role"])
    missing = (404, f"Conversation with id '{id_}' not found.", None, None)
    for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/items"), ("POST", "/items")):
        assert refusal(call(emulator, method, f"/conversations/{id_}{path}")) == missing
    assert refusal(create(emulator, conversation=id_)) == missing


def test_recorded_refusals(emulator: Emulator, shared: Path) -> None:
    id_ = call(emulator, "POST", "/conversations", {}).json["id"]
    for case, path in (
        ("invalid-limit", "items?limit=1000"),
        ("item-not-found", "items/msg_msg_nonexistent123nonexistent123"),
    ):
        theirs = json.loads(
            (shared / "recordings" / f"msaf-conversations-error-{case}--01" / "response.json").read_text()
        )
        assert call(emulator, "GET", f"/conversations/{id_}/{path}").json == theirs


def test_items_come_and_go(emulator: Emulator, contract: Contract) -> None:
    hello = {"role": "user", "content": "my name is Ada"}
    made = call(emulator, "POST", "/conversations", {"metadata": {"a": "b"}, "items": [hello]}).json
    contract.check("ConversationResource", made)
    path = f"/conversations/{made['id']}"
    renamed = call(emulator, "POST", path, {"metadata": {"c": "d"}}).json
    assert renamed == {**made, "metadata": {"c": "d"}} == call(emulator, "GET", path).json
    added = call(emulator, "POST", path + "/items", {"items": [hello, hello]}).json
    contract.check("ConversationItemList", added)
    listed = call(emulator, "GET", path + "/items?order=asc&limit=2").json
    assert (len(listed["data"]), listed["has_more"]) == (2, True)
    one = listed["first_id"]
    assert call(emulator, "GET", f"{path}/items/{one}").json == listed["data"][0]
    contract.check("ConversationResource", call(emulator, "DELETE", f"{path}/items/{one}").json)
    assert refusal(call(emulator, "DELETE", f"{path}/items/{one}"))[0] == 404
    for body, code in (
        ({"items": [hello] * 21}, "array_above_max_length"),
        ({}, "missing_required_parameter"),
        ({"items": [{"role": "nobody", "content": "x"}]}, "invalid_value"),
        ({"items": [], "more": 1}, "unknown_parameter"),
    ):
        assert refusal(call(emulator, "POST", path + "/items", body))[3] == code
    again = call(emulator, "POST", path + "/items", {"items": [added["data"][0]]})
    assert refusal(again)[1].startswith("Duplicate item found with id ")


def test_turns_add_to_it_and_see_what_is_there(emulator: Emulator, shared: Path) -> None:
    id_ = call(emulator, "POST", "/conversations", {}).json["id"]
    first = create(emulator, "my name is Ada", conversation={"id": id_}).json
    streamed = create(emulator, "what is my name?", conversation=id_, stream=True)
    assert "Ada" in streamed.text
    case = "msaf-conversations-image-input-streaming--01"
    theirs = list(events_of((shared / "recordings" / case / "response.sse").read_bytes()))
    assert _shape(streamed.events) == _shape(theirs)
    assert all(e["response"]["conversation"] == {"id": id_} for e in streamed.events if "response" in e)
    second = streamed.events[-1]["response"]["id"]
    listed = call(emulator, "GET", f"/conversations/{id_}/items").json["data"]
    assert [item["role"] for item in listed] == ["assistant", "user"] * 2
    inputs = call(emulator, "GET", f"/responses/{second}/input_items").json["data"]
    assert inputs == listed[1:]
    assert "Ada" in said(create(emulator, "what is my name?", previous_response_id=second))
    assert "conversation" not in create(emulator).json
    failed = create(emulator, "x", conversation=id_, stream=True, fault="after=3;then=fail")
    assert failed.types[-1] == "error"
    left = create(emulator, "x", conversation=id_, stream=True, fault="after=3;then=reset")
    assert left.broken
    assert call(emulator, "GET", f"/conversations/{id_}/items").json["data"] == listed
    error = create(emulator, conversation=id_, previous_response_id=first["id"]).json["error"]
    assert error["code"] == "mutually_exclusive_parameters"
    assert refusal(create(emulator, conversation={}))[2] == "conversation.id"


def test_one_turn_at_a_time_and_a_cancelled_one_leaves_nothing(tmp_path: Path) -> None:
    clock = Clock()
    settings = Settings(tokens_per_s=10, clock=clock, wait=clock.wait, store_path=tmp_path / "store.db")
    with Emulator(settings) as timed:
        id_ = call(timed, "POST", "/conversations", {}).json["id"]
        job = create(timed, "count to 40", background=True, conversation=id_).json["id"]
        assert refusal(create(timed, conversation=id_)) == (
            400,
            "Another process is currently operating on this conversation. Please retry in a few seconds.",
            None,
            "conversation_locked",
        )
        assert call(timed, "POST", f"/responses/{job}/cancel").json["status"] == "cancelled"
        assert call(timed, "GET", f"/conversations/{id_}/items").json["data"] == []
        seen = create(timed, "count to 40", background=True, conversation=id_, stream=True)
        assert seen.types[-1] == "response.completed"
        kept = call(timed, "GET", f"/conversations/{id_}/items").json
        assert [item["role"] for item in kept["data"]] == ["assistant", "user"]
    with Emulator(settings) as later:
        assert call(later, "GET", f"/conversations/{id_}/items").json == kept


def test_the_sdk_understands_all_of_it(emulator: Emulator) -> None:
    from openai import BadRequestError, NotFoundError, OpenAI

    with OpenAI(base_url=emulator.base_url, api_key="x", max_retries=0) as client:
        made = client.conversations.create(metadata={"a": "b"})
        response = client.responses.create(model="gpt-4o", input="hi", conversation=made.id)
        assert response.conversation is not None and response.conversation.id == made.id
        items = list(client.conversations.items.list(made.id, limit=1))
        assert [item.type for item in items] == ["message", "message"]
        one = client.conversations.items.retrieve(items[0].id or "", conversation_id=made.id)
        assert one.type == "message"
        client.conversations.items.create(made.id, items=[{"role": "user", "content": "x"}])
        client.conversations.items.delete(one.id, conversation_id=made.id)
        assert client.conversations.update(made.id, metadata={"c": "d"}).metadata == {"c": "d"}
        assert client.conversations.delete(made.id).deleted
        try:
            client.conversations.retrieve(made.id)
            raise AssertionError("it is deleted")
        except NotFoundError as error:
            assert error.type == "invalid_request_error"
        counted = client.responses.input_tokens.count(model="gpt-4o", input="hi")
        assert counted.input_tokens == client.responses.create(model="gpt-4o", input="hi").usage.input_tokens  # type: ignore[union-attr]
        compacted = client.responses.compact(model="gpt-4o", input="hi")
        assert [item.type for item in compacted.output] == ["message", "compaction"]
        try:
            spoilt: Any = {"type": "reasoning", "summary": [], "encrypted_content": "gone"}
            client.responses.create(model="gpt-5", input=[spoilt])
            raise AssertionError("it is damaged")
        except BadRequestError as refused:
            assert refused.code == "invalid_encrypted_content"


def _shape(events: list[dict[str, Any]]) -> list[str]:
    return [type_ for type_, _ in groupby(event["type"] for event in events)]
