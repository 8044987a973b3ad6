"""What every tool type is made of: its definition's rules, and a worker for one request."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from ..attachments import Attachments
    from ..brain import Call, Offer
    from ..create import Create
    from ..files.stores import Stores
    from ..reply import Event, Reply
    from ..settings import Settings
    from ..vault import Vault


@dataclass(frozen=True, slots=True)
class Desk:
    """What a worker has before it: the request, the conversation, the store."""

    create: Create
    before: Sequence[Mapping[str, Any]]
    """Items of the conversation before this request."""
    own: Sequence[Mapping[str, Any]]
    """This request's input items."""
    settings: Settings
    vault: Vault
    attachments: Attachments
    stores: Stores
    earlier_tools: Sequence[Mapping[str, Any]] = field(default=())
    """The echoed `tools` of the response that this one goes on from."""

    @property
    def items(self) -> list[Mapping[str, Any]]:
        return [*self.before, *self.own]


class Kind(Protocol):
    """One tool type. `headers` are the create request's, their names in any case."""

    def check(self, name: str, tool: Mapping[str, Any], headers: Mapping[str, str]) -> None:
        """Refuse a bad definition; `name` is its path, like `tools[0]`."""

    def echo(self, tool: Mapping[str, Any]) -> dict[str, Any]:
        """The definition as the response repeats it."""

    def staff(self, tools: Sequence[Mapping[str, Any]], desk: Desk) -> Worker:
        """Who acts for these tools, all of this type, in one request."""


class Worker(Protocol):
    """Acts for all tools of one type in one request."""

    hosted: bool
    """Whether calls run at the service, and so count against max_tool_calls."""

    async def open(self, reply: Reply) -> AsyncGenerator[Event]:
        """What happens before the model thinks: lists of tools, calls that were approved. Mostly nothing."""
        nothing: list[Event] = []
        for event in nothing:
            yield event

    def offers(self) -> Sequence[Offer]:
        """What the model may call; asked after `open`."""

    def run(self, call: Call, reply: Reply) -> AsyncGenerator[Event]:
        """Carry out a call of one of the offers."""
