"""Tools of the configuration, `[[tools]]`: files, commands, built-in and hosted ones. Only named here, never opened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from azresp.config.fields import Fields, many, matching, table, within
from azresp.config.hosted import HOSTED, hosted_tool
from azresp.config.rule import full_path
from azresp.core.tools import HostedTool
from azresp.errors import ConfigError

BUILT_IN = ("read_file", "list_folder", "search_text", "run_command")
"""The tools that come along."""

Element = str | tuple[str, ...]
"""A word of a command's template, or words that are dropped together where a value is absent."""

_LOCAL = ("on", "approval", "timeout_s", "env", "cwd")
_KEYS = {
    "file": ("file", "functions", *_LOCAL),
    "command": ("command", "name", "description", "parameters", "stdin", *_LOCAL),
    "use": ("use", "root", *_LOCAL),
}
_NAME, _VARIABLE = r"[A-Za-z0-9_-]{1,64}", r"[A-Za-z_][A-Za-z0-9_]*"
_KINDS = 'one of file = "…" (Python), command = […], use = "…" (built in) or type = "…" (hosted)'


@dataclass(frozen=True, slots=True)
class LocalRules:
    """What holds for a tool that runs on this machine."""

    approval: str = "always"
    """`always` or `never`"""
    timeout_s: float | None = None
    """None: the setting `tool_timeout_s`"""
    env: tuple[str, ...] = ()
    """names of variables that its processes may see besides the usual ones"""
    cwd: Path | None = None


@dataclass(frozen=True, slots=True)
class FileDefinition:
    """The functions of a Python file."""

    file: Path
    functions: tuple[str, ...] | None
    """None: all that it offers"""
    rules: LocalRules
    on: bool = True
    place: str = ""

    @property
    def name(self) -> str:
        """What it is called in lists."""
        return self.file.name


@dataclass(frozen=True, slots=True)
class CommandDefinition:
    """A command line with places for arguments."""

    name: str
    description: str
    command: tuple[Element, ...]
    parameters: Mapping[str, object]
    """JSON schema of an object"""
    stdin: str
    """`json` or `none`"""
    rules: LocalRules
    on: bool = True
    place: str = ""


@dataclass(frozen=True, slots=True)
class BuiltInDefinition:
    """A tool that comes along with azresp."""

    use: str
    root: Path | None
    rules: LocalRules
    on: bool = True
    place: str = ""

    @property
    def name(self) -> str:
        """What it is called in lists."""
        return self.use


@dataclass(frozen=True, slots=True)
class HostedDefinition:
    """A tool that runs at the service."""

    tool: HostedTool
    on: bool = True
    place: str = ""

    @property
    def name(self) -> str:
        """What it is called in lists."""
        return self.tool.name


ToolDefinition = FileDefinition | CommandDefinition | BuiltInDefinition | HostedDefinition


def read_tools(tables: object, place: str) -> tuple[ToolDefinition, ...]:
    """The tools of one level of the file. ConfigError: the first thing that is wrong."""
    if not isinstance(tables, list):
        raise ConfigError(f"{place}: must be tables like [[tools]]")
    found = [_read_tool(one, f"{place}[{number}]") for number, one in enumerate(tables, 1)]
    refuse_twins(found)
    return tuple(found)


def _read_tool(one: object, place: str) -> ToolDefinition:
    """One tool, from a table as TOML has it. ConfigError: what is wrong with it."""
    if not isinstance(one, Mapping):
        raise ConfigError(f"{place}: must be a table")
    kinds = [key for key in ("file", "command", "use", "type") if key in one]
    if len(kinds) != 1:
        got = (
            f"got {' and '.join(kinds)}" if kinds else f"got none of them, only {', '.join(one) or 'nothing'}"
        )
        raise ConfigError(f"{place}: must have {_KINDS}, {got}")
    match kinds[0]:
        case "file":
            return _file(Fields(one, place, _KEYS["file"]))
        case "command":
            return _command(Fields(one, place, _KEYS["command"]))
        case "use":
            return _built_in(Fields(one, place, _KEYS["use"]))
    kind = Fields(one, place, one).word("type", tuple(HOSTED), "")
    fields = Fields(one, place, ("type", "on", *HOSTED[kind].options))
    return HostedDefinition(hosted_tool(kind, fields), fields.switch("on", True), place)


def refuse_twins(definitions: Iterable[Any]) -> None:
    """Raise ConfigError where two of one level are called the same."""
    seen: dict[str, str] = {}
    for one in definitions:
        key = _identity(one)
        if key in seen:
            first = seen[key].rpartition(" ")[2]
            raise ConfigError(f"{one.place}: is called {key!r} like {first}", "Rename or remove one of them.")
        seen[key] = one.place


def _rules(fields: Fields) -> LocalRules:
    return LocalRules(
        fields.word("approval", ("always", "never"), "always"),
        fields.read("timeout_s", "a number of seconds from 0.1 to 86400", within(0.1, 86400)),
        fields.names("env", _VARIABLE, "names of environment variables", hidden=True) or (),
        fields.path("cwd"),
    )


def _file(fields: Fields) -> FileDefinition:
    file = fields.need("file", "the full path of a Python file (~ may stand first)", _python_file)
    functions = fields.names("functions", r"[A-Za-z][A-Za-z0-9_]{0,63}", "names of functions")
    return FileDefinition(file, functions, _rules(fields), fields.switch("on", True), fields.place)


def _python_file(value: object) -> Path:
    path = full_path(value)
    if path.suffix != ".py":
        raise ValueError
    return path


def _command(fields: Fields) -> CommandDefinition:
    return CommandDefinition(
        fields.need("name", "letters, digits, _ and -, at most 64", matching(_NAME)),
        fields.text("description"),
        fields.need("command", 'a list of words like ["grep", "{pattern}", ["--include", "{glob}"]]', _argv),
        fields.read("parameters", 'a JSON schema with type = "object"', _schema) or _NO_PARAMETERS,
        fields.word("stdin", ("json", "none"), "none"),
        _rules(fields),
        fields.switch("on", True),
        fields.place,
    )


_NO_PARAMETERS: Mapping[str, object] = {
    "type": "object",
    "properties": {},
    "required": [],
    "additionalProperties": False,
}


def _argv(value: object) -> tuple[Element, ...]:
    if not isinstance(value, list) or not value or not isinstance(value[0], str) or not value[0]:
        raise ValueError
    word = matching(r"[^\0\ud800-\udfff]*")
    words = many(word)
    return tuple(words(one) if isinstance(one, list) else word(one) for one in value)


def _schema(value: object) -> dict[str, object]:
    schema = table(value)
    if schema.get("type") != "object" or not isinstance(schema.get("properties", {}), dict):
        raise ValueError
    return schema


def _built_in(fields: Fields) -> BuiltInDefinition:
    use = fields.word("use", BUILT_IN, "")
    return BuiltInDefinition(
        use, fields.path("root"), _rules(fields), fields.switch("on", True), fields.place
    )


def merged(top: Iterable[Any], own: Iterable[Any]) -> tuple[Any, ...]:
    """The top level's and the profile's; one of the same name in the profile takes the other's place."""
    own = tuple(own)
    names = {_identity(one) for one in own}
    return (*(one for one in top if _identity(one) not in names), *own)


def _identity(one: Any) -> str:
    return str(one.file if isinstance(one, FileDefinition) else one.name)
