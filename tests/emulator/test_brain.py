"""The built-in brain: what it says, and that sizes and schemas are kept."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from azresp.emulator import BuiltIn, Prompt, tokens
from azresp.emulator.brain import Piece, Refuse, Say, Thought
from azresp.emulator.builtin.sums import find_sum


def pieces(*said: str, **request: Any) -> list[Piece]:
    """The answer to the last of `said`, after answers to those before it."""

    async def listen(items: list[dict[str, Any]]) -> list[Piece]:
        prompt = Prompt(items, "gpt-5", request.pop("instructions", None), request)
        return [piece async for piece in BuiltIn().answer(prompt)]

    items: list[dict[str, Any]] = []
    heard: list[Piece] = []
    for text in said:
        items.append({"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]})
        heard = asyncio.run(listen(items))
        answer = "".join(piece.text for piece in heard if isinstance(piece, Say))
        items.append(
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": answer}]}
        )
    return heard


def text(*said: str, **request: Any) -> str:
    return "".join(piece.text for piece in pieces(*said, **request) if isinstance(piece, Say))


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (["my name is Ada", "hi", "what is my name?"], "Ada"),
        (["My favourite colour is teal.", "what's my favourite colour?"], "teal"),
        (["a b c", "next", "what did I say first?"], "> a b c"),
        (["one", "two", "three", "what did I say before?"], "> three"),
        (["one", "two", "how many turns is this?"], "turn 3"),
        (["remember that the key is under the mat", "what did I ask you to remember?"], "under the mat"),
        (["hello", "what did you say?"], "built-in emulator"),
        (["first thing", "summarize our conversation"], "1. You: first thing"),
        (["what is 12 * (3 + 4)?"], "84"),
        (["what is 15% of 200?"], "30"),
        (["7 plus 5"], "12"),
        (["1,000 divided by 8"], "125"),
        (["repeat after me: Ünïcode 👩‍🚀"], "Ünïcode 👩‍🚀"),
        (["show me code in rust"], "```rust"),
        (["links please"], "](https://"),
        (["show me wide text"], "你好"),
        (["everything markdown"], "| Left |"),
        (["help"], "repeat after me"),
        (["who are you?"], "not a model"),
        (["zzz"], "not a model"),
        (["draw a fox"], "/image-mode on"),
    ],
)
def test_it_answers_from_the_conversation(said: list[str], expected: str) -> None:
    assert expected in text(*said)


def test_it_knows_only_the_instructions_of_this_request() -> None:
    assert "> be kind" in text("what are your instructions?", instructions="be kind")
    assert "no instructions" in text("what are your instructions?")


def test_it_refuses_where_it_should() -> None:
    heard = [piece for piece in pieces("refuse this") if not isinstance(piece, Thought)]
    assert [type(piece) for piece in heard] == [Refuse]


@given(st.integers(1, 3000), st.sampled_from(["", "code ", "table ", "list ", "one paragraph "]))
def test_so_many_tokens_are_exactly_so_many(number: int, kind: str) -> None:
    assert (
        sum(tokens.count(p.text) for p in pieces(f"write {kind}{number} tokens") if isinstance(p, Say))
        == number
    )


@pytest.mark.parametrize("number", [1, 30, 500, 12_345])
def test_so_many_words_are_exactly_so_many(number: int) -> None:
    assert len(text(f"write {number} words about tides").split()) == number


def test_so_many_rows_items_and_paragraphs_are_exactly_so_many() -> None:
    assert text("a table of 12 rows about trains").count("\n") == 14
    assert text("a list of 20 items").count("\n") == 20
    assert text("Write three paragraphs about the sea").strip().count("\n\n") == 2
    assert text("give me 5 lines of python code").count("\n") == 5


def test_the_same_conversation_gets_the_same_answer() -> None:
    assert pieces("a", "write 300 words") == pieces("a", "write 300 words")


def test_more_effort_thinks_in_more_sections() -> None:
    counts = [
        len([piece for piece in pieces("hi", reasoning={"effort": effort}) if isinstance(piece, Thought)])
        for effort in ("none", "low", "medium", "high")
    ]
    assert counts == [0, 1, 2, 3]


@given(st.text())
def test_tokens_joined_are_the_text(anything: str) -> None:
    assert "".join(tokens.split(anything)) == anything


@given(st.text(max_size=60))
def test_a_sum_never_raises(anything: str) -> None:
    find_sum(anything)
    find_sum(f"9**9**9**9 {anything} 1/0")


@given(st.text(max_size=200))
def test_anything_at_all_is_answered(anything: str) -> None:
    assert pieces(anything)


SCHEMAS: list[dict[str, Any]] = [
    {"type": "object", "properties": {"answer": {"type": "string"}}, "required": ["answer"]},
    {"type": "array", "items": {"type": "integer", "minimum": 5, "multipleOf": 3}, "minItems": 3},
    {
        "type": "object",
        "properties": {"n": {"type": "number", "exclusiveMinimum": 2, "maximum": 2.5}},
        "required": ["n"],
    },
    {"type": "number", "exclusiveMinimum": 2, "exclusiveMaximum": 2.5},
    {"enum": ["red", "green"]},
    {"const": {"a": [1]}},
    {"type": ["string", "null"], "minLength": 9999, "maxLength": 10_000},
    {"type": "string", "pattern": "^[A-Z]{2}-\\d{3,}(x|y)?$"},
    {"type": "string", "format": "date-time"},
    {"anyOf": [{"type": "null"}, {"type": "boolean"}]},
    {
        "$defs": {
            "node": {
                "type": "object",
                "properties": {
                    "name": {"type": "string"},
                    "next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]},
                    "children": {"type": "array", "items": {"$ref": "#/$defs/node"}},
                },
                "required": ["name", "next", "children"],
                "additionalProperties": False,
            }
        },
        "$ref": "#/$defs/node",
    },
]


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: str(schema)[:40])
def test_structured_output_conforms_to_its_schema(schema: dict[str, Any]) -> None:
    said = text(
        "give me 7 green things", text={"format": {"type": "json_schema", "name": "n", "schema": schema}}
    )
    Draft202012Validator(schema).validate(json.loads(said))


def test_a_json_object_holds_the_answer() -> None:
    value = json.loads(text("what is 2 + 2, as json", text={"format": {"type": "json_object"}}))
    assert "4" in value["answer"]


def test_a_structured_request_can_be_refused() -> None:
    heard = pieces("refuse", text={"format": {"type": "json_object"}})
    assert isinstance(heard[-1], Refuse)
