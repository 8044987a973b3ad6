"""Reading a create request as the service reads it: its defaults, its limits, its refusals."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from . import parameter, refusals
from .compaction import check_management
from .input_items import read_input
from .schemas import check_schema, check_strict
from .toolkit import check_tools

Check = Callable[[str, Any], None]

_REASONING = re.compile(r"(o\d|gpt-5|codex)(?!.*chat)", re.IGNORECASE)
_EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
_INCLUDES = (
    "file_search_call.results",
    "web_search_call.results",
    "web_search_call.action.sources",
    "message.input_image.image_url",
    "computer_call_output.output.image_url",
    "code_interpreter_call.outputs",
    "reasoning.encrypted_content",
    "message.output_text.logprobs",
)


@dataclass(frozen=True, slots=True)
class Create:
    """A valid create request: what was asked, with the service's defaults filled in where it echoes them."""

    body: Mapping[str, Any]
    items: list[dict[str, Any]]
    """The new input items, each with an id."""
    reasoning: bool
    """Whether the deployment is a reasoning model."""

    @property
    def deployment(self) -> str:
        return str(self.body["model"])

    @property
    def stream(self) -> bool:
        return bool(self.body.get("stream"))

    @property
    def store(self) -> bool:
        return self.body.get("store") is not False

    @property
    def background(self) -> bool:
        return bool(self.body.get("background"))

    @property
    def obfuscate(self) -> bool:
        options = self.body.get("stream_options") or {}
        return options.get("include_obfuscation") is not False

    @property
    def summary(self) -> str | None:
        asked = (self.body.get("reasoning") or {}).get("summary")
        return "detailed" if asked == "auto" else asked

    @property
    def encrypted(self) -> bool:
        return "reasoning.encrypted_content" in (self.body.get("include") or ())


def _is_reasoning(deployment: str) -> bool:
    """Whether a deployment of this name behaves as a reasoning model: o3, o4-mini, gpt-5* but no *chat*."""
    return _REASONING.match(deployment) is not None


def read_create(body: Any, deployments: tuple[str, ...], headers: Mapping[str, str]) -> Create:
    """Refuses what the service refuses; what needs the store (ids of others) is checked later."""
    if not isinstance(body, dict):
        raise refusals.invalid(
            "We could not parse the JSON body of your request. The Responses API expects a JSON object.", None
        )
    _check_model(body.get("model"), deployments)
    for name, value in body.items():
        check = _PARAMETERS.get(name)
        if check is None:
            raise parameter.unknown(name)
        if value is not None:
            check(name, value)
    reasoning = _is_reasoning(body["model"])
    _check_together(body, reasoning)
    check_tools(body.get("tools") or [], body.get("tool_choice"), headers)
    items = read_input(
        body.get("input"), optional=bool(body.get("previous_response_id") or body.get("conversation"))
    )
    _check_format((body.get("text") or {}).get("format") or {}, items, body.get("instructions"))
    return Create(body, items, reasoning)


def _check_model(model: Any, deployments: tuple[str, ...]) -> None:
    if model is None or model == "":
        raise refusals.missing_model()
    if not isinstance(model, str):
        raise parameter.wrong_type("model", "a string", model)
    if model.lower() not in {name.lower() for name in deployments}:
        raise refusals.unknown_deployment()


def _check_together(body: Mapping[str, Any], reasoning: bool) -> None:
    """Rules about more than one parameter, or about the model."""
    if body.get("previous_response_id") and body.get("conversation"):
        raise refusals.invalid(
            "Mutually exclusive parameters: 'previous_response_id'. Ensure you are only providing one of: "
            "'previous_response_id' or 'conversation'.",
            "previous_response_id",
            "mutually_exclusive_parameters",
        )
    if body.get("stream_options") is not None and not body.get("stream"):
        raise refusals.invalid(
            "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
            "stream_options",
            "invalid_mode",
        )
    if body.get("background") and body.get("store") is False:
        raise refusals.invalid(
            "Unsupported parameter: 'background' is not supported with this model.",
            "background",
            "unsupported_parameter",
        )
    if reasoning:
        for name in ("temperature", "top_p", "top_logprobs"):
            if body.get(name) is not None:
                raise parameter.unsupported(name)
    elif (body.get("reasoning") or {}).get("effort") or (body.get("reasoning") or {}).get("summary"):
        name = "effort" if body["reasoning"].get("effort") else "summary"
        raise refusals.invalid(
            f"Unsupported parameter: 'reasoning.{name}' is not supported with this model.",
            f"reasoning.{name}",
            "unsupported_parameter",
        )


def _check_format(format_: Mapping[str, Any], items: list[dict[str, Any]], instructions: Any) -> None:
    if format_.get("type") == "json_object" and "json" not in f"{items} {instructions}".lower():
        raise refusals.invalid(
            "Response input messages must contain the word 'json' in some form to use 'text.format' of type "
            "'json_object'.",
            "input",
        )


