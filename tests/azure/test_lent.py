"""Secrets lent to MCP servers: in the body that is sent, and nowhere else."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azresp.azure.echo import Echo
from azresp.azure.gateway import Gateway
from azresp.azure.lent import Lent, lent_in
from azresp.core.compose import compose
from azresp.core.events import read
from azresp.core.secrets import Redactor, Secret, SecretRef
from azresp.core.session import Exchange, Session, message, settle
from azresp.core.sse import Wire
from azresp.core.tools import McpServer, offered
from azresp.core.turn import fold
from azresp.errors import ServiceError, SignInError
from tests.azure.calls import BODY, call, connected
from tests.replay import ReplayServer, answer, stream

TOKEN, HEADER = "canary-token-0123/+", "Bearer canary-header-456"
AUTHORIZATION, KEY = SecretRef("keyring", "mcp-docs"), SecretRef("env", "DOCS_KEY")
SERVER = McpServer(
    "docs", "https://mcp.example.com", headers={"X-Key": KEY, "X-Again": KEY}, authorization=AUTHORIZATION
)
WITH_SERVER: Wire = BODY | offered([SERVER])
VALUES = {AUTHORIZATION: Secret(TOKEN), KEY: Secret(HEADER)}
DONE: Wire = {"type": "response.completed", "response": {"id": "resp_1", "status": "completed"}}


def opening(body: Wire) -> Callable[[Gateway], Any]:
    """All events of a response created with this body."""

    async def run(gateway: Gateway) -> list[Wire]:
        return [wire async for batch in gateway.open(body) for wire in batch]

    return run


def echoed(*wires: Wire) -> list[Wire]:
    """What is heard of a stream that answers a request with secrets."""
    with ReplayServer(stream(*wires)) as server:
        heard: list[Wire] = call(connected(server.base_url, resolve=VALUES.__getitem__), opening(WITH_SERVER))
    return heard


def test_the_values_stand_in_the_body_that_is_sent_and_the_body_given_stays_as_it_is() -> None:
    before = repr(WITH_SERVER)
    with ReplayServer(stream(DONE)) as server:
        call(connected(server.base_url, resolve=VALUES.__getitem__), opening(WITH_SERVER))
    assert server.requests[0].json == BODY | {
        "tools": [
            {
                "type": "mcp",
                "server_label": "docs",
                "server_url": "https://mcp.example.com",
                "require_approval": "always",
                "headers": {"X-Key": HEADER, "X-Again": HEADER},
                "authorization": TOKEN,
            }
        ]
    }
    assert repr(WITH_SERVER) == before
    assert "canary" not in before
    assert not any(value in str(server.requests[0].headers) for value in (TOKEN, HEADER))


def test_each_reference_is_looked_up_once_a_request_and_again_for_the_next() -> None:
    asked: list[SecretRef] = []

    def resolve(ref: SecretRef) -> Secret:
        asked.append(ref)
        return VALUES[ref]

    async def twice(gateway: Gateway) -> None:
        for _ in range(2):
            await opening(WITH_SERVER)(gateway)

    with ReplayServer(stream(DONE)) as server:
        call(connected(server.base_url, resolve=resolve), twice)
    assert asked == [KEY, AUTHORIZATION] * 2


def test_a_missing_value_is_told_with_server_and_reference_and_nothing_is_sent() -> None:
    def resolve(ref: SecretRef) -> Secret:
        raise SignInError(f"there is nothing in {ref}", "Put it there.")

    with ReplayServer(stream(DONE)) as server, pytest.raises(SignInError) as caught:
        call(connected(server.base_url, resolve=resolve), opening(WITH_SERVER))
    assert caught.value.what == (
        "nothing was sent: headers.X-Key of the MCP server 'docs': there is nothing in env:DOCS_KEY"
    )
    assert (caught.value.hint, caught.value.exit) == ("Put it there.", 4)
    assert server.requests == []


@pytest.mark.parametrize(
    "body",
    [
        {"input": [{"content": KEY}]},
        {"metadata": {"a": Secret("x")}},
        {"tools": [{"type": "mcp", "server_label": "d", "server_url": KEY}]},
        {"tools": [{"type": "function", "parameters": {"default": KEY}}]},
        {"tools": [{"type": "web_search", "authorization": KEY}]},
        {"tools": [{"type": "mcp", "server_label": "d", "headers": {"a": Secret("x")}}]},
        {"tools": [{"type": "mcp", "server_label": "d", "headers": {"a": {"b": KEY}}}]},
    ],
)
def test_a_reference_anywhere_else_is_a_bug(body: Wire) -> None:
    with pytest.raises(TypeError):
        lent_in(body)


def test_a_body_without_references_lends_nothing() -> None:
    assert lent_in(BODY | {"tools": [{"type": "mcp", "headers": {"a": "plain"}}]}) == ()
    assert lent_in(WITH_SERVER)[2] == Lent("docs", "authorization", AUTHORIZATION)


@pytest.mark.parametrize("said", [TOKEN, HEADER, HEADER.split()[1], json.dumps({"a": TOKEN})])
def test_what_a_server_echoes_in_the_output_of_a_call_is_redacted(said: str) -> None:
    item = {"type": "mcp_call", "id": "mcp_1", "output": f"got {said}", said: 1}
    heard = echoed({"type": "response.output_item.done", "output_index": 0, "item": item}, DONE)
    assert "canary" not in json.dumps(heard)
    assert "***" in heard[0]["item"]["output"]


def test_an_echo_in_pieces_is_neither_in_the_deltas_nor_in_the_final_text() -> None:
    item: Wire = {"type": "message", "id": "msg_1", "content": []}
    place = {"output_index": 0, "content_index": 0, "item_id": "msg_1"}
    text = f"It is {TOKEN}, I can tell"
    deltas = [text[at : at + 3] for at in range(0, len(text), 3)]
    wires: list[Wire] = [
        {"type": "response.output_item.added", "output_index": 0, "item": item},
        *({"type": "response.output_text.delta", **place, "delta": delta} for delta in deltas),
        {"type": "response.output_text.done", **place, "text": text},
        DONE,
    ]
    heard = echoed(*wires)
    said = [wire["delta"] for wire in heard if wire["type"].endswith("delta")]
    assert "".join(said) == "It is ***, I can tell"
    assert fold(read(wire) for wire in heard).text == "It is ***, I can tell"


def test_a_refusal_that_quotes_the_secret_shows_none_and_neither_do_logs_and_tracebacks(
    caplog: pytest.LogCaptureFixture,
) -> None:
    refused = {"error": {"message": f"bad header {HEADER} and {TOKEN}", "code": TOKEN, "param": TOKEN}}
    with (
        caplog.at_level(logging.DEBUG),
        ReplayServer(answer(refused, 400)) as server,
        pytest.raises(ServiceError) as caught,
    ):
        call(connected(server.base_url, resolve=VALUES.__getitem__), opening(WITH_SERVER))
    told = "".join(traceback.format_exception(caught.value))
    assert "canary" not in told + caught.value.code + caught.value.param + caplog.text
    assert "***" in caught.value.what


def test_a_look_at_the_response_afterwards_is_redacted_too() -> None:
    async def look(gateway: Gateway) -> Wire:
        await opening(WITH_SERVER)(gateway)
        return await gateway.look("resp_1")

    replies = [stream(DONE), answer({"id": "resp_1", "output": [{"output": TOKEN}]})]
    with ReplayServer(replies) as server:
        seen = call(connected(server.base_url, resolve=VALUES.__getitem__), look)
    assert seen == {"id": "resp_1", "output": [{"output": "***"}]}


def test_a_conversation_sent_in_full_has_the_references_again_and_nothing_of_the_echo() -> None:
    tools = [
        {"type": "mcp", "server_label": "docs", "authorization": "<redacted>", "headers": {"X-Key": TOKEN}}
    ]
    item = {"type": "mcp_call", "id": "mcp_1", "server_label": "docs", "output": f"{HEADER} {TOKEN}"}
    end: Wire = {
        "type": "response.completed",
        "response": {"id": "resp_1", "status": "completed", "tools": tools, "output": [item]},
    }
    turn = fold(read(wire) for wire in echoed(end))
    session = settle(Session("s", "talk"), Exchange("1", None, (message("hi"),), turn, 1.0, "gpt", "here"))
    settings = {"deployment": "gpt"} | offered([SERVER])
    body = compose(session, (message("again"),), settings, origin="here", in_full=True)
    assert body["tools"] == [SERVER.to_wire()]
    assert "canary" not in repr((body, session))
    assert "<redacted" not in repr(body)
    with ReplayServer(stream(DONE)) as server:
        call(connected(server.base_url, resolve=VALUES.__getitem__), opening(body))
    sent = server.requests[0].json
    assert (sent["tools"][0]["authorization"], sent["input"][1]["output"]) == (TOKEN, "*** ***")


@given(st.text(alphabet="abcé ", max_size=12), st.text(alphabet="abcé ", max_size=12), st.data())
def test_no_cut_of_a_text_lets_a_secret_through_and_none_is_lost(
    before: str, after: str, data: st.DataObject
) -> None:
    secret = "abcabcab"
    text = before + secret + after
    cuts = sorted({0, len(text), *data.draw(st.lists(st.integers(0, len(text)), max_size=6))})
    redactor = Redactor(Secret(secret))
    echo = Echo(redactor)
    pieces = [text[start:end] for start, end in pairwise(cuts)]
    heard = "".join(
        echo.clean({"type": "x.delta", "output_index": 0, "delta": piece})["delta"] for piece in pieces
    )
    assert secret not in heard
    whole = redactor.redact(text)
    assert whole == heard + whole[len(whole) - redactor.held(whole) :]
