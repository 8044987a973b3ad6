"""The tools of a Python file, read from its source without running it: looking at a strange file is safe.

Every public, typed, documented top-level function (or those that `__all__` names) becomes a strict JSON schema. All
parameters of a strict schema are required, so one with a default may be null, and null means the default.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from azresp.core.sse import Wire
from azresp.core.tools import FunctionTool
from azresp.toolbox.classes import add_class, default_text, with_default
from azresp.toolbox.docstring import described
from azresp.toolbox.names import CantMap, Names, constant
from azresp.toolbox.shape import Mapper, described_as, nullable

Def = ast.FunctionDef | ast.AsyncFunctionDef
NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class PythonFunction:
    """A function as the model is told of it, and how the child calls it."""

    function: FunctionTool
    parameters: tuple[Wire, ...]
    """in order: `name`, `plan`, `optional`, `positional`"""
    classes: Wire


@dataclass(frozen=True, slots=True)
class Refused:
    """A function that can't be a tool."""

    name: str
    line: int
    reason: str

    def told(self, path: str) -> str:
        """`weather.py:12: forecast: the parameter city has no type`."""
        return (
            f"{path}:{self.line}: {self.name}: {self.reason}"
            if self.name
            else f"{path}:{self.line}: {self.reason}"
        )


def functions_of(source: bytes, path: str) -> tuple[tuple[PythonFunction, ...], tuple[Refused, ...]]:
    """The tools in a file's source, and what can't be one with the reason. Runs nothing of it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of strange escapes in its texts: they would be printed
        return _functions_of(source, path)


def _functions_of(source: bytes, path: str) -> tuple[tuple[PythonFunction, ...], tuple[Refused, ...]]:
    try:
        tree = ast.parse(source, path)
    except SyntaxError as error:
        return (), (Refused("", error.lineno or 1, f"not Python: {error.msg}"),)
    except (ValueError, RecursionError, MemoryError) as error:
        return (), (Refused("", 1, f"not Python: {error or type(error).__name__}"),)
    names = Names.of(tree)
    found: list[PythonFunction] = []
    refused: list[Refused] = []
    try:
        chosen = list(_chosen(tree, names))
    except CantMap as why:
        return (), (Refused("__all__", names.values["__all__"].lineno, str(why)),)
    for node in chosen:
        try:
            found.append(_function(node, names, tree, path))
        except CantMap as why:
            refused.append(Refused(node.name, node.lineno, str(why)))
        except RecursionError:
            refused.append(Refused(node.name, node.lineno, "its types are nested too deeply"))
    return tuple(found), tuple(refused)


def _chosen(tree: ast.Module, names: Names) -> Iterator[Def]:
    """The functions that `__all__` names, else the public ones."""
    listed: object = None
    if "__all__" in names.values:
        try:
            listed = constant(names.values["__all__"])
        except ValueError:
            raise CantMap("it is not a plain list of names, so it's unknown what is public") from None
    for node in tree.body:
        if isinstance(node, Def) and (
            node.name in listed if isinstance(listed, list | tuple) else not node.name.startswith("_")
        ):
            yield node


def _function(node: Def, names: Names, tree: ast.Module, path: str) -> PythonFunction:
    """Raises CantMap."""
    _check(node, names, tree)
    text, texts = described(ast.get_docstring(node) or "")
    if not text:
        raise CantMap("it has no docstring: the model would not know what it does")
    mapper = Mapper(names, add_class)
    properties: dict[str, Wire] = {}
    parameters: list[Wire] = []
    for argument, default, positional in _parameters(node):
        try:
            schema, plan = _parameter(mapper, argument, default, texts.get(argument.arg, ""))
        except CantMap as why:
            raise CantMap(f"the parameter {argument.arg}: {why}") from None
        properties[argument.arg] = schema
        optional = default is not None
        parameters.append(
            {"name": argument.arg, "plan": plan, "optional": optional, "positional": positional}
        )
    needed = [one["name"] for one in parameters if mapper.strict or not one["optional"]]
    schema = {"type": "object", "properties": properties, "required": needed, "additionalProperties": False}
    if mapper.defs:
        schema["$defs"] = mapper.defs
    tool = FunctionTool(node.name, text, schema, strict=mapper.strict, source=path)
    return PythonFunction(tool, tuple(parameters), mapper.classes)


def _check(node: Def, names: Names, tree: ast.Module) -> None:
    """What no schema could mend. Raises CantMap."""
    if not NAME.fullmatch(node.name):
        raise CantMap("names of tools have at most 64 letters, digits, _ and -")
    same = [one for one in tree.body if getattr(one, "name", None) == node.name]
    if len(same) > 1 or node.name in names.values:
        raise CantMap("the name is given more than once, so it's unknown which one would run")
    for star, argument in (("*", node.args.vararg), ("**", node.args.kwarg)):
        if argument is not None:
            raise CantMap(f"{star}{argument.arg}: a schema has a fixed set of parameters")
    if any(isinstance(one, ast.Yield | ast.YieldFrom) for one in _own(node.body)):
        raise CantMap("it is a generator; return a list")


def _own(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """The nodes of a function's body, without those of functions in it."""
    waiting: list[ast.AST] = list(body)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, Def | ast.Lambda | ast.ClassDef):
            waiting += ast.iter_child_nodes(node)


def _parameters(node: Def) -> Iterator[tuple[ast.arg, ast.expr | None, bool]]:
    """Each parameter with its default, and whether it is given by position only."""
    first = [*node.args.posonlyargs, *node.args.args]
    defaults: list[ast.expr | None] = [None] * (len(first) - len(node.args.defaults))
    defaults += node.args.defaults
    for at, (argument, default) in enumerate(zip(first, defaults, strict=True)):
        yield argument, default, at < len(node.args.posonlyargs)
    for argument, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True):
        yield argument, default, False


def _parameter(
    mapper: Mapper, argument: ast.arg, default: ast.expr | None, text: str
) -> tuple[Wire, Wire | None]:
    if argument.annotation is None:
        raise CantMap("it has no type")
    shape = mapper.shape(argument.annotation)
    told = str(shape.schema.get("description") or text)
    if default is not None:
        shape, told = nullable(shape), with_default(told, default_text(mapper, default))
    return described_as(shape, told).schema, shape.plan
