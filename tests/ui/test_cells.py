"""The cells of a text without tables are those that the tables give."""

from __future__ import annotations

import wcwidth

from azresp.ui.cells import cut, width
from azresp.ui.sink import clean


def test_what_is_counted_without_tables_counts_as_with_them() -> None:
    for code in range(0x20, 0x3000):
        text = f"a{chr(code)}b"
        if clean(text) == text:
            assert width(text) == wcwidth.width(text, control_codes="ignore"), hex(code)
            if code < 0x300 or 0x2010 <= code <= 0x2027:
                assert (
                    cut(text, 2) == (text[:2], text[2:]) and len(list(wcwidth.iter_graphemes(text))) == 3
                ), hex(code)
