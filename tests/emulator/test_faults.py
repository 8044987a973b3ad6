"""Faults on request, and what the emulator remembers of what it was asked."""

from __future__ import annotations

import http.client
import json
import socket
from typing import Any

import pytest

from azresp.emulator import Emulator, Fault, Settings
from azresp.emulator.faults import parse_fault
from tests.emulator.wire import call, create


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 503])
def test_a_status_on_request_has_the_services_envelope(emulator: Emulator, status: int) -> None:
    answer = create(emulator, fault=f"status={status};retry_after=7;retry_after_ms=6500")
    assert answer.status == status
    assert {"code", "message"} <= set(answer.json["error"])
    assert (answer.headers["retry-after"], answer.headers["retry-after-ms"]) == ("7", "6500")


@pytest.mark.parametrize("how", ["close", "reset", "cut"])
def test_a_stream_breaks_after_so_many_events(emulator: Emulator, how: str) -> None:
    answer = create(emulator, stream=True, fault=f"after=5;then={how}")
    assert answer.broken
    whole = answer.body.decode().count("\n\n")
    assert whole == 5 or how == "reset"  # a reset may overtake what was sent
    if how == "cut":
        assert not answer.body.endswith(b"\n\n")


def test_a_stream_ends_well_but_early(emulator: Emulator) -> None:
    answer = create(emulator, stream=True, fault="after=5;then=end")
    assert not answer.broken
    assert len(answer.events) == 5
    assert "response.completed" not in answer.types


@pytest.mark.parametrize("stream", [True, False])
def test_a_hangup_answers_nothing(emulator: Emulator, stream: bool) -> None:
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        create(emulator, stream=stream, fault="then=hangup")


def test_half_a_body_breaks(emulator: Emulator) -> None:
    assert create(emulator, fault="then=cut").broken


def test_a_broken_answer_is_stored_only_if_the_service_finishes_it(emulator: Emulator) -> None:
    def id_of(fault: str) -> str:
        return str(create(emulator, stream=True, fault=fault).events[0]["response"]["id"])

    assert call(emulator, "GET", f"/responses/{id_of('after=5;then=close')}").status == 404
    kept = call(emulator, "GET", f"/responses/{id_of('after=5;then=close;finish=true')}")
    assert (kept.status, kept.json["status"]) == (200, "completed")


def test_azure_fails_first_without_a_reason_and_then_with_one(emulator: Emulator) -> None:
    answer = create(emulator, stream=True, fault="after=6;then=fail")
    assert answer.types[-2:] == ["response.failed", "error"]
    failed, error = answer.events[-2:]
    assert (failed["response"]["status"], failed["response"]["error"]) == ("failed", None)
    assert (error["error"]["type"], error["error"]["code"]) == ("too_many_requests", "rate_limit_exceeded")
    assert [event["sequence_number"] for event in answer.events] == list(range(len(answer.events)))


def test_openai_fails_with_the_reason_first(emulator: Emulator) -> None:
    answer = create(
        emulator, stream=True, fault="after=2;then=fail-openai;code=insufficient_quota;message=No money"
    )
    assert answer.types == ["response.created", "response.in_progress", "error", "response.failed"]
    assert answer.events[-1]["response"]["error"] == {"code": "insufficient_quota", "message": "No money"}


def test_keepalives_take_numbers(emulator: Emulator) -> None:
    answer = create(emulator, stream=True, fault="keepalive=2")
    assert answer.types[2:4] == ["keepalive", "keepalive"]
    assert [event["sequence_number"] for event in answer.events] == list(range(len(answer.events)))
    assert answer.types[-1] == "response.completed"


def test_a_stall_is_silence_and_then_goes_on(emulator: Emulator) -> None:
    assert (
        create(emulator, stream=True, fault="after=5;then=stall;stall_s=0.01").types[-1]
        == "response.completed"
    )
    assert create(emulator, fault="then=stall;stall_s=0.01").status == 200


