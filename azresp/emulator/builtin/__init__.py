"""The built-in brain."""

from __future__ import annotations

from collections.abc import AsyncIterator

from ..brain import Piece, Prompt, Say


class BuiltIn:
    """Answers without any model."""

    async def answer(self, prompt: Prompt) -> AsyncIterator[Piece]:
        yield Say("I am the built-in emulator.")
