"""Background responses: queued, running, left, come back to, cancelled, over; by a clock that tests turn."""

from __future__ import annotations

import asyncio
import http.client
import json
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from typing import Any

import pytest

from azresp.emulator import Emulator, Settings
from azresp.emulator.background.log import Log
from azresp.emulator.brain import Piece, Prompt, Say
from tests.emulator.contract import Contract
from tests.emulator.wire import Answer, call, create, events_of

NOON = 1_800_000_000.0
LONG = "count to 40"
MESSAGES = {
    "sync": "This response cannot be streamed because it was not created with background=true.",
    "unstreamed": "This response cannot be streamed because it was not created with stream=true.",
    "old": "This response can no longer be streamed because it is more than 5 minutes old",
}


class Clock:
    """Stands still until it is put forward, or somebody waits: then that time has passed."""

    def __init__(self, now: float = NOON) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    async def wait(self, seconds: float) -> None:
        self.now += seconds


def _settings(clock: Clock, **more: Any) -> Settings:
    """Two seconds in the queue, one to the first token, then ten tokens a second."""
    pace: dict[str, Any] = {
        "queued_s": 2.0,
        "first_token_s": 1.0,
        "tokens_per_s": 10.0,
        "clock": clock,
        "wait": clock.wait,
    }
    return Settings(**(pace | more))


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def timed(clock: Clock) -> Iterator[Emulator]:
    with Emulator(_settings(clock)) as running:
        yield running


def _start(emulator: Emulator, said: str = LONG, **body: Any) -> dict[str, Any]:
    answer = create(emulator, said, background=True, **body)
    assert answer.status == 200
    return dict(answer.events[0]["response"] if body.get("stream") else answer.json)


def _get(emulator: Emulator, id_: str, query: str = "", fault: str = "") -> Answer:
    headers = {"x-emulator-fault": fault} if fault else {}
    return call(emulator, "GET", f"/responses/{id_}{query}", headers=headers)


def _look(emulator: Emulator, clock: Clock, id_: str, *still: str) -> dict[str, Any]:
    """The response, once it has none of these states any more; a second passes from look to look."""
    for _ in range(200):
        body: dict[str, Any] = _get(emulator, id_).json
        if body["status"] not in still:
            return body
        clock.now += 1
    raise AssertionError(f"{id_} stays {still}")


def _cancel(emulator: Emulator, id_: str) -> Answer:
    return call(emulator, "POST", f"/responses/{id_}/cancel")


