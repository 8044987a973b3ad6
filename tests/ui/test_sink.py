"""Nothing foreign acts on a terminal, and nothing foreign is hidden."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azresp.ui.sink import Cleaner, clean, clean_line, invisible
from tests.examples import examples
from tests.ui.texts import chopped, nasty

ALL = st.one_of(nasty, st.text(st.characters(codec=None, exclude_categories=[]), max_size=40))
UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u115f\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufeff]"
)


@examples(400)
@given(chopped(ALL))
def test_a_chopped_stream_is_cleaned_like_the_whole(sample: tuple[str, list[str]]) -> None:
    text, deltas = sample
    cleaner = Cleaner()
    assert "".join(map(cleaner.feed, deltas)) + cleaner.flush() == clean(text)
    assert cleaner.escaped == invisible(text)


@examples(400)
@given(ALL)
def test_clean_text_is_safe_encodable_and_stays_as_it_is(text: str) -> None:
    cleaned = clean(text)
    assert UNSAFE.search(cleaned) is None
    cleaned.encode()
    assert clean(cleaned) == cleaned
    assert invisible(cleaned) == 0


@given(st.text(st.characters(categories=["L", "N", "P", "Zs"], max_codepoint=0x10FF), max_size=60))
def test_ordinary_text_is_untouched(text: str) -> None:
    text = text.replace("\u115f", "").replace("\u1160", "")
    assert clean(text) == text
    assert invisible(text) == 0


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("\x1b[2J", "␛[2J"),
        ("a\rb\x08\x0b\x0c\x00\x7f", "a␍b␈␋␌␀␡"),
        ("a\r\nb\n\tc", "a\nb\n\tc"),
        ("\x85\x9b", "<U+0085><U+009B>"),
        ("a\u202eb\u2066\u200f\u2028", "a<U+202E>b<U+2066><U+200F><U+2028>"),
        ("\ud83d\ude00 \ud83d \ude00", "😀 \ufffd \ufffd"),
        ("x\U000e0041\U000e0100\ufe0f\u200d", "x<U+E0041><U+E0100><U+FE0F><U+200D>"),
        ("e" + "\u0301" * 50_000 + "f", "e" + "\u0301" * 8 + "<+49992 marks>f"),
        ("\ufeff\u3164\ue000\uffff\U0010fffd", "<U+FEFF><U+3164><U+E000><U+FFFF><U+10FFFD>"),
    ],
)
def test_what_could_act_or_hide_becomes_visible(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


@pytest.mark.parametrize(
    "text",
    [
        "👩\u200d🔬 ❤\ufe0f\u200d🔥 🙂\u200d↔\ufe0f 👍🏽 1\ufe0f\u20e3 🇩🇪 ✔\ufe0f",
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "نمی\u200cدانم क\u094d\u200dष ക\u0d4d\u200d café cafe\u0301 葛\U000e0100 Việt ไม่",
        "a < b && c > d; x = [1, 2] — “quotes” … 漢字",
    ],
)
def test_joiners_selectors_and_marks_of_real_writing_survive(text: str) -> None:
    assert clean(text) == text


def test_a_flag_that_spells_something_else_is_shown_as_tags() -> None:
    smuggled = "🏴" + "".join(chr(0xE0000 + ord(c)) for c in "rm -rf") + "\U000e007f"
    assert clean(smuggled).startswith("🏴<U+E0072><U+E006D>")


def test_a_name_stays_on_one_line() -> None:
    assert clean_line("a\n\tb\x1b") == "a␊␉b␛"
