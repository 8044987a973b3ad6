"""Approvals: what exactly is asked, what may be answered, and which standing answers cover what.

A standing answer binds everything that could change its meaning: endpoint, server, label, tool, and what the tool says
of itself. Any change asks again (rule R6).
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from azresp.core.asks import Ask
from azresp.core.sse import Wire

ALWAYS = "always"
"""Scope of a grant that outlives its session."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a standing answer is bound to."""

    origin: str
    """base URL of the endpoint"""
    server: str
    """the MCP server's URL or connector; for local tools the source, e.g. a file"""
    label: str
    """the MCP server's label; empty for local tools"""
    tool: str
    fingerprint: str
    """of the tool's description and schema, and of what runs where that is ours"""

    @property
    def name(self) -> str:
        """`LABEL/TOOL`, or just the tool."""
        return f"{self.label}/{self.tool}" if self.label else self.tool

    def same_tool(self, other: Subject) -> bool:
        """The same but for what the tool says of itself."""
        mine = (self.origin, self.server, self.label, self.tool)
        return mine == (other.origin, other.server, other.label, other.tool)


@dataclass(frozen=True, slots=True)
class Grant:
    """A standing yes."""

    subject: Subject
    scope: str
    """ALWAYS, or the id of the one session it holds in"""
    given_at: float
    """seconds since the epoch"""
    told: Wire
    """the tool as it described itself then: shows what has changed since"""

    def covers(self, subject: Subject, session_id: str) -> bool:
        """Whether this yes is one to `subject` in that session."""
        return self.subject == subject and self.scope in (ALWAYS, session_id)


class Verdict(Enum):
    """What the user may answer."""

    ONCE = "once"
    SESSION = "session"
    ALWAYS = "always"
    NO = "no"
    LATER = "later"
    """not answered now: the ask stays open"""

    @property
    def yes(self) -> bool:
        """It may run."""
        return self in (Verdict.ONCE, Verdict.SESSION, Verdict.ALWAYS)


@dataclass(frozen=True, slots=True)
class Decision:
    """An answer to a question."""

    verdict: Verdict
    by: str
    """who or what gave it: `user`, `session`, `always`, `config`, `--approve always` …"""
    reason: str = ""
    """of a no, for the model"""
    arguments: str = ""
    """edited ones, in place of the model's; empty: as asked"""
    halt: bool = False
    """a no of somebody who wants all of it to stop (Ctrl-C)"""


@dataclass(frozen=True, slots=True)
class Question:
    """All that somebody needs to know to answer an ask."""

    ask: Ask
    subject: Subject
    shown: str
    """byte for byte what is sent or run, in ASCII"""
    told: Wire | None
    """how the tool describes itself; None: nobody has heard it yet"""
    number: int = 1
    of: int = 1
    warnings: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    """differences to what was always allowed before"""
    before: tuple[str, ...] = ()
    """what its last calls gave, newest last"""

    @property
    def local(self) -> bool:
        """It runs on this machine."""
        return not self.subject.label

    @property
    def why_not_always(self) -> str:
        """Why no standing answer can be given; empty if one can."""
        return "" if self.told is not None else f"{self.subject.label} has not listed this tool here yet"

    @property
    def why_not_edit(self) -> str:
        """Why the arguments can't be changed; empty if they can."""
        return (
            ""
            if self.local
            else "the service holds the arguments of an MCP call: it takes yes or no, nothing else"
        )


@dataclass(frozen=True, slots=True)
class Policy:
    """Answers given beforehand, on the command line: `never`, `always`, or `allow:LABEL/TOOL`."""

    text: str = ""
    every: bool | None = None
    allowed: frozenset[str] = frozenset()

    @classmethod
    def read(cls, words: Iterable[str]) -> Policy:
        """From the values of `--approve`; commas separate too. ValueError with the word that is wrong."""
        every: bool | None = None
        allowed: set[str] = set()
        parts = [part.strip() for word in words for part in word.split(",") if part.strip()]
        for part in parts:
            name = part.removeprefix("allow:")
            if part in ("never", "always"):
                every = part == "always" if every is None else every and part == "always"
            elif name == part or not name:
                raise ValueError(part)
            else:
                allowed.add(name)
        return cls(",".join(parts), every, frozenset(allowed))

    def decide(self, subject: Subject) -> Decision | None:
        """The answer for a tool; None: the policy says nothing of it."""
        by = f"--approve {self.text}"
        names = {subject.name, f"{subject.label}/*"} if subject.label else {subject.name}
        if names & self.allowed or self.every is True:
            return Decision(Verdict.ONCE, by)
        return Decision(Verdict.NO, by, "not allowed by the user's policy") if self.every is False else None


def changes(before: Wire, now: Wire) -> tuple[str, ...]:
    """What differs between two descriptions of a tool, a line each."""
    lines: list[str] = []
    for key in sorted({*before, *now}):
        old, new = before.get(key), now.get(key)
        if old != new:
            lines += [f"- {key}: {json.dumps(old)}", f"+ {key}: {json.dumps(new)}"]
    return tuple(lines)


@dataclass(frozen=True, slots=True)
class ListChange:
    """How a server's list of tools differs from the last one seen."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


def compare(before: dict[str, Wire], now: dict[str, Wire]) -> ListChange:
    """Two lists of tools by name."""
    both = [name for name in now if name in before]
    return ListChange(
        tuple(name for name in now if name not in before),
        tuple(name for name in before if name not in now),
        tuple(name for name in both if described(before[name]) != described(now[name])),
    )


def described(told: Wire) -> Wire:
    """What a tool says of itself: its description, schema and hints, without what a server adds at random."""
    kept = ("name", "description", "input_schema", "annotations", "parameters", "strict")
    return {key: told[key] for key in kept if told.get(key) not in (None, {}, "")}


_SIMPLE_NAME = re.compile(r"[A-Za-z0-9_.:/-]+")
_LOOKALIKES = str.maketrans({"0": "o", "1": "l", "I": "l", "|": "l", "5": "s", "2": "z", "8": "b"})


def _skeleton(name: str) -> str:
    """Names that look alike have the same skeleton."""
    folded = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return folded.translate(_LOOKALIKES).casefold().replace("rn", "m").replace("-", "_")


def name_warnings(subject: Subject, others: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Remarks on a tool's name that may deceive: strange characters, or looking like another (label, tool)."""
    found: list[str] = []
    for what, name in (("tool", subject.tool), ("server", subject.label)):
        if name and not _SIMPLE_NAME.fullmatch(name):
            found.append(
                f"the name of the {what} holds characters other than plain letters: {json.dumps(name)}"
            )
    for label, tool in others:
        if (label, tool) == (subject.label, subject.tool):
            continue
        if tool == subject.tool:
            found.append(f"{f'{label} has' if label else 'this machine has'} a tool of the same name")
        elif _skeleton(tool) == _skeleton(subject.tool):
            found.append(
                f"looks like {json.dumps(f'{label}/{tool}' if label else tool)}, but is another tool"
            )
    return tuple(found)
