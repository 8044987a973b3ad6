"""Finding passages by shared words: no vectors, no model, the same hits every time."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

_WORD = re.compile(r"[^\W_]+")
_EMPTY = frozenset(
    re.findall(
        r"\S+",
        "a an and are as at be by can could did do does file files find for from had has have how i in is it its me my "
        "of on or our please search tell that the their there these this to tool us using was we were what when where "
        "which who whom whose why will with would you your s t",
    )
)
"""Words that say nothing of what a text is about."""
_LONGEST = 800
"""Words of a passage, as the service's chunks have tokens."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A text that can be found, and the file that it is from."""

    file: str
    filename: str
    text: str
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage and how well it fits, from 0 to 1."""

    passage: Passage
    score: float


def words(text: str) -> list[str]:
    """What a text is about: its words without the empty ones, plural endings cut."""
    found = (word.lower() for word in _WORD.findall(text))
    return [_stem(word) for word in found if word not in _EMPTY]


def ranked(query: str, texts: Sequence[Passage], most: int, threshold: float = 0.0) -> list[Hit]:
    """The best passages, best first; ties keep the order of the texts. Rare words count more than common ones."""
    passages = [chunk for text in texts for chunk in _chunks(text)]
    wanted = set(words(query))
    if not wanted:
        return []
    held = [Counter(words(passage.text)) for passage in passages]
    weight = {
        word: math.log(1 + len(passages) / (1 + sum(word in counted for counted in held))) + 0.1
        for word in wanted
    }
    whole = sum(weight.values())
    hits = [
        Hit(passage, round(sum(weight[word] for word in wanted if word in counted) / whole, 4))
        for passage, counted in zip(passages, held, strict=True)
    ]
    good = [hit for hit in hits if hit.score > 0 and hit.score >= threshold]
    return sorted(good, key=lambda hit: -hit.score)[:most]


def best_line(query: str, text: str) -> str:
    """The sentence or line of a text that shares most words with the query; empty where none shares any."""
    wanted = set(words(query))
    lines = [line.strip() for line in re.split(r"(?<=[.!?])\s+|\n+", text) if line.strip()]
    scores = [len(wanted & set(words(line))) for line in lines]
    best = max(scores, default=0)
    return lines[scores.index(best)] if best else ""


def _chunks(text: Passage) -> Iterator[Passage]:
    spans = [match.span() for match in re.finditer(r"\S+", text.text)]
    for start in range(0, len(spans), _LONGEST):
        part = spans[start : start + _LONGEST]
        yield Passage(text.file, text.filename, text.text[part[0][0] : part[-1][1]], text.attributes)


def _stem(word: str) -> str:
    """Without a plural's ending: cities, boxes, likes."""
    if len(word) < 4 or word.endswith(("ss", "us", "is")) or not word.endswith("s"):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    return word[:-2] if word.endswith(("ses", "xes", "zes", "ches", "shes")) else word[:-1]
