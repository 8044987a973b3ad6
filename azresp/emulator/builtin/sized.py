"""Text of any asked size: endless generators, and a cut at so many words, tokens, lines …"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, islice

from .. import tokens
from . import samples

_SIZE = re.compile(
    r"(?P<n>\d[\d,.]*)\s*(?P<k>k\b|thousand\b)?[\s-]*"
    r"(?P<unit>token|word|character|line|sentence|paragraph|section|row|item|bullet|point|entr(?=y|ies))",
    re.IGNORECASE,
)
_NUMBER_WORDS = {
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "twelve": 12,
    "twenty": 20,
    "a hundred": 100,
    "a thousand": 1000,
}
_NUMBERS = re.compile(r"\b(?:" + "|".join(_NUMBER_WORDS) + r")\b", re.IGNORECASE)
_ABOUT = re.compile(r"\b(?:about|on|of)\s+(?!\d)(?P<topic>[^.?!,;:\n]{2,60})", re.IGNORECASE)
_UNITS = {"bullet": "chunk", "point": "chunk", "item": "chunk", "row": "chunk", "entr": "chunk"}
_CHUNK = {"sentence": "chunk", "paragraph": "chunk", "section": "chunk"}


@dataclass(frozen=True, slots=True)
class Size:
    """So many of a unit: token, word, character, line, or chunk (whatever the generator makes one at a time)."""

    number: int
    unit: str
    asked: str
    """The unit's own name."""


def asked_size(text: str) -> Size | None:
    """The size that a request names: "500 words", "about 20,000 tokens", "10k tokens", "a table of 12 rows"."""
    found = _SIZE.search(_NUMBERS.sub(lambda word: str(_NUMBER_WORDS[word.group().lower()]), text))
    if found is None:
        return None
    number = int(float(found["n"].replace(",", "").rstrip(".") or 0) * (1000 if found["k"] else 1))
    asked = found["unit"].lower()
    return Size(number, _UNITS.get(asked) or _CHUNK.get(asked) or asked, asked)


def topic_of(text: str, default: str = "streams") -> str:
    """What a request is about."""
    found = _ABOUT.search(text)
    topic = found["topic"].strip() if found else ""
    return topic if topic and not _SIZE.match(topic) else default


def cut(chunks: Iterator[str], size: Size) -> Iterator[str]:
    """Chunks until the size is reached exactly; linear, and nothing is kept."""
    if size.unit == "chunk":
        yield from islice(chunks, size.number)
        return
    left = size.number
    for chunk in chunks:
        if left <= 0:
            return
        amount = _amount(chunk, size.unit)
        yield chunk if amount <= left else _clip(chunk, size.unit, left)
        left -= amount


def _amount(chunk: str, unit: str) -> int:
    match unit:
        case "token":
            return tokens.count(chunk)
        case "word":
            return len(chunk.split())
        case "line":
            return chunk.count("\n")
        case _:
            return len(chunk)


def _clip(chunk: str, unit: str, left: int) -> str:
    match unit:
        case "token":
            return "".join(islice(tokens.split(chunk), left))
        case "word":
            found = list(islice(re.finditer(r"\S+", chunk), left))
            return chunk[: found[-1].end()]
        case "line":
            return "".join(chunk.splitlines(keepends=True)[:left])
        case _:
            return chunk[:left]


def endless(kind: str, topic: str, language: str) -> Iterator[str]:
    """An endless paragraph, list, table, code block, or a document of all of them."""
    match kind:
        case "table":
            return _table(topic)
        case "code":
            return _code(language)
        case "list":
            return _list(topic)
        case "paragraph":
            return _sentences(topic)
        case "paragraphs":
            return _paragraphs(topic)
        case _:
            return _document(topic)


def _sentences(topic: str) -> Iterator[str]:
    for n in count():
        yield samples.sentence(topic, n) + " "


def _paragraphs(topic: str) -> Iterator[str]:
    for n in count():
        yield " ".join(samples.sentence(topic, 4 * n + i) for i in range(4)) + "\n\n"


def _list(topic: str) -> Iterator[str]:
    for n in count(1):
        yield f"{n}. {samples.sentence(topic, n)}\n"


def _table(topic: str) -> Iterator[str]:
    head = f"| # | About {topic} | Amount | State |\n|---:|:---|---:|:---:|\n"
    for n in count(1):
        row = f"| {n} | {samples.words(topic, n)} | {n * n % 997:,} | {samples.STATES[n % len(samples.STATES)]} |\n"
        yield head + row if n == 1 else row


def _code(language: str) -> Iterator[str]:
    yield f"```{language}\n"
    for n in count(1):
        yield samples.code_line(language, n)


def _document(topic: str) -> Iterator[str]:
    yield f"# {topic[:1].upper()}{topic[1:]}\n\n"
    paragraphs = _paragraphs(topic)
    for n in count(1):
        yield f"## {n}. {samples.title(topic, n)}\n\n"
        yield from islice(paragraphs, 2)
        match n % 4:
            case 1:
                yield "".join(f"- {samples.sentence(topic, 7 * n + i)}\n" for i in range(4)) + "\n"
            case 2:
                yield "".join(islice(_table(topic), 4)) + "\n"
            case 3:
                name = list(samples.CODE)[n // 4 % len(samples.CODE)]
                yield f"```{name}\n{samples.CODE[name]}```\n\n"
            case _:
                yield f"> {samples.sentence(topic, n)}\n\n"
