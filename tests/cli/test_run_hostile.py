"""`azresp run` against damaged streams and hostile text, in real processes, piped and on a terminal."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from azresp.core.session import Exchange
from azresp.store.store import Store
from tests.cli import forked
from tests.cli.sitting import Sitting
from tests.replay import ReplayServer, Reply, answer, hostile, in_turn, stream
from tests.ui.terminals import assert_only_our_sequences
from tests.ui.test_hostile import check, samples, squeezed

CANARY = "canary-key-7f3a99"
CASES = [f"E{n:02}" for n in range(1, 17)]


def run(
    server: ReplayServer, env: dict[str, str], folder: Path, *words: str, stdin: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    """`azresp run` against a server; no canary key in anything it wrote, no traceback."""
    told = env | {
        "AZRESP_ENDPOINT": server.base_url,
        "AZRESP_DEPLOYMENT": "gpt-5-mini",
        "AZRESP_API_KEY": env.get("AZRESP_API_KEY", CANARY),
    }
    done = forked.run(["run", *words], env=told, cwd=folder, stdin=stdin)
    assert b"Traceback" not in done.stderr
    for secret in (CANARY, told["AZRESP_API_KEY"]):
        assert_nowhere(secret, folder, done.stdout + done.stderr)
    return done


def assert_nowhere(secret: str, folder: Path, written: bytes = b"") -> None:
    """The secret stands in no file below a folder and not in what was written."""
    assert secret.encode() not in written
    for path in folder.rglob("*"):
        assert not path.is_file() or secret.encode() not in path.read_bytes(), path


def saying(text: str) -> Reply:
    """A stream that answers with a text, in one delta."""
    part = {"type": "output_text", "text": text, "annotations": []}
    item = {
        "type": "message",
        "id": "msg_1",
        "status": "completed",
        "role": "assistant",
        "content": [part],
    }
    response = {"id": "resp_1", "object": "response", "created_at": 1, "output": [], "model": "gpt-5-mini"}
    place = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    opened = item | {"content": [], "status": "in_progress"}
    events: list[dict[str, Any]] = [
        {"type": "response.created", "response": response | {"status": "in_progress"}},
        {"type": "response.output_item.added", "output_index": 0, "item": opened},
        {"type": "response.content_part.added", "part": part | {"text": ""}, **place},
        {"type": "response.output_text.delta", "delta": text, **place},
        {"type": "response.output_text.done", "text": text, **place},
        {"type": "response.content_part.done", "part": part, **place},
        {"type": "response.output_item.done", "output_index": 0, "item": item},
        {"type": "response.completed", "response": response | {"status": "completed", "output": [item]}},
    ]
    return stream(*({**event, "sequence_number": n} for n, event in enumerate(events)))


@pytest.mark.parametrize("ident", CASES)
def test_a_damaged_stream_ends_as_its_index_says(
    shared: Path, isolated: dict[str, str], tmp_path: Path, ident: str
) -> None:
    cases = json.loads((shared / "hostile/sse/index.json").read_bytes())["cases"]
    expected = next(case for case in cases if case["id"] == ident)["expect"]
    with ReplayServer(in_turn(hostile(shared, ident))) as server:
        done = run(server, isolated, tmp_path, "When do trains run?")
    text, told = done.stdout.decode(), done.stderr.decode()
    # E14 asks to approve a call of a server that nobody configured: the no to it is the second request.
    assert server.posts() == expected.get("requests", 2 if ident == "E14" else 1)
    assert "\x1b" not in text + told
    match expected["exit"]:
        case "0":
            assert done.returncode == 0, told
        case "nonzero":
            assert done.returncode == {"E09": 1, "E10": 1, "E11": 5}.get(ident, 3), told
            assert told.startswith("azresp: ")
    if expected["text"] is not None and expected.get("text_rule") == "contains":
        assert expected["text"] in text
    elif expected["text"] is not None:
        assert text == f"{expected['text']}\n"
    for kept in expected.get("keep", ()):
        assert kept in text
    for absent in expected.get("absent", ()):
        assert absent not in text
    kept_exchange, *_ = exchanges_of(tmp_path)
    assert expected["text"] is None or kept_exchange.turn.text.startswith(text.rstrip("\n")) or ident == "E08"
    assert (
        kept_exchange.turn.finished == (expected["outcome"] == "complete") or expected["outcome"] == "either"
    )


def exchanges_of(folder: Path) -> list[Exchange]:
    """All exchanges of the latest session, from the store."""
    store = Store(folder / "data" / "azresp" / "store.db")
    try:
        session = store.latest()
        assert session is not None
        assert session.head is None or session.exchanges[session.head].turn.finished
        return store.all_exchanges(session.id)
    finally:
        store.close()


def test_after_a_cut_answer_the_conversation_goes_on_from_the_last_finished_one(
    shared: Path, isolated: dict[str, str], tmp_path: Path
) -> None:
    cut, baseline = hostile(shared, "E02")
    with ReplayServer(in_turn([baseline, cut, baseline])) as server:
        statuses = [run(server, isolated, tmp_path, "go", "--session", "trip").returncode for _ in range(3)]
        bodies = [request.json for request in server.requests]
    assert statuses == [0, 3, 0]
    finished = exchanges_of(tmp_path)[0].turn.id
    assert [body.get("previous_response_id") for body in bodies] == [None, finished, finished]


def test_hostile_answers_neither_act_nor_hide_in_a_pipe(
    shared: Path, isolated: dict[str, str], tmp_path: Path
) -> None:
    found = samples(shared, "model_output")
    with ReplayServer(saying("\n\n".join(sample["text"] for sample in found))) as server:
        done = run(server, isolated, tmp_path, "go on")
    shown = done.stdout.decode()
    assert (done.returncode, done.stderr) == (0, b"")
    assert "\x1b" not in shown
    assert_only_our_sequences(shown)
    for sample in found:
        check(sample, squeezed(shown))


def test_hostile_answers_neither_act_nor_hide_on_a_terminal(
    shared: Path, isolated: dict[str, str], tmp_path: Path
) -> None:
    found = [sample for sample in samples(shared, "model_output") if len(sample["text"]) < 10_000]
    # An open sequence at the very end would run into what the program writes next.
    text = "\n\n".join(sample["text"] for sample in found) + "\n\n```\ncode \x1b[31"
    with ReplayServer(saying(text)) as server:
        env = isolated | {
            "AZRESP_ENDPOINT": server.base_url,
            "AZRESP_DEPLOYMENT": "gpt-5-mini",
            "AZRESP_API_KEY": CANARY,
        }
        with Sitting(tmp_path, env, "run", "go on") as sitting:
            assert sitting.status() == 0
            assert sitting.modes_now == sitting.modes
    assert_only_our_sequences(sitting.written.replace("\r\n", "\n"))
    assert sitting.tty.style_is_default
    for sample in found:
        check(sample, squeezed(sitting.text))


def test_hostile_refusals_are_told_literally_and_without_the_key(
    shared: Path, isolated: dict[str, str], tmp_path: Path
) -> None:
    for sample in samples(shared, "error_body"):
        body = {"error": {"code": "invalid_request_error", "message": sample["text"]}}
        env = isolated | {"AZRESP_API_KEY": sample.get("secret", CANARY)}
        with ReplayServer(answer(body, 400)) as server:
            done = run(server, env, tmp_path, "go on")
        told = done.stderr.decode()
        assert (done.returncode, done.stdout, server.posts()) == (1, b"", 1)
        assert "\x1b" not in told
        assert_only_our_sequences(told)
        check(sample, squeezed(told))
