"""Slash commands: one decorated coroutine each. The signature is the grammar, the docstring the help."""

from __future__ import annotations

import difflib
import inspect
import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_type_hints

from azresp.errors import UsageError
from azresp.ui.paths import goings_on

if TYPE_CHECKING:
    from azresp.ui.chat import Chat

Run = Callable[..., Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Words:
    """Marks a parameter whose completion words come from the chat: `Annotated[str, Words(names)]`."""

    of: Callable[[Chat, tuple[str, ...]], list[str]]
    """the words before this one are given too"""


@dataclass(frozen=True, slots=True)
class Paths:
    """Marks a parameter that may be a path, which completion offers beside the words."""

    when: Callable[[tuple[str, ...]], bool] = lambda before: True
    """the words before this one are given: whether it is one with them"""


@dataclass(frozen=True, slots=True)
class Rest:
    """Marks the last parameter that takes the rest of the line as it is."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument of a command."""

    name: str
    required: bool
    rest: bool
    words: Words | None
    paths: Paths | None = None

    @property
    def shown(self) -> str:
        """As it stands in a usage line."""
        name = self.name.upper().replace("_", "-")
        return name if self.required else f"[{name}]"


@dataclass(frozen=True, slots=True)
class Command:
    """A word that may be typed after `/`."""

    name: str
    aliases: tuple[str, ...]
    run: Run
    parameters: tuple[Parameter, ...]
    help: str
    """first line of the docstring"""

    @property
    def usage(self) -> str:
        """`/rename NAME`"""
        return " ".join([f"/{self.name}", *(one.shown for one in self.parameters)])


COMMANDS: dict[str, Command] = {}
"""All commands by name, in the order of `/help`."""


def command(name: str, *aliases: str) -> Callable[[Run], Run]:
    """Register a coroutine as a slash command."""

    def register(run: Run) -> Run:
        doc = inspect.getdoc(run) or ""
        COMMANDS[name] = Command(name, aliases, run, tuple(_parameters(run)), doc.split("\n")[0])
        return run

    return register


def find(name: str) -> Command:
    """The command of a name or alias. Raises UsageError with the nearest ones."""
    found = COMMANDS.get(name) or next((one for one in COMMANDS.values() if name in one.aliases), None)
    if found is not None:
        return found
    known = [*COMMANDS, *(alias for one in COMMANDS.values() for alias in one.aliases)]
    near = difflib.get_close_matches(name, known, 3) or [
        one for one in known if name and one.startswith(name)
    ]
    hint = f"Did you mean {', '.join('/' + one for one in near[:3])}? " if near else ""
    raise UsageError(f"there is no command /{name}", f"{hint}/help lists them; `//…` sends a slash as text.")


def bind(command: Command, rest: str) -> dict[str, str]:
    """The arguments that the rest of a line gives. Raises UsageError with the usage line."""
    given: dict[str, str] = {}
    left = rest
    for parameter in command.parameters:
        if not left:
            break
        if parameter.rest:
            given[parameter.name], left = left, ""
        else:
            given[parameter.name], left = _word(left, command)
    missing = [one.shown for one in command.parameters if one.required and one.name not in given]
    if missing:
        raise UsageError(
            f"/{command.name} needs {' and '.join(missing)}", f"Usage: {command.usage} · {command.help}"
        )
    if left:
        raise UsageError(f"/{command.name} takes no {left!r}", f"Usage: {command.usage}")
    return given


_WORD = re.compile(r"""("(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<bare>[^\s"']\S*))(\s+|$)""")


def _word(text: str, command: Command) -> tuple[str, str]:
    """The first word, which may be quoted, and what follows it."""
    found = _WORD.match(text)
    if found is None:
        raise UsageError(f"/{command.name}: a quotation mark is not closed", f"Usage: {command.usage}")
    word = next(group for group in found.group("double", "single", "bare") if group is not None)
    return word, text[found.end() :]


def _parameters(run: Run) -> Iterator[Parameter]:
    hints = get_type_hints(run, globalns=_globals(run), include_extras=True)
    for one in list(inspect.signature(run).parameters.values())[1:]:
        marks: tuple[Any, ...] = getattr(hints[one.name], "__metadata__", ())
        words = next((mark for mark in marks if isinstance(mark, Words)), None)
        paths = next((mark for mark in marks if isinstance(mark, Paths)), None)
        rest = any(isinstance(mark, Rest) for mark in marks)
        yield Parameter(one.name, one.default is inspect.Parameter.empty, rest, words, paths)


def _globals(run: Run) -> dict[str, Any]:
    # `Chat` is imported for type checkers only: at run time commands are imported by it.
    return {"Chat": Any, **getattr(run, "__globals__", {})}


def complete(chat: Chat, before: str) -> Iterator[tuple[str, int, str]]:
    """Completions of a slash line up to the cursor: text, how many characters it replaces, and a remark."""
    if not before.startswith("/") or "\n" in before or before.startswith("//"):
        return
    head, blank, rest = before[1:].partition(" ")
    if not blank:
        for one in COMMANDS.values():
            if one.name.startswith(head):
                yield f"/{one.name}", len(before), one.help
        return
    known = COMMANDS.get(head)
    if known is None:
        return
    done = rest.split(" ")
    current = done.pop()
    last = len(known.parameters) - 1
    if 0 <= last < len(done) and known.parameters[last].rest:
        done, current = done[:last], " ".join([*done[last:], current])
    if len(done) > last:
        return
    yield from (
        (text, len(current), "")
        for text in _goings_on(known.parameters[len(done)], chat, tuple(done), current)
    )


def _goings_on(parameter: Parameter, chat: Chat, before: tuple[str, ...], current: str) -> Iterator[str]:
    """What an argument may become: words that begin so, else that have it in them, and paths."""
    words = parameter.words.of(chat, before) if parameter.words is not None else []
    begin = [word for word in words if word.startswith(current)]
    yield from begin or [word for word in words if len(current) > 2 and current in word]
    if parameter.paths is not None and parameter.paths.when(before):
        for path in goings_on(current):
            if parameter.rest or " " not in path:
                yield path
