"""Reading a tool file: nothing of it runs, and only a plain file of the user's own is read (case L7)."""

from __future__ import annotations

import hashlib
import os
import socket
from pathlib import Path

import pytest

from azresp.errors import LocalError
from azresp.toolbox.trust import LARGEST_FILE, load_file
from tests.toolbox.zoo import file_of

SOURCE = 'def f(x: int) -> int:\n    """Do."""\n    return x\n\ndef g(x):\n    """Do."""\n'


def test_a_file_is_what_its_bytes_are(tmp_path: Path) -> None:
    path = file_of(tmp_path, SOURCE)
    file = load_file(path)
    assert (file.path, file.source) == (path, SOURCE.encode())
    assert file.digest == hashlib.sha256(SOURCE.encode()).hexdigest()
    assert [one.name for one in file.tools] == ["f"]
    assert [one.told("tools.py") for one in file.refused] == [
        "tools.py:5: g: the parameter x: it has no type"
    ]


def test_looking_at_a_file_runs_nothing_of_it(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    malice = f"__import__('pathlib').Path({str(mark)!r}).touch()"
    source = (
        f"{malice}\n"
        f"def deco(f: str = {malice}):\n    return f\n"
        f"@deco\ndef f(x: 'str' = 'a') -> str:\n    '''Do.'''\n    {malice}\n"
        f"class C:\n    {malice}\n"
        f"def g(x: {malice}): 'Do.'\n"
        f"def h(x: '{malice.replace(chr(39), chr(34))}'): 'Do.'\n"
    )
    file = load_file(file_of(tmp_path, source))
    assert [one.name for one in file.tools] == ["f"]
    assert not mark.exists()


def _refusal(path: Path) -> str:
    with pytest.raises(LocalError) as caught:
        load_file(path)
    return caught.value.what.replace(str(path), "PATH")


def test_what_is_no_regular_file_is_refused_and_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    told = [_refusal(path) for path in (tmp_path, tmp_path / "fifo", Path("/dev/zero"), Path("/dev/tty"))]
    assert told[:3] == ["PATH: not a regular file"] * 3
    with socket.socket(socket.AF_UNIX) as there:
        there.bind(str(tmp_path / "socket"))
        assert _refusal(tmp_path / "socket").startswith("PATH: No such device")


def test_a_file_that_is_not_there_or_not_to_be_read_is_told(tmp_path: Path) -> None:
    assert _refusal(tmp_path / "nowhere.py") == "PATH: No such file or directory"
    assert "embedded null" in _refusal(tmp_path / "a\0b")
    assert _refusal(Path("~no-such-user/tools.py")) == "PATH: Could not determine home directory."


def test_a_file_that_is_too_large_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "large.py"
    with path.open("wb") as file:
        file.truncate(10 * 1024**3)
    assert _refusal(path) == f"PATH: larger than {LARGEST_FILE:,} bytes"
    with path.open("wb") as file:
        file.truncate(LARGEST_FILE)
    assert load_file(path).refused[0].reason.startswith("not Python")


def test_a_file_that_says_it_is_empty_and_goes_on_is_refused() -> None:
    endless = Path("/proc/self/maps")
    if not endless.exists():
        pytest.skip("no /proc")
    assert len(load_file(endless).source) < LARGEST_FILE


def test_a_file_that_everybody_may_write_is_refused(tmp_path: Path) -> None:
    path = file_of(tmp_path, SOURCE)
    path.chmod(0o666)
    assert _refusal(path) == "PATH: everybody may write to it"
    path.chmod(0o664)
    assert load_file(path).tools


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_file_of_another_user_is_refused(tmp_path: Path) -> None:
    path = file_of(tmp_path, SOURCE)
    os.chown(path, 65534, 65534)
    assert _refusal(path) == "PATH: it belongs to another user (uid 65534), who could change it any time"
