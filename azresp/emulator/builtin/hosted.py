"""When the built-in brain uses tools that run at the service, and what it says of their results."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..brain import Call, Cite, Offer, Piece, Prompt, Say
from ..files.search import Hit, best_line, words
from .talk import Talk

TYPES = ("image_generation", "file_search")
"""Tools that are used when the message calls for it, not when it names them."""
_DRAWS = re.compile(
    r"\b(?:draw|sketch|paint|illustrate)\b"
    r"|\b(?:make|create|generate|design|render|give me|show me|produce)\b.{0,60}"
    r"\b(?:images?|pictures?|photos?|logos?|icons?|illustrations?|drawings?|portraits?|posters?|wallpapers?)\b",
    re.IGNORECASE | re.DOTALL,
)
_EDITS = re.compile(
    r"^\s*(?:now,?\s+|please\s+|ok(?:ay)?,?\s+)*"
    r"(?:make|turn|change|edit|tint|colou?r|recolou?r|rotate|flip|mirror|remove|replace|invert|blur|brighten|darken|"
    r"(?:add|put)\s+(?:an?|the|some|more|another|it))\b"
    r"|\bedit (?:this|the) (?:image|picture|photo)\b|\bmake (?:it|them)\b",
    re.IGNORECASE,
)
_WRITES = re.compile(r"\b(?:table|list|code|words?|paragraphs?|poem|story|summary|json)\b", re.IGNORECASE)
_NOT_FETCHED = " This emulator opens no address: what was only linked is not in it."
_GREETS = re.compile(r"^\s*(?:hi|hello|hey|thanks?|thank you|ok(?:ay)?|bye|help)\b[\s!.,?]*$", re.IGNORECASE)


def drawing(talk: Talk, prompt: Prompt) -> Call | None:
    """The picture to make now, if the latest message wishes for one or tool_choice leaves nothing else."""
    offer = _offer("image_generation", prompt)
    if offer is None:
        return None
    wish = _wish(talk, prompt)
    return _asking(offer, prompt=talk.said, edit=wish == "edit") if wish or _forced(offer, prompt) else None


def searching(talk: Talk, prompt: Prompt) -> Call | None:
    """A look into the files, for whatever is no greeting."""
    offer = _offer("file_search", prompt)
    if offer is None or (not _forced(offer, prompt) and (_GREETS.match(talk.said) or not words(talk.said))):
        return None
    return _asking(offer, queries=[" ".join(talk.said.split())[:400]])


def answer(prompt: Prompt) -> Iterator[Piece] | None:
    """What there is to say of a picture just made, or of what was found; None where neither happened."""
    since = _since_asked(prompt)
    for item in reversed(since):
        if item["type"] == "image_generation_call" and item.get("result"):
            linked = any(one.fresh and one.url for one in prompt.attachments)
            return iter([Say(_about_picture(item) + (_NOT_FETCHED if linked else ""))])
        if item["type"] == "file_search_call" and (hits := prompt.found.get(item["id"])):
            return _about_hits(str(item["queries"][0]), hits)
    return None


def _offer(type_: str, prompt: Prompt) -> Offer | None:
    """The offer of this type, unless this turn has made such a call already."""
    if any(item["type"] == f"{type_}_call" for item in _since_asked(prompt)):
        return None
    return next((offer for offer in prompt.offers if offer.type == type_), None)


def _forced(offer: Offer, prompt: Prompt) -> bool:
    return prompt.must_call and all(other.type == offer.type for other in prompt.offers)


def _wish(talk: Talk, prompt: Prompt) -> str | None:
    """draw, edit, or neither."""
    seen = any(one.look is not None for one in talk.attachments)
    seen = seen or any(item.get("type") == "image_generation_call" for item in prompt.items)
    if _DRAWS.search(talk.said):
        return "draw"
    return "edit" if seen and _EDITS.search(talk.said) and not _WRITES.search(talk.said) else None


def _about_picture(item: Mapping[str, Any]) -> str:
    done = "Here is the picture, edited" if item.get("action") == "edit" else "Here is the picture"
    return (
        f"{done}: {item['size'].replace('x', ' × ')}, {item['output_format'].upper()}, {item['quality']} quality. "
        "I drew it with shapes, not with a model. Say what to change and I'll edit it."
    )


def _about_hits(query: str, hits: list[Hit] | Any) -> Iterator[Piece]:
    yield Say("From your files:\n")
    for hit in [hit for hit in _one_each(hits) if 2 * hit.score >= hits[0].score][:3]:
        line = best_line(query, hit.passage.text) or hit.passage.text
        text = " ".join(line.split())
        text = text if len(text) <= 300 else text[:299] + "…"
        yield Say(f"\n- {text.rstrip('.')}")
        yield Cite({"type": "file_citation", "file_id": hit.passage.file, "filename": hit.passage.filename})
        yield Say(".")
    yield Say("\n")


def _one_each(hits: Any) -> list[Hit]:
    """The best passage of each file."""
    best: dict[str, Hit] = {}
    for hit in hits:
        best.setdefault(hit.passage.file, hit)
    return list(best.values())


def _since_asked(prompt: Prompt) -> list[Mapping[str, Any]]:
    """Items after the user's latest message."""
    items = list(prompt.items)
    last = max((n for n, item in enumerate(items) if item.get("role") == "user"), default=-1)
    return items[last + 1 :]


def _asking(offer: Offer, **arguments: Any) -> Call:
    return Call(offer, json.dumps(arguments, ensure_ascii=False))