def _is(expected: str, *types: type) -> Check:
    def check(name: str, value: Any) -> None:
        if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
            raise parameter.wrong_type(name, expected, value)

    return check


_text = _is("a string", str)
_flag = _is("a boolean", bool)
_object = _is("an object", dict)
_array = _is("an array", list)


def _number(kind: str, least: float, most: float | None = None) -> Check:
    of_type = _is("an integer", int) if kind == "integer" else _is("a decimal", int, float)

    def check(name: str, value: Any) -> None:
        of_type(name, value)
        if value < least:
            raise parameter.out_of_range(name, kind, least, value, above=False)
        if most is not None and value > most:
            raise parameter.out_of_range(name, kind, most, value, above=True)

    return check


def _one_of(*allowed: str) -> Check:
    def check(name: str, value: Any) -> None:
        _text(name, value)
        if value not in allowed:
            raise parameter.wrong_value(name, value, allowed)

    return check


def _fields(**known: Check) -> Check:
    """An object with these fields and no others."""

    def check(name: str, value: Any) -> None:
        _object(name, value)
        for key, inner in value.items():
            if key not in known:
                raise parameter.unknown(f"{name}.{key}")
            if inner is not None:
                known[key](f"{name}.{key}", inner)

    return check


def check_metadata(name: str, value: Any) -> None:
    _object(name, value)
    if len(value) > 16:
        raise refusals.invalid(
            f"Invalid '{name}': too many properties. Expected an object with at most 16 properties, but got an "
            f"object with {len(value)} properties instead.",
            name,
            "object_above_max_properties",
        )
    for key, text in value.items():
        if len(key) > 64:
            raise parameter.too_long(f"{name}.{key}", 64, len(key))
        _text(f"{name}.{key}", text)
        if len(text) > 512:
            raise parameter.too_long(f"{name}.{key}", 512, len(text))


def _include(name: str, value: Any) -> None:
    _array(name, value)
    for index, wanted in enumerate(value):
        _one_of(*_INCLUDES)(f"{name}[{index}]", wanted)


def _format(name: str, value: Any) -> None:
    _object(name, value)
    _one_of("text", "json_object", "json_schema")(f"{name}.type", value.get("type", ""))
    if value["type"] != "json_schema":
        return
    for field, check in (("name", _text), ("schema", _object)):
        if field not in value:
            raise parameter.missing(f"{name}.{field}")
        check(f"{name}.{field}", value[field])
    owner = f"response_format '{value['name']}'"
    check_schema(value["schema"], owner, f"{name}.schema", "invalid_json_schema")
    if value.get("strict"):
        check_strict(value["schema"], owner, f"{name}.schema", "invalid_json_schema")


def _conversation(name: str, value: Any) -> None:
    if not isinstance(value, str | dict):
        raise parameter.wrong_type(name, "one of an object or string", value)
    if isinstance(value, dict):
        if "id" not in value:
            raise parameter.missing(f"{name}.id")
        _text(f"{name}.id", value["id"])


def _limited_text(most: int) -> Check:
    def check(name: str, value: Any) -> None:
        _text(name, value)
        if len(value) > most:
            raise parameter.too_long(name, most, len(value))

    return check


def _anything(name: str, value: Any) -> None:
    """Checked elsewhere."""


_PARAMETERS: dict[str, Check] = {
    "model": _text,
    "input": _anything,
    "instructions": _text,
    "previous_response_id": _text,
    "conversation": _conversation,
    "stream": _flag,
    "stream_options": _fields(include_obfuscation=_flag),
    "background": _flag,
    "store": _flag,
    "include": _include,
    "tools": _array,
    "tool_choice": _anything,
    "parallel_tool_calls": _flag,
    "max_output_tokens": _number("integer", 16),
    "max_tool_calls": _number("integer", 1),
    "reasoning": _fields(
        effort=_one_of(*_EFFORTS),
        summary=_one_of("auto", "concise", "detailed"),
        generate_summary=_one_of("auto", "concise", "detailed"),
        context=_text,
        mode=_text,
    ),
    "text": _fields(format=_format, verbosity=_one_of("low", "medium", "high")),
    "temperature": _number("decimal", 0, 2),
    "top_p": _number("decimal", 0, 1),
    "top_logprobs": _number("integer", 0, 20),
    "truncation": _one_of("auto", "disabled"),
    "metadata": check_metadata,
    "user": _text,
    "safety_identifier": _limited_text(64),
    "prompt": _object,
    "prompt_cache_key": _limited_text(64),
    "prompt_cache_retention": _one_of("in_memory", "in-memory", "24h"),
    "service_tier": _one_of("auto", "default", "flex", "scale", "priority"),
    "context_management": check_management,
}
