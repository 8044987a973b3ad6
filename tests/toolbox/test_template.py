"""Argument templates: what becomes of a call's arguments, element by element."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azresp.toolbox.check import BadArguments
from azresp.toolbox.template import BadTemplate, Element, Template

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))

EXPANSIONS: list[tuple[list[Element], dict[str, object], list[str]]] = [
    (["ls", "{x}"], {"x": "a b; $(c) `d` *"}, ["ls", "a b; $(c) `d` *"]),
    (["ls", "{x}"], {"x": ""}, ["ls", ""]),
    (["ls", "{x}"], {"x": None}, ["ls"]),
    (["ls", "{x}"], {}, ["ls"]),
    (["ls", "--x={x}"], {"x": "-1"}, ["ls", "--x=-1"]),
    (["ls", "--x={x}"], {"x": None}, ["ls"]),
    (["ls", "{a}:{b}"], {"a": "1", "b": None}, ["ls"]),
    (["ls", ("--x", "{x}")], {"x": "1"}, ["ls", "--x", "1"]),
    (["ls", ("--x", "{x}")], {"x": None}, ["ls"]),
    (["ls", ("--x", "{x...}")], {"x": []}, ["ls"]),
    (["ls", ("--x", "{x...}")], {"x": ["a", "b"]}, ["ls", "--x", "a", "b"]),
    (["ls", "{x...}"], {"x": ["a", "", 3, True]}, ["ls", "a", "", "3", "true"]),
    (["ls", "{x...}"], {"x": None}, ["ls"]),
    (["ls", "{x}"], {"x": 1.5}, ["ls", "1.5"]),
    (["ls", "{x}"], {"x": False}, ["ls", "false"]),
    (["ls", "{x}"], {"x": {"a": ["ä"]}}, ["ls", '{"a":["\\u00e4"]}']),
    (["ls", "{x!}"], {"x": "-rf"}, ["ls", "-rf"]),
    (["ls", "{x...!}"], {"x": ["-r", "-f"]}, ["ls", "-r", "-f"]),
    (["ls", "--", "{x}"], {"x": "-rf"}, ["ls", "--", "-rf"]),
    (["ls", ("--", "{x...}")], {"x": ["-rf"]}, ["ls", "--", "-rf"]),
    (["ls", "{{x}} {{", "{x}"], {"x": "{y}"}, ["ls", "{x} {", "{y}"]),
]


@pytest.mark.parametrize(("argv", "arguments", "expanded"), EXPANSIONS, ids=lambda one: str(one)[:40])
def test_arguments_become_elements(
    argv: list[Element], arguments: dict[str, object], expanded: list[str]
) -> None:
    assert Template.of(argv).expand(arguments) == expanded


REFUSED: list[tuple[list[Element], dict[str, object], str]] = [
    (["ls", "{x}"], {"x": "-rf"}, "`x` must not begin with a dash here: it would be taken for an option."),
    (["ls", "{x}"], {"x": -1}, "`x` must not begin with a dash here: it would be taken for an option."),
    (
        ["ls", "{x}.txt"],
        {"x": "-rf"},
        "`x` must not begin with a dash here: it would be taken for an option.",
    ),
    (
        ["ls", "{x}{y}"],
        {"x": "", "y": "-r"},
        "`x` must not begin with a dash here: it would be taken for an option.",
    ),
    (
        ["ls", ("-n", "{x}")],
        {"x": "-rf"},
        "`x` must not begin with a dash here: it would be taken for an option.",
    ),
    (
        ["ls", "{x...}"],
        {"x": ["-rf"]},
        "`x` must not begin with a dash here: it would be taken for an option.",
    ),
    (
        ["ls", "{x}", "--"],
        {"x": "-rf"},
        "`x` must not begin with a dash here: it would be taken for an option.",
    ),
    (
        ["ls", "{y!}", "{x}"],
        {"y": "--", "x": "-r"},
        "`x` must not begin with a dash here: it would be taken for an option.",
    ),
    (
        ["ls", ("--", "{y}"), "{x}"],
        {"x": "-r"},
        "`x` must not begin with a dash here: it would be taken for an option.",
    ),
    (["ls", "{x}"], {"x": "a\0b"}, "`x` must not hold a NUL character."),
    (["ls", "{x...}"], {"x": "abc"}, "`x` must be an array."),
    (["ls", "{x...}"], {"x": [None]}, "`x` must not hold null."),
    (["{x...!}"], {"x": []}, "There is no program to run."),
]


@pytest.mark.parametrize(("argv", "arguments", "why"), REFUSED, ids=lambda one: str(one)[:40])
def test_arguments_that_would_do_more_than_fill_in_are_refused(
    argv: list[Element], arguments: dict[str, object], why: str
) -> None:
    with pytest.raises(BadArguments) as caught:
        Template.of(argv).expand(arguments)
    assert str(caught.value) == why


@pytest.mark.parametrize(
    ("argv", "why"),
    [
        ([], "it is empty: its first element is the program"),
        (["ls", "{"], "'{': a brace stands alone; write {{ for a brace"),
        (["ls", "a}"], "'a}': a brace stands alone; write }} for a brace"),
        (["ls", "{}"], "'{}': a brace stands alone; write {{ for a brace"),
        (["ls", "--x={x...}"], "'--x={x...}': a list that is spread has an element of its own"),
        (["ls", "a\0"], "'a\\x00' has a NUL in it"),
    ],
)
def test_a_wrong_template_is_refused(argv: list[Element], why: str) -> None:
    with pytest.raises(BadTemplate) as caught:
        Template.of(argv)
    assert str(caught.value) == why


@given(TEXT, TEXT)
def test_a_value_stays_one_element_whatever_is_in_it(first: str, second: str) -> None:
    template = Template.of(["run", "--a={a}", "--", "{b}"])
    assert template.expand({"a": first, "b": second}) == ["run", f"--a={first}", "--", second]


@given(TEXT)
def test_escaped_text_is_itself(text: str) -> None:
    escaped = text.replace("{", "{{").replace("}", "}}")
    assert Template.of(["run", escaped]).expand({}) == ["run", text]


_PIECES = st.sampled_from(["{a}", "{b}", "x", "-o", "--long=", "{{", "=", " "])
_ELEMENTS = st.lists(_PIECES, min_size=1, max_size=3).map("".join)
_GROUPS = st.one_of(_ELEMENTS, st.lists(_ELEMENTS, min_size=1, max_size=3).map(tuple))
_VALUES = st.one_of(st.none(), st.integers(), TEXT, st.just("-"), st.just("--"))


@given(st.lists(_GROUPS, max_size=4), _VALUES, _VALUES)
def test_no_value_becomes_an_option(argv: list[Element], a: object, b: object) -> None:
    """Each element that begins with a dash comes from one of the template that does."""
    try:
        found = Template.of(["run", *argv]).expand({"a": a, "b": b})
    except BadArguments:
        return
    written = [one for group in argv for one in ([group] if isinstance(group, str) else group)]
    dashed = [one for one in written if one.startswith("-")]
    assert len([one for one in found if one.startswith("-")]) <= len(dashed)
