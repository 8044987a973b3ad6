"""Files at the service: what goes over the wire, in pieces, and what comes back."""

from __future__ import annotations

import asyncio
import email
import email.policy
import io
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from azresp.azure.connection import EntraSignIn, KeySignIn
from azresp.azure.gateway import Gateway
from azresp.core.secrets import Secret
from azresp.errors import NetworkError, ServiceError, SignInError, UsageError
from tests.azure.calls import KEY, call, connected
from tests.replay import ReplayServer, Reply, Request, answer, cut, recorded

ROOT = Path(__file__).resolve().parents[2]
FILE = {"id": "assistant-1", "object": "file", "purpose": "assistants", "bytes": 5, "status": "processed"}


def _form(request: Request) -> dict[str, tuple[str | None, str, bytes]]:
    """The fields of a form: file name, type and content by the field's name."""
    head = f"content-type: {request.headers['content-type']}\r\n\r\n".encode()
    message = email.message_from_bytes(head + request.body, policy=email.policy.HTTP)
    fields = {}
    for part in message.iter_parts():
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        name = str(part.get_param("name", header="content-disposition"))
        fields[name] = (part.get_filename(), part.get_content_type(), content)
    return fields


def test_an_upload_is_a_form_with_purpose_name_type_and_bytes() -> None:
    with ReplayServer(answer(FILE)) as server:
        told = call(
            connected(server.base_url, api_version="preview"),
            lambda gateway: gateway.files.upload(
                io.BytesIO(b"a,b\n\0\r\n"),
                'ta"ble\n.csv',
                "assistants",
                mime="text/csv",
                expires_after_s=3600,
            ),
        )
    (request,) = server.requests
    assert told == FILE
    assert (request.method, request.target) == ("POST", "/openai/v1/files?api-version=preview")
    assert request.headers["api-key"] == KEY
    assert _form(request) == {
        "purpose": (None, "text/plain", b"assistants"),
        "expires_after[anchor]": (None, "text/plain", b"created_at"),
        "expires_after[seconds]": (None, "text/plain", b"3600"),
        "file": ("ta%22ble%0A.csv", "text/csv", b"a,b\n\0\r\n"),
    }


def test_a_name_that_is_no_utf_8_can_be_uploaded() -> None:
    with ReplayServer(answer(FILE)) as server:
        call(
            connected(server.base_url),
            lambda gateway: gateway.files.upload(b"x", "a\udcff.txt", "assistants"),
        )
    assert "a\ufffd.txt".encode() in server.requests[0].body


UPLOADER = """
import asyncio, resource, sys
from tests.azure.calls import call, connected
with open(sys.argv[2], "rb") as file:
    call(connected(sys.argv[1]), lambda gateway: gateway.files.upload(file, "large.bin", "assistants"))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
"""


def test_a_large_file_is_sent_without_being_held(tmp_path: Path) -> None:
    seen: list[int] = []
    peaks: list[int] = []

    def script(request: Request, n: int) -> Reply:
        seen.append(len(request.body))
        return answer(FILE)

    with ReplayServer(script) as server:
        for size in (1_000, 60_000_000):
            path = tmp_path / "large.bin"
            with path.open("wb") as file:
                file.truncate(size)
            argv = [sys.executable, "-c", UPLOADER, server.base_url, str(path)]
            done = subprocess.run(argv, capture_output=True, text=True, check=True, cwd=ROOT)
            peaks.append(int(done.stdout))
    assert seen[1] - seen[0] == 60_000_000 - 1_000
    assert peaks[1] - peaks[0] < 15_000_000


