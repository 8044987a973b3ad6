"""Recorded streams, mutated where it hurts: bytes to a turn, whatever is cut, doubled, flipped or put in between."""

from __future__ import annotations

import json
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from azresp.core.keep import dump_turn, load_turn
from azresp.core.sse import EventReader, Wire
from tests.core.streams import fold_wires, json_values, wires_of
from tests.examples import examples

LONGEST = 6_000
"""Bytes of a stream that is mutated: the beginning of one, or its end."""
_PIECES = st.sampled_from(
    [
        b"\n",
        b"\r",
        b"\r\n",
        b"\n\n",
        b"\xef\xbb\xbf",
        b"data: ",
        b"data:",
        b"event: error\n",
        b": ping\n\n",
        b"id: 9\n",
    ]
) | st.sampled_from(
    [b"[DONE]", b"\x00", b"\xff", b"\xed\xa0\xbd", b'"', b"{", b"}]", b"\\ud83d", b"\\u0000", b"1e999"]
)
_PLACE = st.integers(0, LONGEST)
_STEPS = st.lists(
    st.tuples(
        st.sampled_from(("cut", "double", "insert", "flip", "end")), _PLACE, st.integers(1, 400), _PIECES
    ),
    min_size=1,
    max_size=6,
)


@cache
def _bodies(shared: Path) -> list[bytes]:
    found = []
    for file in sorted((shared / "recordings").glob("*/response.sse")):
        body = file.read_bytes()
        found += [body] if len(body) <= LONGEST else [body[:LONGEST], body[-LONGEST:]]
    return found


def _mutated(body: bytes, steps: list[tuple[str, int, int, bytes]]) -> bytes:
    for what, place, length, piece in steps:
        at = place % (len(body) + 1)
        before, part, after = body[:at], body[at : at + length], body[at + length :]
        match what:
            case "cut":
                body = before + after
            case "double":
                body = before + part + part + after
            case "insert":
                body = before + piece + part + after
            case "flip":
                body = before + bytes(byte ^ (length % 255 + 1) for byte in part[:3]) + part[3:] + after
            case "end":
                body = before + part
    return body


def _check(wires: list[Wire]) -> None:
    turn = fold_wires(wires)
    assert load_turn(json.loads(json.dumps(dump_turn(turn), allow_nan=False))) == turn
    turn.text.encode()
    json.dumps(turn.to_response(), ensure_ascii=False)


@examples(20)
@given(st.integers(0, 10_000), _STEPS, st.lists(_PLACE, max_size=12))
def test_a_recorded_stream_mutated_anywhere_is_read_the_same_in_any_pieces_and_folds(
    shared: Path, number: int, steps: list[tuple[str, int, int, bytes]], cuts: list[int]
) -> None:
    bodies = _bodies(shared)
    body = _mutated(bodies[number % len(bodies)], steps)
    whole = wires_of(body)
    reader = EventReader()
    edges = [0, *sorted(cut % (len(body) + 1) for cut in cuts), len(body)]
    pieces = [wire for start, end in pairwise(edges) for wire in reader.feed(body[start:end])]
    assert pieces + reader.finish() == whole
    _check(whole)


@examples(20)
@given(
    st.integers(0, 10_000),
    st.lists(st.tuples(st.integers(0, 500), st.integers(0, 50), json_values), max_size=6),
)
def test_a_recorded_stream_with_any_values_in_its_fields_folds(
    shared: Path, number: int, changes: list[tuple[int, int, Any]]
) -> None:
    bodies = _bodies(shared)
    wires: list[Any] = wires_of(bodies[number % len(bodies)])
    for event, field, value in changes if wires else []:
        places = [*_places(wires[event % len(wires)])]
        holder, key = places[field % len(places)]
        holder[key] = value
    # As the decoder gives it: without NaN.
    _check(wires_of(b"".join(b"data: %b\n\n" % json.dumps(one).encode() for one in wires)))


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every place inside a JSON value, as its holder and the key there."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    return [place for key in keys for place in [(value, key), *_places(value[key])]]
