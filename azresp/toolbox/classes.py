"""Dataclasses, enums and TypedDicts of a file as schemas, read from their source."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from dataclasses import dataclass

from azresp.core.sse import Wire
from azresp.toolbox.docstring import described
from azresp.toolbox.names import CantMap, constant, written
from azresp.toolbox.shape import Mapper, described_as, nullable

_ENUMS = ("enum.Enum", "enum.StrEnum", "enum.IntEnum")
_MIXED_IN = ("builtins.str", "builtins.int")


@dataclass(frozen=True, slots=True)
class _Field:
    """A field of a dataclass or TypedDict."""

    name: str
    annotation: ast.expr
    optional: bool
    default: ast.expr | None = None


def add_class(mapper: Mapper, name: str) -> None:
    """Put a class of the file into the mapper's `defs` and `classes`. Raises CantMap."""
    node = mapper.names.classes[name]
    bases = [mapper.names.dotted(base) for base in node.bases]
    if any(base in _ENUMS for base in bases) and all(base in (*_ENUMS, *_MIXED_IN) for base in bases):
        _add_enum(mapper, node)
    elif _is_typed_dict(mapper, node):
        _add_fields(mapper, node, list(_typed_dict_fields(mapper, node)), "typeddict")
    elif _dataclass_call(mapper, node) is not None:
        _add_fields(mapper, node, list(_dataclass_fields(mapper, node)), "dataclass")
    else:
        raise CantMap(f"the class {name} is no dataclass, enum or TypedDict")


def _add_enum(mapper: Mapper, node: ast.ClassDef) -> None:
    """Text values stand for themselves; members with other values are told by their names."""
    members = _members(node)
    if not members:
        raise CantMap(f"the enum {node.name} has no members")
    texts = [one for one in members.values() if isinstance(one, str)]
    by = "value" if len(texts) == len(members) else "name"
    told = list(dict.fromkeys(texts)) if by == "value" else list(members)
    mapper.defs[node.name] = {"type": "string", "enum": told} | _description(node)
    mapper.classes[node.name] = {"is": "enum", "by": by}


def _members(node: ast.ClassDef) -> dict[str, object]:
    """The members of an enum; None for a value that is only known when it runs."""
    members: dict[str, object] = {}
    for one in node.body:
        match one:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if not name.startswith("_"):
                try:
                    members[name] = constant(value)
                except ValueError:
                    members[name] = None
    return members


def _add_fields(mapper: Mapper, node: ast.ClassDef, fields: list[_Field], kind: str) -> None:
    mapper.classes[node.name] = {}  # a field may be of this class again
    _, texts = described(ast.get_docstring(node) or "")
    properties: dict[str, Wire] = {}
    plans: list[Wire] = []
    for one in fields:
        try:
            shape = mapper.shape(one.annotation)
        except CantMap as why:
            raise CantMap(f"{node.name}.{one.name}: {why}") from None
        if one.optional:
            shape = nullable(shape)
        default = "left out" if kind == "typeddict" and one.optional else ""
        if one.default is not None:
            default = default_text(mapper, one.default)
        told = with_default(shape.schema.get("description") or texts.get(one.name, ""), default)
        properties[one.name] = described_as(shape, told).schema
        plans.append({"name": one.name, "plan": shape.plan, "optional": one.optional})
    mapper.defs[node.name] = {
        "type": "object",
        **_description(node),
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
    mapper.classes[node.name] = {"is": kind, "fields": plans}


def with_default(text: str, default: str) -> str:
    """A description that says what null means."""
    if not default:
        return text
    stop = "" if not text or text.endswith((".", "!", "?")) else "."
    return f"{text}{stop} Null: {default}.".strip()


def _description(node: ast.ClassDef) -> Wire:
    text, _ = described(ast.get_docstring(node) or "")
    return {"description": text} if text else {}


def _annotated(node: ast.ClassDef) -> Iterator[tuple[str, ast.expr, ast.expr | None]]:
    for one in node.body:
        match one:
            case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation, value=value):
                yield name, annotation, value


