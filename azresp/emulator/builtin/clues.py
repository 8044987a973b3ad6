"""What a message says that could be an argument: pairs, quotes, paths, addresses, things it is about."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import isfinite

_QUOTED = re.compile(r'"([^"\n]*)"|“([^”\n]*)”|`([^`\n]+)`|(?<![\w])\'([^\'\n]+)\'(?!\w)')
_URL = re.compile(r"\bhttps?://[^\s)>\]\"'`]+")
_PATH = re.compile(
    r"(?<![\w:/])(?:[~.]{0,2}/[\w./~-]*|[\w-]+/(?:[\w.-]+/?)*|[\w-]+\.[A-Za-z]\w{0,7}|\.{1,2}(?=\s|$))"
)
_ABOUT = re.compile(
    r"\b(?:in|for|on|of|at|about|from|with|near|named|called|between)\s+(?:the\s+)?(?P<what>[^?!;:\n]+?)"
    r"(?=\s*[?!;:\n]|\.\s|\.?$)",
    re.IGNORECASE,
)
_AND = re.compile(
    r"\s*,\s*(?:and\s+)?(?:(?:in|for|on|of|at|about)\s+)?|\s+and\s+(?:(?:in|for|on|of|at|about)\s+)?",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?![\w])")
_MORE = re.compile(r"\s(?:in|with|from|at|for|using|as)\s", re.IGNORECASE)
_FILLER = re.compile(r"\b(?:please|today|tomorrow|now|right now|for me)\b", re.IGNORECASE)
_LONGEST_THING = 5


@dataclass(frozen=True, slots=True)
class Clues:
    """Everything that was found, in the order of the text."""

    said: str
    quoted: tuple[str, ...]
    urls: tuple[str, ...]
    paths: tuple[str, ...]
    numbers: tuple[float, ...]
    things: tuple[str, ...]
    """What the message is about: `Paris` and `Rome` of "the weather in Paris and in Rome"."""

    @classmethod
    def of(cls, said: str) -> Clues:
        quoted = tuple(next(filter(None, found.groups()), "") for found in _QUOTED.finditer(said))
        plain = _QUOTED.sub(" ", said)
        urls = tuple(found.group().rstrip(".,;") for found in _URL.finditer(plain))
        plain = _URL.sub(" ", plain)
        return cls(
            said=said,
            quoted=quoted,
            urls=urls,
            paths=tuple(found.group() for found in _PATH.finditer(plain)),
            numbers=tuple(n for found in _NUMBER.finditer(plain) if isfinite(n := float(found.group()))),
            things=tuple(_things(plain)),
        )

    def given(self, name: str) -> str | None:
        """The value of `name=value`, `name: value` or `name "value"`; None where there is none."""
        words = re.escape(name).replace("_", "[_ ]")
        value = r"(?:\"(?P<a>[^\"\n]*)\"|'(?P<b>[^'\n]*)'|`(?P<c>[^`\n]*)`|(?P<d>[\[{].*?[\]}]|[^\s,;]+))"
        found = re.search(
            rf"(?<![\w]){words}(?:\s*[=:]\s*{value}|\s+(?=[\"'`]){value.replace('?P<', '?P<q')})",
            self.said,
            re.IGNORECASE,
        )
        if found is None:
            return None
        value = next((text for text in found.groups() if text is not None), "")
        bare = found["d"] if found["d"] is not None else None
        return bare.rstrip(".?!") if bare is not None else value


def _things(text: str) -> list[str]:
    found = [match["what"] for match in _ABOUT.finditer(text)]
    if not found:
        return []
    parts = [_FILLER.sub("", _MORE.split(part)[0]).strip(" .,'") for part in _AND.split(found[0])]
    return [part for part in parts if part and "=" not in part and len(part.split()) <= _LONGEST_THING]
