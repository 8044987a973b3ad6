"""Calls of functions, end to end: who decides, in which order events come, what the next request has to bring."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from azresp.emulator import Emulator
from azresp.emulator.brain import Offer, Prompt
from azresp.emulator.builtin.calling import calls
from azresp.emulator.create import read_create
from azresp.emulator.refusals import Refused
from tests.emulator.contract import Contract
from tests.emulator.samples import data_url, picture
from tests.emulator.wire import Answer, create, events_of

STRING: dict[str, Any] = {"type": "string"}
NUMBER: dict[str, Any] = {"type": "number"}


def function(name: str, description: str = "", *, strict: bool = True, **properties: Any) -> dict[str, Any]:
    schema = {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
    return {
        "type": "function",
        "name": name,
        "description": description,
        "parameters": schema,
        "strict": strict,
    }


WEATHER = function("get_weather", "Weather of a city", city=STRING)
ADD = function("add", "Add two numbers", a=NUMBER, b=NUMBER)
MULTIPLY = function("multiply", "Multiply two numbers", a=NUMBER, b=NUMBER)


def outline(events: Iterable[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Order and shape: type, place, fields and the item's type, fields and status; runs of deltas count as one."""
    lines: list[tuple[Any, ...]] = []
    for event in events:
        item = event.get("item") or {}
        fields = frozenset(event) - {"obfuscation"}
        line = (event["type"], event.get("output_index"), fields, item.get("type"), frozenset(item))
        if not (lines and event["type"].endswith(".delta") and lines[-1] == line):
            lines.append(line)
    return lines


def called(answer: Answer) -> list[tuple[str, Any]]:
    """Names and arguments of the calls of a whole answer."""
    return [
        (item["name"], json.loads(item["arguments"]))
        for item in answer.json["output"]
        if item["type"] == "function_call"
    ]


def said(answer: Answer) -> str:
    messages = [item for item in answer.json["output"] if item["type"] == "message"]
    return "".join(part["text"] for item in messages for part in item["content"])


@pytest.mark.parametrize(
    ("recording", "model", "message", "tools"),
    [
        (
            "fantasy-common-azure-gpt-5-mini-tool-streaming--01",
            "gpt-5-mini",
            "call get_weather for Florence",
            [WEATHER],
        ),
        (
            "fantasy-common-openai-gpt-4o-multi-tool-streaming--01",
            "gpt-4o",
            "call add with a=2 b=3 and call multiply with a=2 b=3",
            [ADD, MULTIPLY],
        ),
    ],
)
def test_calls_come_in_the_recorded_order_and_shape(
    emulator: Emulator, shared: Path, recording: str, model: str, message: str, tools: list[dict[str, Any]]
) -> None:
    recorded = events_of((shared / "recordings" / recording / "response.sse").read_bytes())
    answer = create(emulator, message, model=model, tools=tools, stream=True)
    assert outline(answer.events) == outline(recorded)


def test_every_event_of_a_call_keeps_the_contract(emulator: Emulator, contract: Contract) -> None:
    answer = create(emulator, "weather in Paris and in Rome?", model="o4-mini", tools=[WEATHER], stream=True)
    for event in answer.events:
        filled = event | {"name": "get_weather"} if event["type"].endswith("arguments.done") else event
        contract.check_event(filled)
    deltas = [e["delta"] for e in answer.events if e["type"] == "response.function_call_arguments.delta"]
    assert "".join(deltas) == '{"city":"Paris"}{"city":"Rome"}'


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("weather in Paris and in Rome?", [("get_weather", {"city": "Paris"}), ("get_weather", {"city": "Rome"})]),
        ('call get_weather with city="São Paulo"', [("get_weather", {"city": "São Paulo"})]),
        ("add 2 and 3", [("add", {"a": 2, "b": 3})]),
        ("call add with b=1 a=-2.5", [("add", {"a": -2.5, "b": 1})]),
        ('call add {"a":1,"b":2}, then call multiply {"a":3}', [("add", {"a": 1, "b": 2}), ("multiply", {"a": 3})]),
        ("call get_weather with city=Paris and be quick", [("get_weather", {"city": "Paris"})]),
        ("hello", []),
        ("write 20 words about tides", []),
    ],
)  # fmt: skip
def test_the_message_decides_what_is_called(
    emulator: Emulator, message: str, expected: list[tuple[str, Any]]
) -> None:
    assert called(create(emulator, message, tools=[WEATHER, ADD, MULTIPLY])) == expected


