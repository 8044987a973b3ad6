"""Answers to benchmark with: deterministic Markdown, cut into deltas, with numbered words that can be found again."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count, cycle

MARK = re.compile(rb"n\d{5}")
"""A numbered word: unique in the answer and always inside one delta."""
EVERY = 4
"""Each fourth word is a numbered one."""

_SENTENCE = (
    "the stream of small words goes on while a screen keeps up and no line is lost since each row settles once "
    "then scrolls away so that only what may still change is drawn again in the next frame"
)
_ROOM = 90
"""Deltas that the longest block of the mixed text takes; less room than this is filled with a paragraph."""


@dataclass(frozen=True, slots=True)
class Spec:
    """What the server is asked for, as it stands in the prompt."""

    n: int = 14
    rate: float = 0.0
    """deltas a second; 0 is full speed"""
    ttft: float = 0.0
    """seconds between the opening events and the first delta"""
    shape: str = "mixed"

    def __str__(self) -> str:
        return f"bench n={self.n} rate={self.rate:g} ttft={self.ttft:g} shape={self.shape}"

    @classmethod
    def read(cls, prompt: str) -> Spec:
        """The spec in a prompt; 14 deltas at full speed where there is none."""
        told = dict(re.findall(r"(\w+)=([\w.]+)", prompt)) if "bench " in prompt else {}
        return cls(
            int(told.get("n", 14)),
            float(told.get("rate", 0)),
            float(told.get("ttft", 0)),
            told.get("shape", "mixed"),
        )

    def deltas(self) -> list[str]:
        """The answer, exactly `n` deltas."""
        return _SHAPES[self.shape](self.n, _Words())

    def text(self) -> str:
        """The whole answer."""
        return "".join(self.deltas())


class _Words:
    """An endless supply of words, each fourth one numbered."""

    def __init__(self) -> None:
        self._plain = cycle(_SENTENCE.split())
        self._place = count()

    def __call__(self) -> str:
        place = next(self._place)
        return next(self._plain) if place % EVERY else f"n{place // EVERY:05}"


def _mixed(n: int, word: _Words) -> list[str]:
    """Paragraphs, headings, lists, code and small tables in turn; the last block is a paragraph."""
    out: list[str] = []
    blocks = cycle((_lines, _items, _function, _grid))
    while n - len(out) > _ROOM:
        out += [*next(blocks)(word), "\n\n"]
    return out + _paragraph(n - len(out), word)


def _lines(word: _Words) -> Iterator[str]:
    yield word()
    for place in range(60):
        if place == 30:
            yield from ("\n\n## ", word(), " " + word(), " " + word(), "\n\n", word())
        text = word()
        yield f" **{text}**" if place % 15 == 9 else f" `{text}`" if place % 15 == 4 else f" {text}"
        if place % 20 == 19:
            yield "."


def _items(word: _Words) -> Iterator[str]:
    for item in range(6):
        yield "\n- " if item else "- "
        yield word()
        for _ in range(8):
            yield " " + word()


def _function(word: _Words) -> Iterator[str]:
    yield "```python\n"
    yield from ("def", " " + word(), "(", word(), "):\n")
    for _ in range(8):
        yield from _statement(word)
    yield "```"


def _statement(word: _Words) -> Iterator[str]:
    yield from ("    ", word(), " =", " " + word(), "(", word(), ",", ' "' + word() + '"', ")\n")


def _grid(word: _Words) -> Iterator[str]:
    yield from ("| " + word(), " | " + word(), " | " + word(), " |\n", "|---|---|---:|\n")
    for _ in range(6):
        yield from _row(word)


def _row(word: _Words) -> Iterator[str]:
    yield from ("| ", word(), " |", " " + word(), " " + word(), " |", " " + word(), " |\n")


def _paragraph(n: int, word: _Words) -> list[str]:
    """One paragraph without a line end."""
    return [word(), *(" " + word() for _ in range(n - 1))]


def _list(n: int, word: _Words) -> list[str]:
    out: list[str] = []
    while len(out) < n:
        out += ["- ", word(), *(" " + word() for _ in range(9)), "\n"]
    return out[:n]


def _code(n: int, word: _Words) -> list[str]:
    out = ["```python\n"]
    while len(out) < n - 1:
        out += ["def", " " + word(), "(", word(), "):\n"] if len(out) % 97 == 1 else list(_statement(word))
    return [*out[: n - 1], "\n```"]


def _table(n: int, word: _Words) -> list[str]:
    out = ["| " + word(), " | " + word(), " | " + word(), " |\n", "|---|---|---:|\n"]
    while len(out) < n:
        out += _row(word)
    return out[:n]


_SHAPES: dict[str, Callable[[int, _Words], list[str]]] = {
    "mixed": _mixed,
    "paragraph": _paragraph,
    "list": _list,
    "code": _code,
    "table": _table,
}
