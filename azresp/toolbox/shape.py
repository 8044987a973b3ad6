"""From an annotation to a JSON schema, and to the plan by which the child turns JSON into what was annotated.

Dataclasses, enums and TypedDicts of the same file become `$defs`, so they may hold themselves. Free dictionaries and
`Any` have no strict form: a tool that takes one is told to the model with `strict` off.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field

from azresp.core.sse import Wire
from azresp.toolbox.names import CantMap, Names, constant, written

Plan = Wire | None


@dataclass(frozen=True, slots=True)
class Shape:
    """What a value looks like in JSON, and how it becomes what the function wants (None: as it is)."""

    schema: Wire
    plan: Plan = None


_SCALARS = {
    "builtins.str": Shape({"type": "string"}),
    "builtins.int": Shape({"type": "integer"}, {"is": "int"}),
    "builtins.float": Shape({"type": "number"}, {"is": "float"}),
    "builtins.bool": Shape({"type": "boolean"}),
    "pathlib.Path": Shape({"type": "string"}, {"is": "path"}),
}
_LISTS = {
    "builtins.list": "list",
    "typing.List": "list",
    "typing.Sequence": "list",
    "typing.Iterable": "list",
    "typing.Collection": "list",
    "collections.abc.Sequence": "list",
    "collections.abc.Iterable": "list",
    "collections.abc.Collection": "list",
    "builtins.set": "set",
    "typing.Set": "set",
    "collections.abc.Set": "set",
    "builtins.frozenset": "frozenset",
}
_TUPLES = ("builtins.tuple", "typing.Tuple")
_DICTS = (
    "builtins.dict",
    "typing.Dict",
    "typing.Mapping",
    "collections.abc.Mapping",
    "collections.abc.MutableMapping",
)
_ANYTHING = ("typing.Any", "builtins.object")
_MOST_ALIASES = 1000


@dataclass(slots=True)
class Mapper:
    """Maps the annotations of one function; gathers the classes that it needs."""

    names: Names
    add_class: Callable[[Mapper, str], None]
    """puts the schema and plan of a class of the file into `defs` and `classes`"""
    defs: dict[str, Wire] = field(default_factory=dict)
    classes: dict[str, Wire] = field(default_factory=dict)
    strict: bool = True
    _aliases: int = 0
    _open: list[str] = field(default_factory=list)
    """aliases that are being read"""

    def shape(self, node: ast.expr) -> Shape:
        """The shape of an annotation. Raises CantMap with the reason."""
        match node:
            case ast.Constant(value=None):
                return Shape({"type": "null"})
            case ast.Constant(value=str(text)):
                return self.shape(_parsed(text))
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                return self._union([left, right])
            case ast.Subscript(value=value, slice=inner):
                return self._generic(self.names.dotted(value), inner, node)
            case ast.Name() | ast.Attribute():
                return self._named(self.names.dotted(node), node)
        raise CantMap(f"the type {written(node)} is not understood")

    def _named(self, dotted: str, node: ast.expr) -> Shape:
        if dotted in _SCALARS:
            return _SCALARS[dotted]
        if dotted in self.names.classes:
            return self._class(dotted)
        if dotted in self.names.values:
            return self._alias(dotted)
        if dotted in _ANYTHING:
            self.strict = False
            return Shape({})
        if dotted in _DICTS:
            self.strict = False
            return Shape({"type": "object"})
        if dotted in _LISTS or dotted in _TUPLES:
            raise CantMap(
                f"{written(node)} does not say what it holds: write {written(node)}[str] or the like"
            )
        raise CantMap(f"the type {written(node)} is not one that JSON has, nor a class of this file")

    def _class(self, name: str) -> Shape:
        if name not in self.classes:
            self.add_class(self, name)
        return Shape({"$ref": f"#/$defs/{name}"}, {"is": "class", "name": name})

    def _alias(self, name: str) -> Shape:
        self._aliases += 1
        if name in self._open or self._aliases > _MOST_ALIASES:
            raise CantMap(f"the alias {name} leads in a circle, or to too many others")
        self._open.append(name)
        shape = self.shape(self.names.values[name])
        self._open.pop()
        return shape

    def _generic(self, dotted: str, inner: ast.expr, node: ast.expr) -> Shape:
        arguments = inner.elts if isinstance(inner, ast.Tuple) else [inner]
        match dotted:
            case "typing.Optional":
                return self._union([*arguments, ast.Constant(None)])
            case "typing.Union":
                return self._union(arguments)
            case "typing.Literal":
                return _literal(arguments)
            case (
                "typing.Annotated"
                | "typing.Required"
                | "typing.NotRequired"
                | "typing.ReadOnly"
                | "typing.Final"
            ):
                return described_as(self.shape(arguments[0]), _note(arguments[1:]))
        if dotted in _LISTS and len(arguments) == 1:
            return self._list(arguments[0], _LISTS[dotted])
        if dotted in _TUPLES:
            return self._tuple(arguments, node)
        if dotted in _DICTS and len(arguments) == 2:
            return self._dict(*arguments)
        raise CantMap(f"the type {written(node)} is not understood")

    def _list(self, inner: ast.expr, kind: str) -> Shape:
        of = self.shape(inner)
        return Shape({"type": "array", "items": of.schema}, {"is": kind, "of": of.plan})

    def _tuple(self, arguments: list[ast.expr], node: ast.expr) -> Shape:
        if len(arguments) == 2 and isinstance(arguments[1], ast.Constant) and arguments[1].value is ...:
            return self._list(arguments[0], "tuple")
        if len({ast.dump(one) for one in arguments}) != 1:
            raise CantMap(
                f"{written(node)}: a tuple of different types has no strict schema; use a dataclass"
            )
        shape = self._list(arguments[0], "tuple")
        exactly = {"minItems": len(arguments), "maxItems": len(arguments)}
        return Shape(shape.schema | exactly, shape.plan)

    def _dict(self, key: ast.expr, value: ast.expr) -> Shape:
        if self.names.dotted(key) != "builtins.str":
            raise CantMap(f"a dict with keys of type {written(key)}: JSON's keys are text")
        self.strict = False
        of = self.shape(value)
        return Shape({"type": "object", "additionalProperties": of.schema}, {"is": "dict", "of": of.plan})

    def _union(self, arguments: list[ast.expr]) -> Shape:
        shapes = [self.shape(one) for one in arguments]
        some = [one for one in shapes if one.schema != {"type": "null"}]
        shape = some[0] if len(some) == 1 else self._either(some, " | ".join(map(written, arguments)))
        return nullable(shape) if len(some) < len(shapes) else shape

    def _either(self, shapes: list[Shape], told: str) -> Shape:
        """One of several: the child must be able to tell which by the form of the JSON alone."""
        plans = [
            one.plan for one in shapes if one.plan is not None and one.plan["is"] not in ("int", "float")
        ]
        if len(plans) > 1 or any(one["is"] == "path" for one in plans):
            raise CantMap(f"{told}: JSON does not tell these types apart")
        if any(self.classes.get(one.get("name", ""), {}).get("is") == "enum" for one in plans):
            raise CantMap(f"{told}: JSON does not tell an enum from text")
        schemas = [inner for one in shapes for inner in one.schema.get("anyOf", [one.schema])]
        return Shape({"anyOf": schemas}, plans[0] if plans else None)


def nullable(shape: Shape) -> Shape:
    """The same, or null."""
    schema = shape.schema
    if not schema or schema.get("type") == "null":
        return shape
    if isinstance(schema.get("type"), str):
        wider: Wire = {**schema, "type": [schema["type"], "null"]}
        if "enum" in schema:
            wider["enum"] = [*schema["enum"], None]
        return Shape(wider, shape.plan)
    if isinstance(schema.get("type"), list):
        return (
            shape
            if "null" in schema["type"]
            else Shape({**schema, "type": [*schema["type"], "null"]}, shape.plan)
        )
    options = schema["anyOf"] if "anyOf" in schema else [{"$ref": schema["$ref"]}]
    if {"type": "null"} in options:
        return shape
    rest = {key: value for key, value in schema.items() if key not in ("anyOf", "$ref")}
    return Shape({"anyOf": [*options, {"type": "null"}], **rest}, shape.plan)


def described_as(shape: Shape, text: str) -> Shape:
    """The same with a description. A strict schema takes nothing beside a `$ref`: it is wrapped."""
    if not text:
        return shape
    schema = {"anyOf": [shape.schema]} if "$ref" in shape.schema else shape.schema
    return Shape({**schema, "description": text}, shape.plan)


_JSON_NAMES = {str: "string", int: "integer", bool: "boolean", type(None): "null"}


def _literal(arguments: list[ast.expr]) -> Shape:
    values: list[object] = []
    for one in arguments:
        try:
            values.append(constant(one))
        except ValueError:
            raise CantMap(f"Literal[{written(one)}] is not a plain value") from None
    kinds = list(dict.fromkeys(_JSON_NAMES.get(type(one), "") for one in values))
    if "" in kinds:
        raise CantMap(f"Literal[{', '.join(map(repr, values))}] holds what JSON does not have")
    return Shape({"type": kinds[0] if len(kinds) == 1 else kinds, "enum": values})


def _note(notes: list[ast.expr]) -> str:
    """The text among the notes of `Annotated[T, "text"]` or `Annotated[T, Doc("text")]`; empty if there is none."""
    for note in notes:
        match note:
            case ast.Constant(value=str(text)) | ast.Call(args=[ast.Constant(value=str(text))]):
                return " ".join(text.split())
    return ""


def _parsed(text: str) -> ast.expr:
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError):
        raise CantMap(f"the type {text!r} can't be read") from None
