"""When the built-in brain calls a tool, and with what."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ..brain import Call, Offer, Prompt
from .arguments import arguments
from .clues import Clues
from .deeds import Deed, deeds

_WORD = re.compile(r"[a-z]+|\d+")
_GENERIC = frozenset(
    re.findall(
        r"\w+",
        "a an the get set fetch do make tool api my me show tell give of for in on to and or is it its be by with from "
        "call use run try please function what which that this these those you your can will are was has have one all "
        "any some into at as if not no returns return given",
    )
)
_BEFORE_NAME = r"(?:\b(?:call|use|run|loop|with|tool|function)\s+(?:the\s+)?|(?=`))"
_LEAD = re.compile(r"^\s*(?:(?:tool|for|with|on|to|and)\b|[:,])\s*", re.IGNORECASE)
_FILE = re.compile(r"(?<![\w@:/.~-])[\w./~-]*[\w-]\.[A-Za-z]\w{0,7}\b")
"""A file's name in the text; one behind an @ came along already."""
_LOOP = re.compile(r"\bloop\b", re.IGNORECASE)
_ENOUGH_WORDS = 3


def calls(prompt: Prompt, said: str) -> list[Call]:
    """The calls to make now; none where the message asks for none or all of them have been made."""
    if not prompt.offers:
        return []
    done = deeds(prompt.items)
    planned = _once(_planned(prompt.offers, said))
    if _LOOP.search(said) and planned:
        return planned
    left = [call for call in planned if not _made(call, done)]
    if not left and prompt.must_call:
        left = planned[:1] or [_call(prompt.offers[0], said, None)]
    parallel = prompt.request.get("parallel_tool_calls") is not False
    return left if parallel else left[:1]


def _once(planned: Iterable[Call]) -> list[Call]:
    kept: list[Call] = []
    for call in planned:
        if call not in kept:
            kept.append(call)
    return kept


def _planned(offers: Sequence[Offer], said: str) -> Iterator[Call]:
    """Tools called by name, in the order of the text; else the one whose words the message has most of."""
    named = _named(offers, said)
    if named:
        for offer, after in named:
            yield from _calls_of(offer, said, after)
        return
    best = max(offers, key=lambda offer: _likeness(offer, said))
    if _likeness(best, said) > 0:
        yield from _calls_of(best, said, None)
        return
    reader = next((offer for offer in offers if {"read", "file"} <= _words(offer.name)), None)
    if reader is not None and _FILE.search(said):
        # "What does README.md promise?" can't be answered without looking.
        yield from _calls_of(reader, said, None)


def _named(offers: Sequence[Offer], said: str) -> list[tuple[Offer, str]]:
    """Offers whose very name is in the text, each with the text after it up to the next one."""
    found = []
    for offer in offers:
        quoted = rf"(?P<quote>[`'\"]?){re.escape(offer.name)}(?P=quote)"
        telling = re.search(r"[_\d-]|[a-z][A-Z]", offer.name)
        pattern = rf"(?<![\w-]){quoted}(?![\w-])" if telling else rf"{_BEFORE_NAME}{quoted}(?![\w-])"
        found += [(match.start(), match.end(), offer) for match in re.finditer(pattern, said, re.IGNORECASE)]
    found.sort(key=lambda place: place[:2])
    ends = [*(start for start, _, _ in found[1:]), len(said)]
    return [(offer, said[at:end]) for (_, at, offer), end in zip(found, ends, strict=False)]


def _calls_of(offer: Offer, said: str, after: str | None) -> Iterator[Call]:
    if after is not None and (given := _json(after)) is not None:
        yield Call(offer, given)
        return
    text = said if after is None or not after.strip(" .?!:,") else after
    things = Clues.of(text).things if _takes_one_thing(offer) else ()
    for thing in things[:8] if len(things) > 1 else (None,):
        yield _call(offer, text, thing)


def _call(offer: Offer, text: str, thing: str | None) -> Call:
    rest = re.sub(rf"^\s*(?:please\s+)?{re.escape(offer.name)}\b", "", text, flags=re.IGNORECASE)
    rest = _LEAD.sub("", rest).strip().rstrip("?!.")
    if offer.type == "custom":
        return Call(offer, rest)
    return Call(offer, arguments(offer.parameters, Clues.of(text), thing, rest))


def _json(after: str) -> str | None:
    """JSON arguments right after a tool's name, exactly as they stand there, even when they are broken."""
    text = re.sub(r"^(?:with|on|arguments|args|:|\s)*", "", after, flags=re.IGNORECASE)
    if not text.startswith("{"):
        return None
    try:
        _, end = json.JSONDecoder().raw_decode(text)
    except ValueError:
        end = len(text.splitlines()[0].rstrip())
    return text[:end]


def _takes_one_thing(offer: Offer) -> bool:
    """Whether a call is about one thing, so that two things are two calls: one required string."""
    properties = offer.parameters.get("properties")
    if not isinstance(properties, Mapping):
        return False
    named = offer.parameters.get("required") or list(properties)
    required = [part for name in named if isinstance(part := properties.get(name), Mapping)]
    plain = [part for part in required if part.get("type") == "string" and "enum" not in part]
    return len(plain) == 1 and not any(part.get("type") == "array" for part in required)


def _likeness(offer: Offer, said: str) -> int:
    """0 where the message does not seem to want this tool."""
    heard = {_stem(word) for word in _WORD.findall(said.lower())}
    name = _words(re.sub(r"([a-z])([A-Z])", r"\1 \2", offer.name))
    about = _words(offer.description) - name
    in_name, in_text = len(name & heard), len(about & heard)
    if name and name <= heard:
        return 10 * in_name + in_text
    if in_name + in_text >= _ENOUGH_WORDS and in_text:
        return in_name + in_text
    return 0


def _words(text: str) -> set[str]:
    return {_stem(word) for word in _WORD.findall(text.lower()) if word not in _GENERIC and len(word) > 1}


def _stem(word: str) -> str:
    return re.sub(r"(?:ies|es|s|ing|ed)$", "", word) if len(word) > 4 else word


def _made(call: Call, done: Sequence[Deed]) -> bool:
    return any(deed.name == call.offer.name and deed.arguments == call.arguments for deed in done)
