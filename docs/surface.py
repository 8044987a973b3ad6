"""What the command line has, read from the code: commands with their arguments and flags, and exit statuses.

The reference page and the man page are made of it.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from azresp.cli.app import build
from azresp.config.profile import SETTINGS
from azresp.errors import Exit


@dataclass(frozen=True, slots=True)
class Parameter:
    """An argument or a flag."""

    names: Sequence[str]
    help: str
    shown: str
    """as `--help` has it: flags with what they take"""
    default: str
    """what `--help` says in brackets, without them"""


@dataclass(frozen=True, slots=True)
class Command:
    """A command that can be given, or the program itself."""

    path: str
    usage: str
    """what follows its path"""
    told: str
    parameters: Sequence[Parameter]
    """without the flags of the settings, if it takes those"""
    takes_settings: bool


def commands() -> Iterator[Command]:
    """The program, then its commands in the order of `--help`."""
    import typer

    root: Any = typer.main.get_command(build())
    context = root.context_class(root, info_name="azresp")
    yield _command(root, context)
    yield from _leaves(root, context)


def _leaves(group: Any, parent: Any) -> Iterator[Command]:
    for name, child in group.commands.items():
        context = child.context_class(child, info_name=name, parent=parent)
        if getattr(child, "commands", None):
            yield from _leaves(child, context)
        else:
            yield _command(child, context)


def _command(command: Any, context: Any) -> Command:
    shared = {one.flag for one in SETTINGS.values()} | {"--profile", "--config"}
    takes = any("--endpoint" in parameter.opts for parameter in command.params)
    own = [
        _parameter(one, context)
        for one in command.params
        if one.name != "help" and not (takes and shared & {*one.opts, *one.secondary_opts})
    ]
    return Command(
        context.command_path,
        " ".join(command.collect_usage_pieces(context)),
        (inspect.getdoc(command.callback) or "").split("\n")[0],
        own,
        takes,
    )


def _parameter(parameter: Any, context: Any) -> Parameter:
    help_text = (getattr(parameter, "help", None) or "").strip()
    shown, told = parameter.get_help_record(context)
    names = [*parameter.opts, *parameter.secondary_opts]
    default = told[len(help_text) :].strip().removeprefix("[").removesuffix("]")
    return Parameter(names, help_text, shown if shown.startswith("-") else names[0], default)


def exits() -> Iterator[tuple[Exit, str]]:
    """Each exit status with the docstring that stands under it."""
    lines = inspect.getsource(Exit).splitlines()
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        name, equals, _ = line.strip().partition(" = ")
        if equals and name in Exit.__members__:
            documented = following.strip().startswith('"""')
            yield Exit[name], following.strip().strip('"') if documented else "Success."
