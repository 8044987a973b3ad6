"""A desk that answers from a list, local tools that are plain functions, and a conversation to answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from azresp.answering import Answerer
from azresp.core.approval import Decision, Policy, Question, Verdict
from azresp.core.asks import Ask
from azresp.core.canonical import NotStrict, canonical, strict_json
from azresp.core.events import Snapshot
from azresp.core.session import Exchange, Session, message, settle
from azresp.core.sse import Wire
from azresp.core.tools import FunctionTool
from azresp.core.turn import fold
from azresp.store.store import Store

YES, NO = Decision(Verdict.ONCE, "user"), Decision(Verdict.NO, "user")
HERE = "https://here/"
DOCS = "https://mcp.example.com/"


@dataclass(frozen=True, slots=True)
class Ran:
    """How a call went."""

    output: str | list[Wire]
    ok: bool = True
    note: str = ""
    seconds: float = 0.0


@dataclass
class Local:
    """A function on this machine."""

    function: FunctionTool
    identity: str
    does: Callable[[Wire], Awaitable[Ran]]

    def read(self, text: str) -> Wire:
        try:
            value = strict_json(text)
        except NotStrict as why:
            raise ValueError(f"{why}") from why
        if not isinstance(value, dict):
            raise ValueError("the arguments must be an object")
        return value

    def shown(self, arguments: Wire) -> str:
        return canonical(arguments)

    async def run(self, arguments: Wire) -> Ran:
        return await self.does(arguments)


def local(name: str, does: Callable[[Wire], Awaitable[Ran]] | str = "done", identity: str = "1") -> Local:
    """A local tool that gives a text, or does what it is told."""

    async def give(arguments: Wire) -> Ran:
        return Ran(str(does))

    schema = {"type": "object", "properties": {}, "additionalProperties": True}
    return Local(
        FunctionTool(name, f"It is {name}.", schema, source="tests"),
        identity,
        give if isinstance(does, str) else does,
    )


@dataclass
class Offer:
    """What is on offer."""

    tools: tuple[Local, ...] = ()
    servers: dict[str, str] = field(default_factory=lambda: {"docs": DOCS})
    free: frozenset[str] = frozenset()

    def local(self, name: str) -> Local | None:
        return next((one for one in self.tools if one.function.name == name), None)

    def server(self, label: str) -> str | None:
        return self.servers.get(label)

    def offers(self, label: str) -> bool:
        return label in self.servers

    def needs_no_approval(self, name: str) -> bool:
        return name in self.free

    def names(self) -> Iterable[tuple[str, str]]:
        return [("", one.function.name) for one in self.tools]


@dataclass
class ListDesk:
    """Answers questions from a list; remembers what it was told."""

    decisions: list[Decision] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    runs: list[list[str]] = field(default_factory=list)

    async def decide(self, question: Question) -> Decision:
        self.questions.append(question)
        return self.decisions.pop(0)

    def refused(self, ask: Ask, why: str) -> None:
        self.lines.append(f"{ask.tool}: {why}")

    def decided(self, question: Question, decision: Decision) -> None:
        self.lines.append(f"{question.ask.tool}: {decision.verdict.value} by {decision.by}")

    @contextmanager
    def running(self, names: Sequence[str]) -> Iterator[None]:
        self.runs.append(list(names))
        yield

    def ran(self, ask: Ask, ran: Any) -> None:
        self.lines.append(f"{ask.tool} ran")


@dataclass
class Talk:
    """A session whose last turn asks something, in a store of its own."""

    store: Store
    session: Session
    exchange: Exchange
    desk: ListDesk
    answerer: Answerer

    def answered(self) -> list[Wire]:
        """What is on record as answers."""
        return self.store.records.kept_answers(self.exchange.id)


def call(name: str, arguments: str = "{}", ident: str = "call_1", **more: Any) -> Wire:
    """A function call as an output item."""
    return {
        "type": "function_call",
        "id": f"fc_{ident}",
        "call_id": ident,
        "name": name,
        "arguments": arguments,
    } | more


def mcp_ask(name: str = "search", arguments: str = "{}", ident: str = "mcpr_1", label: str = "docs") -> Wire:
    """An approval request as an output item."""
    return {
        "type": "mcp_approval_request",
        "id": ident,
        "name": name,
        "server_label": label,
        "arguments": arguments,
    }


def listing(*tools: Wire, label: str = "docs") -> Wire:
    """A list of an MCP server's tools as an output item."""
    return {"type": "mcp_list_tools", "id": f"mcpl_{label}", "server_label": label, "tools": list(tools)}


SEARCH: Wire = {"name": "search", "description": "Search.", "input_schema": {"type": "object"}}


def exchange_of(*items: Wire, ident: str = "e1", parent: str | None = None) -> Exchange:
    """An exchange whose turn holds these output items."""
    turn = fold([Snapshot(None, {"id": f"resp_{ident}", "status": "completed", "output": list(items)})])
    return Exchange(ident, parent, (message("do it"),), turn, 0.0, "gpt", HERE)


def talk(
    *items: Wire,
    offer: Offer | None = None,
    decisions: Iterable[Decision] = (),
    policy: Policy | None = None,
    store: Store | None = None,
    session_id: str = "s1",
) -> Talk:
    """A conversation that waits for answers to these items."""
    store = store or Store(None)
    exchange = exchange_of(*items)
    session = settle(Session(session_id, f"talk {session_id}"), exchange)
    store.add(session, [exchange])
    desk = ListDesk(list(decisions))
    ticks = count(1000)
    answerer = Answerer(
        offer or Offer(), desk, store.records, origin=HERE, now=lambda: float(next(ticks)), policy=policy
    )
    return Talk(store, session, exchange, desk, answerer)
