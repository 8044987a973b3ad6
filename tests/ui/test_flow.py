"""The Paint law: rows don't depend on how the text was chopped or how often the tail was rendered."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from azresp.ui.markdown.flow import Flow, render
from azresp.ui.markdown.rows import Look, Row
from tests.examples import examples
from tests.ui.texts import chopped, markdown

WIDTHS = st.sampled_from([1, 2, 7, 20, 40, 80])


@examples(150)
@given(chopped(markdown), WIDTHS, st.booleans())
def test_rows_do_not_depend_on_how_the_text_was_chopped(
    sample: tuple[str, list[str]], width: int, look: bool
) -> None:
    text, deltas = sample
    whole = render(text, width, Look(colour=look))
    flow = Flow(width, Look(colour=look))
    rows: list[Row] = []
    for delta in deltas:
        rows += flow.feed(delta)
        assert rows == whole[: len(rows)]
        flow.live()
    assert rows + flow.finish() == whole


@examples(100)
@given(markdown, WIDTHS)
def test_the_live_tail_is_what_the_text_would_end_with_now(text: str, width: int) -> None:
    flow = Flow(width)
    settled = flow.feed(text)
    live = flow.live()
    if not text.rstrip(" \n").endswith(("|", "-", ":", "\ud83d")):
        assert settled + live == render(text, width)


@examples(150)
@given(markdown, st.integers(12, 90))
def test_no_row_is_wider_than_the_terminal(text: str, width: int) -> None:
    assert all(row.cells <= width for row in render(text, width))
