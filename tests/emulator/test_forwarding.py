"""The forwarding brain against a tiny chat-completions server."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from azresp.emulator import Emulator, Forwarding, Settings
from tests.emulator.forms import upload
from tests.emulator.samples import data_url, pdf, picture
from tests.emulator.wire import call, create
from tests.mcp_server import McpServer


class Upstream(ThreadingHTTPServer):
    """Answers every request with `chunks`; remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.status = 200
        self.chunks: list[Any] = []
        self.first: list[Any] = []
        """What the next request gets instead of `chunks`."""

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1/"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Upstream

    def do_POST(self) -> None:
        assert self.path == "/v1/chat/completions"
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.asked.append(json.loads(body))
        self.server.headers.append({name.lower(): value for name, value in self.headers.items()})
        self.send_response(self.server.status)
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        frames = [
            f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n"
            for chunk in self.server.first or self.server.chunks
        ]
        self.server.first = []
        data = "".join([": a comment\n\n", *frames, "data: [DONE]\n\n"]).encode()
        for start in range(0, len(data), 7):  # pieces that cut events and characters in two
            piece = data[start : start + 7]
            self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


def delta(**fields: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": fields}]}


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def emulator(upstream: Upstream) -> Iterator[Emulator]:
    brain = Forwarding(upstream.base_url, model="local", key="sesame")
    with Emulator(Settings(tokens_per_s=0, first_token_s=0, brain=brain)) as running:
        yield running


def test_the_conversation_goes_up_and_the_words_come_down(upstream: Upstream, emulator: Emulator) -> None:
    usage = {"choices": [], "usage": {"prompt_tokens": 11, "completion_tokens": 3, "total_tokens": 14}}
    upstream.chunks = [
        delta(role="assistant", content=""),
        delta(content="Grüße, "),
        delta(content="世界"),
        usage,
    ]
    first = create(emulator, "hello", instructions="be brief", temperature=0.5, max_output_tokens=99)
    assert first.json["output"][0]["content"][0]["text"] == "Grüße, 世界"
    assert first.json["usage"]["input_tokens"] == 11
    assert first.json["usage"]["total_tokens"] == 14
    second = create(emulator, "again", stream=True, previous_response_id=first.json["id"])
    assert second.text == "Grüße, 世界"
    assert upstream.asked[0]["messages"] == [
        {"role": "system", "content": "be brief"},
        {"role": "user", "content": "hello"},
    ]
    assert (upstream.asked[0]["temperature"], upstream.asked[0]["max_tokens"]) == (0.5, 99)
    assert upstream.asked[1]["messages"] == [
        {"role": "user", "content": "hello"},
        {"role": "assistant", "content": "Grüße, 世界"},
        {"role": "user", "content": "again"},
    ]
    assert upstream.asked[1]["model"] == "local"
    assert upstream.headers[1]["authorization"] == "Bearer sesame"


def test_reasoning_becomes_a_summary_and_a_refusal_a_refusal(upstream: Upstream, emulator: Emulator) -> None:
    upstream.chunks = [
        delta(reasoning_content="Hm. "),
        delta(reasoning_content="Well."),
        delta(refusal="No."),
    ]
    answer = create(emulator, "hello", model="o4-mini", reasoning={"summary": "auto"}).json
    assert answer["output"][0]["summary"] == [{"type": "summary_text", "text": "Hm. Well."}]
    assert answer["output"][1]["content"] == [{"type": "refusal", "refusal": "No."}]


def test_an_error_from_above_fails_the_response(upstream: Upstream, emulator: Emulator) -> None:
    upstream.status = 503
    upstream.chunks = [{"error": {"message": "overloaded"}}]
    answer = create(emulator, stream=True)
    assert answer.types[-2:] == ["response.failed", "error"]
    assert "HTTP 503" in answer.events[-1]["error"]["message"]
    upstream.status = 200
    assert "overloaded" in create(emulator).json["error"]["message"]


def test_nobody_above_fails_the_response(upstream: Upstream) -> None:
    with Emulator(Settings(first_token_s=0, brain=Forwarding("http://127.0.0.1:1/v1"))) as lonely:
        assert "did not answer" in create(lonely).json["error"]["message"]


def calling(index: int, name: str | None = None, arguments: str = "") -> dict[str, Any]:
    function = {"arguments": arguments} | ({"name": name} if name else {})
    return delta(tool_calls=[{"index": index, "function": function} | ({"id": f"c{index}"} if name else {})])


SEEN = data_url(picture())
WEATHER = {
    "type": "function",
    "name": "get_weather",
    "description": "Weather",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


def test_calls_of_a_real_model_become_calls_and_their_outputs_go_up_again(
    upstream: Upstream, emulator: Emulator
) -> None:
    usage = {"choices": [], "usage": {"prompt_tokens": 30, "completion_tokens": 9}}
    upstream.chunks = [
        delta(content="Let me see."),
        calling(0, "get_weather"),
        calling(0, arguments='{"city":'),
        calling(0, arguments='"Köln"}'),
        calling(1, "get_weather", '{"city":"Bonn"}'),
        {"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]},
        usage,
    ]
    first = create(emulator, "weather?", tools=[WEATHER]).json
    calls = [item for item in first["output"] if item["type"] == "function_call"]
    assert [call["arguments"] for call in calls] == ['{"city":"Köln"}', '{"city":"Bonn"}']
    assert first["usage"]["total_tokens"] == 39
    assert upstream.asked[0]["tools"] == [
        {"type": "function", "function": {k: WEATHER[k] for k in ("name", "description", "parameters")}}
    ]
    upstream.chunks = [delta(content="Wet.")]
    shown = {"type": "input_image", "image_url": SEEN}
    results = [
        {"type": "function_call_output", "call_id": calls[0]["call_id"], "output": "rain"},
        {
            "type": "function_call_output",
            "call_id": calls[1]["call_id"],
            "output": [{"type": "input_text", "text": "fog"}, shown],
        },
    ]
    create(emulator, results, previous_response_id=first["id"], tools=[WEATHER], tool_choice="required")
    assert upstream.asked[1]["tool_choice"] == {"type": "function", "function": {"name": "get_weather"}}
    assert upstream.asked[1]["messages"][2:] == [
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {
                    "id": call["call_id"],
                    "type": "function",
                    "function": {"name": "get_weather", "arguments": call["arguments"]},
                }
                for call in calls
            ],
        },
        {"role": "tool", "tool_call_id": calls[0]["call_id"], "content": "rain"},
        {"role": "tool", "tool_call_id": calls[1]["call_id"], "content": "fog"},
        {
            "role": "user",
            "content": [{"type": "image_url", "image_url": {"url": SEEN}}],
        },
    ]


def test_a_real_model_drives_an_mcp_server(upstream: Upstream, emulator: Emulator) -> None:
    with McpServer() as server:
        tool = {
            "type": "mcp",
            "server_label": "local",
            "server_url": server.url,
            "require_approval": "always",
        }
        upstream.chunks = [calling(0, "add", '{"a":1,"b":2}')]
        first = create(emulator, "1+2?", tools=[tool]).json
        upstream.chunks = [delta(content="It is 3.")]
        agreed = {
            "type": "mcp_approval_response",
            "approval_request_id": first["output"][-1]["id"],
            "approve": True,
        }
        second = create(emulator, [agreed], previous_response_id=first["id"], tools=[tool]).json
    call, message = second["output"]
    assert (call["output"], message["content"][0]["text"]) == ("3", "It is 3.")
    function = {"name": "add", "arguments": '{"a":1,"b":2}'}
    assert upstream.asked[1]["messages"][1:] == [
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": call["id"], "type": "function", "function": function}],
        },
        {"role": "tool", "tool_call_id": call["id"], "content": "3"},
    ]


