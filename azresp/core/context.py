"""What a model has before it: of which kinds, and how many tokens, estimated where the service did not count.

Nothing here is exact: a token is taken for four bytes of UTF-8, as in English text. Who shows an estimate marks it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from azresp.core.compose import in_view
from azresp.core.events import dicts
from azresp.core.pictures import CALL, kept_from
from azresp.core.session import Exchange
from azresp.core.sse import Wire
from azresp.core.usage import usage_in

BYTES_PER_TOKEN = 4
PICTURE, SMALL_PICTURE = 1000, 100
"""Tokens of a picture, and of one that is looked at in low detail: the order of magnitude, which models differ in."""
KINDS = ("instructions", "tools", "compacted", "questions", "answers", "calls", "pictures", "files")
"""What a context is made of, in the order in which it is told."""


@dataclass(frozen=True, slots=True)
class Share:
    """What one kind takes."""

    count: int = 0
    tokens: int = 0
    """an estimate"""
    unknown: int = 0
    """how many of them nobody here can estimate"""

    def plus(self, other: Share) -> Share:
        """Both together."""
        return Share(self.count + other.count, self.tokens + other.tokens, self.unknown + other.unknown)


Shares = Mapping[str, Share]


class Size(NamedTuple):
    """How large a conversation is."""

    tokens: int
    counted: bool
    """the service counted it, all of it"""
    reasoning: int = 0
    """counted tokens that are thoughts of the last turn, which the next one need not have before it"""


def shares(path: Iterable[Exchange], settings: Mapping[str, object]) -> Shares:
    """What the context of the next request is made of, before anything is said in it."""
    found = dict.fromkeys(KINDS, Share())
    for exchange in _since_seal(in_view(path)):
        _add(found, _exchange(exchange))
    _add(found, _offered(settings))
    return found


def _since_seal(path: Sequence[Exchange]) -> Iterator[Exchange]:
    """The path from what the service compacted last by itself, in the midst of an answer: that stands for the rest."""
    for at, exchange in reversed(list(enumerate(path))):
        items = exchange.turn.items
        if place := max((n for n, item in enumerate(items, 1) if item.kind == "compaction"), default=0):
            yield replace(exchange, said=(), turn=replace(exchange.turn, items=items[place - 1 :]))
            yield from path[at + 1 :]
            return
    yield from path


def exchange_tokens(exchange: Exchange) -> int:
    """What an exchange adds to the context, estimated."""
    return sum(share.tokens for _, share in _exchange(exchange))


def said_tokens(said: Iterable[Wire]) -> int:
    """What is said now, estimated."""
    return sum(share.tokens for item in said for _, share in _item(item))


def size(path: Sequence[Exchange], settings: Mapping[str, object]) -> Size:
    """How large the conversation is: what the service counted for its last turn, and what came after that estimated."""
    after = 0
    for exchange in reversed(in_view(path)):
        if exchange.compaction:
            after += exchange_tokens(exchange)
        elif usage := usage_in(exchange.turn.response):
            return Size(usage.total + after, not after, usage.reasoning)
        else:
            after += exchange_tokens(exchange)
    return Size(after + sum(share.tokens for _, share in _offered(settings)), False)


def text_tokens(text: str) -> int:
    """The tokens of a text, estimated."""
    return -(-len(text.encode("utf-8", "replace")) // BYTES_PER_TOKEN)


def _add(found: dict[str, Share], more: Iterable[tuple[str, Share]]) -> None:
    for kind, share in more:
        found[kind] = found[kind].plus(share)


def _offered(settings: Mapping[str, object]) -> Iterator[tuple[str, Share]]:
    if text := settings.get("instructions"):
        yield "instructions", Share(1, text_tokens(str(text)))
    tools = settings.get("tools")
    for tool in tools if isinstance(tools, list | tuple) else ():
        yield "tools", Share(1, _json_tokens(tool))


def _exchange(exchange: Exchange) -> Iterator[tuple[str, Share]]:
    if exchange.compaction:
        yield "compacted", _compacted(exchange)
        return
    for item in exchange.said:
        yield from _item(item)
    for one in exchange.turn.items:
        yield from _item({"role": "assistant", **one.to_wire()})


def _compacted(exchange: Exchange) -> Share:
    """What a compaction takes: of what is sealed the service counted what it wrote."""
    shown = said_tokens(item for item in exchange.said if "encrypted_content" not in item)
    usage = usage_in(exchange.turn.response)
    return Share(1, shown + (usage.output if usage else 0))


def _item(item: Wire) -> Iterator[tuple[str, Share]]:
    kind = item.get("type", "message")
    if kind == "message":
        yield from _message(item)
    elif kind == CALL:
        yield "pictures", Share(1, PICTURE)
    elif kind == "mcp_list_tools":
        yield "tools", Share(len(dicts(item.get("tools"))), _json_tokens(item.get("tools")))
    elif kind == "compaction":
        yield "compacted", Share(1, 0, 1)
    elif kind != "reasoning":
        yield "calls", Share(1, _json_tokens(item))


def _message(item: Wire) -> Iterator[tuple[str, Share]]:
    kind = "answers" if item.get("role") == "assistant" else "questions"
    content = item.get("content")
    parts = [{"text": content}] if isinstance(content, str) else dicts(content)
    texts = [text for part in parts for key in ("text", "refusal") if isinstance(text := part.get(key), str)]
    yield kind, Share(1, sum(map(text_tokens, texts)))
    for part in parts:
        if part.get("type") == "input_image":
            yield "pictures", Share(1, SMALL_PICTURE if part.get("detail") == "low" else PICTURE)
        elif part.get("type") == "input_file":
            yield "files", _file(part)


def _file(part: Wire) -> Share:
    kept = kept_from(part.get("file_data"))
    if kept is None or kept.mime == "application/pdf":
        return Share(1, 0, 1)
    return Share(1, -(-kept.bytes // BYTES_PER_TOKEN))


def _json_tokens(value: object) -> int:
    return text_tokens(json.dumps(value, ensure_ascii=False, default=str))
