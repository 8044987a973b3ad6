"""Remote MCP: lists, approvals, calls and failures against a real server on loopback."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from azresp.emulator import Emulator, Settings
from tests.emulator.contract import Contract
from tests.emulator.test_calls import outline, refusal, said
from tests.emulator.wire import Answer, create, events_of
from tests.mcp_server import McpServer, RemoteTool, usual_tools


@pytest.fixture(scope="module")
def running() -> Iterator[McpServer]:
    with McpServer() as server:
        yield server


@pytest.fixture
def server(running: McpServer) -> McpServer:
    """As if it had just started: ending one takes a tenth of a second."""
    running.calls.clear()
    running.headers.clear()
    running.tools[:] = usual_tools()
    running.lists = 0
    running.down = False
    return running


def mcp(server: McpServer, **fields: Any) -> dict[str, Any]:
    """The tool for `server`, labelled `local`."""
    return {"type": "mcp", "server_label": "local", "server_url": server.url} | fields


def types(answer: Answer) -> list[str]:
    return [item["type"] for item in answer.json["output"]]


def approve(request: dict[str, Any], agreed: bool, **fields: Any) -> dict[str, Any]:
    answer = {"type": "mcp_approval_response", "approval_request_id": request["id"], "approve": agreed}
    return answer | fields


def test_the_example_server_is_played_by_the_emulator_itself(emulator: Emulator) -> None:
    tool = {"type": "mcp", "server_label": "docs", "server_url": "https://mcp.example.com/mcp"}
    asked = create(emulator, input="search the docs for tides", tools=[tool])
    *_, request = asked.json["output"]
    assert (request["type"], request["name"]) == ("mcp_approval_request", "search_docs")
    answer = approve(request, True)
    told = create(emulator, input=[answer], tools=[tool], previous_response_id=asked.json["id"])
    call = next(item for item in told.json["output"] if item["type"] == "mcp_call")
    assert "twice a day" in call["output"]
    failed = create(emulator, input="call leave_note {}", tools=[tool | {"require_approval": "never"}])
    (error,) = [item["error"] for item in failed.json["output"] if item["type"] == "mcp_call"]
    assert error["type"] == "mcp_tool_execution_error"


RECORDINGS = [
    ("vercel-openai-mcp-tool-approval-1-2-sse--01", "always"),
    ("vercel-openai-mcp-tool-1-sse--01", "never"),
]


@pytest.mark.parametrize(("recording", "approval"), RECORDINGS)
def test_lists_requests_and_calls_have_the_recorded_order_and_shape(
    emulator: Emulator, server: McpServer, shared: Path, recording: str, approval: str
) -> None:
    recorded = outline(events_of((shared / "recordings" / recording / "response.sse").read_bytes()))
    tool = mcp(server, require_approval=approval)
    answer = create(emulator, "echo hello", model="gpt-5-mini", tools=[tool], stream=True)
    mine = outline(answer.events)
    until = next(place for place, line in enumerate(mine) if line[3] in ("mcp_call", "mcp_approval_request"))
    end = next(i for i in range(until + 1, len(mine)) if mine[i][0] == "response.output_item.done") + 1
    assert mine[:end] == recorded[:end]


def test_an_approved_call_is_made_once_and_its_events_keep_the_contract(
    emulator: Emulator, server: McpServer, contract: Contract
) -> None:
    tool = mcp(server)
    first = create(emulator, "add 2 and 3", tools=[tool])
    assert types(first) == ["mcp_list_tools", "mcp_approval_request"]
    request = first.json["output"][1]
    assert (request["name"], request["server_label"], request["arguments"]) == (
        "add",
        "local",
        '{"a":2,"b":3}',
    )
    assert server.calls == []
    second = create(
        emulator, [approve(request, True)], previous_response_id=first.json["id"], tools=[tool], stream=True
    )
    for event in second.events:
        contract.check_event(event)
    call, message = second.events[-1]["response"]["output"]
    assert call == {
        "id": call["id"],
        "type": "mcp_call",
        "status": "completed",
        "approval_request_id": request["id"],
        "arguments": '{"a":2,"b":3}',
        "error": None,
        "name": "add",
        "output": "5",
        "server_label": "local",
    }
    assert "**add**: 5" in message["content"][0]["text"]
    assert server.calls == [("add", {"a": 2, "b": 3})]


def test_a_denied_call_is_not_made_and_the_answer_gives_the_reason(
    emulator: Emulator, server: McpServer
) -> None:
    tool = mcp(server)
    first = create(emulator, "add 2 and 3", tools=[tool]).json
    denial = approve(first["output"][1], False, reason="not today")
    second = create(emulator, [denial], previous_response_id=first["id"], tools=[tool])
    assert types(second) == ["message"]
    assert "not today" in said(second)
    assert server.calls == []


def test_several_requests_of_one_turn_are_answered_together(emulator: Emulator, server: McpServer) -> None:
    tool = mcp(server)
    asked = 'call add {"a":1,"b":2} and call echo {"text":"x"} and call fail {"what":"it"}'
    first = create(emulator, asked, tools=[tool]).json
    requests = [item for item in first["output"] if item["type"] == "mcp_approval_request"]
    answers = [approve(item, agreed) for item, agreed in zip(requests, (True, False, True), strict=True)]
    second = create(emulator, answers, previous_response_id=first["id"], tools=[tool])
    assert types(second) == ["mcp_call", "mcp_call", "message"]
    assert server.calls == [("add", {"a": 1, "b": 2}), ("fail", {"what": "it"})]
    assert all(
        words in said(second) for words in ("**add**: 3", "not approved", "**fail** failed: cannot it")
    )


def test_who_just_says_something_else_is_answered(emulator: Emulator, server: McpServer) -> None:
    first = create(emulator, "add 2 and 3", tools=[mcp(server)]).json
    second = create(emulator, "what is 1 + 1?", previous_response_id=first["id"], tools=[mcp(server)])
    assert types(second) == ["message"]
    assert "**2**" in said(second)


def test_calls_that_need_no_approval_are_made_at_once(emulator: Emulator, server: McpServer) -> None:
    answer = create(emulator, "add 2 and 3", tools=[mcp(server, require_approval="never")])
    assert types(answer) == ["mcp_list_tools", "mcp_call", "message"]
    assert answer.json["output"][1]["approval_request_id"] is None
    assert "**add**: 5" in said(answer)


@pytest.mark.parametrize(
    ("wanted", "echo_asks", "add_asks"),
    [
        ("always", True, True),
        ("never", False, False),
        ({"never": {"tool_names": ["echo"]}}, False, True),
        ({"never": {"read_only": True}}, False, True),
        ({"always": {"tool_names": ["add"]}}, False, True),
        ({"always": {"tool_names": ["add"]}, "never": {"tool_names": ["echo"]}}, False, True),
    ],
    ids=str,
)
def test_approval_can_depend_on_the_tool(
    emulator: Emulator, server: McpServer, wanted: Any, echo_asks: bool, add_asks: bool
) -> None:
    for message, asks in (("echo hi", echo_asks), ("add 1 and 2", add_asks)):
        answer = create(emulator, message, tools=[mcp(server, require_approval=wanted)])
        assert types(answer)[1] == ("mcp_approval_request" if asks else "mcp_call"), message


@pytest.mark.parametrize(
    ("allowed", "names"),
    [
        (None, ["echo", "add", "fail", "crash"]),
        (["add"], ["add"]),
        ({"read_only": True}, ["echo"]),
        ({"tool_names": ["echo", "fail"], "read_only": False}, ["fail"]),
        (["nothing"], []),
    ],
    ids=str,
)
def test_only_allowed_tools_are_listed(
    emulator: Emulator, server: McpServer, allowed: Any, names: list[str]
) -> None:
    answer = create(emulator, "hi", tools=[mcp(server, allowed_tools=allowed)])
    assert [tool["name"] for tool in answer.json["output"][0]["tools"]] == names


def test_a_list_shows_what_the_server_says(emulator: Emulator, server: McpServer) -> None:
    server.tools[:] = [
        RemoteTool("peek", "Looks", {"at": {"type": "string"}}, lambda a: a["at"], read_only=True)
    ]
    (listed, _) = create(emulator, "hi", tools=[mcp(server)]).json["output"]
    assert listed["tools"] == [
        {
            "annotations": {"read_only": True},
            "description": "Looks",
            "input_schema": {
                "type": "object",
                "properties": {"at": {"type": "string"}},
                "required": ["at"],
                "additionalProperties": False,
            },
            "name": "peek",
        }
    ]


def test_tools_are_listed_again_when_their_definition_changes(emulator: Emulator, server: McpServer) -> None:
    first = create(emulator, "hi", tools=[mcp(server)]).json
    same = create(emulator, "hi", previous_response_id=first["id"], tools=[mcp(server, headers={"x": "y"})])
    other = create(
        emulator, "hi", previous_response_id=first["id"], tools=[mcp(server, allowed_tools=["add"])]
    )
    assert (types(same), types(other)) == (["message"], ["mcp_list_tools", "message"])


def test_a_tool_that_fails_and_a_call_that_breaks_are_failed_items(
    emulator: Emulator, server: McpServer, contract: Contract
) -> None:
    errors = []
    for name in ("fail", "crash"):
        tool = mcp(server, require_approval="never")
        answer = create(emulator, f"call {name} with what=it", tools=[tool], stream=True)
        for event in answer.events:
            contract.check_event(event)
        assert "response.mcp_call.failed" in answer.types
        assert answer.types[-1] == "response.completed"
        (call,) = [item for item in answer.events[-1]["response"]["output"] if item["type"] == "mcp_call"]
        assert (call["status"], call["output"]) == ("failed", None)
        errors.append(call["error"])
    assert errors == [
        {"type": "mcp_tool_execution_error", "content": [{"type": "text", "text": "cannot it"}]},
        {"type": "mcp_protocol_error", "code": -32602, "message": "the server does not like this"},
    ]


def test_a_server_that_goes_away_before_the_call_fails_the_call_only(
    emulator: Emulator, server: McpServer
) -> None:
    first = create(emulator, "add 2 and 3", tools=[mcp(server)]).json
    server.down = True
    answer = approve(first["output"][1], True)
    second = create(emulator, [answer], previous_response_id=first["id"], tools=[mcp(server)])
    assert types(second) == ["mcp_call", "message"]
    assert second.json["output"][0]["error"] == {
        "type": "http_error",
        "code": 503,
        "message": "503: Service Unavailable",
    }


GONE = "http://127.0.0.1:9/mcp"


def test_a_server_that_cannot_be_reached_is_424(emulator: Emulator) -> None:
    tool = {"type": "mcp", "server_label": "gone", "server_url": GONE}
    answer = create(emulator, "hi", tools=[tool])
    assert answer.status == 424
    assert answer.json["error"] == {
        "message": "Error retrieving tool list from MCP server: 'gone'. Http status code: 424 (Failed Dependency)",
        "type": "external_connector_error",
        "param": "tools",
        "code": "http_error",
    }


def test_in_a_stream_the_list_fails_first_and_then_the_response(
    emulator: Emulator, contract: Contract
) -> None:
    answer = create(
        emulator, "hi", tools=[{"type": "mcp", "server_label": "gone", "server_url": GONE}], stream=True
    )
    for event in answer.events:
        contract.check_event(event)
    assert answer.types == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.mcp_list_tools.in_progress",
        "response.mcp_list_tools.failed",
        "response.output_item.done",
        "response.failed",
        "error",
    ]
    assert answer.events[-1]["error"]["message"].startswith(
        "Error retrieving tool list from MCP server: 'gone'"
    )


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"authorization": "sesame"}, 200),
        ({"headers": {"Authorization": "Bearer sesame"}}, 200),
        ({"headers": {"Authorization": "Bearer old"}, "authorization": "sesame"}, 200),
        ({"authorization": "wrong"}, 424),
        ({}, 424),
    ],
    ids=str,
)
def test_credentials_reach_the_server_and_nobody_else(
    emulator: Emulator, fields: dict[str, Any], status: int
) -> None:
    with McpServer(bearer="sesame") as server:
        answer = create(emulator, "hi", tools=[mcp(server, **fields)])
        assert answer.status == status
        if status == 424:
            assert "401 (Unauthorized)" in answer.json["error"]["message"]
            return
        assert {headers["authorization"] for headers in server.headers} == {"Bearer sesame"}
    (echoed,) = answer.json["tools"]
    assert echoed.get("authorization", "<redacted>") == "<redacted>"
    assert set((echoed["headers"] or {}).values()) <= {"<redacted>"}
    assert "sesame" not in json.dumps(emulator.journal.requests[-1].body)


def test_custom_headers_are_sent_with_every_request_and_echoed_without_values(
    emulator: Emulator, server: McpServer
) -> None:
    tool = mcp(server, headers={"X-Team": "blue"}, require_approval="never")
    answer = create(emulator, "echo hi", tools=[tool])
    assert {headers.get("x-team") for headers in server.headers} == {"blue"}
    assert answer.json["tools"] == [
        {
            "type": "mcp",
            "allowed_tools": None,
            "headers": {"X-Team": "<redacted>"},
            "require_approval": "never",
            "server_description": None,
            "server_label": "local",
            "server_url": server.url,
        }
    ]


def test_a_server_of_the_older_transport_is_spoken_to_over_sse(emulator: Emulator) -> None:
    with McpServer("sse") as server:
        answer = create(emulator, "add 2 and 3", tools=[mcp(server, require_approval="never")])
        assert types(answer) == ["mcp_list_tools", "mcp_call", "message"]
        assert server.calls == [("add", {"a": 2, "b": 3})]


def test_a_conversation_that_is_not_stored_replays_its_mcp_items(
    emulator: Emulator, server: McpServer
) -> None:
    asked = {"role": "user", "content": "add 2 and 3"}
    first = create(emulator, [asked], store=False, tools=[mcp(server)]).json
    items = [asked, *first["output"], approve(first["output"][1], True)]
    second = create(emulator, items, store=False, tools=[mcp(server)])
    assert types(second) == ["mcp_call", "message"]
    history = [
        asked,
        {**first["output"][0], "tools": []},
        first["output"][1],
        items[-1],
        *second.json["output"],
    ]
    third = create(
        emulator, [*history, {"role": "user", "content": "echo so"}], store=False, tools=[mcp(server)]
    )
    assert types(third) == ["mcp_approval_request"]
    assert server.calls == [("add", {"a": 2, "b": 3})]


def test_no_more_calls_than_max_tool_calls(emulator: Emulator, server: McpServer) -> None:
    tool = mcp(server, require_approval="never")
    asked = 'call echo {"text":"1"} and call echo {"text":"2"} and call echo {"text":"3"}'
    answer = create(emulator, asked, tools=[tool], max_tool_calls=2)
    assert types(answer) == ["mcp_list_tools", "mcp_call", "mcp_call", "message"]


def test_an_endless_loop_of_calls_ends(emulator: Emulator, server: McpServer) -> None:
    answer = create(emulator, "loop echo hi", tools=[mcp(server, require_approval="never")])
    assert answer.json["status"] == "completed"
    assert types(answer)[-1] == "message"
    assert 5 < len(server.calls) < 50


def test_a_tool_of_a_server_can_be_forced(emulator: Emulator, server: McpServer) -> None:
    choice = {"type": "mcp", "server_label": "local", "name": "echo"}
    answer = create(emulator, "hello", tools=[mcp(server)], tool_choice=choice)
    assert [item.get("name") for item in answer.json["output"]] == [None, "echo"]


def _unknown(request: dict[str, Any]) -> list[dict[str, Any]]:
    return [approve({"id": "mcpr_x"}, True)]


def _twice(request: dict[str, Any]) -> list[dict[str, Any]]:
    return [approve(request, True), approve(request, False)]


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        (
            _unknown,
            "The following MCP approval requests have approval responses but weren't passed as input: mcpr_x.",
        ),
        (_twice, "The following MCP approval requests have more than one approval response: {id}."),
    ],
)
def test_answers_that_fit_no_open_request_are_refused(
    emulator: Emulator,
    server: McpServer,
    answers: Callable[[dict[str, Any]], list[dict[str, Any]]],
    message: str,
) -> None:
    first = create(emulator, "add 2 and 3", tools=[mcp(server)]).json
    request = first["output"][1]
    second = create(emulator, answers(request), previous_response_id=first["id"], tools=[mcp(server)])
    assert refusal(second) == (400, message.format(id=request["id"]), "input")
    assert server.calls == []


def test_a_request_is_answered_once(emulator: Emulator, server: McpServer) -> None:
    first = create(emulator, "add 2 and 3", tools=[mcp(server)]).json
    agreed = [approve(first["output"][1], True)]
    second = create(emulator, agreed, previous_response_id=first["id"], tools=[mcp(server)]).json
    third = create(emulator, agreed, previous_response_id=second["id"], tools=[mcp(server)])
    assert third.status == 400
    assert len(server.calls) == 1


def test_an_approval_without_its_server_is_refused(emulator: Emulator, server: McpServer) -> None:
    first = create(emulator, "add 2 and 3", tools=[mcp(server)]).json
    second = create(emulator, [approve(first["output"][1], True)], previous_response_id=first["id"])
    assert second.status == 400
    assert "'local'" in second.json["error"]["message"]


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"server_label": None}, "tools[0].server_label"),
        ({"server_label": "9 lives"}, "tools[0].server_label"),
        ({"server_url": None}, "tools[0].server_url"),
        ({"server_url": "http://example.com/mcp"}, "tools[0].server_url"),
        ({"server_url": "https://"}, "tools[0].server_url"),
        ({"server_url": "file:///etc/passwd"}, "tools[0].server_url"),
        ({"connector_id": "connector_gmail"}, "tools[0].server_url"),
        ({"server_url": None, "connector_id": "connector_fax"}, "tools[0].connector_id"),
        ({"headers": {"a": 1}}, "tools[0].headers.a"),
        ({"allowed_tools": "all"}, "tools[0].allowed_tools"),
        ({"allowed_tools": {"names": []}}, "tools[0].allowed_tools.names"),
        ({"require_approval": "sometimes"}, "tools[0].require_approval"),
        ({"require_approval": {"never": {"read_only": 1}}}, "tools[0].require_approval.never.read_only"),
        ({"colour": "red"}, "tools[0].colour"),
    ],
    ids=str,
)
def test_bad_definitions_are_refused(emulator: Emulator, fields: dict[str, Any], param: str) -> None:
    tool = {"type": "mcp", "server_label": "a", "server_url": "https://example.com/mcp"} | fields
    status, _, named = refusal(create(emulator, tools=[tool]))
    assert (status, named) == (400, param)


def test_labels_are_given_once_and_connectors_are_not_here(emulator: Emulator) -> None:
    one = {"type": "mcp", "server_label": "a", "server_url": "https://example.com/mcp"}
    assert refusal(create(emulator, tools=[one, one]))[::2] == (400, "tools[1].server_label")
    connector = {"type": "mcp", "server_label": "g", "connector_id": "connector_gmail", "authorization": "t"}
    assert create(emulator, tools=[connector]).status == 424


def test_a_server_that_does_not_answer_in_time_fails_the_call() -> None:
    answered = threading.Event()
    slow = RemoteTool("slow", "Takes its time", {}, lambda _: str(answered.wait(20)))
    with (
        McpServer(tools=[slow]) as server,
        Emulator(Settings(first_token_s=0, mcp_timeout_s=0.5)) as impatient,
    ):
        answer = create(impatient, "call slow", tools=[mcp(server, require_approval="never")])
        answered.set()
    assert types(answer) == ["mcp_list_tools", "mcp_call", "message"]
    assert answer.json["output"][1]["error"] == {"type": "http_error", "code": 424, "message": "424: "}


def test_without_the_package_a_request_fails_with_the_remedy_and_the_emulator_lives(
    emulator: Emulator, server: McpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "mcp.client.client", None)
    answer = create(emulator, "hi", tools=[mcp(server)])
    assert answer.status == 501
    assert "pip install 'azresp[emulator]'" in answer.json["error"]["message"]
    assert create(emulator, "hi").status == 200


def test_the_package_is_not_loaded_before_it_is_needed() -> None:
    code = (
        "import sys, azresp.emulator; print([n for n in ('mcp', 'mcp_types', 'httpx2') if n in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_a_client_that_hangs_up_during_a_call_leaves_the_emulator_well(emulator: Emulator) -> None:
    began, go_on = threading.Event(), threading.Event()

    def wait(_: dict[str, Any]) -> str:
        began.set()
        return str(go_on.wait(20))

    with McpServer(tools=[RemoteTool("slow", "Takes its time", {}, wait)]) as server:
        body = {"model": "gpt-4o", "input": "call slow", "tools": [mcp(server, require_approval="never")]}
        connection = http.client.HTTPConnection(emulator.root_url.removeprefix("http://"), timeout=20)
        connection.request("POST", "/openai/v1/responses", json.dumps(body), {"api-key": "k"})
        assert began.wait(20)
        connection.close()
        go_on.set()
        assert create(emulator, "hi").status == 200


@pytest.mark.parametrize(
    "properties",
    [
        {"a": {"type": "string", "pattern": "("}},
        {"a": {"$ref": "#/nowhere"}, "b": {"type": "wish"}},
        {"a": {"$ref": "https://example.com/schema"}},
        {"a": 1, "b": {"enum": []}},
    ],
    ids=str,
)
def test_a_schema_that_makes_no_sense_breaks_nothing(
    emulator: Emulator, server: McpServer, properties: dict[str, Any]
) -> None:
    server.tools[:] = [RemoteTool("odd", "Odd", properties, str)]
    answer = create(emulator, "call odd with a=1 and b=2", tools=[mcp(server)])
    assert types(answer) == ["mcp_list_tools", "mcp_approval_request"]
