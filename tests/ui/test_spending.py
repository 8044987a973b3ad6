"""The table of sums: fits any width, and shows what it is given."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azresp.core.usage import PICO, Tally, Usage
from azresp.errors import UsageError
from azresp.ui.cells import width
from azresp.ui.since import since_when
from azresp.ui.spending import bar, remarks, summed, table

DAYS = {
    "1": ("2026-11-24", Tally(2, 0, 0, Usage(1000, 100, 200, 50), {"EUR": PICO // 2})),
    "2": ("2026-11-25", Tally(3, 1, 1, Usage(500, 0, 100, 0), {"EUR": PICO})),
}

_TALLIES = st.builds(
    lambda count, money: Tally(1, 0, 0, Usage(count, count // 2, count, 0), {"EUR": money} if money else {}),
    st.integers(0, 10**9),
    st.integers(0, 10**15),
)


@given(st.lists(st.tuples(st.text(max_size=30), _TALLIES), min_size=1, max_size=5), st.integers(20, 120))
def test_a_table_fits_any_width(rows: list[tuple[str, Tally]], columns: int) -> None:
    lines = list(table({str(at): row for at, row in enumerate(rows)}, columns))
    assert all(width(line) <= columns for line in lines)
    assert not any("\x1b" in line or "\n" in line for line in lines)


def test_a_table_has_columns_bars_and_the_sum() -> None:
    assert list(table(DAYS, 80)) == [
        "            requests  input  cached  output  reasoning       money",
        "2026-11-24         2  1,000     100     200         50  0.5000 EUR  ████████████",
        "2026-11-25         3    500       0     100          0   ≥1.00 EUR  ██████",
        "sum                5  1,500     100     300         50   ≥1.50 EUR",
    ]
    assert list(table(DAYS, 40))[-2:] == ["sum", "  1,500 in · 300 out · ≥1.50 EUR"]
    assert list(remarks(summed(DAYS), priced=True)) == [
        "1 request not counted: the service tells no tokens of what was cancelled, failed or broke off",
        "1 request without a price: [prices.NAME] of config.toml",
    ]
    assert "[prices.NAME]" in next(remarks(Tally(1, 0, 1, Usage(1)), priced=False))


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(1, 40))
def test_a_bar_is_as_long_as_its_share(value: int, most: int, room: int) -> None:
    drawn = bar(min(value, most), most, room)
    assert len(drawn) <= room
    assert bool(drawn) is (min(value, most) > 0)
    assert bar(most, most, room) == ("█" * room if most else "")


def test_times_are_so_long_ago_or_a_day() -> None:
    assert since_when("7d", 10 * 86_400.0) == 3 * 86_400.0
    assert since_when("90m", 6000.0) == 600.0
    assert since_when("9999w", 5.0) == 0.0
    assert since_when("2026-11-02", 0.0) - since_when("2026-11-01", 0.0) == 86_400.0
    for wrong in ("", "x", "7", "-1d", "2026-13-01", "7d7d"):
        with pytest.raises(UsageError):
            since_when(wrong, 0.0)