# Dataclasses


def _dataclass_call(mapper: Mapper, node: ast.ClassDef) -> ast.expr | None:
    for one in node.decorator_list:
        if mapper.names.dotted(one.func if isinstance(one, ast.Call) else one) == "dataclasses.dataclass":
            return one
    return None


def _dataclass_fields(mapper: Mapper, node: ast.ClassDef) -> Iterator[_Field]:
    found: dict[str, _Field] = {}
    for base in node.bases:
        above = mapper.names.classes.get(mapper.names.dotted(base))
        if above is None or above is node or _dataclass_call(mapper, above) is None:
            raise CantMap(f"{node.name} is derived from {written(base)}, which is no dataclass of this file")
        found |= {one.name: one for one in _dataclass_fields(mapper, above)}
    for name, annotation, value in _annotated(node):
        head = mapper.names.dotted(annotation.value if isinstance(annotation, ast.Subscript) else annotation)
        if head in ("typing.ClassVar", "dataclasses.KW_ONLY"):
            continue
        if head == "dataclasses.InitVar":
            raise CantMap(f"{node.name}.{name}: InitVar is not understood")
        if (one := _dataclass_field(mapper, name, annotation, value)) is not None:
            found[name] = one
    yield from found.values()


def _dataclass_field(
    mapper: Mapper, name: str, annotation: ast.expr, value: ast.expr | None
) -> _Field | None:
    """None: `field(init=False)`, which nobody gives."""
    if value is None:
        return _Field(name, annotation, optional=False)
    if isinstance(value, ast.Call) and mapper.names.dotted(value.func) == "dataclasses.field":
        options = {one.arg: one.value for one in value.keywords if one.arg}
        if "init" in options and ast.unparse(options["init"]) == "False":
            return None
        has_default = "default" in options or "default_factory" in options
        return _Field(name, annotation, has_default, options.get("default"))
    return _Field(name, annotation, optional=True, default=value)


def default_text(mapper: Mapper, node: ast.expr) -> str:
    """A default as the model would write it, else as the source has it; empty for None, which null says already.

    Raises CantMap for what is only known when it runs.
    """
    match node:
        case ast.Attribute(value=ast.Name(id=name), attr=attr) if (
            mapper.classes.get(name, {}).get("is") == "enum"
        ):
            members = _members(mapper.names.classes[name])
            return json.dumps(members.get(attr) if mapper.classes[name]["by"] == "value" else attr)
        case ast.Name() | ast.Attribute():
            return written(node)
    try:
        value = constant(node)
    except ValueError as why:
        raise CantMap(f"the default {why} is only known when it runs; use None or a plain value") from None
    try:
        return "" if value is None else json.dumps(value)
    except (TypeError, ValueError):
        return written(node)


# TypedDicts


def _is_typed_dict(mapper: Mapper, node: ast.ClassDef, depth: int = 0) -> bool:
    """All its bases are TypedDict, or TypedDicts of the file."""
    classes = mapper.names.classes
    dotted = [mapper.names.dotted(base) for base in node.bases]
    return bool(dotted) and all(
        one == "typing.TypedDict"
        or (depth < 9 and one in classes and _is_typed_dict(mapper, classes[one], depth + 1))
        for one in dotted
    )


def _typed_dict_fields(mapper: Mapper, node: ast.ClassDef) -> Iterator[_Field]:
    found: dict[str, _Field] = {}
    for base in node.bases:
        if (above := mapper.names.classes.get(mapper.names.dotted(base))) is not None:
            found |= {one.name: one for one in _typed_dict_fields(mapper, above)}
    total = all(one.arg != "total" or ast.unparse(one.value) != "False" for one in node.keywords)
    for name, annotation, _ in _annotated(node):
        head = mapper.names.dotted(annotation.value) if isinstance(annotation, ast.Subscript) else ""
        optional = head == "typing.NotRequired" or (not total and head != "typing.Required")
        found[name] = _Field(name, annotation, optional)
    yield from found.values()