def test_a_question_about_a_file_reads_it_first(emulator: Emulator) -> None:
    reader = function("read_file", "Read a text file", path=STRING)
    asked = "what does README.md promise?"
    assert called(create(emulator, asked, tools=[WEATHER, reader])) == [("read_file", {"path": "README.md"})]
    assert called(create(emulator, "what is 1.5 times 2? @fox.png", tools=[reader])) == []


def test_arguments_keep_a_strict_schema(emulator: Emulator) -> None:
    tool = function(
        "search_text",
        "Search files",
        pattern=STRING,
        path={"type": ["string", "null"]},
        mode={"type": "string", "enum": ["plain", "regex"]},
        limit={"type": ["integer", "null"]},
        deep={"type": "boolean"},
        tags={"type": "array", "items": STRING},
        where={"$ref": "#/$defs/spot"},
    )
    spot = {
        "type": "object",
        "properties": {"line": {"type": "integer"}, "note": {"anyOf": [STRING, {"type": "null"}]}},
        "required": ["line", "note"],
        "additionalProperties": False,
    }
    tool["parameters"]["$defs"] = {"spot": spot}
    answer = create(emulator, "call search_text pattern=foo mode=regex deep=false line 7 'x'", tools=[tool])
    assert called(answer) == [
        (
            "search_text",
            {
                "pattern": "foo",
                "path": None,
                "mode": "regex",
                "limit": None,
                "deep": False,
                "tags": ["x"],
                "where": {"line": 7, "note": None},
            },
        )
    ]


def test_json_after_the_name_is_taken_as_it_is_even_when_it_is_broken(emulator: Emulator) -> None:
    output = create(emulator, 'call get_weather {"city": "Par', tools=[WEATHER]).json["output"]
    assert [item["arguments"] for item in output] == ['{"city": "Par']


def test_the_outputs_are_what_the_answer_is_made_of(emulator: Emulator) -> None:
    first = create(emulator, "weather in Paris and in Rome?", tools=[WEATHER]).json
    results = [
        {"type": "function_call_output", "call_id": item["call_id"], "output": f"{city}: sunny"}
        for item, city in zip(first["output"], ("Paris", "Rome"), strict=True)
    ]
    second = create(emulator, results, previous_response_id=first["id"], tools=[WEATHER])
    assert called(second) == []
    assert said(second) == (
        "The tools answered:\n\n"
        '- **get_weather** `{"city":"Paris"}`: Paris: sunny\n'
        '- **get_weather** `{"city":"Rome"}`: Rome: sunny\n'
    )


def test_the_outputs_may_be_parts_with_images(emulator: Emulator) -> None:
    first = create(emulator, "weather in Paris?", tools=[WEATHER]).json
    parts = [
        {"type": "input_text", "text": "see"},
        {"type": "input_image", "image_url": data_url(picture())},
    ]
    result = {"type": "function_call_output", "call_id": first["output"][0]["call_id"], "output": parts}
    second = create(emulator, [result], previous_response_id=first["id"])
    assert "(an image: image/png, " in said(second)
    assert said(second).endswith("- Picture 1: PNG, 64 × 48, dominant colours: red; detail auto.\n")


def test_a_conversation_that_is_not_stored_goes_on_with_its_items_sent_again(emulator: Emulator) -> None:
    asked = {"role": "user", "content": "weather in Oslo?"}
    first = create(emulator, [asked], store=False, tools=[WEATHER]).json
    for kept in (
        lambda item: item,
        lambda item: {k: v for k, v in item.items() if k not in ("id", "status")},
    ):
        items = [kept(item) for item in first["output"]]
        result = {"type": "function_call_output", "call_id": items[0]["call_id"], "output": "-3 °C"}
        second = create(emulator, [asked, *items, result], store=False, tools=[WEATHER])
        assert "-3 °C" in said(second)


