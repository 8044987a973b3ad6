"""The service's refusals, word for word."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

from azresp.emulator import Emulator, Settings
from tests.emulator.wire import call, create

LOOSE = {"type": "object", "properties": {"a": {"type": "string"}}}


def refused(emulator: Emulator, **body: Any) -> tuple[int, Any]:
    answer = create(emulator, **body)
    return answer.status, answer.json["error"]


def invalid(message: str, param: str | None = None, code: str | None = None) -> tuple[int, dict[str, Any]]:
    return 400, {"message": message, "type": "invalid_request_error", "param": param, "code": code}


REFUSALS: list[tuple[dict[str, Any], tuple[int, dict[str, Any]]]] = [
    (
        {"max_output_tokens": 10},
        invalid(
            "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got 10 instead.",
            "max_output_tokens",
            "integer_below_min_value",
        ),
    ),
    (
        {"model": "o3", "temperature": 0.5},
        invalid("Unsupported parameter: 'temperature' is not supported with this model.", "temperature"),
    ),
    (
        {"model": "gpt-5", "top_p": 0.5},
        invalid("Unsupported parameter: 'top_p' is not supported with this model.", "top_p"),
    ),
    (
        {"previous_response_id": "resp_nobody"},
        invalid(
            "Previous response with id 'resp_nobody' not found.",
            "previous_response_id",
            "previous_response_not_found",
        ),
    ),
    (
        {"input": [{"type": "function_call_output", "call_id": "call_1", "output": "x"}]},
        invalid("No tool call found for function call output with call_id call_1.", "input"),
    ),
    (
        {"input": [{"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"}]},
        invalid("No tool output found for function call call_1.", "input"),
    ),
    (
        {"input": [{"type": "reasoning", "id": "rs_gone", "summary": []}]},
        invalid(
            "Item with id 'rs_gone' not found. Items are not persisted when `store` is set to false. Try again with "
            "`store` set to true, or remove this item from your input.",
            "input",
        ),
    ),
    (
        {"stream": "yes"},
        invalid(
            "Invalid type for 'stream': expected a boolean, but got a string instead.",
            "stream",
            "invalid_type",
        ),
    ),
    (
        {"max_output_tokens": True},
        invalid(
            "Invalid type for 'max_output_tokens': expected an integer, but got a boolean instead.",
            "max_output_tokens",
            "invalid_type",
        ),
    ),
    ({"flavour": "sweet"}, invalid("Unknown parameter: 'flavour'.", "flavour", "unknown_parameter")),
    ({"input": None}, invalid("Missing required parameter: 'input'.", "input", "missing_required_parameter")),
    (
        {"input": [{"role": "robot", "content": "x"}]},
        invalid(
            "Invalid value: 'robot'. Supported values are: 'assistant', 'system', 'developer', and 'user'.",
            "input[0].role",
            "invalid_value",
        ),
    ),
    (
        {"input": [{"role": "assistant", "content": [{"type": "input_text", "text": "x"}]}]},
        invalid(
            "Invalid value: 'input_text'. Supported values are: 'output_text' and 'refusal'.",
            "input[0].content[0].type",
            "invalid_value",
        ),
    ),
    (
        {"metadata": {"k": "v" * 513}},
        invalid(
            "Invalid 'metadata.k': string too long. Expected a string with maximum length 512, but got a string with "
            "length 513 instead.",
            "metadata.k",
            "string_above_max_length",
        ),
    ),
    (
        {"text": {"format": {"type": "json_schema", "name": "n", "schema": LOOSE, "strict": True}}},
        invalid(
            "Invalid schema for response_format 'n': In context=(), 'additionalProperties' is required to be supplied "
            "and to be false.",
            "text.format.schema",
            "invalid_json_schema",
        ),
    ),
    (
        {"tools": [{"type": "image_generation"}]},
        (
            400,
            {
                "message": "imagegen deployment must be provided through header: "
                "x-ms-oai-image-generation-deployment",
                "type": "image_generation_user_error",
                "param": "tools",
                "code": "invalid_request_error",
            },
        ),
    ),
    (
        {"model": "gpt-99"},
        (
            404,
            {
                "code": "DeploymentNotFound",
                "message": "The API deployment for this resource does not exist. If you created the deployment "
                "within the last 5 minutes, please wait a moment and try again.",
            },
        ),
    ),
]


@pytest.mark.parametrize(("body", "expected"), REFUSALS, ids=lambda value: str(value)[:40])
def test_a_bad_request_is_refused_in_the_services_words(
    emulator: Emulator, body: dict[str, Any], expected: tuple[int, Any]
) -> None:
    assert refused(emulator, **body) == expected


def test_the_recorded_schema_refusal_is_reproduced(emulator: Emulator) -> None:
    parameters = {
        "type": "object",
        "properties": {"location": {"type": "string"}, "unit": {"type": "string"}},
        "required": ["location"],
        "additionalProperties": False,
    }
    tool = {"type": "function", "name": "get_current_weather", "parameters": parameters, "strict": True}
    assert refused(emulator, tools=[tool]) == invalid(
        "Invalid schema for function 'get_current_weather': In context=(), 'required' is required to be supplied and "
        "to be an array including every key in properties. Missing 'unit'.",
        "tools[0].parameters",
        "invalid_function_parameters",
    )


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"stream_options": {"include_obfuscation": False}}, "invalid_mode"),
        ({"previous_response_id": "resp_a", "conversation": "conv_b"}, "mutually_exclusive_parameters"),
        ({"background": True, "store": False}, "unsupported_parameter"),
        ({"metadata": {str(n): "" for n in range(17)}}, "object_above_max_properties"),
        ({"temperature": 2.5}, "decimal_above_max_value"),
        ({"reasoning": {"effort": "low"}}, "unsupported_parameter"),
        ({"truncation": "perhaps"}, "invalid_value"),
        ({"text": {"format": {"type": "json_schema", "schema": {}}}}, "missing_required_parameter"),
        ({"input": 5}, "invalid_type"),
        ({"input": "word " * 500_000}, "context_length_exceeded"),
    ],
)
def test_other_bad_requests_carry_the_services_code(
    emulator: Emulator, body: dict[str, Any], code: str
) -> None:
    status, error = refused(emulator, **body)
    assert (status, error["code"]) == (400, code)


def test_a_request_without_model_gets_only_a_message_and_no_content_type(emulator: Emulator) -> None:
    answer = call(emulator, "POST", "/responses", {"input": "hi"})
    assert (answer.status, answer.json) == (400, {"error": {"message": "Missed model deployment"}})
    assert "content-type" not in answer.headers


def test_bad_json_is_a_400_and_not_a_crash(emulator: Emulator) -> None:
    assert call(emulator, "POST", "/responses", b"{nope").status == 400
    assert call(emulator, "POST", "/responses", b"[1]").status == 400
    assert call(emulator, "POST", "/responses", b"\xff\xfe").status == 400


@pytest.mark.parametrize(
    "path", ["/openai/responsesx", "//openai/v2/responses", "/nothing", "/openai/deployments/a"]
)
def test_a_wrong_path_is_the_gateways_404(emulator: Emulator, path: str) -> None:
    answer = call(emulator, "POST", path, {})
    assert (answer.status, answer.json) == (404, {"error": {"code": "404", "message": "Resource not found"}})


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("/openai/v1/models", 200, None),
        ("/openai/v1/models?api-version=v1", 200, None),
        ("/openai/v1/models?api-version=preview", 200, None),
        ("/openai/v1/models?api-version=2025-04-01-preview", 400, "API version not supported"),
        ("/openai/models?api-version=2025-04-01-preview", 200, None),
        (
            "/openai/models?api-version=2024-10-21",
            400,
            "Azure OpenAI Responses API is enabled only for api-version 2025-03-01-preview and later",
        ),
        ("/openai/models?api-version=2099-01-01", 400, "API version not supported"),
        ("/openai/models?api-version=latest", 400, "API version not supported"),
        ("/openai/models", 404, "Resource not found"),
    ],
)
def test_each_route_takes_its_own_api_versions(
    emulator: Emulator, path: str, status: int, message: str | None
) -> None:
    answer = call(emulator, "GET", path)
    assert answer.status == status
    assert message is None or answer.json["error"]["message"] == message


def test_what_is_no_background_response_is_neither_streamed_nor_cancelled(emulator: Emulator) -> None:
    id_ = create(emulator).json["id"]
    streamed = call(emulator, "GET", f"/responses/{id_}?stream=true&starting_after=3")
    assert (streamed.status, streamed.json["error"]["message"]) == (
        400,
        "This response cannot be streamed because it was not created with background=true.",
    )
    cancelled = call(emulator, "POST", f"/responses/{id_}/cancel")
    assert (cancelled.status, cancelled.json["error"]["message"]) == (
        400,
        "Cannot cancel a synchronous response.",
    )


@pytest.mark.parametrize(
    ("method", "tail"), [("GET", ""), ("DELETE", ""), ("POST", "/cancel"), ("GET", "/input_items")]
)
def test_an_unknown_response_is_not_found_on_every_route(emulator: Emulator, method: str, tail: str) -> None:
    answer = call(emulator, method, f"/responses/resp_x{tail}")
    error = {
        "message": "Response with id 'resp_x' not found.",
        "type": "invalid_request_error",
        "param": None,
        "code": None,
    }
    assert (answer.status, answer.json) == (404, {"error": error})


@pytest.fixture(scope="module")
def strict() -> Iterator[Emulator]:
    settings = Settings(
        tokens_per_s=0,
        first_token_s=0,
        keys=frozenset({"right"}),
        audience="https://ai.azure.com",
        max_body_bytes=1000,
        clock=lambda: 1000.0,
    )
    with Emulator(settings) as running:
        yield running


def token(**claims: Any) -> str:
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"header.{body}.signature"


GOOD = token(aud="https://ai.azure.com", exp=2000)


@pytest.mark.parametrize(
    ("credential", "status"),
    [
        ({"api-key": "right"}, 200),
        ({"authorization": "Bearer right"}, 200),
        ({"authorization": f"Bearer {GOOD}"}, 200),
        ({"api-key": "wrong"}, 401),
        ({}, 401),
    ],
)
def test_keys_and_tokens_open_the_door_by_either_header(
    strict: Emulator, credential: dict[str, str], status: int
) -> None:
    answer = call(strict, "GET", "/models", credential=credential)
    assert answer.status == status
    if status == 401:
        assert answer.json["error"]["code"] == "401"
        assert answer.json["error"]["message"].startswith("Access denied due to invalid subscription key")
        assert "x-request-id" not in answer.headers
        assert "apim-request-id" in answer.headers


@pytest.mark.parametrize(
    "bearer", ["nonsense", "a.b.c", token(aud="https://other"), token(aud="https://ai.azure.com", exp=999)]
)
def test_a_token_for_somebody_else_is_refused_without_an_error_key(strict: Emulator, bearer: str) -> None:
    answer = call(strict, "GET", "/models", credential={"authorization": f"Bearer {bearer}"})
    assert answer.status == 401
    assert answer.json["statusCode"] == 401
    assert "audience is incorrect (https://ai.azure.com)" in answer.json["message"]


def test_a_body_that_is_too_large_is_a_413(strict: Emulator) -> None:
    answer = call(strict, "POST", "/responses", {"input": "x" * 1000}, credential={"api-key": "right"})
    assert (answer.status, answer.json["error"]["code"]) == (413, "413")
