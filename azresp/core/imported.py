"""Conversations from a file that anybody may have made: our own exports, item lists, message lists.

Nothing in such a file is trusted: ids are made anew, so that it can't reach into what is kept here; no response of it
counts as stored at the service; only harmless settings are taken over. Pictures are for the caller: see `unforged`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from azresp.core.message_list import items_from, turns_of
from azresp.core.portable import read_exchange, text_of
from azresp.core.session import Exchange, Session
from azresp.core.sse import Wire
from azresp.core.turn import interrupt
from azresp.errors import UsageError

SETTINGS = (
    "instructions", "reasoning_effort", "reasoning_summary", "verbosity", "temperature", "top_p",
    "max_output_tokens", "truncation",
)  # fmt: skip
"""What an imported session may bring: how it was talked, never what may be run, sent or kept."""


@dataclass(slots=True)
class Found:
    """Conversations, and a line about each thing that can't be used."""

    sessions: list[Session] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def read_conversations(text: str, ident: Callable[[], str], now: float) -> Found:
    """All conversations of a file's text. Raises UsageError if it holds none."""
    found = Found()
    reader = _Reader(found, ident, now)
    try:
        whole = _parsed(text)
    except ValueError:
        reader.lines(text)
    else:
        reader.whole(whole)
    if not found.sessions:
        told = f": {found.remarks[0]}" if found.remarks else ""
        raise UsageError(
            f"there is no conversation in it{told}",
            "Import what `azresp sessions export` wrote as json, jsonl or items, or a list of messages.",
        )
    return found


def _parsed(text: str) -> Any:
    """JSON. ValueError: it is none, or is nested too deep; numbers that JSON does not have are null."""
    try:
        return json.loads(text, parse_constant=lambda _: None, parse_float=_finite)
    except RecursionError:
        raise ValueError("nested too deep") from None


def _finite(text: str) -> float | None:
    value = float(text)
    return value if math.isfinite(value) else None


class _Reader:
    def __init__(self, found: Found, ident: Callable[[], str], now: float) -> None:
        self._found = found
        self._ident = ident
        self._now = now

    def whole(self, value: Any) -> None:
        """One JSON value."""
        match value:
            case {"type": "session", "exchanges": list(exchanges)}:
                self._session(value, ((f"exchange {n}", one) for n, one in enumerate(exchanges, 1)))
            case {"messages": list(entries)} | {"input": list(entries)} | {"data": list(entries)}:
                self._entries((f"message {n}", one) for n, one in enumerate(entries, 1))
            case {"input": str(text)}:
                self._entries([("input", {"role": "user", "content": text})])
            case list():
                self._entries((f"item {n}", one) for n, one in enumerate(value, 1))
            case dict():
                self._lines([("line 1", value)])
            case _:
                self._found.remarks.append("it is neither an object nor a list")

    def lines(self, text: str) -> None:
        """JSON Lines."""
        self._lines(self._each_line(text))

    def _each_line(self, text: str) -> Iterator[tuple[str, Any]]:
        for number, line in enumerate(text.split("\n"), 1):
            if not line.strip():
                continue
            try:
                yield f"line {number}", _parsed(line)
            except ValueError:
                self._found.remarks.append(f"line {number}: it is no JSON")

    def _lines(self, lines: Iterable[tuple[str, Any]]) -> None:
        head: Wire = {}
        exchanges: list[tuple[str, Any]] = []
        entries: list[tuple[str, Any]] = []

        def over() -> None:
            if head or exchanges:
                self._session(head, exchanges)
            if entries:
                self._entries(entries)
            exchanges.clear()
            entries.clear()

        for place, value in lines:
            match value:
                case {"type": "session"}:
                    over()
                    head = value
                case {"type": "exchange"}:
                    exchanges.append((place, value))
                case {"messages": list(several)}:
                    over()
                    head = {}
                    self._entries((f"{place}, message {n}", one) for n, one in enumerate(several, 1))
                case _:
                    entries.append((place, value))
        over()

    def _session(self, head: Wire, exchanges: Iterable[tuple[str, Any]]) -> None:
        """A session as we export it."""
        new: dict[str, Exchange] = {}
        """by the ids that the file has"""
        read: dict[str, Exchange] = {}
        for place, value in exchanges:
            if not isinstance(value, dict):
                self._found.remarks.append(f"{place}: it is no object")
                continue
            one = read_exchange(value)
            before = new.get(one.parent or "")
            if one == read.setdefault(one.id, one) and one.id in new:
                continue  # the same once more
            own = self._own(one, before.id if before is not None else None)
            if not one.id or one.id in new:
                self._found.remarks.append(f"{place}: what would follow it: it has no id of its own")
                new[own.id] = own
            else:
                new[one.id] = own
        if not new:
            self._found.remarks.append("the session has no exchange")
            return
        last = new.get(text_of(head, "head"))
        self._add(text_of(head, "name"), last, new.values(), self._settings(head))

    def _settings(self, head: Wire) -> dict[str, object]:
        given = head.get("settings")
        given = given if isinstance(given, dict) else {}
        taken: dict[str, object] = {key: given[key] for key in SETTINGS if isinstance(given.get(key), str)}
        if left := sorted(str(key) for key in given if key not in taken):
            self._found.remarks.append(f"settings that no file may change: {', '.join(left)}")
        return taken

    def _entries(self, entries: Iterable[tuple[str, Any]]) -> None:
        """A list of messages or items."""
        items: list[Wire] = []
        for place, value in entries:
            found, wrong = items_from(value)
            items += found
            self._found.remarks += [f"{place}: {why}" for why in wrong]
        made: list[Exchange] = []
        for said, turn in turns_of(items):
            parent = made[-1].id if made else None
            made.append(Exchange(self._ident(), parent, said, turn, self._now, stored=False))
        if made:
            self._add("", made[-1], made, {})

    def _own(self, one: Exchange, parent: str | None) -> Exchange:
        return replace(
            one,
            id=self._ident(),
            parent=parent,
            turn=interrupt(one.turn),
            asked_at=one.asked_at or self._now,
            stored=False,
        )

    def _add(
        self, name: str, last: Exchange | None, made: Iterable[Exchange], settings: dict[str, object]
    ) -> None:
        made = list(made)
        last = last or next((one for one in reversed(made) if one.turn.finished), None)
        name = name.strip() or next((one.question for one in made if one.question.strip()), "imported")
        exchanges = {one.id: one for one in made}
        self._found.sessions.append(
            Session(self._ident(), name, last.id if last is not None else None, settings, exchanges)
        )
