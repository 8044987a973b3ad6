"""Nothing is offered that nobody uses: what has no leading underscore is there for another module."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SEEN_FROM_OUTSIDE = {
    "azresp.__main__.main",  # the console script
    "azresp.toolbox.worker.main",  # the child of a call, started by its path
    "azresp.toolbox.offered.read_file",  # a file of tools: the worker finds them by their names
    "azresp.toolbox.offered.list_folder",
    "azresp.toolbox.offered.search_text",
    "azresp.toolbox.offered.ToolError",
    "azresp.azure.oauth._Flow.get_tokens",  # called by the mcp package
    "azresp.azure.oauth._Flow.set_tokens",
    "azresp.azure.oauth._Flow.get_client_info",
    "azresp.azure.oauth._Flow.set_client_info",
}
_Def = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def _named(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def _nodes() -> dict[str, list[ast.AST]]:
    """All that stands in azresp, and in what makes its documents and measures it; each module itself comes first."""
    paths = [path for folder in ("azresp", "docs", "bench") for path in sorted((ROOT / folder).rglob("*.py"))]
    return {_named(path): list(ast.walk(ast.parse(path.read_bytes()))) for path in paths}


@cache
def _tests() -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py"))


def _base(module: str, node: ast.ImportFrom) -> str:
    """The module that an import takes from, relative ones resolved."""
    if not node.level:
        return node.module or ""
    package = module.split(".")[: None if (ROOT / module.replace(".", "/")).is_dir() else -1]
    return ".".join([*package[: len(package) - node.level + 1], *([node.module] if node.module else [])])


def _taken(module: str, nodes: list[ast.AST]) -> Iterator[str]:
    """What a module takes from others, as `module.name`: imported, or an attribute of an imported module."""
    modules = {}
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and (base := _base(module, node)).startswith("azresp"):
            for one in node.names:
                modules[one.asname or one.name] = f"{base}.{one.name}"
                yield f"{base}.{one.name}"
    for node in nodes:
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
            yield f"{modules[node.value.id]}.{node.attr}"


@cache
def _users() -> dict[str, set[str]]:
    """Who takes a name, by `module.name`."""
    users = defaultdict(set)
    for module, nodes in _nodes().items():
        for name in _taken(module, nodes):
            users[name].add(module)
    return users


def _public(tree: ast.Module) -> Iterator[tuple[str, ast.stmt]]:
    for node in tree.body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                names = [] if node.decorator_list and not isinstance(node, ast.ClassDef) else [name]
            case ast.Assign(targets=targets):
                names = [one.id for one in targets if isinstance(one, ast.Name)]
            case ast.AnnAssign(target=ast.Name(id=name)):
                names = [name]
            case _:
                names = []
        yield from ((name, node) for name in names if not name.startswith("_"))


def _in_types(nodes: list[ast.AST]) -> set[str]:
    """Names that stand in annotations and type aliases: who calls has them in hand without importing them."""
    notes = [one for node in nodes for one in _notes(node)]
    return {one.id for note in notes for one in ast.walk(note) if isinstance(one, ast.Name)}


def _notes(node: ast.AST) -> Iterator[ast.expr]:
    match node:
        case ast.arg(annotation=ast.expr() as note) | ast.AnnAssign(annotation=note):
            yield note
        case ast.FunctionDef(returns=ast.expr() as note) | ast.AsyncFunctionDef(returns=ast.expr() as note):
            yield note
        case ast.Assign(value=ast.Subscript() | ast.BinOp() as note):
            yield note


def _is_needed(full: str, node: ast.stmt, at_home: set[str], in_types: set[str]) -> bool:
    """Another module takes it. A constant or a type may serve its own module alone; so may what has its own tests."""
    module, _, name = full.rpartition(".")
    if _users()[full] - {module} or name in in_types:
        return True
    return name in at_home and (not isinstance(node, _Def) or _is_tested(module, name))


def _is_tested(module: str, name: str) -> bool:
    """A test takes it by itself: a part with laws of its own."""
    last = module.rpartition(".")[2]
    taken = rf"from {re.escape(module)} import (\([^)]*|[^\n]*)\b{name}\b|\b{last}\.{name}\b"
    return re.search(taken, _tests()) is not None


def test_nothing_is_offered_that_no_other_module_uses() -> None:
    unneeded = []
    for module, nodes in _nodes().items():
        tree = nodes[0]
        if not module.startswith("azresp") or not isinstance(tree, ast.Module):
            continue
        at_home = {one.id for one in nodes if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load)}
        in_types = _in_types(nodes)
        for name, node in _public(tree):
            if not _is_needed(full := f"{module}.{name}", node, at_home, in_types):
                unneeded.append(full)
    assert sorted(set(unneeded) - SEEN_FROM_OUTSIDE) == []


def test_every_method_is_called_by_somebody() -> None:
    asked: set[str] = set()
    offered: dict[str, str] = {}
    for module, nodes in _nodes().items():
        for node in nodes:
            match node:
                case ast.Attribute(attr=name) | ast.Constant(value=str(name)):
                    asked.add(name)
                case ast.ClassDef() if _stands_alone(node):
                    offered |= {f"{module}.{node.name}.{name}": name for name in _methods(node)}
    unasked = {full for full, name in offered.items() if name not in asked}
    assert sorted(unasked - SEEN_FROM_OUTSIDE) == []


def _stands_alone(node: ast.ClassDef) -> bool:
    """It answers to nobody else's class, which might call what it overrides."""
    return all(isinstance(one, ast.Name) and one.id == "Protocol" for one in node.bases)


def _methods(node: ast.ClassDef) -> Iterator[str]:
    for one in node.body:
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef) and not one.name.startswith("_"):
            yield one.name
