"""Reading a create request: whatever comes is either understood or refused, never a crash."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from azresp.emulator.builtin.structured import answer
from azresp.emulator.builtin.talk import Talk
from azresp.emulator.create import _PARAMETERS, read_create
from azresp.emulator.input_items import resolve
from azresp.emulator.refusals import Refused
from azresp.emulator.response import as_created

WORDS = st.sampled_from(
    [
        "message",
        "function_call",
        "function_call_output",
        "reasoning",
        "item_reference",
        "user",
        "assistant",
        "auto",
        "input_text",
        "x",
        "output_text",
        "json_schema",
        "function",
        "mcp",
        "high",
        "required",
        "object",
        "string",
        "array",
        "number",
        "null",
    ]
)
KEYS = st.sampled_from(
    [
        "type",
        "role",
        "content",
        "id",
        "call_id",
        "name",
        "arguments",
        "output",
        "summary",
        "text",
        "effort",
        "format",
        "schema",
        "strict",
        "parameters",
        "properties",
        "items",
        "anyOf",
        "allOf",
        "enum",
        "required",
        "$ref",
        "pattern",
        "minLength",
        "maximum",
        "multipleOf",
        "refusal",
        "image_url",
    ]
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-5, 5000)
    | st.floats(allow_nan=False, allow_infinity=False)
    | WORDS
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=15,
)
NAMES = st.sampled_from(sorted(_PARAMETERS)) | KEYS


@given(st.dictionaries(NAMES, JSON, max_size=5), st.sampled_from(["gpt-4o", "o3"]))
def test_any_body_is_read_or_refused(body: dict[str, Any], model: str) -> None:
    try:
        create = read_create({"input": "hi", **body, "model": model}, ("gpt-4o", "o3"), {})
        resolve(create.items, [], lambda _: None)
        as_created(create, "resp_1", 0)
    except Refused as refused:
        assert 400 <= refused.status < 500


@given(st.lists(st.dictionaries(KEYS, JSON, max_size=6), max_size=3))
def test_any_input_is_read_or_refused(items: list[dict[str, Any]]) -> None:
    try:
        create = read_create({"input": items, "model": "gpt-4o"}, ("gpt-4o",), {})
        resolve(create.items, [], lambda _: None)
    except Refused as refused:
        assert refused.status == 400


@given(JSON)
def test_any_schema_is_filled_or_refused(schema: Any) -> None:
    format_ = {"type": "json_schema", "name": "n", "schema": schema}
    try:
        read_create({"input": "hi", "model": "gpt-4o", "text": {"format": format_}}, ("gpt-4o",), {})
    except Refused:
        return
    talk = Talk("hi", (), (), "", "gpt-4o", (), (), "medium")
    assert "".join(answer(talk, format_))
