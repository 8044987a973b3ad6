"""Putting the question of each ask: what is asked for, of whom, with which arguments; some need no asking."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from azresp.core.approval import ALWAYS, Question, Subject, changes, described, name_warnings
from azresp.core.asks import Ask, AskKind, listed_tools, refusal
from azresp.core.canonical import NotStrict, canonical, fingerprint, strict_json
from azresp.core.session import Exchange, Session
from azresp.core.sse import Wire
from azresp.parties import Desk, LocalTool, Records, Tools

CANT = "azresp can't do this on the user's machine. Go on without it."


@dataclass(slots=True)
class Plan:
    """One ask on its way to an answer."""

    ask: Ask
    question: Question | None = None
    tool: LocalTool | None = None
    arguments: Wire = field(default_factory=dict)
    answer: Wire | None = None
    entry: Wire = field(default_factory=dict)
    again: bool = False
    """it was started before, and the user knows"""


class Asking:
    """Puts the questions of one conversation, and answers the asks that are wrong by themselves."""

    def __init__(
        self, tools: Tools, desk: Desk, records: Records, *, origin: str, now: Callable[[], float]
    ) -> None:
        self._tools = tools
        self._desk = desk
        self._records = records
        self._origin = origin
        self._now = now
        self._outputs: dict[str, list[str]] = {}

    def prepare(self, session: Session, exchange: Exchange, plan: Plan) -> None:
        """Put the question, or the answer of an ask that needs none."""
        ask = plan.ask
        match ask.kind:
            case AskKind.FOREIGN:
                self._refuse(plan, CANT, f"azresp can't do {ask.name}; the model was told so")
            case AskKind.APPROVAL:
                self._prepare_approval(session, exchange, plan)
            case AskKind.CALL:
                self._prepare_call(plan)

    def _prepare_approval(self, session: Session, exchange: Exchange, plan: Plan) -> None:
        ask = plan.ask
        server = self._tools.server(ask.label)
        if server is None:
            self._refuse(plan, "The user has no such server.", f"no server is called {ask.label}")
            return
        try:
            shown = canonical(strict_json(ask.arguments))
        except NotStrict as why:
            self._refuse(
                plan, f"The arguments can't be checked: {why}.", f"its arguments can't be checked: {why}"
            )
            return
        path = (*session.with_exchange(exchange).path(), exchange)
        told = (listed_tools(path, ask.label) or {}).get(ask.name)
        told = None if told is None else described(told)
        subject = Subject(self._origin, server, ask.label, ask.name, fingerprint(told))
        plan.question = self._question(ask, subject, shown, told)

    def _prepare_call(self, plan: Plan) -> None:
        ask = plan.ask
        tool = self._tools.local(ask.name)
        if tool is None:
            self._refuse(plan, f"There is no function {ask.name}.", f"there is no function {ask.name}")
            return
        if not ask.whole:
            why = "its arguments were cut off by the token limit"
            self._refuse(plan, f"Not run: {why}.", why)
            return
        self.propose(plan, tool, ask.arguments or "{}")

    def propose(self, plan: Plan, tool: LocalTool, text: str, *, edited: bool = False) -> bool:
        """Put the question about a call with these arguments; False and an answer if they are wrong."""
        ask = plan.ask
        try:
            arguments = tool.read(text)
            shown = tool.shown(arguments)
        except ValueError as why:
            if edited:  # no answer yet: the question is put again
                self._desk.refused(ask, f"the edited arguments are wrong: {why}")
            else:
                self._refuse(plan, f"Not run: {why}", f"the model's arguments are wrong: {why}")
            return False
        told = tool.function.to_wire()
        subject = Subject(self._origin, tool.function.source, "", ask.name, tool.identity)
        plan.tool, plan.arguments = tool, arguments
        plan.question = self._question(ask, subject, shown, told)
        return True

    def _question(self, ask: Ask, subject: Subject, shown: str, told: Wire | None) -> Question:
        older = [
            one for one in self._records.grants() if one.scope == ALWAYS and one.subject.same_tool(subject)
        ]
        changed = [one for one in older if one.subject != subject]
        return Question(
            ask,
            subject,
            shown,
            told,
            warnings=name_warnings(subject, self._tools.names()),
            changes=changes(changed[-1].told, told or {}) if changed and len(changed) == len(older) else (),
            before=tuple(self._outputs.get(subject.name, ())),
        )

    def remember(self, tool: str, output: str) -> None:
        """What a call gave: the next question about its tool shows it."""
        self._outputs[tool] = [*self._outputs.get(tool, ())[-2:], output[:500]]

    def _refuse(self, plan: Plan, why: str, line: str) -> None:
        plan.answer, plan.question = refusal(plan.ask, why), None
        self._desk.refused(plan.ask, line)
        self._records.audit(
            {
                "event": "answer",
                "ask": plan.ask.id,
                "tool": plan.ask.tool,
                "answer": "no",
                "by": "azresp",
                "why": line,
            }
            | {"arguments": plan.ask.arguments, "at": self._now()}
        )
