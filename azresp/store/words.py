"""What the full-text index is given of an exchange, and how the words that somebody looks for are taken apart.

FTS5 takes a text apart at what is no letter and no digit. Scripts without spaces between words would be one word to
it, found by its beginning only: their letters are set apart, and looked for as a run.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence

from azresp.core.session import Exchange

_MOST_CHARS = 400_000
"""Of one exchange; nobody looks for what comes behind."""
_WORD = re.compile(r"[^\W_]+")
"""As FTS5 takes a text apart; letters younger than Unicode 6.1 are none to it."""
_RUN_ON = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
    "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9d"  # Japanese
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Chinese
)
_LETTER = re.compile(f"[{_RUN_ON}]")
_UNIT = re.compile(f"[{_RUN_ON}]|[^{_RUN_ON}]+")

Terms = Sequence[tuple[tuple[str, ...], bool]]
"""Runs of words to find, each with whether its last word is whole."""


def indexed(exchange: Exchange) -> tuple[str, str]:
    """The question and the answer as the index gets them: always the same, for that is how it forgets them again."""
    return _apart(exchange.question[:_MOST_CHARS]), _apart(answer_of(exchange))


def answer_of(exchange: Exchange) -> str:
    """What the model said, and what tools were asked and gave."""
    turn = exchange.turn
    calls = [
        f"{item.wire.get('name')} {item.text('arguments')} {item.wire.get('output') or ''}"
        for item in turn.items
        if item.kind in ("function_call", "mcp_call")
    ]
    outputs = [
        one["output"] if isinstance(one["output"], str) else json.dumps(one["output"])
        for one in exchange.said
        if "output" in one
    ]
    return "\n".join([turn.text, turn.refusal, *calls, *outputs])[:_MOST_CHARS]


def terms_of(text: str) -> Terms:
    """What somebody looks for: words, and phrases between quotation marks. Marks and operators mean nothing."""
    terms: list[tuple[tuple[str, ...], bool]] = []
    for at, part in enumerate(_composed(text).split('"')):
        words = [tuple(_UNIT.findall(word)) for word in _WORD.findall(part)]
        if at % 2 and words:
            terms.append((tuple(unit for word in words for unit in word), True))
        else:
            terms.extend((word, False) for word in words)
    return terms


def pattern_of(terms: Terms) -> re.Pattern[str]:
    """Finds the words of terms in a text."""
    found: list[str] = []
    for units, _ in terms:
        run = ""
        for unit in (*units, ""):
            if unit and _LETTER.match(unit):
                run += unit
                continue
            found += [re.escape(run)] if run else []
            found += [rf"\b{re.escape(unit)}\w*"] if unit else []
            run = ""
    return re.compile("|".join(found), re.IGNORECASE)


def _apart(text: str) -> str:
    return text if text.isascii() else _LETTER.sub(r" \g<0> ", _composed(text))


def _composed(text: str) -> str:
    """Letters with their marks as one: to FTS5 some marks are no part of a word."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)
