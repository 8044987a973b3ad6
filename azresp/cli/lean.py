"""Typer without pydantic on the way of every command.

Typer 0.29 converts each parameter with a pydantic adapter, even one that was not given; importing pydantic and
building some fifty adapters takes 70 ms before a prompt can be drawn. A value that has its type already is passed
on as it is; all others still take Typer's way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, get_args, get_origin

import typer
from typer.core import TyperCommand, TyperGroup

from azresp.errors import UsageError


class _Shortcut:
    """Stands in a parameter's place for its adapter, and makes that only for values that need converting."""

    def __init__(self, parameter: Any) -> None:
        self._annotation = parameter.type_descriptor.annotation

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        """The value in the parameter's type."""
        many = param.multiple or param.nargs == -1
        if value is None:
            return () if many else None
        if type(value) is self._annotation and not many:
            return value
        if many and get_origin(self._annotation) is list and _all_are(value, get_args(self._annotation)[0]):
            return list(value)
        param._runtime_param = None
        return param.get_runtime_param().coerce(value, param=param, ctx=ctx)


def _all_are(values: Any, kind: type) -> bool:
    return isinstance(values, list | tuple) and all(type(value) is kind for value in values)


def _shortened(parameters: list[Any]) -> list[Any]:
    for parameter in parameters:
        # A Typer that keeps its adapters elsewhere is slower then, not broken.
        if getattr(parameter, "_runtime_param", "absent") is None and hasattr(parameter, "type_descriptor"):
            parameter._runtime_param = _Shortcut(parameter)
    return parameters


@contextmanager
def _own_errors(ctx: Any, listed: str) -> Iterator[None]:
    """Typer's errors of usage as ours: the same sentence, and one next step instead of lines of usage."""
    try:
        yield
    except _TYPERS_USAGE_ERROR as error:
        if type(error).__name__ == "NoArgsIsHelpError":  # the help itself
            raise
        told: Any = error
        raise UsageError(told.format_message(), f"`{ctx.command_path} --help` lists {listed}.") from None


_TYPERS_USAGE_ERROR: type[BaseException] = typer.BadParameter.__bases__[0]
"""Typer gives it no public name, and has moved it before."""


def _first_sentence(command: Any) -> str:
    told = " ".join((command.short_help or command.help or "").split("\n\n")[0].split())
    return told.partition(". ")[0].rstrip(".") + "."


class _LeanCommand(TyperCommand):
    """A command whose parameters take the shortcut, and whose help lists its flags by their panels."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write arguments, own options, and then those of each panel below its heading."""
        listed: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": []}
        for one in self.get_params(ctx):
            if record := one.get_help_record(ctx):
                plain = "Arguments" if one.param_type_name == "argument" else "Options"
                listed.setdefault(getattr(one, "rich_help_panel", None) or plain, []).append(record)
        for heading, records in listed.items():
            if records:
                with formatter.section(heading):
                    formatter.write_dl(records)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the words of the command line. Raises UsageError."""
        with _own_errors(ctx, "the options"):
            return super().parse_args(ctx, args)

    def get_params(self, ctx: Any) -> list[Any]:
        """The parameters, `--help` among them."""
        return _shortened(super().get_params(ctx))


class _LeanGroup(TyperGroup):
    """A group whose parameters take the shortcut, and whose list of commands has whole sentences."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the commands, each with its first sentence, wrapped and not cut."""
        named = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        rows = [(name, _first_sentence(one)) for name, one in named if one is not None and not one.hidden]
        if rows:
            with formatter.section("Commands"):
                formatter.write_dl(rows)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the words up to the command. Raises UsageError."""
        with _own_errors(ctx, "the commands"):
            return super().parse_args(ctx, args)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that is named. Raises UsageError."""
        with _own_errors(ctx, "the commands"):
            return super().resolve_command(ctx, args)

    def get_params(self, ctx: Any) -> list[Any]:
        """The parameters, `--help` among them."""
        return _shortened(super().get_params(ctx))


class LeanTyper(typer.Typer):
    """A Typer application of lean commands."""

    def __init__(self, **options: Any) -> None:
        super().__init__(cls=_LeanGroup, **options)

    def command(self, name: str | None = None, **options: Any) -> Callable[[Any], Any]:
        """Register a command."""
        options.setdefault("cls", _LeanCommand)
        return super().command(name, **options)
