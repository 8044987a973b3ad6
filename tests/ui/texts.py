"""Markdown-ish and nasty texts for the laws, and ways to chop them."""

# ruff: noqa: E501 (word lists)
from __future__ import annotations

from itertools import pairwise

from hypothesis import strategies as st

_WORDS = st.sampled_from(
    ["a", "word", "**bold**", "*em*", "`code`", "``", "**", "*", "_", "[t](http://x.example/y)", "![i](u)", "<b>", "<!-- c -->", "&#x202e;", "&amp;", "漢字、", "👩\u200d🔬", "e\u0301", "\u202e", "\x1b[31m", "\r", "\ud83d", "\ude00", "|", "~~x~~", "\\(x_1\\)", "$$", "supercalifragilistic" * 3, "snake_case", "https://example.com/", "<https://e.example>", "\t", "  ", "\\", "نمی\u200cدانم"]
)  # fmt: skip
_PHRASE = st.lists(_WORDS, max_size=12).map(" ".join)
_START = st.sampled_from(
    [
        "",
        "",
        "",
        "# ",
        "## ",
        "- ",
        "  - ",
        "    ",
        "1. ",
        "2. ",
        "10) ",
        "> ",
        "> > ",
        ">",
        "- [x] ",
        "* ",
        "\t",
        "   ",
    ]
)
_WHOLE = st.sampled_from(
    [
        "",
        "",
        "```",
        "```python",
        "~~~~",
        "def f(x):",
        '    """doc',
        "/* c",
        "*/",
        "---",
        "***",
        "===",
        "|a|b|",
        "|-|:-:|",
        "| x | yy | z |",
        "a | b",
        "-|-",
        "[ref]: http://x.example",
        "- ",
        ">",
        "    x = 1",
        "{",
        '"k": [1, null]',
        "```c",
    ]
)
_LINE = st.one_of(st.builds(str.__add__, _START, _PHRASE), _WHOLE)
_LONG = st.sampled_from(
    [" ".join(["lorem *ipsum*"] * 60), "w" * 700, "日本語" * 300, "(open " * 100, "|c" * 200]
)

markdown = st.lists(st.one_of(_LINE, _LINE, _LINE, _LONG), max_size=14).map("\n".join)
"""Lines that begin, continue and end all kinds of blocks, in any order."""

nasty = st.text(
    st.sampled_from(
        "ab1 \n\r\t\x1b\x00\x85\xad\u200b\u200c\u200d\u202e\ufe0e\ufe0f\u0301\u20e3👩🔬❤🔥🏴1#漢\U000e0100"
    )
    | st.sampled_from(
        "\U000e0067\U000e0062\U000e0065\U000e006e\U000e007f\ud83d\ude00\u06cc\u062f\u0915\u094d\u0937"
    ),
    max_size=60,
)
"""Characters whose fate depends on their neighbours."""


@st.composite
def chopped(draw: st.DrawFn, texts: st.SearchStrategy[str]) -> tuple[str, list[str]]:
    """A text and one way to cut it into deltas."""
    text = draw(texts)
    cuts = sorted(set(draw(st.lists(st.integers(0, len(text)), max_size=12))))
    edges = [0, *cuts, len(text)]
    return text, [text[a:b] for a, b in pairwise(edges)]
