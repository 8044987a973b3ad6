"""What the gateway sends, where, and how often; and what it makes of odd answers."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import logging
import traceback
import zlib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import quote

import pytest

from azresp.azure import http
from azresp.azure.connection import KeySignIn, TokenSignIn
from azresp.azure.gateway import Gateway
from azresp.azure.http import proxy_for
from azresp.core.hosts import is_loopback
from azresp.core.secrets import Secret
from azresp.core.sse import Wire
from azresp.errors import AzrespError, ConfigError, NetworkError, ServiceError, SignInError, UsageError
from tests.azure.calls import BODY, KEY, call, connected, events
from tests.replay import JSON_HEADERS, STREAM_HEADERS, ReplayServer, Reply, answer, stream

DONE: Wire = {
    "type": "response.completed",
    "sequence_number": 0,
    "response": {"id": "resp_1", "status": "completed"},
}
OK = stream(DONE)
HTML = {"content-type": "text/html; charset=utf-8"}


def test_a_key_goes_in_its_own_header_and_no_bearer_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, "somebody-elses")
    with ReplayServer(OK) as server:
        call(connected(server.base_url), events)
    headers = server.requests[0].headers
    assert headers["api-key"] == KEY
    assert "authorization" not in headers
    assert "somebody-elses" not in str(headers)
    assert server.requests[0].json == BODY
    assert server.requests[0].target == "/openai/v1/responses"
    assert headers["accept-encoding"] == "identity"


def test_a_token_goes_as_a_bearer_and_no_key_with_it() -> None:
    with ReplayServer(OK) as server:
        call(connected(server.base_url, TokenSignIn(lambda: Secret("tok-123456"))), events)
    headers = server.requests[0].headers
    assert headers["authorization"] == "Bearer tok-123456"
    assert "api-key" not in headers


@pytest.mark.parametrize("version", ["", "preview", "2025-04-01-preview"])
def test_the_api_version_goes_with_every_request(version: str) -> None:
    asks: list[Callable[[Gateway], Awaitable[Any]]] = [
        lambda gateway: gateway.look("resp_1"),
        lambda gateway: gateway.delete("resp_1"),
        lambda gateway: gateway.cancel("resp_1"),
        lambda gateway: gateway.input_items("resp_1", after="msg_1", limit=5, order="desc"),
        lambda gateway: gateway.models(),
    ]
    with ReplayServer(answer({"id": "resp_1"})) as server:
        for ask in asks:
            call(connected(f"{server.root}/openai/", api_version=version), ask)
    query = f"api-version={version}" if version else ""
    seen = [(request.method, request.target) for request in server.requests]
    page = "&".join(filter(None, [query, "limit=5&order=desc&after=msg_1"]))
    ends = f"?{query}" if query else ""
    assert seen == [
        ("GET", f"/openai/responses/resp_1{ends}"),
        ("DELETE", f"/openai/responses/resp_1{ends}"),
        ("POST", f"/openai/responses/resp_1/cancel{ends}"),
        ("GET", f"/openai/responses/resp_1/input_items?{page}"),
        ("GET", f"/openai/models{ends}"),
    ]


@pytest.mark.parametrize("ident", ["", ".", "..", " .. "])
def test_an_id_that_would_name_another_path_is_refused(ident: str) -> None:
    with ReplayServer(answer({})) as server, pytest.raises(UsageError):
        call(connected(server.base_url), lambda gateway: gateway.delete(ident))
    assert server.requests == []


@pytest.mark.parametrize("ident", ["a/../../b", "a?x=1", "a#b", "a\nb", "ä\ud800", "%2e%2e", "a;b", "../x"])
def test_whatever_an_id_holds_stays_in_its_own_segment(ident: str) -> None:
    with ReplayServer(answer({})) as server:
        call(connected(server.base_url), lambda gateway: gateway.delete(ident))
    (request,) = server.requests
    assert request.target.startswith("/openai/v1/responses/")
    assert request.target.count("/") == 4
    assert "?" not in request.target


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308, 300])
@pytest.mark.parametrize("ask", [events, lambda gateway: gateway.look("resp_1")])
def test_redirects_are_named_and_never_followed(
    status: int, ask: Callable[[Gateway], Awaitable[Any]]
) -> None:
    with ReplayServer(OK) as elsewhere:
        location = f"{elsewhere.base_url}responses?token=1"
        with (
            ReplayServer(Reply(b"", status, {"location": location})) as server,
            pytest.raises(NetworkError) as caught,
        ):
            call(connected(server.base_url), ask)
    assert "127.0.0.1" in caught.value.what
    assert str(status) in caught.value.what
    assert (len(server.requests), elsewhere.requests) == (1, [])


@pytest.mark.parametrize("location", ["http://[", "", "http://a:99999999/", "\x7f"])
def test_a_redirect_to_nonsense_is_refused_like_any_other(location: str) -> None:
    with ReplayServer(Reply(b"", 302, {"location": location})) as server, pytest.raises(NetworkError):
        call(connected(server.base_url), events)


@pytest.mark.parametrize(
    "name", ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy", "AZRESP_PROXY"]
)
def test_loopback_never_takes_a_proxy(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for no in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(no, raising=False)
    with ReplayServer(OK) as proxy, ReplayServer(OK) as server:
        monkeypatch.setenv(name, proxy.root)
        set_here = proxy.root if name == "AZRESP_PROXY" else ""
        assert call(connected(server.base_url, proxy=set_here), events) == [DONE]
    assert proxy.connections == 0


def _proxies(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name, value in values.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "AZRESP_PROXY"])
def test_other_hosts_take_the_proxy(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with ReplayServer(Reply(b"", 407, {}, framing="length")) as proxy:
        _proxies(monkeypatch, **({} if name == "AZRESP_PROXY" else {name: proxy.root}))
        set_here = proxy.root if name == "AZRESP_PROXY" else ""
        with pytest.raises(NetworkError) as caught:
            call(connected("https://contoso.openai.azure.com/openai/v1/", proxy=set_here), events)
    assert [(one.method, one.target) for one in proxy.requests] == [
        ("CONNECT", "contoso.openai.azure.com:443")
    ]
    assert "proxy" in caught.value.what
    assert not caught.value.reached
    assert KEY not in str(proxy.requests)


@pytest.mark.parametrize(
    ("environment", "option", "proxy"),
    [
        ({"HTTPS_PROXY": "http://p:1"}, "", "http://p:1"),
        ({"HTTPS_PROXY": "p:1"}, "", "http://p:1"),
        ({"HTTPS_PROXY": "http://p:1"}, "none", ""),
        ({"HTTPS_PROXY": "http://p:1"}, "http://q:2", "http://q:2"),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": ".azure.com"}, "", ""),
        ({"HTTP_PROXY": "http://p:1"}, "", ""),
        ({}, "", ""),
    ],
)
def test_where_the_proxy_comes_from(
    environment: dict[str, str], option: str, proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _proxies(monkeypatch, **environment)
    assert proxy_for(connected("https://contoso.openai.azure.com/openai/v1/", proxy=option)) == proxy


def test_plain_http_takes_the_proxy_for_plain_http(monkeypatch: pytest.MonkeyPatch) -> None:
    _proxies(monkeypatch, HTTP_PROXY="http://p:1", HTTPS_PROXY="http://q:2")
    assert proxy_for(connected("http://contoso.example.com/openai/v1/")) == "http://p:1"


def test_a_proxy_that_can_not_be_reached_is_named_without_its_password() -> None:
    with pytest.raises(NetworkError) as caught:
        call(
            connected("https://contoso.example.com/openai/v1/", proxy="http://me:canary@127.0.0.1:1"), events
        )
    assert caught.value.what.startswith("the proxy 127.0.0.1:1, asked for contoso.example.com: ")
    assert "canary" not in caught.value.what
    assert not caught.value.reached


@pytest.mark.parametrize("proxy", ["nonsense", "ftp://x", "http://["])
def test_a_proxy_that_can_not_be_used_is_a_mistake_in_the_configuration(proxy: str) -> None:
    with pytest.raises(ConfigError) as caught:
        call(connected("https://contoso.example.com/openai/v1/", proxy=proxy), events)
    assert "proxy" in caught.value.what


def test_only_the_package_that_socks_needs_is_a_matter_of_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    from azresp.azure.http import build_client

    connection = connected("https://contoso.example.com/openai/v1/", proxy="socks5://me:canary@127.0.0.1:1")
    monkeypatch.setitem(sys.modules, "socksio", None)
    with pytest.raises(ConfigError) as caught:
        build_client(connection)
    assert "pip install socksio" in caught.value.hint
    assert "canary" not in caught.value.what + caught.value.hint
    monkeypatch.setitem(sys.modules, "httpcore2", None)
    with pytest.raises(ImportError, match="httpcore2"):
        build_client(connection)


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("10.0.0.1", False),
        ("a.b", False),
    ],
)
def test_what_counts_as_this_machine(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (Reply(b"<html>Sign in to the Wi-Fi", headers=HTML), "text/html"),
        (Reply(b'{"a":', headers=JSON_HEADERS), "application/json"),
        (Reply(b"[1, 2]", headers=JSON_HEADERS), "application/json"),
        (Reply(b'{"a":1}\n{"a":2}\n', headers={"content-type": "application/x-ndjson"}), "ndjson"),
        (Reply(b"hello", headers={}), "nothing stated"),
        (Reply(b""), "before its first event"),
        (Reply(b": hi\n\ndata: [DONE]\n\n"), "before its first event"),
        (Reply(b"data: {", headers=STREAM_HEADERS | {"content-encoding": "gzip"}), "broke"),
        (Reply(gzip.compress(b"data: {}\n\n" * 99)[:30], headers=STREAM_HEADERS), "before its first event"),
    ],
)
def test_what_is_not_the_api_is_told_in_one_sentence(reply: Reply, says: str) -> None:
    with ReplayServer(reply) as server, pytest.raises(NetworkError) as caught:
        call(connected(server.base_url), events)
    assert says in caught.value.what
    assert caught.value.reached
    assert server.posts() == 1


def test_a_whole_response_in_place_of_a_stream_is_one_event() -> None:
    with ReplayServer(answer(DONE["response"])) as server:
        assert call(connected(server.base_url), events) == [DONE["response"]]


@pytest.mark.parametrize(
    "kind", ["Text/Event-Stream", "text/event-stream", "text/event-stream; charset=latin-1"]
)
def test_a_stream_is_known_by_its_content_type_however_it_is_written(kind: str) -> None:
    with ReplayServer(Reply(OK.body, headers={"content-type": kind})) as server:
        assert call(connected(server.base_url), events) == [DONE]


@pytest.mark.parametrize("packing", ["gzip", "deflate"])
def test_a_packed_stream_is_unpacked(packing: str) -> None:
    body = gzip.compress(OK.body) if packing == "gzip" else zlib.compress(OK.body)
    with ReplayServer(Reply(body, headers=STREAM_HEADERS | {"content-encoding": packing})) as server:
        assert call(connected(server.base_url), events) == [DONE]


def test_a_bomb_in_a_stream_ends_at_the_limit_of_an_event() -> None:
    bomb = gzip.compress(b"data: " + b"x" * (80 << 20), 1)
    reply = Reply(bomb, headers=STREAM_HEADERS | {"content-encoding": "gzip"})
    with ReplayServer(reply) as server, pytest.raises(NetworkError) as caught:
        call(connected(server.base_url), events)
    assert "larger" in caught.value.what


@pytest.mark.parametrize("ask", [events, lambda gateway: gateway.look("resp_1")])
def test_a_body_beyond_the_limit_is_refused(
    ask: Callable[[Gateway], Awaitable[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "MAX_BODY_BYTES", 1 << 20)
    bomb = gzip.compress(b'{"a":"' + b"x" * (8 << 20))
    reply = Reply(bomb, headers=JSON_HEADERS | {"content-encoding": "gzip"})
    with ReplayServer(reply) as server, pytest.raises(NetworkError) as caught:
        call(connected(server.base_url), ask)
    assert "larger than 1 MB" in caught.value.what


def _refusal(body: bytes, packing: str = "", status: int = 400, **options: Any) -> ServiceError:
    headers = JSON_HEADERS | ({"content-encoding": packing} if packing else {})
    with (
        ReplayServer(Reply(body, status, headers, **options)) as server,
        pytest.raises(ServiceError) as caught,
    ):
        call(connected(server.base_url), events)
    assert caught.value.status == status
    return caught.value


WORDS = json.dumps({"error": {"code": "c", "message": "the reason"}}).encode()


def test_a_refusal_is_read_packed_or_not_and_bombs_stay_small() -> None:
    assert _refusal(WORDS).what == "the reason"
    assert _refusal(gzip.compress(WORDS), "gzip").what == "the reason"
    assert "400" in _refusal(b"anything", "br").what
    assert len(_refusal(gzip.compress(b"x" * (200 << 20), 9), "gzip").what) < 1000
    assert len(_refusal(b"y" * (3 << 20)).what) < 1000


@pytest.mark.parametrize("end", ["cut", "reset", "badchunk"])
def test_a_refusal_whose_body_breaks_off_keeps_its_status(end: str) -> None:
    assert _refusal(b'{"error":{"mess', status=503, end=end).status == 503


@pytest.mark.parametrize(
    "kind",
    ["application/json; charset=nonsense", "application/json; charset=hex", "text/html; charset=utf-7", ""],
)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"null",
        b'"text"',
        b'{"error": 3}',
        b'{"error": {"code": {"a": []}, "message": ["x"], "param": 3}}',
        b"[" * 100_000,
        b'{"error": {"message": "\\ud800"}}',
        b"<title>" + b"a" * 5000,
    ],
)
def test_no_body_of_a_refusal_is_too_odd(body: bytes, kind: str) -> None:
    with (
        ReplayServer(Reply(body, 400, {"content-type": kind})) as server,
        pytest.raises(ServiceError) as caught,
    ):
        call(connected(server.base_url), events)
    assert caught.value.what
    assert len(caught.value.what) < 3000


def _later(seconds: float) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after-ms": "120"}, 0.12),
        ({"retry-after": "7"}, 7),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after-ms": "-1", "retry-after": "9"}, 9),
        ({"retry-after-ms": "0"}, None),
        ({"retry-after": "NaN"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "86400"}, 86400),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, None),
        ({"retry-after": "Wed, 99 Oct 9999999 07:28:00 GMT"}, None),
        ({}, None),
    ],
)
def test_how_long_to_wait_is_read_in_every_form(headers: dict[str, str], seconds: float | None) -> None:
    with (
        ReplayServer(Reply(WORDS, 429, JSON_HEADERS | headers)) as server,
        pytest.raises(ServiceError) as caught,
    ):
        call(connected(server.base_url), events)
    assert caught.value.retry_after_s == seconds


def test_a_date_to_wait_for_becomes_seconds() -> None:
    with (
        ReplayServer(Reply(WORDS, 429, {"retry-after": _later(60)})) as server,
        pytest.raises(ServiceError) as caught,
    ):
        call(connected(server.base_url), events)
    assert 50 < (caught.value.retry_after_s or 0) <= 60


ECHOES = [KEY, quote(KEY, safe=""), base64.b64encode(f"x{KEY}y".encode()).decode(), json.dumps(KEY)[1:-1]]


@pytest.mark.parametrize("echo", ECHOES)
def test_a_credential_that_the_server_echoes_is_in_no_field_of_the_error(echo: str) -> None:
    body = {"error": {"code": f"bad {echo}", "message": f"no such key: {echo}", "param": echo}}
    reply = answer(body, 401, x_request_id=f"id-{echo}", apim_request_id=echo)
    with ReplayServer(reply) as server, pytest.raises(SignInError) as caught:
        call(connected(server.base_url), events)
    told = f"{vars(caught.value)} {caught.value!r} {caught.value} {caught.value.args}"
    assert "***" in told
    assert KEY not in told
    assert echo not in told


@pytest.mark.parametrize("echo", ECHOES)
def test_a_credential_that_the_server_echoes_is_in_no_traceback(echo: str) -> None:
    reply = answer({"error": {"message": f"no such key: {echo}"}}, 401)
    with ReplayServer(reply) as server, pytest.raises(SignInError) as caught:
        call(connected(server.base_url), events)
    told = "".join(traceback.format_exception(caught.value))
    assert "***" in told
    assert echo not in told


@pytest.mark.parametrize("proxy", ["http://me:canary#1@host:8080", "http://me:canary/1@host:8080"])
def test_a_proxy_with_a_misplaced_password_does_not_show_it(proxy: str) -> None:
    with pytest.raises(ConfigError) as caught:
        call(connected("https://contoso.example.com/openai/v1/", proxy=proxy), events)
    assert "canary" not in "".join(traceback.format_exception(caught.value))


def test_a_credential_echoed_inside_a_stream_is_redacted_too() -> None:
    failed = {"type": "response.failed", "response": {"id": "r", "error": {"message": f"key {KEY}"}}}
    with ReplayServer(stream(failed, {"type": "error", "error": {"message": KEY}})) as server:
        assert KEY not in str(call(connected(server.base_url), events))
    with ReplayServer(answer({"error": {"message": KEY}})) as server:
        assert KEY not in str(call(connected(server.base_url), events))


def test_an_odd_content_type_does_not_smuggle_the_credential_out() -> None:
    reply = Reply(b"x", headers={"content-type": f"text/{KEY}"})
    with ReplayServer(reply) as server, pytest.raises(NetworkError) as caught:
        call(connected(server.base_url), events)
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("key", ["kä-secret-1", "two\nlines-secret", "nul\0secret", "\ud800secret"])
def test_a_key_that_no_header_can_hold_is_an_error_that_does_not_show_it(key: str) -> None:
    with ReplayServer(OK) as server, pytest.raises(AzrespError) as caught:
        call(connected(server.base_url, KeySignIn(lambda: Secret(key))), events)
    assert key not in f"{caught.value} {caught.value.what}"
    assert "secret" not in caught.value.what


def test_the_credential_is_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    with (
        caplog.at_level(logging.DEBUG),
        ReplayServer([answer({"error": {"message": "x"}}, 500), OK]) as server,
    ):
        with pytest.raises(ServiceError):
            call(connected(server.base_url), events)
        call(connected(server.base_url), events)
    assert KEY not in caplog.text


@pytest.mark.parametrize(
    "reply",
    [
        Reply(end="drop"),
        Reply(OK.body[:60], end="reset"),
        Reply(OK.body[:60], end="badchunk"),
        Reply(b"", 200, {"bad header": "x\x00y"}),
        Reply(b"", 999),
        Reply(b"", 101),
    ],
)
@pytest.mark.parametrize(
    "ask",
    [
        events,
        lambda gateway: gateway.look("resp_1"),
        lambda gateway: gateway.delete("resp_1"),
        lambda gateway: gateway.cancel("resp_1"),
    ],
)
def test_broken_answers_are_ours_and_asked_for_once(
    reply: Reply, ask: Callable[[Gateway], Awaitable[Any]]
) -> None:
    with ReplayServer(reply) as server, pytest.raises(AzrespError):
        call(connected(server.base_url), ask)
    assert len(server.requests) == 1


def test_a_delete_is_bounded_like_a_refusal() -> None:
    reply = Reply(b'{"a":"' + b"x" * (3 << 20) + b'"}', headers=JSON_HEADERS)
    with ReplayServer(reply) as server, pytest.raises(NetworkError):
        call(connected(server.base_url), lambda gateway: gateway.delete("resp_1"))


def test_texts_of_a_looked_up_response_can_be_encoded() -> None:
    with ReplayServer(Reply(b'{"id":"resp_1","t":"\\ud800x","n":NaN}', headers=JSON_HEADERS)) as server:
        assert call(connected(server.base_url), lambda gateway: gateway.look("resp_1")) == {
            "id": "resp_1",
            "t": "\ufffdx",
            "n": None,
        }


def test_a_hanging_open_is_cancelled_at_once_and_its_socket_closed() -> None:
    async def run(server: ReplayServer) -> None:
        gateway = Gateway(connected(server.base_url))
        task = asyncio.create_task(events(gateway))
        assert await asyncio.to_thread(server.asked.wait, 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await asyncio.to_thread(server.left.wait, 10)
        await gateway.close()

    with ReplayServer(Reply(end="silence")) as server:
        asyncio.run(run(server))
    assert server.posts() == 1


def test_a_stream_left_in_the_middle_closes_its_socket() -> None:
    async def run(server: ReplayServer) -> None:
        gateway = Gateway(connected(server.base_url))
        batches = gateway.open(BODY)
        async for _ in batches:
            break
        await batches.aclose()  # type: ignore[attr-defined]
        assert await asyncio.to_thread(server.left.wait, 10)
        await gateway.close()

    with ReplayServer(Reply(OK.body, end="stall")) as server:
        asyncio.run(run(server))


def test_headers_of_the_connection_and_of_one_request_are_sent() -> None:
    async def ask(gateway: Gateway) -> None:
        async for _ in gateway.open(BODY, {"x-ms-oai-image-generation-deployment": "pics"}):
            pass

    with ReplayServer(OK) as server:
        call(connected(server.base_url, headers={"x-team": "blue"}), ask)
    headers = server.requests[0].headers
    assert (headers["x-team"], headers["x-ms-oai-image-generation-deployment"]) == ("blue", "pics")
    assert headers["user-agent"].startswith("azresp/")


def test_origin_and_credential_are_told() -> None:
    gateway = Gateway(connected("https://x.example.com/openai/v1/"))
    assert (gateway.origin, gateway.credential) == ("https://x.example.com/openai/v1/", "env:KEY")


def test_input_tokens_are_asked_for_at_their_own_path() -> None:
    counted = {"object": "response.input_tokens", "input_tokens": 11}
    with ReplayServer(answer(counted)) as server:
        assert call(connected(server.base_url), lambda gateway: gateway.count({"model": "m"})) == counted
    assert server.requests[0].target == "/openai/v1/responses/input_tokens"
    assert server.requests[0].json == {"model": "m"}
