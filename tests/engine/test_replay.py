"""Every recorded stream and every hostile one, over real sockets, through the gateway and the engine."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from azresp.core.turn import INTERRUPTED, Turn
from azresp.errors import NetworkError
from tests.core.streams import fold_wires, wires_of
from tests.engine.ports import say
from tests.replay import EVENTS, ReplayServer, Reply, cut, hostile, recorded

SEVEN_BYTES = 7
FOUR = 4


def _final_text(body: bytes) -> str | None:
    """The text in the final response of a recorded stream; None where it holds no output."""
    for wire in wires_of(body):
        if wire.get("type") in ("response.completed", "response.incomplete", "response.failed"):
            output: list[dict[str, Any]] = wire["response"].get("output") or []
            if not output:
                return None
            contents = [part for item in output if item["type"] == "message" for part in item["content"]]
            return "".join(part["text"] for part in contents if part["type"] == "output_text")
    return None


async def _replay(shared: Path, share: int, piece: int) -> int:
    folders = [file.parent for file in sorted((shared / "recordings").glob("*/response.sse"))][share::FOUR]
    replies = [recorded(folder, piece=piece) for folder in folders]
    compared = 0
    with ReplayServer(replies) as server:
        for folder, reply in zip(folders, replies, strict=True):
            outcome, screen = await say(server.base_url)
            turn = outcome.exchange.turn
            assert outcome.error is None, folder.name
            assert screen.turns[-1] == turn == fold_wires(wires_of(reply.body)), folder.name
            text = _final_text(reply.body)
            if text is not None:
                assert turn.text == text, folder.name
                compared += 1
        assert server.posts() == len(folders)
    return compared


@pytest.mark.parametrize("share", range(FOUR))
@pytest.mark.parametrize("piece", [EVENTS, SEVEN_BYTES])
def test_every_recorded_stream_replays_to_the_text_of_its_final_response(
    shared: Path, share: int, piece: int
) -> None:
    assert asyncio.run(_replay(shared, share, piece)) > 10


CASES = [f"E{number:02d}" for number in range(1, 17)]


@pytest.mark.parametrize("piece", [None, SEVEN_BYTES])
@pytest.mark.parametrize("ident", CASES)
def test_every_hostile_stream_meets_what_its_index_expects(
    shared: Path, ident: str, piece: int | None
) -> None:
    cases = json.loads((shared / "hostile/sse/index.json").read_bytes())["cases"]
    expect = next(case["expect"] for case in cases if case["id"] == ident)
    first, later = hostile(shared, ident)
    if piece is not None:
        first = Reply(**{name: getattr(first, name) for name in first.__slots__} | {"piece": piece})
    with ReplayServer([first, later]) as server:
        outcome, _ = asyncio.run(say(server.base_url))
    _check(outcome.exchange.turn, outcome.error, expect)
    assert len(server.requests) == expect.get("requests", 1)
    head = outcome.session.head
    assert (head is not None) == outcome.exchange.turn.finished


def _check(turn: Turn, error: Exception | None, expect: dict[str, Any]) -> None:
    match expect["outcome"]:
        case "complete":
            assert (turn.status, error) == ("completed", None)
        case "partial":
            assert turn.status in (INTERRUPTED, "failed", "incomplete")
        case "error":
            assert isinstance(error, NetworkError)
            assert turn.text == ""
        case other:
            assert other == "either"
    if expect["text"] is not None:
        if expect.get("text_rule") == "contains":
            assert expect["text"] in turn.text
        else:
            assert turn.text == expect["text"]
    for word in expect.get("keep", ()):
        assert word in turn.text
    for word in expect.get("absent", ()):
        assert word not in turn.text
    turn.text.encode()


def test_all_hostile_cases_are_played(shared: Path) -> None:
    cases = json.loads((shared / "hostile/sse/index.json").read_bytes())["cases"]
    assert [case["id"] for case in cases] == CASES


@pytest.mark.parametrize("end", ["cut", "reset", "badchunk"])
def test_a_stream_cut_at_any_byte_keeps_its_text_and_is_never_complete(shared: Path, end: str) -> None:
    whole = hostile(shared, "E01")[0]
    full = fold_wires(wires_of(whole.body)).text
    last = whole.body.index(b"event: response.completed")
    step = 29 if end == "cut" else 211
    replies = [cut(whole, at) for at in range(0, last, step)]
    replies = [Reply(reply.body, piece=97, end=end) for reply in replies]

    async def play(base_url: str) -> None:
        texts = [""]
        for _ in replies:
            outcome, _screen = await say(base_url)
            turn = outcome.exchange.turn
            assert turn.status == INTERRUPTED
            assert outcome.session.head is None
            assert isinstance(outcome.error, NetworkError)
            assert outcome.error.reached
            assert full.startswith(turn.text)
            texts.append(turn.text)
        if end == "cut":
            assert texts == sorted(texts, key=len)
            assert len(texts[-1]) > 10

    with ReplayServer(replies) as server:
        asyncio.run(play(server.base_url))
        assert server.posts() == len(replies)


def test_a_clean_end_without_a_terminal_event_is_interrupted_without_an_error(shared: Path) -> None:
    first = hostile(shared, "E02")[0]
    with ReplayServer(first) as server:
        outcome, _ = asyncio.run(say(server.base_url))
    assert (outcome.error, outcome.exchange.turn.status) == (None, INTERRUPTED)


def test_a_length_that_is_not_kept_is_noticed(shared: Path) -> None:
    body = hostile(shared, "E01")[0].body
    with ReplayServer(Reply(body[:900], framing="length", length_add=500)) as server:
        outcome, _ = asyncio.run(say(server.base_url))
    assert isinstance(outcome.error, NetworkError)
    assert outcome.exchange.turn.status == INTERRUPTED
