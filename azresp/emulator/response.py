"""The response object as Azure sends it (contract/facts.md 3.2), in the recorded order of keys."""

from __future__ import annotations

import re
from typing import Any

from .create import Create
from .toolkit import echo_choice, echo_tools

_NO_TOKENS = {
    "input_tokens": 0,
    "input_tokens_details": {"image_tokens": 0, "text_tokens": 0},
    "output_tokens": 0,
    "output_tokens_details": {"image_tokens": 0, "text_tokens": 0},
    "total_tokens": 0,
}
_DATES = {
    "gpt-4o": "2024-11-20",
    "gpt-4o-mini": "2024-07-18",
    "gpt-4.1": "2025-04-14",
    "gpt-5": "2025-08-07",
    "gpt-5.1": "2025-11-13",
    "o3": "2025-04-16",
    "o4": "2025-04-16",
}


def served_model(deployment: str) -> str:
    """The dated model behind a deployment, as in the header x-ms-served-model."""
    if re.search(r"\d{4}-\d\d-\d\d$", deployment):
        return deployment
    family = max((name for name in _DATES if deployment.startswith(name)), key=len, default=None)
    return f"{deployment}-{_DATES[family] if family else '2026-01-01'}"


def as_created(create: Create, id_: str, now: int) -> dict[str, Any]:
    """The object of response.created: in progress, nothing said, nothing counted."""
    return {**_opening(create, id_, now), **_settings(create)}


def _opening(create: Create, id_: str, now: int) -> dict[str, Any]:
    body = create.body
    return {
        "id": id_,
        "object": "response",
        "created_at": now,
        "status": "queued" if create.background else "in_progress",
        "background": create.background,
        "completed_at": None,
        **_conversation(body.get("conversation")),
        "content_filters": None,
        "error": None,
        "frequency_penalty": 0.0,
        "incomplete_details": None,
        "instructions": body.get("instructions"),
        "max_output_tokens": body.get("max_output_tokens"),
        "max_tool_calls": body.get("max_tool_calls"),
        "model": body["model"],
        "moderation": None,
        "output": [],
    }


def _conversation(given: Any) -> dict[str, Any]:
    """Only there when one is used, as recorded."""
    if not given:
        return {}
    return {"conversation": {"id": given if isinstance(given, str) else given["id"]}}


def _settings(create: Create) -> dict[str, Any]:
    body = create.body
    return {
        "parallel_tool_calls": _given(body.get("parallel_tool_calls"), True),
        "presence_penalty": 0.0,
        "previous_response_id": body.get("previous_response_id"),
        "prompt_cache_key": body.get("prompt_cache_key"),
        "prompt_cache_retention": body.get("prompt_cache_retention") or "in_memory",
        "reasoning": _reasoning(create),
        "safety_identifier": body.get("safety_identifier"),
        "service_tier": "auto",
        "store": create.store,
        "temperature": _given(body.get("temperature"), 1.0),
        "text": _text(body.get("text") or {}),
        "tool_choice": echo_choice(body.get("tool_choice")),
        "tool_usage": {"image_gen": _NO_TOKENS, "web_search": {"num_requests": 0}},
        "tools": echo_tools(body.get("tools") or []),
        "top_logprobs": body.get("top_logprobs") or 0,
        "top_p": _given(body.get("top_p"), 1.0),
        "truncation": body.get("truncation") or "disabled",
        "usage": None,
        "user": body.get("user"),
        "metadata": body.get("metadata") or {},
    }


def _reasoning(create: Create) -> dict[str, Any]:
    asked = create.body.get("reasoning") or {}
    default = "none" if create.deployment.startswith("gpt-5.1") else "medium"
    if not create.reasoning:
        return {"effort": None, "summary": None}
    return {
        "context": "current_turn",
        "effort": asked.get("effort") or default,
        "mode": "standard",
        "summary": create.summary,
    }


def _text(asked: dict[str, Any]) -> dict[str, Any]:
    format_ = dict(asked.get("format") or {"type": "text"})
    if format_["type"] == "json_schema":
        format_ = {
            "type": "json_schema",
            "description": format_.get("description"),
            "name": format_["name"],
            "schema": format_["schema"],
            "strict": bool(format_.get("strict")),
        }
    return {"format": format_, "verbosity": asked.get("verbosity") or "medium"}


def _given(value: Any, default: Any) -> Any:
    return default if value is None else value
