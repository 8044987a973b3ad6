"""The one interface between the service that is emulated and whoever thinks behind it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from .attachments import Attachment
    from .files.search import Hit


@dataclass(frozen=True, slots=True)
class Thought:
    """Some text of a reasoning summary; `part` counts the summary's sections from 0."""

    text: str
    part: int = 0


@dataclass(frozen=True, slots=True)
class Say:
    """Some text of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Cite:
    """Where what was just said comes from: an annotation without its place in the text."""

    annotation: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Refuse:
    """Some text of a refusal."""

    text: str


@dataclass(frozen=True, slots=True)
class Spent:
    """Token counts from a brain that knows better than our estimate."""

    input_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True)
class Offer:
    """One thing that a brain may call."""

    type: str
    """The tool's type: function, custom, mcp, file_search …"""
    name: str
    description: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """JSON schema of the arguments; empty for a custom tool."""
    server: str | None = None
    """Label of the MCP server that has it."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call of an offer, whole; `arguments` is JSON text, or the free text of a custom tool."""

    offer: Offer
    arguments: str


Piece = Thought | Say | Cite | Refuse | Spent | Call


def _nothing(id_: str) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a brain is asked: the whole conversation, resolved."""

    items: Sequence[Mapping[str, Any]]
    """Input and output items, oldest first, the new ones last."""
    deployment: str
    instructions: str | None = None
    request: Mapping[str, Any] = field(default_factory=dict)
    """The create request's other parameters (text, temperature, max_output_tokens, tools …)."""
    offers: Sequence[Offer] = ()
    """What may be called now: the request's tools as far as tool_choice lets them."""
    must_call: bool = False
    """Whether tool_choice demands a call of one of the offers."""
    attachments: Sequence[Attachment] = ()
    """Pictures and files of the latest message that has any."""
    stored: Callable[[str], str] = _nothing
    """An uploaded picture as a data URL, by its file's id; empty where there is none."""
    found: Mapping[str, Sequence[Hit]] = field(default_factory=dict)
    """What searches of this response found, by the id of their item; the items themselves may not tell."""


class Brain(Protocol):
    """Answers a prompt piece by piece; the caller closes the iterator early when nobody listens any more."""

    def answer(self, prompt: Prompt) -> AsyncGenerator[Piece]: ...


class BrainError(Exception):
    """The brain could not answer: `code` and the message reach the client as the service's own failure."""

    def __init__(self, message: str, code: str = "server_error") -> None:
        super().__init__(message)
        self.code = code
