"""A function's schema, read from its source."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azresp.emulator.schemas import check_schema, check_strict
from azresp.toolbox.schema import PythonFunction, functions_of

HEAD = """
from __future__ import annotations
import enum, pathlib, typing, typing as t, collections.abc
from collections.abc import Sequence, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, NotRequired, Optional, TypedDict, Union

Units = Literal["C", "F"]
Circle = list["Circle"]

class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"

class Level(enum.IntEnum):
    LOW = 1
    HIGH = enum.auto()

@dataclass
class Point:
    '''A place on the map.

    Args:
        x: to the right
    '''
    x: float
    y: float = 0.0
    hidden: typing.ClassVar[int] = 3
    late: int = field(init=False, default=1)

@dataclass
class Named(Point):
    name: str = "here"

@dataclass
class Tree:
    children: list[Tree] = field(default_factory=list)

class Row(TypedDict):
    a: int
    b: NotRequired[str]

class Plain:
    x: int
"""


def _one(source: str) -> PythonFunction:
    found, refused = functions_of((HEAD + source).encode(), "tools.py")
    assert [one.reason for one in refused] == []
    assert len(found) == 1
    return found[0]


def _parameter(annotation: str) -> Any:
    return _one(f'def f(x: {annotation}) -> None:\n    """Do."""\n').function.parameters["properties"]["x"]


def _reason(source: str) -> str:
    found, refused = functions_of((HEAD + source).encode(), "tools.py")
    assert [one.function.name for one in found] == []
    assert len(refused) == 1
    return refused[0].reason


TYPES: list[tuple[str, Any]] = [
    ("str", {"type": "string"}),
    ("int", {"type": "integer"}),
    ("float", {"type": "number"}),
    ("bool", {"type": "boolean"}),
    ("None", {"type": "null"}),
    ("'str'", {"type": "string"}),
    ("Path", {"type": "string"}),
    ("pathlib.Path", {"type": "string"}),
    ("str | None", {"type": ["string", "null"]}),
    ("Optional[int]", {"type": ["integer", "null"]}),
    ("t.Optional[int]", {"type": ["integer", "null"]}),
    ("int | str", {"anyOf": [{"type": "integer"}, {"type": "string"}]}),
    ("Union[int, str, None]", {"anyOf": [{"type": "integer"}, {"type": "string"}, {"type": "null"}]}),
    ('Literal["a", "b"]', {"type": "string", "enum": ["a", "b"]}),
    ("Literal[1, 'b', True]", {"type": ["integer", "string", "boolean"], "enum": [1, "b", True]}),
    ("Literal['a'] | None", {"type": ["string", "null"], "enum": ["a", None]}),
    ("Units", {"type": "string", "enum": ["C", "F"]}),
    ("list[str]", {"type": "array", "items": {"type": "string"}}),
    ("Sequence[int]", {"type": "array", "items": {"type": "integer"}}),
    ("collections.abc.Sequence[int]", {"type": "array", "items": {"type": "integer"}}),
    ("set[int]", {"type": "array", "items": {"type": "integer"}}),
    ("tuple[str, ...]", {"type": "array", "items": {"type": "string"}}),
    (
        "tuple[float, float]",
        {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2},
    ),
    ("list[list[int]]", {"type": "array", "items": {"type": "array", "items": {"type": "integer"}}}),
    ("Annotated[int, 'how many']", {"type": "integer", "description": "how many"}),
    ("Colour", {"$ref": "#/$defs/Colour"}),
    ("Colour | None", {"anyOf": [{"$ref": "#/$defs/Colour"}, {"type": "null"}]}),
    ("Point | str", {"anyOf": [{"$ref": "#/$defs/Point"}, {"type": "string"}]}),
    (
        "Annotated[Point, 'where']",
        {"anyOf": [{"$ref": "#/$defs/Point"}], "description": "where"},
    ),
]


@pytest.mark.parametrize(("annotation", "schema"), TYPES, ids=[one for one, _ in TYPES])
def test_a_type_becomes_a_schema(annotation: str, schema: Any) -> None:
    assert _parameter(annotation) == schema


@pytest.mark.parametrize("annotation", [one for one, _ in TYPES] + ["Named", "Tree", "Row", "Level"])
def test_the_service_takes_every_strict_schema(annotation: str) -> None:
    tool = _one(f'def f(x: {annotation}, y: {annotation} = None) -> None:\n    """Do."""\n').function
    assert tool.strict
    check_schema(tool.parameters, "function 'f'", "tools[0].parameters", "invalid_function_parameters")
    check_strict(tool.parameters, "function 'f'", "tools[0].parameters", "invalid_function_parameters")


CLASSES: list[tuple[str, Any]] = [
    ("Colour", {"type": "string", "enum": ["red", "blue"]}),
    ("Level", {"type": "string", "enum": ["LOW", "HIGH"]}),
    (
        "Point",
        {
            "type": "object",
            "description": "A place on the map.",
            "properties": {
                "x": {"type": "number", "description": "to the right"},
                "y": {"type": ["number", "null"], "description": "Null: 0.0."},
            },
            "required": ["x", "y"],
            "additionalProperties": False,
        },
    ),
    (
        "Tree",
        {
            "type": "object",
            "properties": {"children": {"type": ["array", "null"], "items": {"$ref": "#/$defs/Tree"}}},
            "required": ["children"],
            "additionalProperties": False,
        },
    ),
    (
        "Row",
        {
            "type": "object",
            "properties": {
                "a": {"type": "integer"},
                "b": {"type": ["string", "null"], "description": "Null: left out."},
            },
            "required": ["a", "b"],
            "additionalProperties": False,
        },
    ),
]


@pytest.mark.parametrize(("name", "schema"), CLASSES, ids=[one for one, _ in CLASSES])
def test_a_class_of_the_file_becomes_a_definition(name: str, schema: Any) -> None:
    function = _one(f'def f(x: {name}) -> None:\n    """Do."""\n').function
    assert function.parameters["$defs"] == {name: schema}


def test_a_derived_dataclass_has_the_fields_of_its_base_first() -> None:
    function = _one('def f(x: Named) -> None:\n    """Do."""\n').function
    assert list(function.parameters["$defs"]["Named"]["properties"]) == ["x", "y", "name"]


FREE: list[tuple[str, Any]] = [
    ("dict[str, int]", {"type": "object", "additionalProperties": {"type": "integer"}}),
    ("Mapping[str, list[str]]", {"type": "object", "additionalProperties": TYPES[17][1]}),
    ("dict", {"type": "object"}),
    ("Any", {}),
]


@pytest.mark.parametrize(("annotation", "schema"), FREE, ids=[one for one, _ in FREE])
def test_what_no_strict_schema_can_hold_is_told_without_strict(annotation: str, schema: Any) -> None:
    tool = _one(f'def f(x: {annotation}, n: int = 1) -> None:\n    """Do."""\n').function
    assert not tool.strict
    assert tool.parameters["properties"]["x"] == schema
    assert tool.parameters["required"] == ["x"]


def test_every_parameter_is_required_and_null_means_the_default() -> None:
    tool = _one('async def f(a: str, /, b: int = 3, *, c: Colour = Colour.RED) -> str:\n    """Do it."""\n')
    assert tool.function.parameters["required"] == ["a", "b", "c"]
    assert tool.function.parameters["properties"] == {
        "a": {"type": "string"},
        "b": {"type": ["integer", "null"], "description": "Null: 3."},
        "c": {
            "anyOf": [{"$ref": "#/$defs/Colour"}, {"type": "null"}],
            "description": 'Null: "red".',
        },
    }
    assert [(one["name"], one["optional"], one["positional"]) for one in tool.parameters] == [
        ("a", False, True),
        ("b", True, False),
        ("c", True, False),
    ]


DOCSTRINGS = {
    "google": """
    Args:
        city (str): the city,
            any of them
        days: how many

    Returns:
        x: no""",
    "sphinx": """
    :param str city: the city,
        any of them
    :param days: how many
    :returns: no""",
    "numpy": """
    Parameters
    ----------
    city : str
        the city,
        any of them
    days : int
        how many

    Returns
    -------
    x : int
        no""",
}


@pytest.mark.parametrize("style", DOCSTRINGS)
def test_docstrings_of_every_style_tell_of_the_parameters(style: str) -> None:
    text = f"Tell the weather\n    of a city.\n\n    More on it.\n{DOCSTRINGS[style]}\n    "
    tool = _one(f"def f(city: str, days: int) -> None:\n    '''{text}'''\n").function
    assert tool.description == "Tell the weather of a city."
    assert tool.parameters["properties"] == {
        "city": {"type": "string", "description": "the city, any of them"},
        "days": {"type": "integer", "description": "how many"},
    }


REFUSED = [
    ("def f(x): 'Do.'", "the parameter x: it has no type"),
    ("def f(x: int): pass", "it has no docstring: the model would not know what it does"),
    ("def f(*args: int): 'Do.'", "*args: a schema has a fixed set of parameters"),
    ("def f(**more: int): 'Do.'", "**more: a schema has a fixed set of parameters"),
    (
        "def f(x: complex): 'Do.'",
        "the parameter x: the type complex is not one that JSON has, nor a class of this file",
    ),
    (
        "def f(x: Nowhere): 'Do.'",
        "the parameter x: the type Nowhere is not one that JSON has, nor a class of this file",
    ),
    (
        "def f(x: list): 'Do.'",
        "the parameter x: list does not say what it holds: write list[str] or the like",
    ),
    ("def f(x: Plain): 'Do.'", "the parameter x: the class Plain is no dataclass, enum or TypedDict"),
    ("def f(x: Circle): 'Do.'", "the parameter x: the alias Circle leads in a circle, or to too many others"),
    (
        "def f(x: dict[int, str]): 'Do.'",
        "the parameter x: a dict with keys of type int: JSON's keys are text",
    ),
    (
        "def f(x: tuple[int, str]): 'Do.'",
        "the parameter x: tuple[int, str]: a tuple of different types has no strict schema; use a dataclass",
    ),
    ("def f(x: Point | Row): 'Do.'", "the parameter x: Point | Row: JSON does not tell these types apart"),
    ("def f(x: Colour | str): 'Do.'", "the parameter x: Colour | str: JSON does not tell an enum from text"),
    ("def f(x: Path | str): 'Do.'", "the parameter x: Path | str: JSON does not tell these types apart"),
    (
        "def f(x: int = len('a')): 'Do.'",
        "the parameter x: the default len('a') is only known when it runs; use None or a plain value",
    ),
    ("def f(x: 'not ( a type'): 'Do.'", "the parameter x: the type 'not ( a type' can't be read"),
    ("def f(x: Literal[b'x']): 'Do.'", "the parameter x: Literal[b'x'] holds what JSON does not have"),
    ("def f():\n  'Do.'\n  yield 1", "it is a generator; return a list"),
    ("def f(): 'Do.'\nf = print", "the name is given more than once, so it's unknown which one would run"),
    (f"def {'f' * 65}(): 'Do.'", "names of tools have at most 64 letters, digits, _ and -"),
]


@pytest.mark.parametrize(("source", "reason"), REFUSED, ids=[one for one, _ in REFUSED])
def test_what_cant_be_mapped_is_refused_with_the_reason(source: str, reason: str) -> None:
    assert _reason(source) == reason


def test_a_refusal_names_file_line_and_function() -> None:
    _, refused = functions_of(b"\n\ndef f(x):\n    'Do.'\n", "weather.py")
    assert [one.told("weather.py") for one in refused] == ["weather.py:3: f: the parameter x: it has no type"]


def test_a_syntax_error_is_told_with_its_line() -> None:
    assert (
        functions_of(b"x = 1\ndef f(:\n", "t.py")[1][0].told("t.py") == "t.py:2: not Python: invalid syntax"
    )


@pytest.mark.parametrize(
    "source",
    [b"\0", b"\xff\xfe", b"# coding: nowhere\n", b"(" * 5000, b"x = " + b"-" * 100_000 + b"1"],
    ids=range(5),
)
def test_what_is_no_python_is_refused(source: bytes) -> None:
    found, refused = functions_of(source, "t.py")
    assert found == ()
    assert refused[0].told("t.py").startswith("t.py:1: not Python: ")


def test_only_public_top_level_functions_are_tools() -> None:
    source = "def _a(): 'A.'\ndef b(): 'B.'\nclass C:\n  def c(self): 'C.'\nif b:\n  def d(): 'D.'\n"
    found, refused = functions_of(source.encode(), "t.py")
    assert ([one.function.name for one in found], refused) == (["b"], ())


def test_dunder_all_says_which_functions_are_tools() -> None:
    source = "__all__ = ['_a', 'C']\ndef _a(): 'A.'\ndef b(): 'B.'\nclass C: pass\n"
    assert [one.function.name for one in functions_of(source.encode(), "t.py")[0]] == ["_a"]


def test_a_computed_dunder_all_is_refused() -> None:
    found, refused = functions_of(b"__all__ = dir()\ndef a(): 'A.'\n", "t.py")
    assert found == ()
    assert [(one.name, one.line) for one in refused] == [("__all__", 1)]


def test_a_nested_generator_does_not_make_the_function_one() -> None:
    _one("def f() -> None:\n    'Do.'\n    def inner():\n        yield 1\n")


def test_a_strange_escape_in_a_file_is_no_warning_of_ours() -> None:
    assert len(functions_of(b"def f() -> None:\n    'Do \\d.'\n", "t.py")[0]) == 1


def test_a_type_may_be_used_any_number_of_times() -> None:
    parameters = ", ".join(f"x{number}: Units" for number in range(100))
    assert len(_one(f"def f({parameters}): 'Do.'").parameters) == 100


def test_an_alias_that_doubles_again_and_again_is_refused_in_time() -> None:
    lines = ["A0 = int", *(f"A{n} = A{n - 1} | list[A{n - 1}]" for n in range(1, 60))]
    reason = _reason("\n".join(lines) + "\ndef f(x: A59): 'Do.'\n")
    assert reason.endswith("leads in a circle, or to too many others") or "apart" in reason


WHOLE = (
    HEAD
    + """
