"""What tools there are: the configuration's, those that come along, and what a file or a word of the user names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from azresp.config.hosted import HOSTED, hosted_word
from azresp.config.tools import BUILT_IN
from azresp.core.tools import FunctionTool, HostedTool, McpServer, Tool
from azresp.errors import AzrespError, UsageError

if TYPE_CHECKING:
    from azresp.config.servers import ServerDefinition
    from azresp.config.tools import CommandDefinition, LocalRules, ToolDefinition
    from azresp.toolbox.box import LocalTool
    from azresp.toolbox.limits import Limits
    from azresp.toolbox.trust import ToolFile


@dataclass(frozen=True, slots=True)
class Entry:
    """One tool that there is."""

    tool: Tool
    on: bool
    """by itself; the session may say otherwise"""
    spec: str
    """what finds it again: its name, or the file it is from"""
    local: LocalTool | None = None
    file: ToolFile | None = None
    """the Python file that has to be trusted"""
    approval: str = "always"
    """of local tools: always, or never as the configuration says"""

    @property
    def name(self) -> str:
        """What it is called."""
        return self.tool.name

    @property
    def kind(self) -> str:
        """What it is, in a word or two."""
        match self.tool:
            case FunctionTool(source=source):
                return source
            case McpServer():
                return "MCP server"
            case HostedTool():
                return "at the service"


@dataclass(frozen=True, slots=True)
class Workshop:
    """Where local tools work, and how long they may."""

    cwd: Path
    limits: Limits

    def under(self, rules: LocalRules, root: Path | None = None) -> Workshop:
        """The same, as far as a tool's own rules don't say otherwise."""
        limits = self.limits if rules.timeout_s is None else replace(self.limits, time_s=rules.timeout_s)
        return Workshop(root or rules.cwd or self.cwd, limits)


def configured(
    tools: tuple[ToolDefinition, ...], servers: tuple[ServerDefinition, ...], shop: Workshop
) -> tuple[list[Entry], list[str]]:
    """The configuration's tools and servers, and a remark for each that can't be had."""
    found: list[Entry] = []
    remarks: list[str] = []
    for one in tools:
        try:
            found += _defined(one, shop, remarks)
        except AzrespError as error:
            remarks.append(f"{error.what} {error.hint}".strip())
    found += [Entry(one.server, one.on, one.server.label) for one in servers]
    return found, remarks


def standing() -> Iterator[str]:
    """The names of tools that there always are."""
    yield from (*BUILT_IN, *HOSTED)


def from_word(word: str, shop: Workshop) -> list[Entry]:
    """The tools that a word names: a Python file, a built-in, a hosted tool. UsageError: it names none."""
    name, _, rest = word.partition(":")
    if name in BUILT_IN and not rest:
        return [built_in(name, shop)]
    if name in HOSTED:
        return [Entry(hosted_word(name, rest), False, word)]
    if word.endswith(".py"):
        entries, refused = _of_file(Path(word), shop)
        if not entries:
            raise UsageError(f"{word}: no function in it can be a tool", "; ".join(refused) or "It has none.")
        return entries
    if word.endswith(".toml"):
        return _of_table_file(Path(word), shop)
    raise UsageError(
        f"there is no tool {word!r}",
        "Name one of the configuration, a file of functions (weather.py) or commands (git.toml), "
        f"or one of {', '.join(standing())}.",
    )


def _of_table_file(path: Path, shop: Workshop) -> list[Entry]:
    """The commands of a file of `[[tools]]`. What would loosen a guard belongs into the user's own configuration."""
    from azresp.config import file
    from azresp.config.tools import CommandDefinition, read_tools
    from azresp.toolbox.trust import read_pinned

    text = read_pinned(path).decode("utf-8", "replace")
    tables = file.parse(text, path)
    if set(tables) != {"tools"}:
        raise UsageError(
            f"{path}: must hold [[tools]] and nothing else", "Other settings belong in config.toml."
        )
    entries = []
    for one in read_tools(tables["tools"], f"{path.name}: tools"):
        if not isinstance(one, CommandDefinition):
            raise UsageError(f"{one.place}: must be a command here", "Others belong in config.toml.")
        if one.rules.env or one.rules.approval != "always":
            raise UsageError(
                f"{one.place}: env and approval belong in config.toml", "Take them out of this file."
            )
        local = _command(one, shop.under(one.rules))
        entries.append(Entry(local.function, False, str(path), local))
    return entries


def built_in(name: str, shop: Workshop) -> Entry:
    """A tool that comes along."""
    from azresp.toolbox.builtin import builtin_tool

    local = builtin_tool(name, shop.cwd, shop.limits)
    return Entry(local.function, False, name, local)


def _of_file(path: Path, shop: Workshop, env: tuple[str, ...] = ()) -> tuple[list[Entry], list[str]]:
    """The functions of a Python file, and why others are none. Raises LocalError."""
    from azresp.toolbox.python_tool import tools_of
    from azresp.toolbox.trust import load_file

    file = load_file(path)
    entries = [
        Entry(local.function, False, str(file.path), local, file)
        for local in tools_of(file, shop.cwd, shop.limits, env)
    ]
    return entries, [one.told(str(file.path)) for one in file.refused]


def _defined(one: ToolDefinition, shop: Workshop, remarks: list[str]) -> Iterator[Entry]:
    """The tools of one [[tools]] table. Raises ConfigError, LocalError."""
    from azresp.config.tools import BuiltInDefinition, CommandDefinition, FileDefinition, HostedDefinition

    match one:
        case HostedDefinition(tool=tool):
            yield Entry(tool, one.on, tool.kind)
        case BuiltInDefinition(use=use):
            entry = built_in(use, shop.under(one.rules, one.root))
            yield replace(entry, on=one.on, approval=one.rules.approval)
        case CommandDefinition():
            local = _command(one, shop.under(one.rules))
            yield Entry(local.function, one.on, one.name, local, approval=one.rules.approval)
        case FileDefinition(file=file, functions=wanted):
            entries, refused = _of_file(file, shop.under(one.rules), one.rules.env)
            remarks += [] if wanted else refused
            names = {entry.name for entry in entries}
            remarks += [
                f"{one.place}: {file} has no tool {name}" for name in wanted or () if name not in names
            ]
            chosen = [entry for entry in entries if wanted is None or entry.name in wanted]
            yield from (replace(entry, on=one.on, approval=one.rules.approval) for entry in chosen)


def _command(one: CommandDefinition, shop: Workshop) -> LocalTool:
    from azresp.toolbox.command import command_tool

    return command_tool(
        one.name,
        one.description,
        one.command,
        dict(one.parameters),
        cwd=shop.cwd,
        stdin=one.stdin,
        limits=shop.limits,
        env=one.rules.env,
    )
