"""Text on a terminal whose cursor can't be moved: broken at words, the same however it came."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from azresp.ui.cells import width
from azresp.ui.folding import Folding
from azresp.ui.plain import Plain
from tests.ui.terminals import Tty

TEXTS = st.lists(
    st.sampled_from(
        ["word", "a", " ", "  ", "\n", "\t", "x" * 30, "日本語", "。", "é", "👩\u200d🚀", "- item", "```"]
    ),
    max_size=40,
).map("".join)


def folded(pieces: list[str], columns: int) -> str:
    folding = Folding(lambda: columns)
    return "".join([*map(folding.feed, pieces), folding.flush()])


@given(TEXTS, st.lists(st.integers(0, 200)), st.sampled_from([10, 20, 80]))
def test_the_rows_do_not_depend_on_how_the_text_was_cut(text: str, cuts: list[int], columns: int) -> None:
    ends = [0, *sorted(cuts), len(text)]
    pieces = [text[start:end] for start, end in pairwise(ends)]
    assert folded(pieces, columns) == folded([text], columns)


@given(TEXTS, st.sampled_from([10, 20, 80]))
def test_no_row_is_too_long_and_nothing_but_blanks_is_lost(text: str, columns: int) -> None:
    found = folded([text], columns)
    assert "".join(found.split()) == "".join(text.split())
    assert max(map(width, found.split("\n"))) <= columns


def test_a_terminal_never_breaks_a_word_that_fits() -> None:
    tty = Tty(20, 10)
    painter = Plain(tty, columns=lambda: 20)
    for char in "- the quick brown fox jumps\n    over the lazy dog of the house\n\nend":
        painter.add(char)
    painter.finish()
    assert tty.rows() == [
        "- the quick brown",
        "fox jumps",
        "    over the lazy",
        "    dog of the house",
        "",
        "end",
    ]


def test_words_stand_there_as_soon_as_the_next_begins() -> None:
    folding = Folding(lambda: 80)
    assert folding.feed("one two thr") == "one two"
    assert folding.feed("ee ") == " three"
