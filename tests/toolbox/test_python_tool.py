"""Python functions run in a child: what they are given, and what comes back."""

from __future__ import annotations

import base64
import os
import sys
from pathlib import Path

import pytest

from azresp.toolbox.limits import Limits
from azresp.toolbox.python_tool import tools_of
from azresp.toolbox.trust import load_file
from tests.toolbox.zoo import PATIENT, call, file_of, tool_of

PNG = b"\x89PNG\r\n\x1a\n" + b"rest"

TYPED = '''
from __future__ import annotations
import enum
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NotRequired, TypedDict
if TYPE_CHECKING:
    from collections.abc import Sequence

class Colour(enum.Enum):
    RED = "red"

class Level(enum.IntEnum):
    LOW = 1

@dataclass(frozen=True)
class Place:
    name: str
    near: list[Place] = field(default_factory=list)

class Row(TypedDict):
    a: Level
    b: NotRequired[str]

def f(place: Place | None, colour: Colour, row: Row, tags: set[str], pair: tuple[float, float],
      names: Sequence[str], path: Path, whole: int, either: Place | str, n: int = 7, /,
      *, mode: Literal["a", "b"] = "b") -> str:
    """Give back."""
    return repr((place, colour, row, tags, pair, names, path, whole, either, n, mode))
'''


def test_arguments_become_what_the_function_wants(tmp_path: Path) -> None:
    ran = call(
        tool_of(tmp_path, TYPED),
        place={"name": "x", "near": [{"name": "y", "near": None}]},
        colour="red",
        row={"a": "LOW", "b": None},
        tags=["t", "t"],
        pair=[1, 2.5],
        names=["n"],
        path="a/b",
        whole=3.0,
        either={"name": "z", "near": []},
        n=None,
        mode=None,
    )
    place = "Place(name='x', near=[Place(name='y', near=[])])"
    path = repr(Path("a/b"))
    assert ran.output == (
        f"({place}, <Colour.RED: 'red'>, {{'a': <Level.LOW: 1>}}, {{'t'}}, (1.0, 2.5), ['n'], {path}, 3, "
        "Place(name='z', near=[]), 7, 'b')"
    )
    assert (ran.ok, ran.note) == (True, "ok")


RESULTS: list[tuple[str, object]] = [
    ("'text as it is\\n'", "text as it is\n"),
    ("None", "null"),
    ("{'a': [1, 2.5, True, 'ä']}", '{"a": [1, 2.5, true, "ä"]}'),
    ("datetime.date(2026, 1, 2)", '"2026-01-02"'),
    ("{pathlib.PurePosixPath('a'): 1}.popitem()", '["a", 1]'),
    ("P(1)", '{"x": 1}'),
    ("E.A", '"a"'),
    ("{2, 1}", "[1, 2]"),
    ("'\\ud83d' + chr(0)", "\ufffd\0"),
    ("b'\\x89PNG\\r\\n\\x1a\\nrest'", "IMAGE"),
    ("Drawn()", "IMAGE"),
    ("pathlib.Path('p.png')", "IMAGE"),
    ("pathlib.Path('nowhere.png')", '"nowhere.png"'),
    ("{'type': 'input_text', 'text': 'x'}", [{"type": "input_text", "text": "x"}]),
    ("['see', b'\\xff\\xd8\\xff']", "TEXT AND IMAGE"),
]
RETURNING = '''
import datetime, enum, pathlib, dataclasses
@dataclasses.dataclass
class P:
    x: int
class E(enum.Enum):
    A = "a"
class Drawn:
    def _repr_png_(self):
        return b"\\x89PNG\\r\\n\\x1a\\nrest"
def f() -> object:
    """Give."""
    return '''


@pytest.mark.parametrize(("expression", "output"), RESULTS, ids=[one for one, _ in RESULTS])
def test_a_result_becomes_text_json_or_an_image(expression: str, output: object, tmp_path: Path) -> None:
    (tmp_path / "p.png").write_bytes(PNG)
    image = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
    jpeg = "data:image/jpeg;base64,/9j/"
    wanted = {
        "IMAGE": [{"type": "input_image", "image_url": image}],
        "TEXT AND IMAGE": [
            {"type": "input_text", "text": "see"},
            {"type": "input_image", "image_url": jpeg},
        ],
    }
    ran = call(tool_of(tmp_path, RETURNING + expression + "\n"))
    assert (ran.ok, ran.output) == (True, wanted.get(output, output) if isinstance(output, str) else output)


