"""What the built-in brain says of pictures and files: only what it can really see in them."""

from __future__ import annotations

import re

from ..attachments import Attachment
from ..files.search import best_line
from ..files.text import Document
from .memory import quoted, short
from .talk import Talk

_ASKS = re.compile(
    r"\b(?:images?|pictures?|photos?|screenshots?|files?|documents?|pdfs?|pages?|attach\w*|uploaded|colou?rs?)\b",
    re.IGNORECASE,
)
_PAGES = re.compile(r"\bhow (?:many pages|long)\b|\bpage count\b|\bnumber of pages\b", re.IGNORECASE)
_WHOLE = re.compile(
    r"\b(?:summar|what do(?:es)? (?:it|this|that|they|the \w+) say|what(?: is|'s) in|describe|read|first words|begin)",
    re.IGNORECASE,
)
_OPENING = 60
"""Words of a document that are shown."""


def about(talk: Talk) -> str | None:
    """An answer from what came with this message, or with an earlier one that is asked about."""
    if not talk.attachments:
        return None
    fresh = any(one.fresh for one in talk.attachments)
    if not fresh and not _ASKS.search(talk.said):
        return None
    lines = [_described(number, one) for number, one in enumerate(talk.attachments, 1)]
    head = "" if fresh else "From earlier in this conversation:\n\n"
    answers = [answer for one in talk.attachments if (answer := _answer(talk.said, one))]
    return head + "\n".join(f"- {line}" for line in lines) + "".join(f"\n\n{answer}" for answer in answers)


def _described(number: int, one: Attachment) -> str:
    if one.url is not None:
        what = f"Picture {number}" if one.kind == "picture" else f"File {number}"
        return f"{what} at {short(one.url)}: not fetched, this emulator opens no address."
    if one.look is not None:
        seen = one.look
        colours = ", ".join(seen.colours) or "none that rules"
        return (
            f"Picture {number}: {seen.format}, {seen.width} × {seen.height}, dominant colours: {colours}; "
            f"detail {one.detail}."
        )
    document = one.document or Document("text", "")
    pages = "" if document.pages is None else f", {document.pages} page{'s' * (document.pages != 1)}"
    count = len(document.text.split())
    return f"File {number}: `{one.name}`, {document.kind}{pages}, {count:,} word{'s' * (count != 1)}."


def _answer(said: str, one: Attachment) -> str:
    document = one.document
    if document is None:
        return ""
    if not document.text.strip():
        return f"There is no text in `{one.name}` that I could read."
    if _PAGES.search(said) and document.pages is not None:
        return f"`{one.name}` has **{document.pages}** page{'s' * (document.pages != 1)}."
    if not _WHOLE.search(said) and (line := best_line(said, document.text)):
        return f"What fits your question best in `{one.name}`:\n\n{quoted(short(line))}"
    words = document.text.split()
    opening = " ".join(words[:_OPENING]) + (" …" if len(words) > _OPENING else "")
    return f"`{one.name}` begins:\n\n{quoted(opening)}"
