"""Recorded answers that are no streams: data and refusals through the matching method."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from azresp.azure.gateway import Gateway
from azresp.azure.refusals import from_status
from azresp.core.sse import Wire
from azresp.core.turn import Turn
from azresp.errors import ServiceError, SignInError
from tests.azure.calls import call, connected, events
from tests.core.streams import fold_wires
from tests.replay import ReplayServer, answer, conversation, in_turn, recorded, stream

Ask = Callable[[Gateway], Awaitable[Any]]


def _cases(shared: Path) -> list[tuple[Path, dict[str, Any]]]:
    found = []
    for file in sorted((shared / "recordings").glob("*/case.json")):
        case = json.loads(file.read_bytes())
        if not case["response_file"].endswith(".sse"):
            found.append((file.parent, case))
    return found


def _ask(case: dict[str, Any]) -> Ask | None:
    """The method for a recorded request; None for parts of the API that azresp does not speak."""
    found = re.search(r"/responses(?:/(resp_[^/?]+))?(/\w+)?$", case["path"])
    if found is None:
        return None
    ident, rest = found.groups()
    match case["method"], ident is not None, rest:
        case "POST", False, None:
            return events
        case "GET", True, None:
            return lambda gateway: gateway.look(ident)
        case "GET", True, "/input_items":
            return lambda gateway: gateway.input_items(ident)
        case "DELETE", True, None:
            return lambda gateway: gateway.delete(ident)
        case "POST", True, "/cancel":
            return lambda gateway: gateway.cancel(ident)
    return None


def test_every_recorded_answer_comes_through_as_it_is(shared: Path) -> None:
    compared = 0
    for folder, case in _cases(shared):
        ask = _ask(case)
        if ask is None or case["status"] != 200:
            continue
        with ReplayServer(recorded(folder, piece=1000)) as server:
            got = call(connected(server.base_url), ask)
        kept = json.loads((folder / "response.json").read_bytes())
        assert got == ([kept] if case["method"] == "POST" and ask is events else kept), folder.name
        if kept.get("object") == "response":
            turn = fold_wires([kept])
            assert (turn.id, turn.status) == (kept["id"], kept["status"]), folder.name
            assert turn.to_response() == kept, folder.name
        compared += 1
    assert compared > 100


def test_every_recorded_refusal_has_its_class_status_code_and_ids(shared: Path) -> None:
    compared = 0
    for folder, case in _cases(shared):
        ask = _ask(case) or events
        if case["status"] < 400:
            continue
        with ReplayServer(recorded(folder)) as server, pytest.raises(ServiceError) as caught:
            call(connected(server.base_url), ask)
        error = caught.value
        text = (folder / case["response_file"]).read_text()
        assert error.status == case["status"], folder.name
        assert isinstance(error, SignInError) == (case["status"] in (401, 403)), folder.name
        assert error.what
        assert error.what in text.replace('\\"', '"').replace("\\n", "\n").replace("\\u003e", ">"), (
            folder.name
        )
        if error.code:
            assert error.code in text, folder.name
        headers = {name.lower(): value for name, value in case["response_headers"].items()}
        assert dict(error.request_ids) == {
            name: headers[name] for name in ("apim-request-id", "x-request-id") if name in headers
        }
        compared += 1
    assert compared > 8


def test_a_recorded_conversation_is_matched_by_method_and_kind_of_path(shared: Path) -> None:
    folders = sorted((shared / "recordings").glob("oaidotnet-cancancelbackgroundresponses--*"))
    assert len(folders) == 2
    cases = [json.loads((folder / "case.json").read_bytes()) for folder in folders]
    with ReplayServer(conversation(folders)) as server:
        for folder, case in zip(folders, cases, strict=True):
            ask = _ask(case)
            assert ask is not None
            got = call(connected(server.base_url), ask)
            kept = json.loads((folder / "response.json").read_bytes())
            assert got in (kept, [kept])


def _error(status: int, code: str | None, message: str, **more: Any) -> tuple[int, dict[str, Any]]:
    return status, {"error": {"code": code, "message": message} | more}


def test_a_fault_of_azure_is_sent_to_its_support() -> None:
    response = httpx2.Response(500, headers={"x-request-id": "r1"})
    error = from_status(
        response, '{"error": {"message": "boom"}}', connected("https://contoso.openai.azure.com/")
    )
    assert "report the request id to Azure support" in error.hint


@pytest.mark.parametrize(
    ("told", "hint"),
    [
        (_error(401, "401", "Access denied due to invalid subscription key"), "doctor"),
        ((401, {"statusCode": 401, "message": "Unauthorized. Access token is missing"}), "key"),
        (_error(401, "PermissionDenied", "The principal `ID` lacks the required data action"), "role"),
        (_error(403, "403", "Public access is disabled"), "Networking"),
        (_error(404, "DeploymentNotFound", "The API deployment does not exist"), "deployment"),
        (_error(404, None, "Response with id 'resp_1' not found."), "30 days"),
        (_error(404, "404", "Resource not found"), "endpoint"),
        (_error(400, "previous_response_not_found", "Previous response …"), "conversation"),
        (_error(400, "context_length_exceeded", "too long"), "truncation"),
        (_error(400, "content_filter", "filtered"), "other words"),
        (_error(400, "BadRequest", "API version not supported"), "api_version"),
        (_error(400, None, "Unsupported parameter: 'top_p'", param="top_p"), "top_p"),
        (_error(424, None, "Error retrieving tool list"), "server"),
        (_error(429, "RateLimitReached", "slow"), "quota"),
        (_error(431, None, "too many"), "headers"),
        (_error(500, None, "boom"), "this machine"),
    ],
)
def test_a_refusal_says_what_to_do_next(told: tuple[int, dict[str, Any]], hint: str) -> None:
    status, body = told
    with ReplayServer(answer(body, status)) as server, pytest.raises(ServiceError) as caught:
        call(connected(server.base_url), events)
    assert hint in caught.value.hint
    assert caught.value.what == (body.get("error") or body)["message"]


def test_a_stream_and_its_stored_response_make_the_same_turn() -> None:
    final: Wire = {"id": "resp_1", "object": "response", "status": "completed", "output": []}
    completed = {"type": "response.completed", "sequence_number": 0, "response": final}
    with ReplayServer(in_turn([stream(completed), answer(final)])) as server:
        streamed = fold_wires(call(connected(server.base_url), events))
        looked = fold_wires([call(connected(server.base_url), lambda gateway: gateway.look("resp_1"))])
    assert streamed.to_response() == looked.to_response()
    assert isinstance(streamed, Turn)
