"""A call's arguments: read strictly and held against the schema (cases L1, A2)."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azresp.core.tools import FunctionTool
from azresp.toolbox.check import BadArguments, read_arguments
from azresp.toolbox.schema import functions_of

TOOL: FunctionTool = functions_of(
    b'''
import dataclasses
from typing import Literal
@dataclasses.dataclass
class Place:
    name: str
    near: "list[Place]"
def f(city: str, days: int = 3, unit: Literal["C", "F"] = "C", place: Place | None = None) -> str:
    """Do."""
''',
    "t.py",
)[0][0].function
GOOD = '{"city": "x", "days": null, "unit": null, "place": null}'

BAD = [
    ("", "The arguments can't be read: not JSON: Expecting value: line 1 column 1 (char 0)."),
    ("[]", "The arguments must be a JSON object, not an array."),
    ("null", "The arguments must be a JSON object, not null."),
    ('"{}"', "The arguments must be a JSON object, not a string."),
    ("3", "The arguments must be a JSON object, not a number."),
    (
        '{"city": 1',
        "The arguments can't be read: not JSON: Expecting ',' delimiter: line 1 column 11 (char 10).",
    ),
    ('{"city": "a", "city": "b"}', 'The arguments can\'t be read: the key "city" stands in it twice.'),
    ('{"city": NaN}', "The arguments can't be read: NaN is no number of JSON."),
    ('{"city": 1e999}', "The arguments can't be read: 1e999 is larger than any number can be."),
    ("{}", "`city` is required. `days` is required. `unit` is required. `place` is required."),
    (GOOD.replace('"x"', "1"), "`city` must be of type string, not a number."),
    (GOOD.replace('"days": null', '"days": "3"'), "`days` must be of type integer or null, not a string."),
    (GOOD.replace('"days": null', '"days": true'), "`days` must be of type integer or null, not a boolean."),
    (GOOD.replace('"days": null', '"days": 1.5'), "`days` must be of type integer or null, not a number."),
    (GOOD.replace('"unit": null', '"unit": "K"'), '`unit` must be one of "C", "F", null, not "K".'),
    (GOOD.replace("}", ', "evil": 1}'), "`evil` is not a parameter."),
    (
        GOOD.replace('"place": null', '"place": {"name": "a", "near": [{"name": "b"}]}'),
        "`place.near[0].near` is required.",
    ),
    (
        GOOD.replace('"place": null', '"place": {"name": "a", "near": [{"name": 3, "near": []}]}'),
        "`place.near[0].name` must be of type string, not a number.",
    ),
]


@pytest.mark.parametrize(("text", "why"), BAD, ids=[text for text, _ in BAD])
def test_wrong_arguments_are_told_in_sentences(text: str, why: str) -> None:
    with pytest.raises(BadArguments) as caught:
        read_arguments(TOOL, text)
    assert str(caught.value) == why


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"a":' * 100_000, "9" * 10_000, '{"a": "' + "x" * 5_000_000 + '"}']
)
def test_arguments_out_of_all_bounds_are_refused(text: str) -> None:
    with pytest.raises(BadArguments, match="The arguments can't be read"):
        read_arguments(TOOL, text)


def test_right_arguments_are_given_as_they_are() -> None:
    assert read_arguments(TOOL, GOOD) == {"city": "x", "days": None, "unit": None, "place": None}


def test_lone_surrogates_are_mended() -> None:
    assert read_arguments(TOOL, GOOD.replace('"x"', '"\\ud83d"'))["city"] == "\ufffd"


def test_a_complaint_stays_short_whatever_is_wrong() -> None:
    text = json.dumps({f"{number}{'k' * 10_000}": "v" for number in range(100)})
    with pytest.raises(BadArguments) as caught:
        read_arguments(TOOL, text)
    assert len(str(caught.value)) < 1000


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner)),
    max_leaves=10,
)


@given(st.one_of(st.text(), JSON.map(json.dumps)))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        told = read_arguments(TOOL, text)
    except BadArguments as why:
        assert str(why).endswith(".")
    else:
        assert set(told) == {"city", "days", "unit", "place"}


@given(
    st.fixed_dictionaries(
        {
            "city": st.text(st.characters(exclude_categories=["Cs"])),
            "days": st.one_of(st.none(), st.integers(-(10**18), 10**18)),
            "unit": st.sampled_from(["C", "F", None]),
            "place": st.none(),
        }
    )
)
def test_whatever_fits_is_read_back_the_same(told: dict[str, object]) -> None:
    assert read_arguments(TOOL, json.dumps(told)) == told


def test_a_reference_in_a_schema_is_never_fetched() -> None:
    schema = {"type": "object", "properties": {"x": {"$ref": "http://127.0.0.1:9/schema"}}}
    with pytest.raises(BadArguments) as caught:
        read_arguments(FunctionTool("f", "Do.", schema), '{"x": 1}')
    assert (
        str(caught.value)
        == "The tool's schema is broken: its $ref 'http://127.0.0.1:9/schema' leads nowhere."
    )


def test_a_broken_pattern_in_a_schema_is_told() -> None:
    schema = {"type": "object", "properties": {"x": {"pattern": "("}}}
    with pytest.raises(BadArguments) as caught:
        read_arguments(FunctionTool("f", "Do.", schema), '{"x": "a"}')
    assert str(caught.value) == "The tool's schema can't be used to check this."
