"""The desk where nobody sits: what was not allowed beforehand stays open."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from azresp.core.approval import Decision, Question
    from azresp.core.asks import Ask
    from azresp.parties import Ran


class Unattended:
    """Answers nothing, and tells on stderr what happens."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell

    async def decide(self, question: Question) -> Decision:
        """Later, by somebody else."""
        from azresp.core.approval import Decision, Verdict

        return Decision(Verdict.LATER, "nobody")

    async def more(self, over: str) -> bool:
        """No."""
        self._tell(f"azresp: stopped after {over}")
        return False

    def refused(self, ask: Ask, why: str) -> None:
        """Tell that a call was refused without asking."""
        self._tell(f"{ask.tool}: {why}")

    def decided(self, question: Question, decision: Decision) -> None:
        """Tell what answered."""
        self._tell(f"{question.ask.tool}: {'allowed' if decision.verdict.yes else 'denied'} by {decision.by}")

    def running(self, names: Sequence[str]) -> AbstractContextManager[None]:
        """Nothing to draw."""
        return nullcontext()

    def ran(self, ask: Ask, ran: Ran) -> None:
        """Tell how a call went."""
        self._tell(f"{ask.tool}: {ran.note or 'done'} · {ran.seconds:.1f} s")