def _message(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.json["error"]["message"]


def test_a_job_is_queued_then_runs_then_is_over(timed: Emulator, clock: Clock, contract: Contract) -> None:
    born = clock.now
    opening = _start(timed)
    id_ = opening["id"]
    assert (opening["status"], opening["output"], opening["usage"]) == ("queued", [], None)
    assert _get(timed, id_).json == opening
    clock.now = born + 2.5
    running = _look(timed, clock, id_, "queued")
    assert (running["status"], running["output"], running["usage"]) == ("in_progress", [], None)
    asked = call(timed, "GET", f"/responses/{id_}/input_items").json["data"]
    assert [item["content"][0]["text"] for item in asked] == [LONG]
    assert _message(call(timed, "DELETE", f"/responses/{id_}")) == (
        400,
        "Cannot delete an in-flight response.",
    )
    refused = create(timed, "and?", previous_response_id=id_)
    assert refused.json["error"]["code"] == "previous_response_not_found"
    clock.now = born + 60
    over = _look(timed, clock, id_, "in_progress")
    assert over["output"][0]["content"][0]["text"].startswith("1, 2, 3, ")
    assert over["usage"]["output_tokens"] > 40
    for body in (opening, running, over):
        contract.check_response(body)
    assert create(timed, "and?", previous_response_id=id_).status == 200
    assert call(timed, "DELETE", f"/responses/{id_}").status == 200
    assert _get(timed, id_).status == _get(timed, id_, "?stream=true").status == 404


def test_a_stream_can_be_left_and_taken_up_at_any_number(
    timed: Emulator, shared: Path, contract: Contract
) -> None:
    whole = create(timed, "hi", background=True, stream=True)
    for event in whole.events:
        contract.check_event(event)
    assert [event["sequence_number"] for event in whole.events] == list(range(len(whole.events)))
    assert [event["response"]["status"] for event in whole.events[:3]] == ["queued", "queued", "in_progress"]
    id_ = whole.events[0]["response"]["id"]
    assert _get(timed, id_, "?stream=true").events == whole.events
    for after in (0, 1, 7, len(whole.events) - 1, 10_000):
        assert _get(timed, id_, f"?starting_after={after}&stream=true").events == whole.events[after + 1 :]
    plain = _get(timed, id_, "?stream=true&include_obfuscation=false").events
    assert len(plain) == len(whole.events)
    assert not any("obfuscation" in event for event in plain)
    for case in ("pydai-background-mode-streaming-starting-after", "oaidotnet-canstreambackgroundresponses"):
        recorded = events_of((shared / "recordings" / f"{case}--01" / "response.sse").read_bytes())
        assert list(dict.fromkeys(e["type"] for e in recorded)) == list(dict.fromkeys(whole.types))


def test_a_broken_connection_breaks_no_job(timed: Emulator) -> None:
    dropped = create(timed, LONG, background=True, stream=True, fault="after=4;then=close")
    assert (dropped.broken, len(dropped.events)) == (True, 4)
    id_ = dropped.events[0]["response"]["id"]
    heard = dropped.events
    for fault in ("after=9;then=close", "after=5;then=end", "after=1;then=stall;stall_s=0", "status=503", ""):
        answer = _get(timed, id_, f"?stream=true&starting_after={heard[-1]['sequence_number']}", fault)
        heard += answer.events if answer.status == 200 else []
    assert heard == _get(timed, id_, "?stream=true").events
    timed.fault(path="/responses/resp_", then="hangup")
    posts = timed.journal.count("POST", "/responses")
    assert _start(timed)["status"] == "queued"  # the fault is for readers
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        _get(timed, id_)
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        create(timed, LONG, background=True, fault="then=hangup")
    assert timed.journal.count("POST", "/responses") == posts + 2


def test_a_failure_is_the_jobs_own_and_stays(timed: Emulator) -> None:
    answer = create(timed, LONG, background=True, stream=True, fault="after=9;then=fail;keepalive=1")
    assert answer.types[2:4] == ["response.in_progress", "keepalive"]
    assert answer.types[-2:] == ["response.failed", "error"]
    kept = _get(timed, answer.events[0]["response"]["id"])
    assert (kept.json["status"], kept.json["error"]["code"]) == ("failed", "rate_limit_exceeded")
    again = _get(timed, kept.json["id"], "?stream=true&starting_after=7", "then=fail")
    assert again.events == answer.events[8:]


def test_what_the_service_refuses_to_stream(timed: Emulator, clock: Clock) -> None:
    sync, unstreamed = create(timed).json["id"], _start(timed)["id"]
    streamed = _start(timed, "hi", stream=True)["id"]
    assert _message(_get(timed, sync, "?stream=true")) == (400, MESSAGES["sync"])
    assert _message(_get(timed, unstreamed, "?stream=true")) == (400, MESSAGES["unstreamed"])
    for query, param_is_named in (
        ("?starting_after=3", "'starting_after'"),
        ("?stream=true&starting_after=-1", "Expected a value >= 0, but got -1 instead."),
        ("?stream=true&starting_after=²", "'starting_after'"),
        (f"?stream=true&starting_after={'9' * 5000}", "'starting_after'"),
    ):
        status, said = _message(_get(timed, streamed, query.replace("²", "%C2%B2")))
        assert (status, param_is_named in said) == (400, True)
    clock.now += 301
    assert _message(_get(timed, streamed, "?stream=true&starting_after=3")) == (400, MESSAGES["old"])
    assert _get(timed, streamed).json["status"] == "completed"


def test_cancelling_is_idempotent_and_leaves_a_finished_one_alone(
    timed: Emulator, clock: Clock, contract: Contract
) -> None:
    first, second = _start(timed)["id"], _start(timed)["id"]
    cancelled = _cancel(timed, first).json
    assert (cancelled["status"], cancelled["output"], cancelled["usage"]) == ("cancelled", [], None)
    contract.check_response(cancelled)
    clock.now += 60
    assert _cancel(timed, first).json == _get(timed, first).json == cancelled
    over = _look(timed, clock, second, "queued", "in_progress")
    assert over["status"] == "completed"  # several at once: only one was cancelled
    assert _cancel(timed, second).json == _get(timed, second).json == over


def test_the_other_kind_of_cancelling_and_no_window() -> None:
    clock = Clock()
    never = asyncio.Event()

    async def wait(seconds: float) -> None:
        await never.wait()

    other: dict[str, Any] = {"cancel_finished": "refuse", "cancelled_stream": "failed", "resume_window_s": 0}
    with Emulator(_settings(clock, wait=wait, queued_s=0.0, **other)) as emulator:
        connection = http.client.HTTPConnection(emulator.root_url.removeprefix("http://"), timeout=20)
        body = json.dumps({"model": "gpt-4o", "input": LONG, "background": True, "stream": True})
        connection.request("POST", "/openai/v1/responses", body, {"api-key": "x"})
        reader = connection.getresponse()
        lines = [reader.readline() for _ in range(9)]
        id_ = json.loads(lines[1].removeprefix(b"data: "))["response"]["id"]
        cancelled = _cancel(emulator, id_).json
        *_, last = events_of(b"".join(lines) + reader.read())  # a waiting reader hears of it
        connection.close()
        assert (last["type"], last["response"], last["sequence_number"]) == ("response.failed", cancelled, 3)
        assert _cancel(emulator, id_).json == cancelled
        clock.now += 3600
        assert _get(emulator, id_, "?stream=true&starting_after=2").events == [last]
        done = _start(emulator, "hi")["id"]
        clock.now += 60
        assert _look(emulator, clock, done, "queued", "in_progress")["status"] == "completed"
        assert _message(_cancel(emulator, done)) == (400, "Cannot cancel a completed response.")


class _Stuck:
    """Says a word and thinks for ever, or breaks."""

    async def answer(self, prompt: Prompt) -> AsyncGenerator[Piece]:
        yield Say("Well ")
        if "break" in str(prompt.items[-1]):
            raise RuntimeError("a bug")
        await asyncio.Event().wait()


def test_a_restarted_emulator_goes_on_by_the_clock(tmp_path: Path) -> None:
    clock, store = Clock(), tmp_path / "emulator.db"
    with Emulator(_settings(clock, store_path=store)) as emulator:
        whole = create(emulator, LONG, background=True, stream=True).events
        left = _start(emulator, stream=True)["id"]
        _cancel(emulator, left)
    over, clock.now = clock.now, NOON + 4
    id_ = whole[0]["response"]["id"]
    with Emulator(_settings(clock, store_path=store)) as emulator:
        assert _get(emulator, id_).json["status"] == "in_progress"
        assert _get(emulator, id_, "?stream=true&starting_after=11").events == whole[12:]
        assert _get(emulator, id_).json == whole[-1]["response"]
        clock.now = max(clock.now, over)
        assert _cancel(emulator, left).json == _get(emulator, left).json


def test_what_its_maker_left_unfinished_has_failed(tmp_path: Path) -> None:
    clock, store = Clock(), tmp_path / "emulator.db"
    with Emulator(_settings(clock, store_path=store, brain=_Stuck())) as emulator:
        broken = create(emulator, "break", background=True, stream=True)
        assert (broken.types[-1], broken.events[-1]["response"]["error"]["code"]) == (
            "response.failed",
            "server_error",
        )
        id_ = create(emulator, "hi", background=True, stream=True, fault="after=6;then=close").events[0][
            "response"
        ]["id"]
        never = _start(emulator, "hi")["id"]
    with Emulator(_settings(clock, store_path=store)) as emulator:
        for one in (id_, never):
            failed = _look(emulator, clock, one, "queued", "in_progress")
            assert (failed["status"], failed["error"]["code"]) == ("failed", "server_error")
        events = _get(emulator, id_, "?stream=true").events
        assert [event["sequence_number"] for event in events] == list(range(len(events)))
        assert events[-1]["response"] == _get(emulator, id_).json


def test_the_sdk_goes_back_to_a_response(timed: Emulator) -> None:
    from openai import OpenAI

    with OpenAI(base_url=timed.base_url, api_key="x", max_retries=0) as client:
        heard = []
        with client.responses.create(model="gpt-4o", input=LONG, background=True, stream=True) as stream:
            for event in stream:
                heard.append(event)
                if len(heard) == 20:
                    break
        assert heard[0].type == "response.created"
        id_, last = heard[0].response.id, heard[-1].sequence_number
        heard += client.responses.retrieve(id_, stream=True, starting_after=last)
        assert [event.sequence_number for event in heard] == list(range(len(heard)))
        final = client.responses.retrieve(id_)
        said = "".join(event.delta for event in heard if event.type == "response.output_text.delta")
        assert (said, final.status) == (final.output_text, "completed")
        assert client.responses.cancel(id_).status == "completed"


def test_cancelled_at_any_moment_a_log_keeps_what_was_due() -> None:
    item = {"type": "message", "id": "msg_1"}
    done = {"id": "resp_1", "status": "completed", "output": [item], "usage": {}}
    events: list[dict[str, Any]] = [
        {"type": "response.created"},
        {"type": "response.in_progress"},
        {"type": "response.output_item.done", "item": item},
        {"type": "response.completed", "response": done},
    ]
    timed = [(float(at), event) for at, event in enumerate(events)]
    opening: dict[str, Any] = {"id": "resp_1", "status": "queued", "output": [], "usage": None}
    for now in range(len(events)):
        log = Log(opening, [], 0.0, streamed=True, events=timed, ended=True)
        assert log.over(now) == (now == 3)
        before = log.snapshot(now)
        assert before["status"] == ["queued", "in_progress", "in_progress", "completed"][now]
        cancelled = log.cancel(now)
        assert log.snapshot(9) == cancelled == {**before, "status": "cancelled", "usage": None}
        assert (log.size, log.over(now)) == (now + 1, True)
