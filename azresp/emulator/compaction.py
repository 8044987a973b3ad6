"""Compaction: a conversation becomes one item that holds what is worth keeping of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from . import parameter, refusals, tokens
from .ciphertext import Cipher
from .ids import new_id
from .reply import Event, Reply

Item = dict[str, Any]

_LEAST_THRESHOLD = 1000
_LETTERS = {"user": 160, "assistant": 80}
"""How much of a message stays, by role."""
_SHARE, _LEAST, _MOST = 4, 200, 2000
"""The gist has a fourth of the tokens, within limits."""
_PROMPT = 100
"""Tokens of what the service tells its model to do; recorded: some 100 more than the conversation has."""


def check_management(name: str, value: Any) -> None:
    """The parameter `context_management`."""
    if not isinstance(value, list):
        raise parameter.wrong_type(name, "an array", value)
    if not value:
        raise parameter.empty_array(name)
    for index, entry in enumerate(value):
        place = f"{name}[{index}]"
        if not isinstance(entry, dict):
            raise parameter.wrong_type(place, "an object", entry)
        if entry.get("type") != "compaction":
            raise refusals.invalid(f"Unsupported context_management type: '{entry.get('type') or ''}'.", name)
        threshold = entry.get("compact_threshold")
        if threshold is None:
            continue
        if not isinstance(threshold, int) or isinstance(threshold, bool):
            raise parameter.wrong_type(f"{place}.compact_threshold", "an integer", threshold)
        if threshold < _LEAST_THRESHOLD:
            raise parameter.out_of_range(
                f"{place}.compact_threshold", "integer", _LEAST_THRESHOLD, threshold, above=False
            )


def threshold(body: Mapping[str, Any], context_tokens: int) -> int | None:
    """Tokens from which on an answer ends with a compaction; None: never asked for."""
    entries = body.get("context_management") or ()
    return min((entry.get("compact_threshold") or context_tokens * 4 // 5 for entry in entries), default=None)


class Compactor:
    """Makes compaction items of one resource, and reads them."""

    def __init__(self, cipher: Cipher) -> None:
        self._cipher = cipher

    def window(self, items: Sequence[Item]) -> list[Item]:
        """What the model sees: what the last compaction holds and what comes after it; all where there is none.

        Of what comes before, only what a system or developer said stays.
        """
        place = _last(items)
        if place < 0:
            return list(items)
        opened = self._cipher.open(str(items[place].get("encrypted_content")))
        held = opened.held if opened and isinstance(opened.held, list) else []
        known = {item["id"] for item in held}
        rules = [
            i for i in items[:place] if i.get("role") in ("system", "developer") and i["id"] not in known
        ]
        return [*rules, *held, *items[place + 1 :]]

    def count(self, items: Sequence[Item]) -> int:
        """Tokens of what the model sees of them."""
        return tokens.count_items(self.window(items))

    def compact(self, items: Sequence[Item], instructions: str | None) -> tuple[list[Item], dict[str, Any]]:
        """`/responses/compact`: the user's messages since the last compaction and a new one; and its usage."""
        seen = self.window(items)
        held = _gist(seen)
        kept = [item for item in items[_last(items) + 1 :] if item.get("role") == "user"]
        spent = tokens.count_items(seen) + tokens.count(instructions or "") + _PROMPT
        made = tokens.count_items(held)
        usage = {
            "input_tokens": spent,
            "input_tokens_details": {"cache_write_tokens": 0, "cached_tokens": 0},
            "output_tokens": made,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": spent + made,
        }
        return [*kept, self._item(new_id("cmp"), held)], usage

    def end_with(self, reply: Reply, items: Sequence[Mapping[str, Any]]) -> Iterator[Event]:
        """Put a compaction of what the model saw and said at the answer's end; each ciphertext differs."""
        id_ = new_id("cmp")
        yield from reply.place(self._item(id_, []))
        held = _gist([*items, *reply.response["output"]])
        reply.spent += tokens.count_items(held)
        yield from reply.settle(self._item(id_, held))
        reply.response["output"][-1] = self._item(id_, held)

    def _item(self, id_: str, held: list[Item]) -> Item:
        return {"id": id_, "type": "compaction", "encrypted_content": self._cipher.seal(id_, held)}


def _last(items: Sequence[Item]) -> int:
    places = (place for place in range(len(items) - 1, -1, -1) if items[place].get("type") == "compaction")
    return next(places, -1)


def _gist(items: Sequence[Mapping[str, Any]]) -> list[Item]:
    """Messages cut short; where they are still too many the oldest go, those of the assistant before the user's."""
    said = [short for item in items if (short := _short(item)) is not None]
    costs = [tokens.count_items([item]) for item in said]
    left = sum(costs) - min(_MOST, max(_LEAST, tokens.count_items(items) // _SHARE))
    gone: set[int] = set()
    for role in ("assistant", "user"):
        for place, item in enumerate(said):
            if left > 0 and item["role"] == role and len(said) - len(gone) > 1:
                gone.add(place)
                left -= costs[place]
    return [item for place, item in enumerate(said) if place not in gone]


def _short(item: Mapping[str, Any]) -> Item | None:
    if item.get("type") != "message":
        return None
    text = " ".join(part.get("text") or part.get("refusal") or "" for part in item["content"]).strip()
    most = _LETTERS.get(item["role"])
    text = text if most is None or len(text) <= most else text[:most] + "…"
    kind = "output_text" if item["role"] == "assistant" else "input_text"
    return {**item, "content": [{"type": kind, "text": text}]} if text else None