def test_a_stall_without_end_holds_until_the_client_leaves(emulator: Emulator) -> None:
    host, port = emulator.root_url.removeprefix("http://").split(":")
    body = json.dumps({"model": "gpt-4o", "input": "hi", "stream": True}).encode()
    with socket.create_connection((host, int(port)), timeout=20) as client:
        head = (
            f"POST /openai/v1/responses HTTP/1.1\r\nhost: x\r\napi-key: k\r\ncontent-length: {len(body)}\r\n"
        )
        client.sendall(head.encode() + b"x-emulator-fault: after=3;then=stall\r\n\r\n" + body)
        seen = b""
        while seen.count(b"event: ") < 3:
            seen += client.recv(65536)
        client.settimeout(0.05)
        with pytest.raises(TimeoutError):
            client.recv(1)


def test_a_web_page_and_a_redirect_stand_in_for_the_answer(emulator: Emulator) -> None:
    page = create(emulator, fault="html=true")
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    moved = create(emulator, fault="redirect=http://other.invalid/openai/v1/responses")
    assert (moved.status, moved.headers["location"]) == (307, "http://other.invalid/openai/v1/responses")


def test_queued_faults_hit_the_requests_they_are_meant_for(emulator: Emulator) -> None:
    queue: list[Any] = ["status=429;times=2;method=POST", {"status": 503, "path": "/models"}]
    listed = call(emulator, "POST", "/_emulator/faults", queue).json["faults"]
    assert [fault["status"] for fault in listed] == [429, 503]
    assert [create(emulator).status for _ in range(3)] == [429, 429, 200]
    assert [call(emulator, "GET", "/models").status for _ in range(2)] == [503, 200]
    emulator.fault(status=500)
    assert call(emulator, "DELETE", "/_emulator/faults").json == {"faults": []}
    assert create(emulator).status == 200


def test_a_fault_can_delay_the_reading_of_one_answer(emulator: Emulator) -> None:
    slow = create(emulator, stream=True, fault="read_after_write_s=3600").events[-1]["response"]["id"]
    assert call(emulator, "GET", f"/responses/{slow}").status == 404


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("flavour=1", "unknown fault"),
        ("then=explode", "then: must be one of"),
        ("after=soon", "after: must be int"),
    ],
)
def test_a_fault_that_nobody_knows_is_refused(emulator: Emulator, text: str, complaint: str) -> None:
    answer = create(emulator, fault=text)
    assert (answer.status, answer.json["error"]["code"]) == (400, "InvalidFault")
    assert complaint in answer.json["error"]["message"]


def test_faults_read_the_same_from_json_and_from_the_compact_form() -> None:
    assert parse_fault("after=3; then=cut; finish=true; latency_s=0.5") == Fault(
        after=3, then="cut", finish=True, latency_s=0.5
    )
    assert parse_fault('{"after": 3, "then": "cut", "finish": true, "latency_s": 0.5}') == parse_fault(
        "after=3;then=cut;finish=1;latency_s=.5"
    )


def test_the_journal_counts_requests_and_keeps_no_secret() -> None:
    with Emulator(Settings(tokens_per_s=0, first_token_s=0)) as emulator:
        create(emulator, "one")
        create(emulator, "two", fault="status=429")
        call(emulator, "GET", "/models?api-version=v1", credential={"authorization": "Bearer top-secret"})
        assert emulator.journal.count("POST", "/responses") == 2
        seen = call(emulator, "GET", "/_emulator/requests")
        assert seen.json["counts"] == {"POST /openai/v1/responses": 2, "GET /openai/v1/models": 1}
        assert [request["status"] for request in seen.json["requests"]] == [200, 429, 200]
        assert seen.json["requests"][0]["body"] == {"model": "gpt-4o", "input": "one"}
        assert seen.json["requests"][2]["query"] == {"api-version": "v1"}
        assert b"top-secret" not in seen.body
        assert seen.json["requests"][2]["headers"]["authorization"].startswith("Bearer sha256:")


def test_control_is_not_for_web_pages_and_can_be_switched_off(emulator: Emulator) -> None:
    assert (
        call(emulator, "GET", "/_emulator/requests", headers={"origin": "https://evil.example"}).status == 403
    )
    with Emulator(Settings(tokens_per_s=0, first_token_s=0, control=False)) as closed:
        assert call(closed, "GET", "/_emulator/requests").status == 404
        assert create(closed, fault="status=500").status == 200
