"""What a request goes on from: a stored response, a conversation, the items that it brings itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from . import refusals, tokens
from .ciphertext import Cipher
from .compaction import Compactor
from .conversations.shelf import Conversations
from .input_items import read_input
from .settings import Settings
from .vault import Record, Vault

Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Past:
    """Everything before the new items, oldest first."""

    items: Sequence[Item] = ()
    tokens: int = 0
    """What the model sees of them."""
    tools: Sequence[Mapping[str, Any]] = ()
    """The tools of the response that is gone on from."""


class Memory:
    """Stored responses and conversations together, and what the organisation's settings let be found of them."""

    def __init__(self, settings: Settings, vault: Vault) -> None:
        self._settings = settings
        self._vault = vault
        self.cipher = Cipher(settings.resource, settings.clock)
        self.compactor = Compactor(self.cipher)
        self.conversations = Conversations(vault.db, settings.clock)

    @property
    def keeps_nothing(self) -> bool:
        return self._settings.zero_retention != "off"

    def past(self, body: Mapping[str, Any]) -> Past:
        """What `previous_response_id` or `conversation` names; refuses what can't be gone on from."""
        if id_ := body.get("previous_response_id"):
            if self.keeps_nothing:
                raise refusals.no_previous()
            record = self._vault.get(id_, self._settings.clock())
            if record is None:
                raise refusals.previous_not_found(id_)
            return Past(self.whole(record), record.context_tokens, record.body["tools"])
        if (id_ := _conversation_of(body)) is not None:
            items = self.conversations.before(id_)
            return Past(items, self.compactor.count(items))
        return Past()

    def whole(self, record: Record) -> list[Item]:
        """Every item up to and including that answer's."""
        return [*self.conversations.preceding(self._vault.root(record)), *self._vault.context(record)]

    def find(self, id_: str) -> Item | None:
        """A stored item that a request may refer to."""
        if self.keeps_nothing:
            raise refusals.item_not_kept(id_)
        return self._vault.item(id_) or self.conversations.find(id_)

    def read(self, given: Any, name: str) -> list[Item]:
        """Items to be kept in a conversation."""
        self.cipher.check(given)
        items = read_input(given, optional=True, name=name)
        return [self._referred(item) if item["type"] == "item_reference" else item for item in items]

    def spent(self, past: Past, own: Sequence[Item]) -> int:
        """Tokens that the model sees of the past and of new items."""
        if any(item["type"] == "compaction" for item in own):
            return self.compactor.count([*past.items, *own])
        return past.tokens + tokens.count_items(own)

    def weight(self, body: Mapping[str, Any]) -> int:
        """Tokens that an answer and all before it cost whoever goes on from it."""
        if any(item["type"] == "compaction" for item in body["output"]):
            return self.compactor.count(body["output"])
        return int((body["usage"] or {"total_tokens": 0})["total_tokens"])

    def begin(self, body: Mapping[str, Any]) -> None:
        """An answer is being made: its conversation is at work."""
        if (id_ := _conversation_of(body)) is not None:
            self.conversations.enter(id_)

    def leave(self, body: Mapping[str, Any]) -> None:
        """It is made no more."""
        if (id_ := _conversation_of(body)) is not None:
            self.conversations.leave(id_)

    def end(self, body: Mapping[str, Any], own: Sequence[Item], due: float) -> None:
        """It is answered: its conversation has the items of the turn, unless it failed."""
        id_ = _conversation_of(body)
        if id_ is not None and body["status"] in ("completed", "incomplete"):
            self.conversations.end(id_, body["id"], [*own, *body["output"]], due)

    def _referred(self, reference: Item) -> Item:
        found = self.find(reference["id"])
        if found is None:
            raise refusals.item_not_found(reference["id"])
        return found


def _conversation_of(body: Mapping[str, Any]) -> str | None:
    """The conversation that a request or a response names."""
    given = body.get("conversation")
    return str(given["id"]) if isinstance(given, Mapping) else given or None
