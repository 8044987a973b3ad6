"""The question about a call: what is shown is what runs, and nothing foreign stands where our own lines do."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azresp.core.approval import Question, name_warnings
from azresp.core.canonical import canonical
from azresp.ui.cells import width
from azresp.ui.gutter import Gutter
from azresp.ui.question import detail_rows, origin, question_rows
from azresp.ui.readable import count_line, reading_lines
from tests.ui.questions import QUESTIONS, local, remote
from tests.ui.terminals import plain
from tests.ui.test_hostile import HIDDEN, check, samples, squeezed


def texts(question: Question, columns: int = 60, *, bar: str = "│", broken: str = "↵") -> list[str]:
    return [plain(row.ansi) for row in question_rows(question, Gutter(columns, bar, broken))]


def recovered(rows: list[str], columns: int, bar: str, broken: str) -> str:
    """The arguments as somebody reads them off the block: foreign rows are those with two more blanks."""
    lead = f"{bar}   "
    start = next(at for at, row in enumerate(rows) if row == f"{lead}{{")
    found = ""
    for row in rows[start:]:
        if not row.startswith(lead):
            break
        content = row[len(lead) :]
        goes_on = len(row) == columns and row.endswith(broken)
        found += content[: -len(broken)] if goes_on else content + "\n"
    return found.removesuffix("\n")


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
arguments = st.dictionaries(st.text(max_size=8), values | st.text(max_size=300), min_size=1, max_size=4)


@given(arguments, st.integers(6, 130), st.sampled_from([("│", "↵"), ("|", "\\")]))
def test_what_stands_in_the_gutter_is_exactly_what_runs(
    value: dict[str, Any], columns: int, marks: tuple[str, str]
) -> None:
    bar, broken = marks
    question = local(value)
    rows = texts(question, columns, bar=bar, broken=broken)
    assert all(row.startswith(bar) and width(row) <= columns for row in rows)
    assert recovered(rows, columns, bar, broken) == question.shown == canonical(value)


@given(st.text("ab │↵|\\{}\n\u202e", max_size=200), st.integers(6, 60))
def test_no_argument_begins_where_our_own_lines_begin(text: str, columns: int) -> None:
    question = remote({"text": text})
    ours = [row for row in texts(question, columns) if not row.startswith("│   ")]
    first = ours[0].removeprefix("│ ")
    assert origin(question).startswith(first)
    assert all(row.removeprefix("│ ")[:1] in ("1", "t") for row in ours[1:]), ours  # the count, `text reads:`


def test_a_block_has_the_origin_the_arguments_the_count_the_strings_and_the_warnings() -> None:
    question = replace(
        local({"city": "北京\u200b", "n": [1, {"deep": True}]}),
        number=2,
        of=3,
        warnings=('looks like "read_fi1e", but is another tool',),
        changes=('- description: "Reads."', '+ description: "Deletes."'),
    )
    assert texts(question) == [
        "│ 2 of 3 · this machine: read_file (built in)",
        "│   {",
        '│     "city": "\\u5317\\u4eac\\u200b",',
        '│     "n": [',
        "│       1,",
        "│       {",
        '│         "deep": true',
        "│       }",
        "│     ]",
        "│   }",
        "│ 2 keys (3 with the nested ones), 86 characters",
        "│ city reads: 北京<U+200B> · 1 invisible character",
        '│ Careful: looks like "read_fi1e", but is another tool.',
        "│ It has changed since you always allowed it:",
        '│   - description: "Reads."',
        '│   + description: "Deletes."',
    ]


def test_blank_padding_hides_no_key() -> None:
    question = remote({"path": "a.md" + " " * 500 + "x", "delete": True})
    rows = texts(question, 40)
    assert any('"delete": true' in row for row in rows)
    assert "│   " + " " * 35 + "↵" in rows
    assert f"│ 2 keys, {len(question.shown)} characters" in rows


def test_a_name_that_is_no_plain_word_stands_in_quotation_marks() -> None:
    question = remote(tool='search" (safe)', label="docs at https://bank.example")
    assert texts(question, 200)[0] == (
        '│ "docs at https://bank.example" at https://mcp.example.com/mcp wants to call "search\\" (safe)"'
    )


@pytest.mark.parametrize(
    ("shown", "line"),
    [
        ('{"a": 1}', "1 key, 8 characters"),
        ("{}", "0 keys, 2 characters"),
        ("[1, 2]", "2 elements, 6 characters"),
        ("git log -1", "10 characters"),
        (canonical({str(n): "x" * 8000 for n in range(6)}), "6 keys, 48,068 characters"),
    ],
)
def test_the_count_tells_how_much_there_is(shown: str, line: str) -> None:
    assert count_line(shown) == line


def test_strings_that_ascii_can_not_show_are_told_with_their_place() -> None:
    value = {"a": [{"b c": "ü"}, "plain"], "ключ": "x", "tab": "a\tb\x00"}
    assert reading_lines(json.dumps(value)) == [
        'a[0]."b c" reads: ü',
        'the key "\\u043a\\u043b\\u044e\\u0447" reads: ключ',
        "tab reads: a␉b␀ · 1 invisible character",
    ]


def test_details_tell_description_schema_former_outputs_and_what_always_binds() -> None:
    rows = [plain(row.ansi) for row in detail_rows(QUESTIONS["changed"], Gutter(70))]
    assert rows == [
        "│ docs/search says of itself:",
        "│   Finds pages.",
        "│   Or nothing.",
        "│ input schema:",
        "│   {",
        '│     "type": "object",',
        '│     "properties": {',
        '│       "q": {',
        '│         "type": "string"',
        "│       }",
        "│     }",
        "│   }",
        "│ earlier call 1 gave:",
        "│   three pages",
        "│ A standing yes is bound to:",
        "│ endpoint https://demo.openai.azure.com/openai/v1",
        "│ server https://mcp.example.com/mcp",
        "│ tool docs/search",
        "│ fingerprint f1f1",
    ]


def test_details_tell_arguments_of_several_lines_line_by_line() -> None:
    question = local({"path": "a.py", "content": "def f():\n    return 1\n\u202e"})
    rows = [plain(row.ansi) for row in detail_rows(question, Gutter(70))]
    assert rows[:4] == [
        "│ content reads, line by line:",
        "│   def f():",
        "│       return 1",
        "│   <U+202E>",
    ]


def test_a_gutter_is_ascii_where_the_terminal_is() -> None:
    assert Gutter.of(40, "ascii", styled=False) == Gutter(40, "|", "\\", styled=False)
    assert Gutter.of(40, "utf-8", styled=True) == Gutter(40)
    rows = question_rows(remote({"q": "y" * 60}), Gutter.of(30, "latin-1", styled=False))
    assert "".join(row.ansi for row in rows).isascii()


@pytest.mark.parametrize("columns", [7, 40, 80])
@pytest.mark.parametrize("surface", ["tool_name", "server_label"])
def test_hostile_names_neither_act_nor_hide_in_a_question(shared: Path, surface: str, columns: int) -> None:
    for sample in samples(shared, surface):
        name = sample["text"]
        question = remote(tool=name) if surface == "tool_name" else remote(label=name)
        question = replace(question, warnings=name_warnings(question.subject, []))
        rows = [*texts(question, columns)]
        rows += [plain(row.ansi) for row in detail_rows(question, Gutter(columns))]
        harmless(rows)
        check(sample, unguttered(rows))
        assert "characters other than plain letters" in " ".join(
            row.removeprefix("│").strip() for row in texts(question, 80)
        )


@pytest.mark.parametrize("columns", [7, 40, 80])
def test_hostile_arguments_neither_act_nor_hide_in_a_question(shared: Path, columns: int) -> None:
    for sample in samples(shared, "tool_arguments"):
        text = sample["text"]
        question = remote({"first": text, "last": 1})
        rows = texts(question, columns)
        harmless(rows)
        shown = recovered(rows, columns, "│", "↵")
        assert json.loads(shown) == {"first": text, "last": 1}, sample["id"]
        for kept in sample.get("keep", []):
            assert json.dumps(kept)[1:-1] in shown, sample["id"]
        assert HIDDEN.search("".join(rows)) is None, sample["id"]


@pytest.mark.parametrize("columns", [7, 40, 80])
def test_hostile_outputs_neither_act_nor_hide_in_the_details(shared: Path, columns: int) -> None:
    for sample in samples(shared, "tool_output"):
        question = replace(remote(), before=(sample["text"][:500],))
        rows = [plain(row.ansi) for row in detail_rows(question, Gutter(columns))]
        harmless(rows)
        if sample["expect"] != "bounded":
            check(sample, unguttered(rows))


def harmless(rows: list[str]) -> None:
    """Every row is behind the gutter and prints as it is."""
    for row in rows:
        assert row.startswith("│"), row
        assert row.isprintable() or (HIDDEN.search(row) is None and "\x1b" not in row), ascii(row)


def unguttered(rows: list[str]) -> str:
    return squeezed("".join(row.removeprefix("│").removesuffix("↵") for row in rows))


def test_arguments_of_megabytes_are_laid_out_in_no_time() -> None:
    question = remote({"text": "x" * 4_000_000})
    rows = question_rows(question, Gutter(80))
    assert len(rows) > 50_000
    assert sum(row.ansi.count("x") for row in rows) >= 4_000_000
