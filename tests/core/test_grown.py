"""Text that grows: sharing, what is new since, halves of surrogate pairs."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from azresp.core.text import Grown, mend, mend_json

halves = st.sampled_from(("a", "", "\ud83d", "\ude86", "🚆", "é"))


@given(st.lists(halves), st.data())
def test_every_value_keeps_its_text_however_others_grow_from_it(
    deltas: list[str], data: st.DataObject
) -> None:
    values = [(Grown(), "")]
    for delta in deltas:
        value, text = values[data.draw(st.integers(0, len(values) - 1))]
        values.append((value.plus(delta), text + delta))
    for value, text in values:
        assert value.raw == text
        assert str(value) == mend(text)
        assert value == Grown(text)
        assert hash(value) == hash(Grown(text))
        assert bool(value) == bool(text)


@given(st.lists(halves), st.data())
def test_what_was_added_since_an_earlier_value_is_told_or_refused(
    deltas: list[str], data: st.DataObject
) -> None:
    values = [Grown()]
    for delta in deltas:
        values.append(values[data.draw(st.integers(0, len(values) - 1))].plus(delta))
    for now in values:
        for before in values:
            added = now.since(before)
            assert (added is not None) == now.raw.startswith(before.raw)
            assert added is None or before.raw + added == now.raw


def test_a_pair_split_over_deltas_is_one_character_and_a_lone_half_a_replacement() -> None:
    assert str(Grown("a\ud83d")) == "a\ufffd"
    assert str(Grown("a\ud83d").plus("\ude86")) == "a🚆"
    assert str(Grown("\ude86\ud83d")) == "\ufffd\ufffd"


def test_two_hundred_thousand_deltas_grow_in_linear_time() -> None:
    text = shown = Grown()
    for n in range(200_000):
        text = text.plus("word ")
        if n % 10 == 0:
            assert text.since(shown)
            shown = text
    assert len(str(text)) == 1_000_000


@given(st.text(alphabet=st.characters(codec=None)))
def test_mended_text_can_be_written_and_sound_text_stays(text: str) -> None:
    mend(text).encode()
    assert mend(mend(text)) == mend(text)
    assert mend_json({"k\ud800": [text, 1, None]}) == {"k\ufffd": [mend(text), 1, None]}