def test_a_call_of_what_nobody_offered_fails_the_response(upstream: Upstream, emulator: Emulator) -> None:
    upstream.chunks = [calling(0, "rm_rf", "{}")]
    answer = create(emulator, "hi", tools=[WEATHER])
    assert answer.status == 500
    assert "'rm_rf'" in answer.json["error"]["message"]


def test_a_real_model_can_search_files_and_have_pictures_drawn(
    upstream: Upstream, emulator: Emulator
) -> None:
    file = upload(emulator, b"Ada likes soup.", "likes.txt").json["id"]
    store = call(emulator, "POST", "/vector_stores", {"file_ids": [file]}).json["id"]
    tools = [
        {"type": "file_search", "vector_store_ids": [store]},
        {"type": "image_generation", "quality": "low"},
    ]
    body = {"model": "gpt-4o", "input": "hm", "tools": tools}
    header = {"x-ms-oai-image-generation-deployment": "gpt-image-1"}
    for name, arguments, outcome in (
        ("file_search", {"queries": ["What does Ada like?"]}, "likes.txt:\nAda likes soup."),
        (
            "image_generation",
            {"prompt": "a red cat", "edit": False},
            "The picture is made, and the user sees it.",
        ),
    ):
        upstream.asked.clear()
        upstream.first = [calling(0, name, json.dumps(arguments))]
        upstream.chunks = [delta(content="Well.")]
        answer = call(emulator, "POST", "/responses", body, header).json
        assert [item["type"] for item in answer["output"]] == [f"{name}_call", "message"]
        offered = [tool["function"]["name"] for tool in upstream.asked[0]["tools"]]
        assert offered == ["file_search", "image_generation"]
        asked, told = upstream.asked[1]["messages"][-2:]
        assert asked["tool_calls"][0]["function"]["name"] == name
        assert told == {"role": "tool", "tool_call_id": asked["tool_calls"][0]["id"], "content": outcome}


def test_the_text_of_attached_files_goes_up(upstream: Upstream, emulator: Emulator) -> None:
    upstream.chunks = [delta(content="ok")]
    part = {
        "type": "input_file",
        "filename": "a.pdf",
        "file_data": data_url(pdf("Ada likes soup."), "application/pdf"),
    }
    create(emulator, [{"role": "user", "content": [{"type": "input_text", "text": "well?"}, part]}])
    assert upstream.asked[0]["messages"][-1] == {
        "role": "user",
        "content": "The attached file 'a.pdf' holds:\n\nAda likes soup.",
    }


def test_an_uploaded_picture_goes_up_as_it_is(upstream: Upstream, emulator: Emulator) -> None:
    upstream.chunks = [delta(content="ok")]
    id_ = upload(emulator, picture(), "a.png", purpose="vision").json["id"]
    parts = [{"type": "input_text", "text": "well?"}, {"type": "input_image", "file_id": id_}]
    create(emulator, [{"role": "user", "content": parts}])
    assert upstream.asked[0]["messages"][-1]["content"] == [
        {"type": "text", "text": "well?"},
        {"type": "image_url", "image_url": {"url": SEEN}},
    ]
