"""Head and tail of what a child wrote."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from azresp.toolbox.capture import Capture, cut_text

CHUNKS = st.lists(st.binary(max_size=50), max_size=20)


def _captured(chunks: list[bytes], head: int, tail: int) -> Capture:
    capture = Capture(head, tail)
    for chunk in chunks:
        capture.add(chunk)
    return capture


@given(CHUNKS, st.integers(0, 30), st.integers(0, 30))
def test_how_it_was_chopped_does_not_matter(chunks: list[bytes], head: int, tail: int) -> None:
    many, one = _captured(chunks, head, tail), _captured([b"".join(chunks)], head, tail)
    assert (many.total, many.cut, many.whole) == (one.total, one.cut, one.whole)
    if not many.binary and not one.binary:
        assert many.text == one.text


@given(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    st.integers(4, 30),
    st.integers(4, 30),
)
def test_head_and_tail_are_the_texts_own(text: str, head: int, tail: int) -> None:
    capture = _captured([text.encode()], head, tail)
    if capture.image:
        return
    if not capture.cut:
        assert capture.text == text
        return
    first, _, rest = capture.text.partition(
        f"\n[{capture.cut:,} of {len(text.encode()):,} bytes left out here]\n"
    )
    assert text.startswith(first)
    assert text.endswith(rest)
    assert head - 4 < len(first.encode()) <= head
    assert tail - 4 < len(rest.encode()) <= tail


@given(st.text(), st.integers(0, 20), st.integers(0, 20))
def test_a_cut_text_can_be_encoded(text: str, head: int, tail: int) -> None:
    if not any("\ud800" <= c <= "\udfff" for c in text):
        cut_text(text, head, tail).encode()


def test_an_image_is_kept_whole_or_not_at_all() -> None:
    image = b"\x89PNG\r\n\x1a\n" + b"x" * 100
    kept, cut = Capture(20, 5, 200), Capture(20, 5, 50)
    for start in range(0, len(image), 3):
        kept.add(image[start : start + 3])
        cut.add(image[start : start + 3])
    assert (kept.whole, kept.image) == (image, "image/png")
    assert (cut.whole, cut.text) == (None, "[image/png, 108 bytes: not shown]")
