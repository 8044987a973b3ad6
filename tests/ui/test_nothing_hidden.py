"""What the sink lets through and what it escapes together are the text, character by character."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from azresp.ui.markdown.flow import render
from azresp.ui.sink import MARKS_KEPT, clean, clean_line, visible
from tests.examples import examples
from tests.ui.texts import markdown, nasty

ANY = nasty | st.text(st.characters(codec=None, exclude_categories=[]), max_size=40) | st.text(max_size=40)
_MORE = re.compile(r"<\+(\d+) marks>")


def _accounts(text: str, cleaned: str) -> bool:
    """Whether `cleaned` is `text` with each character as it is, or as something to look at, or counted."""
    text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    at = 0
    position = 0
    while position < len(text):
        char = text[position]
        counted = _MORE.match(cleaned, at)
        if cleaned.startswith(char, at):
            at += 1
        elif cleaned.startswith(visible(char), at):
            at += len(visible(char))
        elif counted:
            # So many marks follow that only their number is told.
            position += int(counted[1]) - 1
            at = counted.end()
        elif char != "\r" or text[position + 1 : position + 2] != "\n":
            return False
        position += 1
    return at == len(cleaned)


@examples(300)
@given(ANY)
def test_every_character_is_there_as_it_is_or_as_something_to_look_at(text: str) -> None:
    assert _accounts(text, clean(text))
    line = clean_line(text)
    assert "\n" not in line
    assert "\t" not in line


@examples(60)
@given(st.lists(st.sampled_from(["a", "\u0301", "\u0300" * MARKS_KEPT, "\u200d", "👩", "\x1b"]), max_size=30))
def test_no_heap_of_marks_hides_what_it_is_put_on(pieces: list[str]) -> None:
    text = "".join(pieces)
    assert _accounts(text, clean(text))


@examples(40)
@given(markdown | ANY)
def test_what_markdown_makes_of_a_text_is_clean_once_more(text: str) -> None:
    # So wide that no row ends between a joiner and what it joins.
    for row in render(text, 10_000):
        shown = re.sub(r"\x1b\[[0-9;]*m", "", row.ansi)
        assert clean(shown) == shown