def test_an_upload_whose_token_was_refused_goes_again_from_its_beginning(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import azure.identity
    from azure.core.credentials import AccessToken

    tokens = iter(["stale-token-1", "fresh-token-2"])

    class Credential:
        def get_token(self, *scopes: str, **options: Any) -> AccessToken:
            return AccessToken(next(tokens), int(time.time()) + 3600)

    monkeypatch.setattr(azure.identity, "DefaultAzureCredential", lambda **options: Credential())
    with ReplayServer([answer({"error": {"code": "401", "message": "no"}}, 401), answer(FILE)]) as server:
        file = io.BytesIO(b"hello")
        call(
            connected(server.base_url, EntraSignIn()),
            lambda gateway: gateway.files.upload(file, "a", "vision"),
        )
    assert [_form(request)["file"][2] for request in server.requests] == [b"hello", b"hello"]
    assert [request.headers["authorization"] for request in server.requests] == [
        "Bearer stale-token-1",
        "Bearer fresh-token-2",
    ]


def test_an_upload_is_not_redirected_to_another_origin() -> None:
    with ReplayServer(answer(FILE)) as other:
        moved = answer({}, 307, location=f"{other.root}/openai/v1/files")
        with ReplayServer(moved) as server, pytest.raises((ServiceError, NetworkError)):
            call(connected(server.base_url), lambda gateway: gateway.files.upload(b"x", "a", "vision"))
        assert other.requests == []


def test_a_refused_purpose_is_told_in_the_services_words() -> None:
    refused = answer({"error": {"code": "invalidPayload", "message": "Invalid value for the purpose."}}, 400)
    with ReplayServer(refused) as server, pytest.raises(ServiceError) as caught:
        call(connected(server.base_url), lambda gateway: gateway.files.upload(b"x", "a", "user_data"))
    assert (caught.value.status, caught.value.code) == (400, "invalidPayload")
    assert "Invalid value for the purpose." in caught.value.what
    assert server.posts() == 1


def test_files_are_listed_looked_at_and_deleted() -> None:
    async def run(gateway: Gateway) -> list[object]:
        return [
            await gateway.files.list(limit=5, after="assistant-0", purpose="vision"),
            await gateway.files.list(),
            await gateway.files.get("assistant-1"),
            await gateway.files.delete("a/../b"),
        ]

    with ReplayServer(answer({"object": "list", "data": [FILE]})) as server:
        call(connected(server.base_url), run)
    assert [(request.method, request.target) for request in server.requests] == [
        ("GET", "/openai/v1/files?limit=5&order=desc&after=assistant-0&purpose=vision"),
        ("GET", "/openai/v1/files?limit=100&order=desc"),
        ("GET", "/openai/v1/files/assistant-1"),
        ("DELETE", "/openai/v1/files/a%2F..%2Fb"),
    ]


def test_recorded_file_objects_come_through(shared: Path) -> None:
    folder = shared / "recordings"
    uploaded = folder / "crewai-fileuploadintegration-test-describe-image-via-format-api-with-up--01"
    deleted = folder / "pydai-model-file-search-tool--06"
    with ReplayServer([recorded(uploaded), recorded(deleted)]) as server:
        told = call(
            connected(server.base_url), lambda gateway: gateway.files.upload(b"\x89PNG", "a.png", "vision")
        )
        gone = call(connected(server.base_url), lambda gateway: gateway.files.delete(str(told["id"])))
    assert told == json.loads((uploaded / "response.json").read_bytes())
    assert gone == json.loads((deleted / "response.json").read_bytes())


async def _fetched(gateway: Gateway) -> bytes:
    return b"".join([piece async for piece in gateway.files.content("assistant-1")])


async def _fetched_of_container(gateway: Gateway) -> bytes:
    return b"".join([piece async for piece in gateway.files.container_content("cntr_1", "cfile_1")])


def test_content_comes_as_its_bytes() -> None:
    data = bytes(range(256)) * 1000
    reply = Reply(data, headers={"content-type": "application/octet-stream"}, piece=1000)
    with ReplayServer(reply) as server:
        assert call(connected(server.base_url), _fetched) == data
        assert call(connected(server.base_url), _fetched_of_container) == data
    assert [request.target for request in server.requests] == [
        "/openai/v1/files/assistant-1/content",
        "/openai/v1/containers/cntr_1/files/cfile_1/content",
    ]


def test_content_that_breaks_off_is_a_network_error() -> None:
    reply = cut(Reply(b"x" * 5000, headers={"content-type": "application/octet-stream"}), 2000)
    with ReplayServer(reply) as server, pytest.raises(NetworkError):
        call(connected(server.base_url), _fetched)


def test_content_left_early_gives_its_connection_back() -> None:
    async def first(gateway: Gateway) -> bytes:
        pieces = gateway.files.content("assistant-1")
        piece = await anext(pieces)
        await pieces.aclose()
        await asyncio.to_thread(server.left.wait, 10)
        return piece

    reply = Reply(b"x" * 5000, headers={"content-type": "application/octet-stream"}, end="stall")
    with ReplayServer(reply) as server:
        assert call(connected(server.base_url), first).startswith(b"x")
        assert server.left.is_set()


@pytest.mark.parametrize("ident", ["", ".", "..", " "])
def test_an_id_that_is_none_asks_nothing(ident: str) -> None:
    with ReplayServer(answer(FILE)) as server, pytest.raises(UsageError):
        call(connected(server.base_url), lambda gateway: gateway.files.get(ident))
    assert server.requests == []


def test_a_refused_key_is_a_sign_in_error() -> None:
    with ReplayServer(answer({"error": {"code": "401", "message": "Access denied"}}, 401)) as server:
        sign_in = KeySignIn(lambda: Secret("wrong-key-123"), "env:KEY")
        with pytest.raises(SignInError):
            call(connected(server.base_url, sign_in), _fetched)
