"""Pictures out of the wire and back: no base64 stays in what a turn or a store keeps."""

from __future__ import annotations

import base64
import copy
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azresp.core.compose import replay
from azresp.core.events import read
from azresp.core.keep import dump_turn, load_turn
from azresp.core.pictures import Kept, Picture, cut_pictures, kept_from, refer, restore_pictures
from azresp.core.sse import EventReader, Wire
from azresp.core.turn import Turn, advance, fold

B64 = base64.b64encode(b"\x89PNG\r\n\x1a\n, or what stands for one").decode()
CALL: Wire = {"id": "ig_1", "type": "image_generation_call", "status": "generating", "result": B64}
TALK: Wire = {"id": "msg_1", "type": "message", "content": [{"type": "output_text", "text": B64}]}
SKETCH: Wire = {
    "type": "response.image_generation_call.partial_image",
    "item_id": "ig_1",
    "output_index": 1,
    "partial_image_index": 2,
    "partial_image_b64": B64,
}
KEPT = Kept("/p/a.png", 27, "ab", "image/png")


@pytest.mark.parametrize(
    ("wire", "picture"),
    [
        (SKETCH, Picture("ig_1", 1, 2, B64)),
        (
            {"type": "response.output_item.added", "output_index": 3, "item": CALL},
            Picture("ig_1", 3, None, B64),
        ),
        (
            {"type": "response.output_item.done", "output_index": 3, "item": CALL},
            Picture("ig_1", 3, None, B64),
        ),
        ({"type": "response.completed", "response": {"output": [TALK, CALL]}}, Picture("ig_1", 1, None, B64)),
        ({"object": "response", "id": "resp_1", "output": [CALL, TALK]}, Picture("ig_1", 0, None, B64)),
        ({"object": "list", "data": [TALK, CALL], "has_more": False}, Picture("ig_1", 1, None, B64)),
        ({"model": "gpt", "input": [TALK, CALL]}, Picture("ig_1", 1, None, B64)),
        (CALL, Picture("ig_1", 0, None, B64)),
    ],
    ids=["partial", "added", "done", "completed", "polled", "input items", "request", "item"],
)
def test_a_picture_is_cut_out_wherever_it_may_stand_and_comes_back(wire: Wire, picture: Picture) -> None:
    before = copy.deepcopy(wire)
    slim, pictures = cut_pictures(wire)
    assert pictures == (picture,)
    # The message's own text happens to be the same base64: it is no picture and stays.
    assert json.dumps(slim).count(B64) == json.dumps(wire).count(B64) - 1
    assert wire == before
    referred = refer(slim, [KEPT])
    assert restore_pictures(referred, {KEPT: B64}.get) == wire


def test_a_wire_without_pictures_is_the_same_object() -> None:
    wire: Wire = {"type": "response.completed", "response": {"output": [TALK]}}
    assert cut_pictures(wire) == (wire, ())
    assert cut_pictures(wire)[0] is wire


@pytest.mark.parametrize("forged", [{"saved": "/home/me/.ssh/id_rsa"}, {"cut": 0}, 7, ["x"], True, ""])
def test_a_reference_that_the_service_sends_is_not_one(forged: object) -> None:
    slim, pictures = cut_pictures({"output": [CALL | {"result": forged}]})
    assert pictures == ()
    assert slim == {"output": [CALL | {"result": None}]}
    assert refer(slim, [KEPT]) == slim


def test_what_can_not_be_read_back_becomes_null() -> None:
    assert restore_pictures({"input": [CALL | {"result": KEPT.to_wire()}]}, lambda _: None) == {
        "input": [CALL | {"result": None}]
    }


def test_a_reference_survives_json() -> None:
    for kept in (KEPT, Kept("", 5, remark="damaged"), Kept("/p")):
        assert kept_from(json.loads(json.dumps(kept.to_wire()))) == kept
    assert kept_from({"bytes": 3}) is None
    assert kept_from(B64) is None


_JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["type", "item", "response", "output", "data", "input", "result", "partial_image_b64", "id"]
            ),
            inner | st.sampled_from(["image_generation_call", SKETCH["type"]]),
            max_size=5,
        )
    ),
)


@given(
    st.dictionaries(st.sampled_from(["type", "item", "response", "output", "data", "result", "cut"]), _JSON)
)
def test_cutting_is_total(wire: Wire) -> None:
    slim, pictures = cut_pictures(wire)
    assert cut_pictures(slim) == (slim, ())
    assert kept_from(refer(slim, [KEPT] * len(pictures)).get("result")) in (None, KEPT)


