"""Compaction, asked for and by itself, and the count of input tokens; against what was recorded."""

from __future__ import annotations

import json
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azresp.emulator import Emulator, tokens
from azresp.emulator.ciphertext import Cipher
from azresp.emulator.compaction import Compactor
from tests.emulator.contract import Contract
from tests.emulator.wire import Answer, call, create, events_of

MANAGED: dict[str, Any] = {"context_management": [{"type": "compaction", "compact_threshold": 1000}]}
ROLES = ("user", "assistant", "developer")


def said(answer: Answer) -> str:
    return str(answer.json["output"][0]["content"][0]["text"])


def compact(emulator: Emulator, **body: Any) -> Answer:
    return call(emulator, "POST", "/responses/compact", {"model": "gpt-4o"} | body)


def count(emulator: Emulator, **body: Any) -> Answer:
    return call(emulator, "POST", "/responses/input_tokens", {"model": "gpt-4o"} | body)


@given(st.lists(st.tuples(st.sampled_from(ROLES), st.text(min_size=1, max_size=300)), max_size=30))
def test_a_compaction_is_never_more_than_what_it_stands_for(told: list[tuple[str, str]]) -> None:
    compactor = Compactor(Cipher("x", lambda: 0.0))
    items: list[dict[str, Any]] = [
        {"id": f"msg_{i}", "type": "message", "role": role, "content": [{"type": "input_text", "text": text}]}
        for i, (role, text) in enumerate(told)
    ]
    output, usage = compactor.compact(items, None)
    assert compactor.count(output) <= tokens.count_items(items) + len(items)
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]
    again, _ = compactor.compact(output, None)
    assert [item["type"] for item in again] == ["compaction"]
    assert compactor.count(again) <= compactor.count(output) + len(items)


def test_the_recorded_compaction_is_made_and_gone_on_from(
    emulator: Emulator, contract: Contract, shared: Path
) -> None:
    folder = shared / "recordings"
    asked = json.loads((folder / "pydai-compact-messages--03" / "request.json").read_text())["body"]
    theirs = json.loads((folder / "pydai-compact-messages--03" / "response.json").read_text())
    ours = compact(emulator, **asked).json
    contract.check("CompactResource", ours)
    assert [sorted(item) for item in ours["output"]] == [sorted(item) for item in theirs["output"]]
    assert [item.get("content") for item in ours["output"]] == [i.get("content") for i in theirs["output"]]
    assert {key: type(value) for key, value in ours.items()} == {k: type(v) for k, v in theirs.items()}
    assert [len(i["id"]) for i in ours["output"]] == [len(i["id"]) for i in theirs["output"]]
    then = json.loads((folder / "pydai-compact-messages--04" / "request.json").read_text())["body"]
    assert (
        create(emulator, **{**then, "input": then["input"]}).json["error"]["code"]
        == "invalid_encrypted_content"
    )
    going_on = [ours["output"][-1], *then["input"][1:]]
    assert create(emulator, **{**then, "input": going_on}).json["output"][0]["type"] == "message"


def test_a_compacted_chain_remembers_and_costs_less(emulator: Emulator) -> None:
    first = create(emulator, "my name is Ada").json
    second = create(emulator, "write 400 words", previous_response_id=first["id"]).json
    made = compact(emulator, previous_response_id=second["id"], input=[]).json
    assert [item["type"] for item in made["output"]] == ["message", "message", "compaction"]
    asked = {"role": "user", "content": "what is my name?"}
    for window in (made["output"], made["output"][-1:]):
        answer = create(emulator, [*window, asked])
        assert "Ada" in said(answer)
        assert answer.json["usage"]["input_tokens"] < second["usage"]["total_tokens"]
    third = answer.json
    again = compact(emulator, previous_response_id=third["id"]).json["output"]
    assert [item.get("role") for item in again] == ["user", None]
    assert "Ada" in said(create(emulator, [again[-1], asked]))


def test_a_long_answer_ends_with_a_compaction_in_the_recorded_order(
    emulator: Emulator, contract: Contract, shared: Path
) -> None:
    stream = (shared / "recordings" / "vercel-openai-compaction-1-sse--01" / "response.sse").read_bytes()
    theirs = list(events_of(stream))
    told = [{"role": "user", "content": text} for text in ("my name is Ada", "write 1200 words")]
    answer = create(emulator, told, stream=True, store=False, **MANAGED)
    ours = answer.events
    assert _shape(ours) == _shape(theirs)
    for event in ours:
        contract.check_event(event)
    sealed = [e["item"] for e in ours if e.get("item", {}).get("type") == "compaction"]
    sealed.append(ours[-1]["response"]["output"][-1])
    assert len({item["id"] for item in sealed}) == 1
    assert len({item["encrypted_content"] for item in sealed}) == 3
    assert sorted(sealed[-1]) == sorted(theirs[-1]["response"]["output"][-1])
    asked = {"role": "user", "content": "what is my name?"}
    assert "Ada" in said(create(emulator, [sealed[-1], asked], store=False))
    stored = create(emulator, told, **MANAGED).json
    after = create(emulator, "what is my name?", previous_response_id=stored["id"], **MANAGED).json
    assert "Ada" in after["output"][0]["content"][0]["text"]
    assert [item["type"] for item in after["output"]] == ["message"]
    assert after["usage"]["input_tokens"] < 300


@pytest.mark.parametrize(
    ("value", "message", "param", "code"),
    [
        ([{"type": "foo"}], "Unsupported context_management type: 'foo'.", "context_management", None),
        (
            [{"type": "compaction", "compact_threshold": 999}],
            "Invalid 'context_management[0].compact_threshold': integer below minimum value. Expected a value >= 1000, "
            "but got 999 instead.",
            "context_management[0].compact_threshold",
            "integer_below_min_value",
        ),
    ],
)
def test_context_management_is_refused_in_the_services_words(
    emulator: Emulator, value: Any, message: str, param: str, code: str | None
) -> None:
    error = create(emulator, context_management=value).json["error"]
    assert (error["message"], error["param"], error["code"]) == (message, param, code)


def test_input_tokens_are_what_a_response_will_be_charged(emulator: Emulator, contract: Contract) -> None:
    first = create(emulator, "hello there").json["id"]
    body = {"input": "and again", "previous_response_id": first, "instructions": "be brief"}
    counted = count(emulator, **body).json
    contract.check("TokenCountsResource", counted)
    assert counted["input_tokens"] == create(emulator, **body).json["usage"]["input_tokens"]
    assert count(emulator, input="x", stream=True).json["error"]["code"] == "unknown_parameter"
    assert compact(emulator, input="x", tools=[]).json["error"]["code"] == "unknown_parameter"
    assert (
        compact(emulator, previous_response_id="resp_1").json["error"]["code"]
        == "previous_response_not_found"
    )


def _shape(events: list[dict[str, Any]]) -> list[str]:
    return [type_ for type_, _ in groupby(event["type"] for event in events)]
