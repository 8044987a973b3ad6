"""Answering what a turn asks: each ask is decided, then the calls that may run, run; every ask gets its answer.

Acts through the Protocols of `parties`: the desk is who decides, the tools are what runs on this machine, the records
what is remembered. What was decided or done is on record before anything else happens, so that a crash repeats nothing
without telling.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from azresp.asking import Asking, Plan
from azresp.core.approval import ALWAYS, Decision, Grant, Policy, Question, Verdict
from azresp.core.asks import AskKind, answered, answers, approval, asks, output, refusal
from azresp.core.session import Exchange, Session
from azresp.core.sse import Wire
from azresp.parties import Desk, Records, Tools
from azresp.waiting import forgive_cancellation

NOT_ALLOWED = "The user did not allow this call."
CANCELLED = "The user stopped this call before it ended."
NOT_ANSWERED = "The user went on without answering this."


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of a turn's asks."""

    said: tuple[Wire, ...] | None
    """the answers, in the order of the asks; None: some are left open, and nothing was run"""
    halted: bool = False
    """the user wants no more rounds: the answers go with the next message"""
    seconds: float = field(default=0.0, compare=False)
    """how long calls ran; what the user took to decide does not count"""


class Answerer:
    """Answers the asks of one conversation after the other."""

    def __init__(
        self,
        tools: Tools,
        desk: Desk,
        records: Records,
        *,
        origin: str,
        now: Callable[[], float],
        policy: Policy | None = None,
    ) -> None:
        self.tools = tools
        self.desk = desk
        self._records = records
        self._now = now
        self._policy = policy or Policy()
        self._asking = Asking(tools, desk, records, origin=origin, now=now)

    async def answer(self, session: Session, exchange: Exchange) -> Answered:
        """Decide all asks of a turn in one sitting, run what may run, and give the answers."""
        kept = {answered(wire): wire for wire in self._records.kept_answers(exchange.id)}
        asked = asks(exchange.turn)
        plans = [Plan(ask, answer=kept.get(ask.id)) for ask in asked]
        halted = await self._decide_all(session, exchange, plans)
        if halted is None:
            return Answered(None)
        began = self._now()
        self._yield_to_others(exchange, plans, kept)
        if halted:
            for plan in plans:
                if plan.ask.id not in kept:
                    no = plan.answer if _says_no(plan.answer) else refusal(plan.ask, NOT_ALLOWED)
                    self._close(exchange, plan, no or {}, {"ok": False, "note": "not run: the user stopped"})
        else:
            self._keep_decided(exchange, plans)
            halted = await self._run_all(exchange, [plan for plan in plans if plan.answer is None])
        given = [plan.answer for plan in plans if plan.answer is not None]
        if len(given) < len(plans):
            return Answered(None)
        return Answered(answers(asked, given, NOT_ANSWERED), halted, self._now() - began)

    def _yield_to_others(self, exchange: Exchange, plans: list[Plan], kept: dict[str, Wire]) -> None:
        """While the user thought about it another process may have answered: what is on record first counts."""
        for wire in self._records.kept_answers(exchange.id):
            for plan in plans:
                if plan.ask.id == answered(wire) and plan.ask.id not in kept:
                    kept[plan.ask.id] = plan.answer = wire
                    self.desk.refused(plan.ask, "another azresp answered it meanwhile")

    def leave(self, session: Session, said: tuple[Wire, ...] = ()) -> tuple[Wire, ...]:
        """The answers of asks that the user goes past with `said`: what is on record, and a no to the rest.

        Without them the service refuses whatever is said next.
        """
        last = session.last
        if last is None:
            return ()
        known = {answered(item) for item in said}
        asked = asks(last.turn)
        # A yes to a server that was switched off since would be refused, and all that is said with it.
        off = {ask.id for ask in asked if ask.kind is AskKind.APPROVAL and not self.tools.offers(ask.label)}
        kept = [one for one in self._records.kept_answers(last.id) if answered(one) not in off]
        left = answers(asked, kept, NOT_ANSWERED)
        return tuple(item for item in left if answered(item) not in known)

    # Deciding

    async def _decide_all(self, session: Session, exchange: Exchange, plans: list[Plan]) -> bool | None:
        """Whether the user wants to stop; None: an ask is left open."""
        open_ones = [plan for plan in plans if plan.answer is None]
        for plan in open_ones:
            self._asking.prepare(session, exchange, plan)
        asked = [plan for plan in open_ones if plan.question is not None]
        for number, plan in enumerate(asked, 1):
            assert plan.question is not None  # noqa: S101 - chosen so
            question = replace(plan.question, number=number, of=len(asked))
            decision = await self._decision(session, exchange, plan, question)
            if decision.verdict is Verdict.LATER:
                return None
            self._write(session, exchange, plan, decision)
            if decision.halt:
                return True
            self._take(session, plan, decision)
        return False

    async def _decision(
        self, session: Session, exchange: Exchange, plan: Plan, question: Question
    ) -> Decision:
        """A standing answer, or the desk's; edited arguments are put again until they are right."""
        plan.again = plan.ask.id in self._records.started(exchange.id)
        if plan.again:
            was = "it was started before and has no answer: it may have run already, or another azresp runs it now"
            question = replace(question, warnings=(*question.warnings, was))
        elif (standing := self._standing(session, question)) is not None:
            return standing
        while True:
            decision = await self.desk.decide(question)
            if not decision.arguments or plan.tool is None or not decision.verdict.yes:
                return decision
            edited = Plan(plan.ask)
            if (
                self._asking.propose(edited, plan.tool, decision.arguments, edited=True)
                and edited.question is not None
            ):
                plan.arguments, plan.question = edited.arguments, edited.question
                question = replace(edited.question, number=question.number, of=question.of)

    def _standing(self, session: Session, question: Question) -> Decision | None:
        policy = self._policy.decide(question.subject)
        if policy is not None:
            return policy
        if question.local and self.tools.needs_no_approval(question.ask.name):
            return Decision(Verdict.ONCE, "config")
        if question.told is None:
            return None
        for grant in self._records.grants():
            if grant.covers(question.subject, session.id):
                return Decision(Verdict.ONCE, "always" if grant.scope == ALWAYS else "session")
        return None

    def _take(self, session: Session, plan: Plan, decision: Decision) -> None:
        """Do what a decision means, short of running."""
        question = plan.question
        assert question is not None  # noqa: S101 - it was decided
        self.desk.decided(question, decision)
        if not decision.verdict.yes:
            reason = f"{NOT_ALLOWED} {decision.reason}".strip() if decision.reason else NOT_ALLOWED
            mcp = plan.ask.kind is AskKind.APPROVAL
            plan.answer = refusal(plan.ask, decision.reason if mcp else reason)
            return
        scope = {Verdict.SESSION: session.id, Verdict.ALWAYS: ALWAYS}.get(decision.verdict)
        if scope is not None and question.told is not None:
            self._records.grant(Grant(question.subject, scope, self._now(), question.told))
        if plan.ask.kind is AskKind.APPROVAL:
            plan.answer = approval(plan.ask, approve=True, reason=decision.reason)

    def _write(self, session: Session, exchange: Exchange, plan: Plan, decision: Decision) -> None:
        question = plan.question
        assert question is not None  # noqa: S101 - it was decided
        subject = question.subject
        plan.entry = {
            "ask": plan.ask.id,
            "session": session.id,
            "response": exchange.turn.id,
            "endpoint": subject.origin,
            "server": subject.server,
            "tool": subject.name,
            "fingerprint": subject.fingerprint,
        }
        self._records.audit(
            {"event": "answer", "at": self._now(), **plan.entry}
            | {"arguments": question.shown, "answer": decision.verdict.value, "by": decision.by}
            | ({"why": decision.reason} if decision.reason else {})
        )

    def _keep_decided(self, exchange: Exchange, plans: list[Plan]) -> None:
        for plan in plans:
            if plan.answer is not None:
                self._records.keep_answer(exchange.id, plan.ask.id, plan.answer)

    # Running

    async def _run_all(self, exchange: Exchange, plans: list[Plan]) -> bool:
        """Run the calls at the same time; True if the user stopped them. Each one has an answer then."""
        if not plans:
            return False
        with self.desk.running([plan.ask.tool for plan in plans]):
            tasks = [asyncio.ensure_future(self._run(exchange, plan)) for plan in plans]
            try:
                await asyncio.gather(*tasks)
            except asyncio.CancelledError:
                for task in tasks:
                    task.cancel()
                await asyncio.wait(tasks)
                forgive_cancellation()
                stopped = [plan for plan in plans if plan.answer is None]
                for plan in stopped:
                    told = {"ok": False, "note": "stopped by the user"}
                    self._close(exchange, plan, refusal(plan.ask, CANCELLED), told)
                return bool(stopped)
        return False

    async def _run(self, exchange: Exchange, plan: Plan) -> None:
        assert plan.tool is not None  # noqa: S101 - only calls are left to run
        if not self._records.start(exchange.id, plan.ask.id, again=plan.again):
            self.desk.refused(plan.ask, "another azresp runs it")
            return
        ran = await plan.tool.run(plan.arguments)
        told: dict[str, Any] = {"ok": ran.ok, "seconds": round(ran.seconds, 3)} | (
            {"note": ran.note} if ran.note else {}
        )
        self._close(exchange, plan, output(plan.ask, ran.output), told)
        text = ran.output if isinstance(ran.output, str) else f"{len(ran.output)} parts"
        self._asking.remember(plan.ask.tool, text)
        self.desk.ran(plan.ask, ran)

    def _close(self, exchange: Exchange, plan: Plan, answer: Wire, outcome: Wire) -> None:
        plan.answer = answer
        self._records.keep_answer(exchange.id, plan.ask.id, answer)
        self._records.audit(
            {"event": "outcome", "at": self._now(), "ask": plan.ask.id, **plan.entry, "outcome": outcome}
        )


def _says_no(answer: Wire | None) -> bool:
    """The user's own no, perhaps with a reason: a later one says no more."""
    return answer is not None and answer.get("approve") is not True