def f(a: Tree, b: Row | None, *, c: Annotated[dict[str, Level], "c"], d: "Units" = "C") -> None:
    \"\"\"Do.

    Args:
        a: one
    \"\"\"
"""
)


@given(st.integers(0, len(WHOLE)), st.integers(0, 40), st.text(max_size=10))
def test_a_damaged_file_is_read_or_refused(at: int, length: int, other: str) -> None:
    damaged = (WHOLE[:at] + other + WHOLE[at + length :]).encode("utf-8", "surrogatepass")
    functions_of(damaged, "t.py")


@pytest.mark.parametrize(
    "expression",
    [
        "-" * 900_000 + "1",
        "1" + "+1" * 400_000,
        "a" + ".b" * 400_000,
        "[" * 150 + "]" * 150,
        "a" + "[0]" * 300_000,
    ],
    ids=range(5),
)
def test_source_as_deep_as_it_can_be_is_read_or_refused(expression: str) -> None:
    for source in (f"x = {expression}\n", f"def f(x: {expression} = {expression}): 'Do.'\n"):
        found, refused = functions_of(source[: 1024 * 1024].encode(), "t.py")
        assert found == ()
        assert all(len(one.told("t.py")) < 1000 for one in refused)


DEFAULTS = [
    ("str", "'a'", 'Null: "a".'),
    ("bool", "False", "Null: false."),
    ("float", "-1.5", "Null: -1.5."),
    ("tuple[int, ...]", "(1, 2)", "Null: [1, 2]."),
    ("Level", "Level.HIGH", 'Null: "HIGH".'),
    ("Colour", "Colour.BLUE", 'Null: "blue".'),
    ("int", "LIMIT", "Null: LIMIT."),
]


@pytest.mark.parametrize(("annotation", "default", "told"), DEFAULTS, ids=[one for _, one, _ in DEFAULTS])
def test_a_default_is_told_as_the_model_would_write_it(annotation: str, default: str, told: str) -> None:
    source = f"LIMIT = 3\ndef f(x: {annotation} = {default}) -> None:\n    'Do.'\n"
    assert _one(source).function.parameters["properties"]["x"]["description"] == told
