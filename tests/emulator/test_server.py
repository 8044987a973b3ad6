"""The server around it: long answers, clients that leave, start and end."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import subprocess
import sys
import threading
from collections.abc import AsyncGenerator

import pytest

from azresp.emulator import Emulator, Prompt, Seen, Settings, serve
from azresp.emulator.brain import BrainError, Piece, Say
from tests.emulator.wire import call, create


def test_40_000_tokens_arrive_one_event_each(emulator: Emulator) -> None:
    connection = http.client.HTTPConnection(emulator.root_url.removeprefix("http://"), timeout=60)
    body = json.dumps({"model": "gpt-4o", "input": "write 40,000 tokens about rivers", "stream": True})
    connection.request("POST", "/openai/v1/responses", body, {"api-key": "k"})
    response = connection.getresponse()
    deltas, last = 0, b""
    for line in response:
        if line.startswith(b"event: response.output_text.delta"):
            deltas += 1
        elif line.startswith(b"data: "):
            last = line
    connection.close()
    final = json.loads(last[6:])
    assert deltas == 40_000
    assert final["response"]["usage"]["output_tokens"] == 40_000
    assert final["sequence_number"] == 40_000 + 8 - 1


def test_max_output_tokens_cuts_the_answer_there(emulator: Emulator) -> None:
    answer = create(emulator, "write 500 words", stream=True, max_output_tokens=20)
    final = answer.events[-1]
    assert final["type"] == "response.incomplete"
    assert final["response"]["incomplete_details"] == {"reason": "max_output_tokens"}
    assert final["response"]["usage"]["output_tokens"] == 20
    assert final["response"]["output"][0]["status"] == "incomplete"
    assert final["response"]["output"][0]["content"][0]["text"] == answer.text


class Patient:
    """A brain that says one word, then waits until it is told that nobody listens."""

    def __init__(self) -> None:
        self.left = threading.Event()

    async def answer(self, prompt: Prompt) -> AsyncGenerator[Piece]:
        try:
            yield Say("word")
            await asyncio.sleep(3600)
        finally:
            self.left.set()


@pytest.mark.parametrize("stream", [True, False])
def test_a_client_that_leaves_stops_the_answer(stream: bool) -> None:
    brain = Patient()
    with Emulator(Settings(tokens_per_s=0, first_token_s=0, brain=brain)) as emulator:
        host, port = emulator.root_url.removeprefix("http://").split(":")
        body = json.dumps({"model": "gpt-4o", "input": "hi", "stream": stream}).encode()
        with socket.create_connection((host, int(port)), timeout=20) as client:
            head = f"POST /openai/v1/responses HTTP/1.1\r\nhost: x\r\napi-key: k\r\ncontent-length: {len(body)}\r\n\r\n"
            client.sendall(head.encode() + body)
            seen = b""
            while stream and b"output_text.delta" not in seen:
                seen += client.recv(65536)
        if stream:
            assert brain.left.wait(20)
            id_ = seen.split(b'"id":"', 1)[1].split(b'"', 1)[0].decode()
            assert call(emulator, "GET", f"/responses/{id_}").status == 404


@pytest.mark.parametrize(
    "said",
    [
        '"\\ud800"',
        "NaN",
        "-Infinity",
        "[" * 100_000,
        "[" * 90_000 + "]" * 90_000,
        "9" * 5000,
        '"\\ud83d \\ude00"',
    ],
    ids=["half a pair", "nan", "infinity", "unclosed", "deep", "long number", "halves apart"],
)
@pytest.mark.parametrize("stream", ["true", "false"])
def test_json_that_could_not_be_sent_back_is_refused(emulator: Emulator, said: str, stream: str) -> None:
    connection = http.client.HTTPConnection(emulator.root_url.removeprefix("http://"), timeout=60)
    body = f'{{"model": "gpt-4o", "stream": {stream}, "input": {said}}}'
    connection.request("POST", "/openai/v1/responses", body, {"api-key": "k"})
    response = connection.getresponse()
    told = json.loads(response.read())
    connection.close()
    assert response.status == 400
    assert told["error"]["message"].startswith("We could not parse the JSON body")


def test_closing_breaks_open_streams() -> None:
    brain = Patient()
    emulator = Emulator(Settings(tokens_per_s=0, first_token_s=0, brain=brain)).start()
    connection = http.client.HTTPConnection(emulator.root_url.removeprefix("http://"), timeout=20)
    connection.request(
        "POST",
        "/openai/v1/responses",
        json.dumps({"model": "gpt-4o", "input": "x", "stream": True}),
        {"api-key": "k"},
    )
    response = connection.getresponse()
    response.readline()
    emulator.close()
    emulator.close()
    assert brain.left.is_set()
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        response.read()
    connection.close()


class Broken:
    """A brain that fails after a word."""

    async def answer(self, prompt: Prompt) -> AsyncGenerator[Piece]:
        yield Say("word")
        raise BrainError("no more words")


def test_a_failing_brain_fails_as_azure_does() -> None:
    with Emulator(Settings(tokens_per_s=0, first_token_s=0, brain=Broken())) as emulator:
        streamed = create(emulator, stream=True)
        assert streamed.types[-2:] == ["response.failed", "error"]
        assert streamed.events[-1]["error"]["message"] == "no more words"
        plain = create(emulator)
        assert (plain.status, plain.json["error"]["message"]) == (500, "no more words")


def test_each_request_is_told_when_it_is_answered() -> None:
    seen: list[Seen] = []
    with Emulator(Settings(tokens_per_s=0, first_token_s=0, on_request=seen.append)) as emulator:
        create(emulator)
        call(emulator, "GET", "/nothing")
    assert [(one.method, one.path, one.status) for one in seen] == [
        ("POST", "/openai/v1/responses", 200),
        ("GET", "/openai/v1/nothing", 404),
    ]


def test_many_clients_are_served_at_once(emulator: Emulator) -> None:
    answers: list[str] = []

    def ask(n: int) -> None:
        answers.append(create(emulator, f"repeat after me: {n}", stream=True).text)

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers, key=int) == [str(n) for n in range(20)]


def test_the_world_outside_is_not_served() -> None:
    with pytest.raises(ValueError, match="loopback only"):
        Emulator(host="0.0.0.0")
    with pytest.raises(ValueError, match="loopback only"):
        serve(host="192.0.2.1")


def test_serve_says_where_it_is_and_ends_on_an_interrupt() -> None:
    code = (
        "import _thread\n"
        "from azresp.emulator import serve\n"
        "def ready(url):\n"
        "    print(url, flush=True)\n"
        "    _thread.interrupt_main()\n"
        "serve(port=0, on_ready=ready)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("http://127.0.0.1:")
    assert done.stdout.endswith("/openai/v1/\n")


def test_importing_the_package_imports_no_server() -> None:
    code = "import sys, azresp.emulator as e; e.Settings(); assert not {'starlette', 'uvicorn'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=30)
