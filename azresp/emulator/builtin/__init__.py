"""The built-in brain: no model and no weights, the same answer to the same conversation every time."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace

from ..brain import Call, Piece, Prompt, Refuse, Say
from . import hosted, structured
from .calling import calls
from .intents import NotWanted, answer
from .talk import Talk
from .thoughts import thoughts


class BuiltIn:
    """Answers as a friendly, honest stand-in; `Hello` or `help` makes it say what it can do."""

    async def answer(self, prompt: Prompt) -> AsyncGenerator[Piece]:
        talk = Talk.of(prompt)
        for thought in thoughts(talk):
            yield thought
        if wanted := _calls(prompt, talk):
            for call in wanted:
                yield call
            return
        if not talk.deeds and (pieces := hosted.answer(prompt)) is not None:
            for piece in pieces:
                yield piece
            return
        try:
            format_ = (prompt.request.get("text") or {}).get("format") or {}
            chunks = structured.answer(talk, format_) if structured.wanted(format_) else answer(talk)
            for chunk in chunks:
                yield Say(chunk)
        except NotWanted as refusal:
            yield Refuse(str(refusal))


def _calls(prompt: Prompt, talk: Talk) -> Sequence[Call]:
    """A picture that is wished for, then functions, then a look into the files."""
    if (drawing := hosted.drawing(talk, prompt)) is not None:
        return [drawing]
    own = [offer for offer in prompt.offers if offer.type not in hosted.TYPES]
    if wanted := calls(replace(prompt, offers=own), talk.said):
        return wanted
    search = hosted.searching(talk, prompt)
    return [] if search is None else [search]
