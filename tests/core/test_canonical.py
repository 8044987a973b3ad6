"""JSON that means one thing only."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azresp.core.canonical import NotStrict, canonical, fingerprint, strict_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(VALUES)
def test_the_canonical_form_is_ascii_and_says_the_same(value: object) -> None:
    text = canonical(value)
    assert text.isascii()
    assert all(char == "\n" or char >= " " for char in text)
    assert json.loads(text) == value


@given(VALUES)
def test_what_is_strict_stays_what_it_was(value: object) -> None:
    assert strict_json(canonical(strict_json(json.dumps(value)))) == strict_json(json.dumps(value))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"a": 1, "a": 2}', 'the key "a" stands in it twice'),
        ('{"a": {"b": 1, "b": 1}}', 'the key "b" stands in it twice'),
        ('{"\\u0061": 1, "a": 2}', 'the key "a" stands in it twice'),
        ("[NaN]", "NaN is no number of JSON"),
        ("[-Infinity]", "-Infinity is no number of JSON"),
        ("[1e999]", "1e999 is larger than any number can be"),
        ("{", "not JSON"),
        ("", "not JSON"),
        ("{} {}", "not JSON"),
        ("[" * 300 + "]" * 300, "nested deeper than 200 levels"),
        ("[" * 100_000, "nested deeper than 200 levels"),
        ("9" * 5000, "not JSON"),
    ],
    ids=range(12),
)
def test_what_readers_could_take_in_two_ways_is_refused(text: str, why: str) -> None:
    with pytest.raises(NotStrict) as caught:
        strict_json(text)
    assert why in str(caught.value)


def test_lone_surrogates_are_mended_so_that_the_value_can_be_sent() -> None:
    assert strict_json('["\\ud83d\\ude00", "\\ud83d"]') == ["😀", "\ufffd"]


def test_a_fingerprint_sees_every_change_but_the_order_of_keys() -> None:
    assert fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})
    assert fingerprint({"a": 1}) != fingerprint({"a": "1"})
    assert fingerprint("a", "b") != fingerprint(["a", "b"])
