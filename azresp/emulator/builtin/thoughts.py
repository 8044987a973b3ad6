"""What the built-in brain pretends to think before it answers: sections of a reasoning summary."""

from __future__ import annotations

from collections.abc import Iterator

from ..brain import Thought
from .talk import Talk

_SECTIONS = {"none": 0, "minimal": 1, "low": 1, "medium": 2, "high": 3, "xhigh": 4, "max": 5}


def thoughts(talk: Talk) -> Iterator[Thought]:
    """More effort, more sections; each opens with a bold title, as the service's summaries do."""
    asked = " ".join(talk.said.split())
    quote = asked if len(asked) <= 80 else asked[:79] + "…"
    sections = [
        f"**Reading the request**\n\nThe latest message is “{quote}”. It has {len(talk.said.split())} words. "
        "I look for something in it that I know how to do without a model.",
        f"**Looking at the conversation**\n\nThis is turn {talk.turn}; there are {len(talk.answers)} earlier "
        "answers of mine in the context. If the question is about them, the answer has to come from there.",
        "**Choosing a form**\n\nPlain prose for a plain question; a table, a list or code only when asked for. "
        "I should not pretend to know more than the conversation holds.",
        "**Checking the answer**\n\nI go over it once more: is it about what was asked, and is it honest about "
        "being made by an emulator?",
        "**Finishing**\n\nNothing contradicts the answer, so I write it down now.",
    ]
    if any(deed.text is not None for deed in talk.deeds):
        sections = ["**Reading the results**\n\nThe tools have answered. I go through what they said."]
    for part, text in enumerate(sections[: _SECTIONS.get(talk.effort, 2)]):
        yield Thought(text, part)
