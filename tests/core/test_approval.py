"""Standing answers: exact in everything, and pointed out when something changed."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azresp.core.approval import (
    ALWAYS,
    Grant,
    ListChange,
    Policy,
    Subject,
    changes,
    compare,
    described,
    name_warnings,
)
from azresp.core.sse import Wire

SUBJECT = Subject("https://a/", "https://mcp.example.com/", "docs", "search", "f1")
SUBJECTS = st.builds(Subject, *[st.sampled_from(["a", "b"]) for _ in fields(Subject)])


@given(SUBJECTS, SUBJECTS, st.sampled_from([ALWAYS, "s1"]), st.sampled_from(["s1", "s2"]))
def test_a_standing_yes_covers_exactly_what_it_was_given_for(
    given_for: Subject, asked: Subject, scope: str, session: str
) -> None:
    covered = Grant(given_for, scope, 0.0, {}).covers(asked, session)
    assert covered == (given_for == asked and scope in (ALWAYS, session))


@pytest.mark.parametrize("field", [one.name for one in fields(Subject)])
def test_any_change_of_the_subject_ends_a_standing_yes(field: str) -> None:
    assert not Grant(SUBJECT, ALWAYS, 0.0, {}).covers(replace(SUBJECT, **{field: "other"}), "s")


@pytest.mark.parametrize(
    ("words", "name", "yes"),
    [
        (["always"], "docs/search", True),
        (["never"], "docs/search", False),
        (["allow:docs/search"], "docs/search", True),
        (["allow:docs/*"], "docs/search", True),
        (["allow:docs/search"], "docs/delete", None),
        (["allow:search"], "docs/search", None),
        (["allow:other/*,never"], "docs/search", False),
        (["never", "allow:docs/search"], "docs/search", True),
        (["always", "never"], "docs/search", False),
        ([], "docs/search", None),
    ],
)
def test_a_policy_decides_what_it_names(words: list[str], name: str, yes: bool | None) -> None:
    label, _, tool = name.rpartition("/")
    decision = Policy.read(words).decide(replace(SUBJECT, label=label, tool=tool))
    assert (decision.verdict.yes if decision else None) == yes


def test_a_policy_for_a_local_tool_names_it_without_a_label() -> None:
    local = replace(SUBJECT, label="", tool="grep")
    decision = Policy.read(["allow:grep"]).decide(local)
    assert decision is not None
    assert decision.verdict.yes
    assert Policy.read(["allow:docs/grep"]).decide(local) is None


@pytest.mark.parametrize("word", ["sometimes", "allow:", "docs/search"])
def test_a_word_that_is_no_policy_is_named(word: str) -> None:
    with pytest.raises(ValueError, match=word):
        Policy.read(["always", word])


def test_changes_are_told_line_by_line_and_escaped() -> None:
    before = {"description": "Search.", "input_schema": {"type": "object"}}
    assert changes(before, before | {"description": "Search.\u202e"}) == (
        '- description: "Search."',
        '+ description: "Search.\\u202e"',
    )


def test_two_lists_of_tools_are_compared_by_what_the_tools_say_of_themselves() -> None:
    before: dict[str, Wire] = {
        "a": {"name": "a", "description": "x"},
        "b": {"name": "b"},
        "c": {"name": "c", "id": 1},
    }
    now: dict[str, Wire] = {
        "a": {"name": "a", "description": "y"},
        "c": {"name": "c", "id": 2},
        "d": {"name": "d"},
    }
    assert compare(before, now) == ListChange(added=("d",), removed=("b",), changed=("a",))
    assert not compare(now, now)


def test_empty_fields_of_a_description_are_as_good_as_absent() -> None:
    assert described({"name": "a", "annotations": None, "description": ""}) == {"name": "a"}


OTHERS = [("docs", "search"), ("docs", "paypal_send"), ("", "read_file")]


@pytest.mark.parametrize(
    ("label", "tool", "said"),
    [
        ("docs", "search", []),
        ("docs", "se\u0430rch", ["characters other than plain letters"]),
        ("docs", "sea\u200brch", ["characters other than plain letters"]),
        ("d\u043ecs", "find", ["the name of the server holds"]),
        ("evil", "search", ["docs has a tool of the same name"]),
        ("evil", "paypa1-send", ['looks like "docs/paypal_send"']),
        ("evil", "read_file", ["this machine has a tool of the same name"]),
        ("evil", "read_fi1e", ['looks like "read_file"']),
    ],
)
def test_names_that_may_deceive_are_pointed_out(label: str, tool: str, said: list[str]) -> None:
    found = name_warnings(replace(SUBJECT, label=label, tool=tool), OTHERS)
    assert len(found) == len(said)
    assert all(part in one for part, one in zip(said, found, strict=True))
