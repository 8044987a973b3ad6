"""What the names of a Python file mean, read from its source without running it."""

from __future__ import annotations

import ast
import builtins
from dataclasses import dataclass, field

_LONGEST = 100


class CantMap(Exception):
    """Something of a function that the model can't be told of; the message says what."""


@dataclass(frozen=True, slots=True)
class Names:
    """The top-level names of a file."""

    imported: dict[str, str] = field(default_factory=dict)
    """name -> dotted origin: `Opt` -> `typing.Optional`, `t` -> `typing`"""
    classes: dict[str, ast.ClassDef] = field(default_factory=dict)
    values: dict[str, ast.expr] = field(default_factory=dict)
    """what is assigned to it: aliases of types, constants"""

    @classmethod
    def of(cls, tree: ast.Module) -> Names:
        """Read the top level, with what stands in `if TYPE_CHECKING` and `try`."""
        names = cls()
        names._read(tree.body)
        return names

    def _read(self, body: list[ast.stmt]) -> None:
        for node in body:
            match node:
                case ast.Import(names=aliases):
                    for alias in aliases:
                        top = alias.name.partition(".")[0]
                        self.imported[alias.asname or top] = alias.name if alias.asname else top
                case ast.ImportFrom(module=module, names=aliases, level=level):
                    for alias in aliases:
                        self.imported[alias.asname or alias.name] = (
                            f"{'.' * level}{module or ''}.{alias.name}"
                        )
                case ast.ClassDef(name=name):
                    self.classes[name] = node
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    self.values[name] = value
                case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                    self.values[name] = value
                case ast.If(body=inner) | ast.Try(body=inner):
                    self._read(inner)
                case _ if type(node).__name__ == "TypeAlias":  # Python 3.12's `type X = …`
                    self.values[node.name.id] = node.value  # type: ignore[attr-defined]

    def dotted(self, node: ast.expr) -> str:
        """Where a name comes from: `typing.Optional`, `builtins.int`, `Point` for the file's own; empty: unknown."""
        match node:
            case ast.Name(id=name) if name in self.classes or name in self.values:
                return name
            case ast.Name(id=name) if name in self.imported:
                return self.imported[name].replace("typing_extensions.", "typing.")
            case ast.Name(id=name):
                return f"builtins.{name}" if hasattr(builtins, name) else ""
            case ast.Attribute(value=value, attr=attr):
                outer = self.dotted(value)
                return f"{outer}.{attr}".replace("typing_extensions.", "typing.") if outer else ""
        return ""


def written(node: ast.AST) -> str:
    """A piece of source in one short line, for a message."""
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def constant(node: ast.expr) -> object:
    """The value of a literal. Raises ValueError for what is none."""
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        raise ValueError(written(node)) from None
