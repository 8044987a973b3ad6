"""Reading event streams: any cutting, any line ends, damaged and hostile bytes."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azresp.core.sse import MAX_DEPTH, EventReader, EventTooLarge, Wire, decode
from azresp.core.text import mend
from tests.core.streams import wires_of


def _fed(body: bytes, cuts: list[int]) -> list[Wire]:
    reader = EventReader()
    found: list[Wire] = []
    edges = [0, *sorted(cut % (len(body) + 1) for cut in cuts), len(body)]
    for start, end in pairwise(edges):
        found += reader.feed(body[start:end])
    return found + reader.finish()


_lines = st.sampled_from(
    (
        b"event: response.x",
        b'data: {"a": "\xe2\x80\x94"}',
        b'data:{"b":1}',
        b'data: {"c":',
        b"data: 2}",
        b"data",
        b"data:",
        b": comment",
        b"id: 7",
        b"retry: 10",
        b"",
        b"",
        b"data: [DONE]",
        b'data: {"d":"\xff"}',
        b"\xef\xbb\xbf",
    )
)


@given(
    st.lists(st.tuples(_lines, st.sampled_from((b"\n", b"\r", b"\r\n"))), max_size=24),
    st.lists(st.integers(0, 400), max_size=30),
    st.booleans(),
)
def test_events_do_not_depend_on_how_the_bytes_were_cut(
    lines: list[tuple[bytes, bytes]], cuts: list[int], marked: bool
) -> None:
    body = (b"\xef\xbb\xbf" if marked else b"") + b"".join(line + end for line, end in lines)
    whole = _fed(body, [])
    assert _fed(body, cuts) == whole
    assert _fed(body, list(range(len(body)))) == whole


def test_every_recorded_stream_reads_the_same_byte_by_byte_in_all_line_ends(shared: Path) -> None:
    for file in sorted((shared / "recordings").glob("*/response.sse")):
        body = file.read_bytes()[:20_000]
        whole = wires_of(body)
        assert whole
        assert _fed(body, list(range(0, len(body), 7))) == whole, file
        for end in (b"\r", b"\r\n"):
            assert wires_of(body.replace(b"\n", end)) == whole, file
        assert wires_of(b"\xef\xbb\xbf" + body) == whole, file


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_lines_of_one_event_are_joined_and_other_fields_are_skipped(end: str) -> None:
    lines = [
        ": hi",
        "",
        "id: 3",
        "",
        "retry: 5",
        "",
        "event: x",
        'data: {"a":',
        "data: 1}",
        "id: 4",
        "",
        ": bye",
        "",
    ]
    assert wires_of((end.join(lines) + end).encode()) == [{"a": 1}]


def test_a_last_event_without_a_blank_line_counts_if_its_json_is_whole() -> None:
    assert wires_of(b'data: {"a":1}\n\ndata: {"b":2}') == [{"a": 1}, {"b": 2}]
    assert wires_of(b'data: {"a":1}\n\ndata: {"b":') == [{"a": 1}]


@pytest.mark.parametrize(
    "data",
    [
        b"[DONE]",
        b"",
        b"[1]",
        b'"text"',
        b"{",
        b'{"a":' + b"9" * 5000 + b"}",
        b"[" * 100_000,
        b'{"a":' * 5000 + b"1" + b"}" * 5000,
        b'{"a":' * (MAX_DEPTH + 1) + b"1" + b"}" * (MAX_DEPTH + 1),
        b'{"a":["\\ud83d",' + b"[" * 700 + b"]" * 700 + b"]}",
        b'{"a":1}{"b":2}',
        b"\x00\x01",
        '{"a":1}'.encode("utf-16-le"),
    ],
)
def test_what_is_no_event_is_left_out_and_never_raises(data: bytes) -> None:
    assert decode(data) is None


def test_json_of_a_sane_depth_is_read_and_can_be_written_again() -> None:
    deep: Any = 1
    for _ in range(MAX_DEPTH - 1):
        deep = [deep]
    assert decode(json.dumps({"a": deep}).encode()) == {"a": deep}


@given(st.binary(max_size=40))
def test_no_bytes_break_the_reader(noise: bytes) -> None:
    for wire in wires_of(b"data: " + noise + b"\n\n"):
        json.dumps(wire, allow_nan=False)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
def test_numbers_that_json_can_not_write_become_null(number: str) -> None:
    assert decode(f'{{"a": {number}, "b": [1.5, {number}]}}'.encode()) == {"a": None, "b": [1.5, None]}


@given(st.text(alphabet=st.characters(codec=None, categories=("Cs", "Ll")), max_size=6))
def test_texts_can_be_encoded_except_a_delta_whose_other_half_may_still_come(text: str) -> None:
    wire = decode(json.dumps({"delta": text, "text": text, "deep": [{text: text}]}).encode())
    assert wire is not None
    assert mend(wire.pop("delta")) == mend(text)
    json.dumps(wire, ensure_ascii=False).encode()


def test_surrogates_smuggled_in_as_utf8_are_replaced() -> None:
    assert decode(b'{"a":"x\xed\xa0\xbdy"}') == {"a": "x\ufffd\ufffd\ufffdy"}


def test_an_event_beyond_the_limit_is_refused_and_many_small_ones_are_not() -> None:
    reader = EventReader(limit=1000)
    for _ in range(100):
        assert reader.feed(b'data: {"a":"' + b"x" * 100 + b'"}\n\n') == [{"a": "x" * 100}]
    with pytest.raises(EventTooLarge):
        for _ in range(100):
            reader.feed(b"data: " + b"x" * 100)


def test_the_limit_takes_a_picture_of_sixty_megabytes() -> None:
    reader = EventReader()
    piece = b"A" * (1 << 20)
    reader.feed(b'data: {"b64":"')
    for _ in range(60):
        assert reader.feed(piece) == []
    (wire,) = reader.feed(b'"}\n\n')
    assert len(wire["b64"]) == 60 << 20
    with pytest.raises(EventTooLarge):
        for _ in range(65):
            reader.feed(piece)


@pytest.mark.parametrize("line", [b"x\n", b"x\r", b"x\r\n", b":\n", b"data: 1\n", b"\r\n:"])
def test_a_long_event_in_small_pieces_takes_linear_time(line: bytes) -> None:
    # Were it quadratic, this would take minutes.
    reader = EventReader()
    for _ in range(100_000):
        reader.feed(line)
    reader.finish()