def test_a_call_and_the_reasoning_before_it_come_back_together_or_without_ids(emulator: Emulator) -> None:
    asked = {"role": "user", "content": "weather in Oslo?"}
    hidden: dict[str, Any] = {
        "model": "o4-mini",
        "store": False,
        "include": ["reasoning.encrypted_content"],
        "tools": [WEATHER],
    }
    thought, call = create(emulator, [asked], **hidden).json["output"]
    result = {"type": "function_call_output", "call_id": call["call_id"], "output": "-3 °C"}
    nameless = {key: value for key, value in call.items() if key != "id"}
    for kept in ([thought, call], [thought, nameless], [nameless]):
        assert create(emulator, [asked, *kept, result], **hidden).status == 200
    for kept, message in (
        (
            [call],
            f"Item '{call['id']}' of type 'function_call' was provided without its required 'reasoning' item: "
            f"'{thought['id']}'.",
        ),
        (
            [nameless, thought],
            f"Item '{thought['id']}' of type 'reasoning' was provided without its required following item.",
        ),
    ):
        assert refusal(create(emulator, [asked, *kept, result], **hidden)) == (400, message, "input")


def test_without_parallel_calls_there_is_one_call_a_turn(emulator: Emulator) -> None:
    previous, items, cities = None, "weather in Paris and in Rome?", []
    for _ in range(2):
        answer = create(
            emulator, items, previous_response_id=previous, tools=[WEATHER], parallel_tool_calls=False
        ).json
        (call,) = answer["output"]
        cities.append(json.loads(call["arguments"])["city"])
        items = [{"type": "function_call_output", "call_id": call["call_id"], "output": "wet"}]  # type: ignore[assignment]
        previous = answer["id"]
    last = create(emulator, items, previous_response_id=previous, tools=[WEATHER], parallel_tool_calls=False)
    assert cities == ["Paris", "Rome"]
    assert called(last) == []


def test_a_loop_calls_again_and_again(emulator: Emulator) -> None:
    answer = create(emulator, "loop get_weather for Paris", tools=[WEATHER])
    for _ in range(3):
        (call,) = answer.json["output"]
        result = {"type": "function_call_output", "call_id": call["call_id"], "output": "sunny"}
        answer = create(emulator, [result], previous_response_id=answer.json["id"], tools=[WEATHER])
    assert called(answer) == [("get_weather", {"city": "Paris"})]


