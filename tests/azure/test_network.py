"""What keeps the gateway from hearing the service: names, ports, TLS, silence."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from azresp.core.sse import Wire
from azresp.errors import ConfigError, NetworkError
from tests.azure.calls import call, connected, events
from tests.azure.certificates import Authority
from tests.replay import ReplayServer, Reply, stream

DONE: Wire = {
    "type": "response.completed",
    "sequence_number": 0,
    "response": {"id": "resp_1", "status": "completed"},
}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.made(tmp_path_factory.mktemp("ca"))


def _failure(base_url: str, **options: Any) -> NetworkError:
    with pytest.raises(NetworkError) as caught:
        call(connected(base_url, **options), events)
    error = caught.value
    assert "\n" not in error.what
    assert "--debug" not in error.hint
    return error


def test_our_own_certificate_authority_is_trusted_by_setting_it(authority: Authority) -> None:
    with ReplayServer(stream(DONE), tls=authority.server()) as server:
        assert call(connected(server.base_url, ca_file=authority.ca_file), events) == [DONE]


@pytest.mark.parametrize(
    ("host", "expired", "trusted", "says", "step"),
    [
        ("127.0.0.1", False, False, "unable to get local issuer certificate", "`ca_file`"),
        ("127.0.0.1", True, True, "certificate has expired", "clock"),
        ("elsewhere.example", False, True, "IP address mismatch", "`endpoint`"),
    ],
)
def test_a_certificate_that_does_not_hold_is_one_clear_sentence(
    authority: Authority, host: str, expired: bool, trusted: bool, says: str, step: str
) -> None:
    with ReplayServer(stream(DONE), tls=authority.server(host, expired=expired)) as server:
        error = _failure(server.base_url, ca_file=authority.ca_file if trusted else "")
    assert error.what.startswith(f"127.0.0.1:{server.port}: TLS failed: ")
    assert says in error.what
    assert step in error.hint
    assert "verify" not in error.hint
    assert not error.reached
    assert error.lasting
    assert server.requests == []


def test_a_server_that_speaks_no_tls_is_one_clear_sentence() -> None:
    def speak() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        speaker = threading.Thread(target=speak)
        speaker.start()
        error = _failure(f"https://127.0.0.1:{listener.getsockname()[1]}/openai/v1/")
        speaker.join()
    assert "TLS failed" in error.what
    assert not error.reached


@pytest.mark.parametrize("content", [None, "", "not a certificate"])
def test_a_ca_file_that_can_not_be_used_is_a_mistake_in_the_configuration(
    tmp_path: Path, content: str | None
) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    with pytest.raises(ConfigError) as caught:
        call(connected("https://contoso.example.com/openai/v1/", ca_file=str(file)), events)
    assert str(file) in caught.value.what


@pytest.mark.parametrize("end", ["reset", "cut", "garbage"])
def test_tls_that_breaks_in_mid_answer_may_have_reached_the_model(authority: Authority, end: str) -> None:
    reply = Reply(stream(DONE).body[:40], end=end)
    with ReplayServer(reply, tls=authority.server()) as server:
        error = _failure(server.base_url, ca_file=authority.ca_file)
    assert error.reached
    assert "broke" in error.what


def test_a_name_that_does_not_exist_is_told() -> None:
    error = _failure("https://no-such-resource.invalid/openai/v1/", proxy="none")
    assert "no such host" in error.what
    assert not error.reached


def test_a_refused_connection_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    error = _failure(f"http://127.0.0.1:{port}/openai/v1/")
    assert error.what == f"127.0.0.1:{port}: connection refused"
    assert not error.reached


@contextmanager
def _deaf_port() -> Iterator[int]:
    """A port whose queue is full: packets to it are dropped, as a firewall drops them."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        waiting = []
        for _ in range(4):
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(address)
            waiting.append(one)
        try:
            yield address[1]
        finally:
            for one in waiting:
                one.close()


def test_a_connection_that_is_not_made_in_time_was_not_reached() -> None:
    with _deaf_port() as port:
        error = _failure(f"http://127.0.0.1:{port}/openai/v1/", connect_timeout_s=0.2)
    assert "no connection within 0.2 s" in error.what
    assert not error.reached


@pytest.mark.parametrize("reply", [Reply(end="silence"), Reply(stream(DONE).body[:40], end="stall")])
def test_silence_ends_at_its_limit_and_leaves_the_outcome_open(reply: Reply) -> None:
    with ReplayServer(reply) as server:
        error = _failure(server.base_url, idle_timeout_s=0.2)
    assert "silent for 0.2 s" in error.what
    assert "unknown" in error.what
    assert error.reached
    assert server.posts() == 1


def test_a_tls_handshake_that_hangs_ends_at_the_limit_of_connecting() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        error = _failure(f"https://127.0.0.1:{port}/openai/v1/", connect_timeout_s=0.2)
    assert not error.reached