@pytest.mark.parametrize(
    ("expression", "note"),
    [
        ("object()", "TypeError: the function returned a object, which has no form in JSON"),
        ("b'no image'", "TypeError: the function returned a bytes, which has no form in JSON"),
        ("float('nan')", "ValueError: Out of range float values are not JSON compliant"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("{}['x']", "KeyError: 'x'"),
        ("exit(3)", "it called sys.exit(3)"),
        ("(_ for _ in ()).throw(KeyboardInterrupt)", "KeyboardInterrupt"),
    ],
)
def test_an_error_is_told_to_model_and_user(expression: str, note: str, tmp_path: Path) -> None:
    ran = call(tool_of(tmp_path, RETURNING + expression + "\n"))
    assert not ran.ok
    assert ran.note.startswith(note)
    assert str(ran.output).startswith("The function failed.\n")


def test_a_traceback_shows_the_files_lines_and_no_values(tmp_path: Path) -> None:
    source = 'def f(secret: str) -> None:\n    """Do."""\n    local = secret\n    raise ValueError("bad")\n'
    ran = call(tool_of(tmp_path, source), secret="hunter2")
    path = tmp_path / "tools.py"
    assert ran.output == (
        f'The function failed.\nFile "{path}", line 4, in f\n    raise ValueError("bad")\nValueError: bad'
    )


def test_what_a_function_prints_is_not_its_result(tmp_path: Path) -> None:
    source = '''
    import os, subprocess, sys
    def f() -> str:
        """Do."""
        print("one")
        print("two", file=sys.stderr)
        os.write(1, b"three\\n")
        subprocess.run(["echo", "four"])
        return "result"
    '''
    ran = call(tool_of(tmp_path, source))
    assert (ran.ok, ran.output) == (True, "result")


def test_a_tool_error_is_told_without_a_traceback(tmp_path: Path) -> None:
    source = '''
    class ToolError(Exception): pass
    def f() -> str:
        """Do."""
        raise ToolError("No such city.")
    '''
    ran = call(tool_of(tmp_path, source))
    assert (ran.ok, ran.note, ran.output) == (False, "No such city.", "The function failed.\nNo such city.")


def test_async_functions_run(tmp_path: Path) -> None:
    source = (
        'import asyncio\nasync def f() -> int:\n    """Do."""\n    await asyncio.sleep(0)\n    return 3\n'
    )
    assert call(tool_of(tmp_path, source)).output == "3"


def test_a_tool_knows_its_folder_its_siblings_and_the_packages_beside_azresp(tmp_path: Path) -> None:
    folder, cwd = tmp_path / "tools", tmp_path / "cwd"
    folder.mkdir()
    cwd.mkdir()
    (folder / "sibling.py").write_text("NAME = 'sibling'\n")
    (folder / "json.py").write_text("raise SystemExit('not the one of the standard library')\n")
    source = '''
    import json, os, sys
    import jsonschema
    import sibling
    def f() -> list[str]:
        """Do."""
        return [sibling.NAME, __file__, os.getcwd(), sys.executable, __name__]
    '''
    tool = tools_of(load_file(file_of(folder, source)), cwd)[0]
    wanted = ["sibling", str(folder / "tools.py"), str(cwd), sys.executable, "azresp_tool"]
    assert call(tool).output == str(wanted).replace("'", '"')


def test_long_text_is_cut_in_the_middle(tmp_path: Path) -> None:
    tool = tool_of(tmp_path, RETURNING + "'a' * 50 + 'ä' * 50\n", limits=Limits(head_bytes=10, tail_bytes=3))
    assert call(tool).output == "a" * 10 + "\n[137 of 150 bytes left out here]\nä"


def test_an_image_that_is_too_large_is_told(tmp_path: Path) -> None:
    tool = tool_of(tmp_path, RETURNING + repr(PNG) + "\n", limits=Limits(image_bytes=11))
    assert call(tool).output == "[an image of 12 bytes: too large to send]"


def test_the_identity_changes_with_all_that_decides_what_runs(tmp_path: Path) -> None:
    source = 'def f() -> int:\n    """Do."""\n    return 1\n'
    first = tool_of(tmp_path, source)
    assert first.identity == tool_of(tmp_path, source).identity
    others = [
        tool_of(tmp_path, source, env=("TOKEN",)).identity,
        tool_of(tmp_path, source.replace("1", "2")).identity,
        tool_of(tmp_path, source.replace("Do.", "Do it.")).identity,
        tools_of(first.file, tmp_path / "elsewhere")[0].identity,
    ]
    assert len({first.identity, *others}) == 5


def test_what_runs_is_what_was_read_whatever_happens_to_the_file(tmp_path: Path) -> None:
    tool = tool_of(tmp_path, 'def f() -> str:\n    """Do."""\n    return "approved"\n')
    (tmp_path / "tools.py").write_text('def f() -> str:\n    """Do."""\n    return "swapped"\n')
    assert call(tool).output == "approved"
    (tmp_path / "tools.py").unlink()
    assert call(tool).output == "approved"


def test_a_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    file = load_file(file_of(tmp_path, 'def f() -> str:\n    """Do."""\n'))
    ran = call(tools_of(file, tmp_path / "gone", PATIENT)[0])
    assert (ran.ok, ran.note) == (False, f"the folder {tmp_path / 'gone'} does not exist")


def test_shown_is_the_canonical_form_of_what_is_given(tmp_path: Path) -> None:
    tool = tool_of(tmp_path, 'def f(x: str) -> str:\n    """Do."""\n    return x\n')
    assert tool.shown(tool.read('{"x":"\\u202eä"}')) == '{\n  "x": "\\u202e\\u00e4"\n}'


@pytest.mark.skipif(os.name != "posix", reason="file modes")
def test_no_compiled_file_is_left_behind(tmp_path: Path) -> None:
    (tmp_path / "sibling.py").write_text("")
    call(tool_of(tmp_path, 'import sibling\ndef f() -> str:\n    """Do."""\n    return ""\n'))
    assert sorted(one.name for one in tmp_path.iterdir()) == ["sibling.py", "tools.py"]
