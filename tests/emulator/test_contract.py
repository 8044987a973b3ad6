"""What the emulator says is what the contract and the recordings say."""

from __future__ import annotations

import json
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from azresp.emulator import Emulator
from tests.emulator.contract import Contract
from tests.emulator.wire import call, create, events_of

SCHEMA = {
    "type": "object",
    "properties": {"answer": {"type": "string"}},
    "required": ["answer"],
    "additionalProperties": False,
}
REQUESTS: dict[str, dict[str, Any]] = {
    "text": {},
    "reasoning": {"model": "gpt-5-mini"},
    "summary": {"model": "o4-mini", "reasoning": {"effort": "high", "summary": "auto"}},
    "encrypted": {"model": "gpt-5", "include": ["reasoning.encrypted_content"], "store": False},
    "refusal": {"input": "refuse"},
    "refusal of a reasoning model": {"model": "gpt-5", "input": "refuse"},
    "cut short": {"input": "write 500 words", "max_output_tokens": 16},
    "cut short while thinking": {"model": "gpt-5", "input": "x", "max_output_tokens": 16},
    "structured": {
        "text": {"format": {"type": "json_schema", "name": "a", "schema": SCHEMA, "strict": True}}
    },
    "everything given": {
        "instructions": "be brief",
        "metadata": {"a": "b"},
        "temperature": 0.5,
        "top_p": 0.9,
        "truncation": "auto",
        "user": "me",
        "safety_identifier": "s",
        "prompt_cache_key": "k",
        "max_output_tokens": 4000,
        "parallel_tool_calls": False,
        "text": {"verbosity": "low"},
        "tools": [{"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}}}],
    },
}


@pytest.mark.parametrize("name", REQUESTS)
def test_every_event_and_response_keeps_the_contract(
    emulator: Emulator, contract: Contract, name: str
) -> None:
    streamed = create(emulator, **{"input": "hello", **REQUESTS[name], "stream": True})
    for event in streamed.events:
        contract.check_event(event)
    contract.check_response(create(emulator, **{"input": "hello", **REQUESTS[name]}).json)


@pytest.mark.parametrize("how", ["fail", "fail-openai"])
def test_failures_in_the_stream_keep_the_contract(emulator: Emulator, contract: Contract, how: str) -> None:
    for event in create(emulator, stream=True, fault=f"after=6;then={how};keepalive=2").events:
        contract.check_event(event)


def test_lists_keep_the_contract(emulator: Emulator, contract: Contract) -> None:
    first = create(emulator, "one").json
    second = create(emulator, [{"role": "user", "content": "two"}], previous_response_id=first["id"]).json
    contract.check("ResponseItemList", call(emulator, "GET", f"/responses/{second['id']}/input_items").json)
    models = call(emulator, "GET", "/models").json
    contract.check("ListModelsResponse", models)
    contract.check("Model", call(emulator, "GET", f"/models/{models['data'][0]['id']}").json)


RECORDED = {
    "fantasy-common-azure-gpt-5-mini-simple-streaming--01": REQUESTS["reasoning"],
    "vercel-azure-text-1-sse--01": REQUESTS["text"],
    "rubyllm-responses-protocol-dialects-with-azure-gpt-5-nano-streams-respon--01": REQUESTS["encrypted"],
    "mirascope-refusal-openai-gpt-4o-responses-stream--01": REQUESTS["refusal"],
    "rig-streaming-grammar-incomplete-max-output-tokens--01": REQUESTS["cut short while thinking"],
}


@pytest.mark.parametrize("case", RECORDED)
def test_events_come_in_the_recorded_order(emulator: Emulator, shared: Path, case: str) -> None:
    recorded = events_of((shared / "recordings" / case / "response.sse").read_bytes())
    answer = create(emulator, **{"input": "hello", **RECORDED[case], "stream": True})
    assert _shape(answer.types) == _shape([event["type"] for event in recorded])


def test_a_summary_comes_in_the_recorded_order(emulator: Emulator, shared: Path) -> None:
    case = "vercel-azure-reasoning-encrypted-content-1-sse--01"
    recorded = [e["type"] for e in events_of((shared / "recordings" / case / "response.sse").read_bytes())]
    answer = create(
        emulator, model="o4-mini", stream=True, reasoning={"summary": "detailed", "effort": "low"}
    )
    end = recorded.index("response.output_item.done") + 1
    mine = answer.types
    assert _shape(mine[: mine.index("response.output_item.done") + 1]) == _shape(recorded[:end])


def test_azure_responses_have_the_recorded_keys(emulator: Emulator, shared: Path) -> None:
    case = "rubyllm-responses-protocol-dialects-with-azure-gpt-5-nano-streams-respon--01"
    recorded = list(events_of((shared / "recordings" / case / "response.sse").read_bytes()))
    mine = create(emulator, **{"input": "hello", **REQUESTS["encrypted"], "stream": True}).events
    for type_ in ("response.created", "response.completed"):
        theirs = next(e for e in recorded if e["type"] == type_)["response"]
        ours = next(e for e in mine if e["type"] == type_)["response"]
        assert list(ours) == list(theirs)
        assert [sorted(item) for item in ours["output"]] == [sorted(item) for item in theirs["output"]]
        assert len(ours["id"]) == len(theirs["id"])
        assert json.dumps(_keys(ours["usage"])) == json.dumps(_keys(theirs["usage"]))


def test_azure_headers_are_there(emulator: Emulator, shared: Path) -> None:
    case = "rubyllm-responses-protocol-dialects-with-azure-gpt-5-nano-streams-respon--01"
    recorded = json.loads((shared / "recordings" / case / "case.json").read_text())["response_headers"]
    mine = create(emulator, model="gpt-5-nano", stream=True).headers
    assert set(recorded) - {"date"} <= set(mine)
    assert mine["x-ms-served-model"] == recorded["x-ms-served-model"]


def test_numbers_run_without_gaps_and_indexes_without_jumps(emulator: Emulator) -> None:
    answer = create(emulator, model="gpt-5", stream=True, reasoning={"summary": "auto"})
    assert [event["sequence_number"] for event in answer.events] == list(range(len(answer.events)))
    added = [e["output_index"] for e in answer.events if e["type"] == "response.output_item.added"]
    assert added == [0, 1]


def test_obfuscation_can_be_switched_off(emulator: Emulator) -> None:
    deltas = [e for e in create(emulator, stream=True).events if "delta" in e]
    assert all(e["obfuscation"] for e in deltas)
    plain = create(emulator, stream=True, stream_options={"include_obfuscation": False})
    assert not any("obfuscation" in e for e in plain.events)


def test_the_last_ciphertext_differs_from_those_before(emulator: Emulator) -> None:
    answer = create(emulator, **{"input": "hello", **REQUESTS["encrypted"], "stream": True})
    seen = [
        e["item"]["encrypted_content"] for e in answer.events if e.get("item", {}).get("type") == "reasoning"
    ]
    seen.append(answer.events[-1]["response"]["output"][0]["encrypted_content"])
    assert len(set(seen)) == 3


def _shape(types: list[str]) -> list[str]:
    """Event types with repetitions folded: deltas come in any number."""
    return [type_ for type_, _ in groupby(types)]


def _keys(value: Any) -> Any:
    return sorted((key, _keys(inner)) for key, inner in value.items()) if isinstance(value, dict) else None
