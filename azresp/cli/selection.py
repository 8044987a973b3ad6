"""What is on and off by the user's word: the command line's, and what a session remembers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path


class Selection:
    """The words by which tools were named, and the names that were switched."""

    def __init__(self, line: Sequence[str] = ()) -> None:
        self.line = tuple(map(whole, line))
        """the words of `--tool`: they hold in every session of this process"""
        self.words = list(self.line)
        """all words, as they were given"""
        self.on: set[str] = set()
        self.off: set[str] = set()

    def __bool__(self) -> bool:
        return bool(self.words or self.on or self.off)

    def wants(self, name: str, *, by_itself: bool) -> bool:
        """Whether a tool is wanted that is on or off by itself."""
        return (by_itself or name in self.on) and name not in self.off

    def switch(self, names: Iterable[str], *, on: bool) -> None:
        """Switch tools on or off."""
        names = set(names)
        if on:
            self.on, self.off = self.on | names, self.off - names
        else:
            self.on, self.off = self.on - names, self.off | names

    def name(self, word: str) -> None:
        """Remember a word."""
        if word not in self.words:
            self.words.append(word)

    def start_over(self) -> None:
        """Forget all but the command line's words."""
        self.words, self.on, self.off = list(self.line), set(), set()

    def to_text(self) -> str:
        """As a session keeps it."""
        kept = {"words": self.words, "on": sorted(self.on), "off": sorted(self.off)}
        return json.dumps({key: value for key, value in kept.items() if value})

    @classmethod
    def read(cls, text: str) -> Selection:
        """What `to_text` wrote; total, since a store may be damaged."""
        try:
            told = json.loads(text or "{}")
        except (ValueError, RecursionError):
            told = {}
        told = told if isinstance(told, dict) else {}
        lists = [told.get(key) for key in ("words", "on", "off")]
        words, on, off = ([str(one) for one in found] if isinstance(found, list) else [] for found in lists)
        found = cls()
        found.words, found.on, found.off = words, set(on), set(off)
        return found


def whole(word: str) -> str:
    """A file by its full path: a session may go on in another folder."""
    return str(Path(word).expanduser().absolute()) if word.endswith((".py", ".toml")) else word
