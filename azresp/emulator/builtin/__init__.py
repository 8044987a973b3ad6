"""The built-in brain: no model and no weights, the same answer to the same conversation every time."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from ..brain import Piece, Prompt, Refuse, Say
from . import structured
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
        if wanted := calls(prompt, talk.said):
            for call in wanted:
                yield call
            return
        try:
            format_ = (prompt.request.get("text") or {}).get("format") or {}
            chunks = structured.answer(talk, format_) if structured.wanted(format_) else answer(talk)
            for chunk in chunks:
                yield Say(chunk)
        except NotWanted as refusal:
            yield Refuse(str(refusal))