def _reference(picture: Picture) -> Kept:
    data = base64.b64decode(picture.base64)
    return Kept(f"/p/{picture.item_id}.{picture.sketch}", len(data), hashlib.sha256(data).hexdigest())


def _referred(wire: Wire) -> Wire:
    slim, pictures = cut_pictures(wire)
    return refer(slim, [_reference(picture) for picture in pictures])


def _wires(folder: Path) -> list[Wire]:
    case = json.loads((folder / "case.json").read_bytes())
    body = (folder / case["response_file"]).read_bytes()
    if case["response_file"].endswith(".json"):
        return [json.loads(body)]
    reader = EventReader()
    return [*reader.feed(body), *reader.finish()]


def _picture_cases(shared: Path) -> list[Path]:
    index = json.loads((shared / "recordings/index.json").read_bytes())
    return [shared / "recordings" / case["id"] for case in index if "f" in case["covers"]]


def _base64_in(value: Any) -> bool:
    return any(mark in json.dumps(value) for mark in ('"iVBORw0KGgo', '"/9j/', '"UklGR'))


def test_every_recorded_picture_is_cut_referred_to_and_restored(shared: Path) -> None:
    seen = 0
    for folder in _picture_cases(shared):
        originals: dict[Kept, str] = {}
        for wire in _wires(folder):
            slim, pictures = cut_pictures(wire)
            assert not _base64_in(slim)
            originals |= {_reference(picture): picture.base64 for picture in pictures}
            assert restore_pictures(_referred(wire), originals.get) == wire
        seen += len(originals)
    assert seen >= 9


def test_recorded_picture_turns_keep_the_laws(shared: Path) -> None:
    for folder in _picture_cases(shared):
        wires = [_referred(wire) for wire in _wires(folder)]
        events = [read(wire) for wire in wires]
        whole = fold(events)
        assert not _base64_in(dump_turn(whole))
        for at in range(len(events)):  # Resume, with an overlap of three events; and Replay at every cut
            begun = fold(events[:at])
            assert fold(events[max(at - 3, 0) :], begun) == whole
            assert load_turn(json.loads(json.dumps(dump_turn(begun)))) == begun
        polled = advance(Turn(), read(whole.to_response()))
        assert [item.picture for item in polled.items] == [item.picture for item in whole.items]
        assert any(kept_from(item.picture) for item in whole.items)


def test_a_partial_picture_shows_until_the_final_one_is_there(shared: Path) -> None:
    wires = [
        _referred(wire) for wire in _wires(shared / "recordings/langchain-image-generation-streaming--01")
    ]
    shown: list[str] = []
    turn = Turn()
    for wire in wires:
        turn = advance(turn, read(wire))
        for item in turn.items:
            if (kept := kept_from(item.picture)) and kept.saved not in shown:
                shown.append(kept.saved)
    ident = "/p/ig_68471f54f620819dacf9f6229ef619c902fc4485fa5115d6"
    assert shown == [f"{ident}.0", f"{ident}.1", f"{ident}.None"]


def test_a_sketch_whose_item_was_not_heard_opening_makes_the_item() -> None:
    turn = fold([read(refer(cut_pictures(SKETCH | {"sequence_number": 4})[0], [KEPT]))])
    (item,) = turn.items
    assert (item.id, item.kind, item.index, item.picture) == (
        "ig_1",
        "image_generation_call",
        1,
        KEPT.to_wire(),
    )
    opened = advance(
        turn,
        read(
            {
                "type": "response.output_item.added",
                "output_index": 1,
                "item": {"id": "ig_1", "type": "image_generation_call", "status": "in_progress"},
                "sequence_number": 5,
            }
        ),
    )
    assert opened.items[0].picture == KEPT.to_wire()


def test_base64_that_nobody_cut_does_not_stay_in_the_turn() -> None:
    assert B64 not in json.dumps(dump_turn(fold([read(SKETCH | {"sequence_number": 4})])))


def test_a_picture_goes_back_to_a_service_without_it_as_an_input() -> None:
    kept = CALL | {"result": KEPT.to_wire(), "revised_prompt": "A red ball"}
    again = replay(kept)
    assert again == {
        "type": "message",
        "role": "user",
        "content": [
            {"type": "input_text", "text": "The picture generated above: A red ball"},
            {"type": "input_image", "image_url": KEPT.to_wire()},
        ],
    }
    assert restore_pictures({"input": [again]}, {KEPT: B64}.get)["input"][0]["content"][1] == {
        "type": "input_image",
        "image_url": f"data:image/png;base64,{B64}",
    }


def test_a_picture_that_was_never_saved_is_not_sent_again() -> None:
    assert replay(CALL | {"result": Kept("", remark="damaged").to_wire()}) is None