@pytest.mark.parametrize(
    ("choice", "names"),
    [
        ("auto", []),
        ("none", []),
        ("required", ["get_weather"]),
        ({"type": "function", "name": "add"}, ["add"]),
        ({"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "add"}]}, ["add"]),
        ({"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "add"}]}, []),
    ],
    ids=str,
)  # fmt: skip
def test_tool_choice_forces_forbids_and_narrows(emulator: Emulator, choice: Any, names: list[str]) -> None:
    answer = create(emulator, "hello", tools=[WEATHER, ADD], tool_choice=choice)
    assert [name for name, _ in called(answer)] == names
    assert answer.json["tool_choice"] == choice


def test_tool_choice_none_forbids_even_a_tool_called_by_name(emulator: Emulator) -> None:
    assert called(create(emulator, "call add {}", tools=[ADD], tool_choice="none")) == []


def test_a_call_cut_by_the_token_limit_is_incomplete(emulator: Emulator) -> None:
    answer = create(
        emulator, f'call get_weather {{"city": "{"x y " * 40}"}}', tools=[WEATHER], max_output_tokens=16
    )
    (call,) = answer.json["output"]
    assert (answer.json["status"], call["status"]) == ("incomplete", "incomplete")
    with pytest.raises(ValueError, match="Unterminated"):
        json.loads(call["arguments"])


def test_a_custom_tool_gets_free_text(emulator: Emulator, contract: Contract) -> None:
    tool = {"type": "custom", "name": "run_python", "description": "Runs Python"}
    answer = create(emulator, "use run_python print(1)", tools=[tool], stream=True)
    for event in answer.events:
        contract.check_event(event)
    (call,) = answer.events[-1]["response"]["output"]
    assert (call["type"], call["input"]) == ("custom_tool_call", "print(1)")
    result = {"type": "custom_tool_call_output", "call_id": call["call_id"], "output": "1"}
    second = create(emulator, [result], previous_response_id=answer.events[-1]["response"]["id"])
    assert "**run_python**: 1" in said(second)


def refusal(answer: Answer) -> tuple[int, str, str | None]:
    return answer.status, answer.json["error"]["message"], answer.json["error"]["param"]


def test_calls_and_outputs_have_to_match(emulator: Emulator) -> None:
    first = create(emulator, "weather in Paris and in Rome?", tools=[WEATHER]).json
    one, two = (item["call_id"] for item in first["output"])
    results = [
        {"type": "function_call_output", "call_id": id_, "output": "x"} for id_ in (one, two, "call_x")
    ]
    missing = create(emulator, results[:1], previous_response_id=first["id"])
    unknown = create(emulator, results, previous_response_id=first["id"])
    nothing = create(emulator, "never mind", previous_response_id=first["id"])
    assert refusal(missing) == (400, f"No tool output found for function call {two}.", "input")
    assert refusal(unknown) == (
        400,
        "No tool call found for function call output with call_id call_x.",
        "input",
    )
    assert nothing.status == 400
    assert nothing.json["error"]["message"].startswith("No tool output found for function call call_")


@pytest.mark.parametrize(
    ("body", "message", "param"),
    [
        (
            {"tools": [ADD], "tool_choice": {"type": "function", "name": "sub"}},
            "Tool choice 'sub' not found in 'tools' parameter.",
            "tool_choice",
        ),
        (
            {"tools": [ADD], "tool_choice": {"type": "image_generation"}},
            "Tool choice 'image_generation' not found in 'tools' parameter.",
            "tool_choice",
        ),
        (
            {"tool_choice": "required"},
            "Tool choice 'required' must be specified with 'tools' parameter.",
            "tool_choice",
        ),
        (
            {"tools": [ADD], "tool_choice": {"type": "function"}},
            "Missing required parameter: 'tool_choice.name'.",
            "tool_choice.name",
        ),
        ({"tools": [{"type": "shell"}]}, "Hosted tool 'shell' is not supported with this model.", "tools"),
    ],
    ids=lambda value: str(value)[:50],
)
def test_tools_and_choices_that_do_not_fit_are_refused(
    emulator: Emulator, body: dict[str, Any], message: str, param: str
) -> None:
    assert refusal(create(emulator, **body)) == (400, message, param)


def test_the_same_name_twice_is_refused(emulator: Emulator) -> None:
    status, message, param = refusal(create(emulator, tools=[ADD, WEATHER, ADD]))
    assert (status, param) == (400, "tools[2].name")
    assert "'add'" in message


ANYTHING = function(
    "anything",
    "Takes all there is",
    text={"type": "string", "minLength": 2, "maxLength": 40},
    path={"type": ["string", "null"]},
    number={"type": "number", "minimum": 1, "maximum": 100},
    whole={"type": ["integer", "null"]},
    flag={"type": "boolean"},
    kind={"type": "string", "enum": ["red", "green"]},
    many={"type": "array", "items": {"type": "string"}, "maxItems": 3},
    numbers={"type": "array", "items": {"type": "integer"}},
    deep={"anyOf": [function("x", a=STRING, b=NUMBER)["parameters"], {"type": "null"}]},
)


@given(st.text(alphabet=st.characters(exclude_characters="{"), max_size=80))
@example("whole=x flag=maybe number=1e999 kind=blue many=[1] deep=3 numbers=[1.5]")
@example("text=a number=1000 'q' `w` whole 7 path a/b deep many 1.5 2.5")
def test_whatever_the_message_says_the_arguments_fit_the_schema(message: str) -> None:
    offer = Offer("function", "anything", "", ANYTHING["parameters"])
    prompt = Prompt([], "gpt-4o", offers=[offer], must_call=True)
    (call, *_) = calls(prompt, message)
    Draft202012Validator(ANYTHING["parameters"]).validate(json.loads(call.arguments))


def test_recorded_requests_with_tools_are_read(shared: Path) -> None:
    """But for what this emulator does not do: background, tool search, and tools that the service runs."""
    beyond = ("'background'", "additional_tools", "tool_search", "Hosted tool")
    recordings, surprises, read = shared / "recordings", [], 0
    for case in json.loads((recordings / "index.json").read_bytes()):
        request = json.loads((recordings / case["id"] / "request.json").read_bytes())
        body = request["body"]
        if case["status"] != 200 or not set(case["covers"]) & {"d", "e"} or not (body and body.get("model")):
            continue
        try:
            read_create(body, (body["model"],), {})
            read += 1
        except Refused as refused:
            message = refused.body["error"]["message"]
            if not any(word in message for word in beyond):
                surprises.append((case["id"], message))
    assert (surprises, read > 40) == ([], True)
