"""The conversation as the built-in brain sees it: who said what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..brain import Prompt
from .deeds import Deed, deeds


@dataclass(frozen=True, slots=True)
class Talk:
    """What was said, oldest first."""

    said: str
    """The user's latest message."""
    earlier: tuple[str, ...]
    """The user's messages before it."""
    answers: tuple[str, ...]
    """The assistant's messages so far."""
    instructions: str
    deployment: str
    attachments: tuple[str, ...]
    """Types of the parts of the latest message that are no text."""
    deeds: tuple[Deed, ...]
    """Tools called since the user's latest message."""
    effort: str

    @classmethod
    def of(cls, prompt: Prompt) -> Talk:
        users = [item for item in prompt.items if item.get("role") == "user"]
        texts = [text_of(item) for item in users]
        reasoning = prompt.request.get("reasoning") or {}
        guides = [text_of(item) for item in prompt.items if item.get("role") in ("system", "developer")]
        return cls(
            said=texts[-1] if texts else "",
            earlier=tuple(texts[:-1]),
            answers=tuple(text_of(item) for item in prompt.items if item.get("role") == "assistant"),
            instructions="\n".join(filter(None, [prompt.instructions or "", *guides])),
            deployment=prompt.deployment,
            attachments=tuple(_attachments(users[-1])) if users else (),
            deeds=tuple(deeds(prompt.items)),
            effort=reasoning.get("effort") or "medium",
        )

    @property
    def turn(self) -> int:
        """Number of this exchange, from 1."""
        return len(self.earlier) + 1


def text_of(item: Mapping[str, Any]) -> str:
    """A message's text, its parts joined."""
    content = item.get("content")
    if isinstance(content, str):
        return content
    return "\n".join(part.get("text") or part.get("refusal") or "" for part in content or ())


def _attachments(item: Mapping[str, Any]) -> Iterator[str]:
    for part in item.get("content") or ():
        if isinstance(part, Mapping) and part.get("type") in ("input_image", "input_file"):
            yield str(part["type"]).removeprefix("input_")
