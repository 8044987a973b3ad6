"""Nothing of an answer's source is hidden by its rendering, and what is drawn looks as intended."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from hypothesis import given

from azresp.ui.markdown.flow import render
from azresp.ui.markdown.rows import Look
from azresp.ui.sink import clean
from tests.examples import examples
from tests.ui.terminals import plain
from tests.ui.texts import markdown

WIDE = 10_000
_ENTITY = re.compile(r"&(?:#x[0-9a-f]+|amp);", re.IGNORECASE)


def shown(source: str, width: int = 60, *, colour: bool = True) -> list[str]:
    return [plain(row.ansi) for row in render(source, width, Look(colour=colour))]


@examples(300)
@given(markdown)
def test_every_letter_and_digit_of_the_source_is_on_the_screen_in_order(source: str) -> None:
    source = _ENTITY.sub("", source)
    words = re.findall(r"[^\W_]", clean(source.replace("[x]", "").replace("[X]", "")))
    screen = iter("".join(shown(source, WIDE)))
    missing = [word for word in words if word not in screen]
    assert missing == []


@pytest.mark.parametrize(
    ("source", "rows"),
    [
        ("Vec<String> <!-- aside --> <div>x</div>", ["Vec<String> <!-- aside --> <div>x</div>"]),
        ("<div>\nblock\n</div>", ["<div>", "block", "</div>"]),
        ('[//]: # (hidden)\n[ref]: http://x.example "T"', ["[//]: # (hidden)", '[ref]: http://x.example "T"']),
        ("[bank](http://evil.example/a)", ["bank (http://evil.example/a)"]),
        ('[a](http://x.example "title")', ['a (http://x.example "title")']),
        ("[http://x.example](http://x.example)", ["http://x.example"]),
        ("<http://x.example> <me@x.example>", ["http://x.example me@x.example"]),
        ("[a](javascript:alert)", ["a (javascript:alert)"]),
        ("![map](http://x.example/m.png)", ["image: map (http://x.example/m.png)"]),
        ("left &#x202e;right &ZeroWidthSpace;x", ["left <U+202E>right <U+200B>x"]),
        ("Title\n=====\nText\n---", ["Title", "=====", "Text", "─" * 40]),
        ("a **b", ["a **b"]),
        (r"\(x_1 \{a\}_2\) and \[ y \]", [r"\(x_1 \{a\}_2\) and \[ y \]"]),
        ("1. a\n2. b\n   - c\n\n   d\n10) e", ["1. a", "2. b", "   • c", "", "   d", "10) e"]),
        ("1. a\n  - two blanks nest", ["1. a", "   • two blanks nest"]),
        ("- [ ] open\n- [x] done", ["[ ] open", "[x] done"]),
        ("> a\n>\n> - b\nc", ["│ a", "│", "│ • b", "│   c"]),
        ("- a\n\n> q", ["• a", "", "│ q"]),
        ("```sh\nls\n\n  x\n```\nafter", ["```sh", "ls", "", "  x", "```", "after"]),
        ("```\nopen", ["```", "open"]),
        ("    code\n\n      more\n\ntext", ["code", "", "  more", "", "text"]),
        ("a\n# H", ["a", "", "H"]),
        ("- \n- x", ["•", "• x"]),
    ],
)  # fmt: skip
def test_constructs_look_as_intended(source: str, rows: list[str]) -> None:
    assert shown(source) == rows


def test_a_table_is_aligned_and_keeps_what_stands_beyond_its_columns() -> None:
    assert shown("Words\n| a | bb |\n|--:|:-:|\n| 1 | 漢字漢 | more |\n| 22222 | x\\|y |\n\nafter") == [
        "Words",
        "",
        "    a │      bb",
        "──────┼──────────────",
        "    1 │ 漢字漢 | more",
        "22222 │      x|y",
        "",
        "after",
    ]


def test_cells_wrap_when_the_table_is_wider_than_the_terminal() -> None:
    rows = shown("| id | text |\n|---|---|\n| 1 | one two three four five |\n| 2 | six |", 20)
    assert rows == [
        "id  │ text",
        "────┼───────────────",
        "1   │ one two three",
        "    │ four five",
        "2   │ six",
    ]  # fmt: skip


def test_a_table_with_too_many_columns_is_shown_as_its_source() -> None:
    source = "\n".join(["|" + "a|" * 400, "|" + "-|" * 400, "|" + "b|" * 400])
    assert "".join(shown(source, 80)) == source.replace("\n", "")
    huge = "\n".join(["|" + "a|" * 3000, "|" + "-|" * 3000, "|" + "b|" * 3000])
    assert "".join(shown(huge, 80)) == huge.replace("\n", "")


@pytest.mark.parametrize("mark", ["> ", "- ", "[", "**", "1. ", "`", "<", "![", "\\(", "| "])
def test_deep_nesting_is_shown_and_raises_nothing(mark: str) -> None:
    rows = shown(mark * 3000 + "end", 40)
    assert "end" in "".join(rows)
    assert len("".join(rows)) < 100_000


def test_forty_nested_quotes_keep_their_text() -> None:
    assert "deep inside" in " ".join(shown(">" * 40 + " deep inside", 80))


def test_code_is_coloured_line_by_line_and_stays_as_it_is() -> None:
    source = 'def f(x):\n    """Doc\n    of two lines."""\n    return "a" + 1  # why\n\tx\n'
    rows = render(f"```python\n{source}```", 80)
    assert [plain(row.ansi) for row in rows[1:-1]] == source.expandtabs(4).splitlines()
    ansi = [row.ansi for row in rows]
    assert "\x1b[35mdef" in ansi[1]
    assert ansi[3] == '\x1b[32m    of two lines."""\x1b[m'
    assert "\x1b[2m# why" in ansi[4]


@pytest.mark.parametrize("language", ["c", "javascript", "rust"])
def test_a_comment_of_several_lines_stays_a_comment(language: str) -> None:
    rows = render(f"```{language}\nint a; /* if\nelse return\n*/ int b;\n```", 80)
    assert rows[2].ansi == "\x1b[2melse return\x1b[m"
    assert rows[3].ansi.startswith("\x1b[2m*/\x1b[m")


@pytest.mark.parametrize(
    "language",
    ["json", "html", "bash", "yaml", "diff", "sql", "nonsense", "\x1b[31m", "html+django", "console"],
)
def test_any_language_shows_the_code_unchanged(language: str) -> None:
    code = [
        '{"a": [1, null]}',
        "<b>x</b> <!--",
        "$ ls | wc",
        "- x: 'y",
        "+ added",
        "SELECT 'it''s' /* c",
        "end */ -->",
    ]
    rows = shown(f"```{language}\n" + "\n".join(code) + "\n```", 80)
    assert rows[1:-1] == code


def test_long_words_and_lines_stay_linear_and_whole() -> None:
    word = "B" * 300_000
    assert "".join(shown(word, 80)) == word
    assert "".join(shown("```\n" + word, 80)) == "```" + word
    stars = "**a " * 20_000
    assert "".join("".join(shown(stars, 80)).split()).count("a") == 20_000


def test_the_first_glyph_needs_no_parser_and_no_tables() -> None:
    code = (
        "import sys\n"
        "from azresp.ui.paint import Painter\n"
        "from azresp.ui.plain import Plain\n"
        "from azresp.ui.caps import Caps\n"
        "p = Painter(sys.stderr, lambda: (80, 24), lambda: 1.0, Caps())\n"
        "p.show('Hello **wor')\n"
        "heavy = {'rich', 'markdown_it', 'pygments', 'wcwidth', 'prompt_toolkit', 'asyncio'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "Hello **wor")


def test_a_code_span_of_blanks_keeps_its_ticks_and_its_list_marker() -> None:
    assert shown("1. `` ``") == ["1. `` ``"]
