"""The conversation as the built-in brain sees it: who said what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..attachments import Attachment
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
    attachments: tuple[Attachment, ...]
    """Pictures and files of the latest message that has any."""
    deeds: tuple[Deed, ...]
    """Tools called since the user's latest message."""
    effort: str

    @classmethod
    def of(cls, prompt: Prompt) -> Talk:
        users = [item for item in prompt.items if item.get("role") == "user"]
        texts = [_text_of(item) for item in users]
        reasoning = prompt.request.get("reasoning") or {}
        guides = [_text_of(item) for item in prompt.items if item.get("role") in ("system", "developer")]
        return cls(
            said=texts[-1] if texts else "",
            earlier=tuple(texts[:-1]),
            answers=tuple(_text_of(item) for item in prompt.items if item.get("role") == "assistant"),
            instructions="\n".join(filter(None, [prompt.instructions or "", *guides])),
            deployment=prompt.deployment,
            attachments=tuple(prompt.attachments),
            deeds=tuple(deeds(prompt.items)),
            effort=reasoning.get("effort") or "medium",
        )

    @property
    def turn(self) -> int:
        """Number of this exchange, from 1."""
        return len(self.earlier) + 1


def _text_of(item: Mapping[str, Any]) -> str:
    """A message's text, its parts joined."""
    content = item.get("content")
    if isinstance(content, str):
        return content
    return "\n".join(part.get("text") or part.get("refusal") or "" for part in content or ())
