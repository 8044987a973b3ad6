"""A saved picture is opened with the system's viewer: one argument, a session of its own, not our terminal."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from azresp.errors import LocalError
from azresp.ui.opener import open_with_system

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the viewer is a shell script named xdg-open")


def test_the_viewer_gets_one_argument_and_nothing_of_our_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a picture; touch $(x).png"
    path.write_bytes(b"\x89PNG")
    told = tmp_path / "told"
    os.mkfifo(told)
    script = tmp_path / "xdg-open"
    # The fifth field behind the name in /proc is the session; the shell's own outputs are those it was given.
    script.write_text(
        "#!/bin/sh\n"
        'said="$# $(cut -d " " -f 6 < /proc/$$/stat) $(readlink /proc/$$/fd/0) $(readlink /proc/$$/fd/2)"\n'
        f"printf '%s\\n%s\\n' \"$said\" \"$1\" > '{told}'\n"
    )
    script.chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    open_with_system(path, os.environ | {"DISPLAY": ":0"})
    said, argument = told.read_text().splitlines()
    count, session, stdin, stderr = said.split()
    assert (count, argument, stdin, stderr) == ("1", str(path), "/dev/null", "/dev/null")
    assert int(session) != os.getsid(0)


@pytest.mark.parametrize(
    ("name", "environ", "what"),
    [
        ("a.png", {}, "there is no desktop here that could open a picture"),
        ("a.png", {"DISPLAY": ":0", "PATH": "/nowhere"}, "xdg-open is not installed"),
        ("a.desktop", {"DISPLAY": ":0"}, "{} is not opened: its name is no picture's"),
        ("none.png", {"DISPLAY": ":0"}, "{} is not there any more"),
    ],
)
def test_what_cant_be_opened_is_told_with_its_path(
    tmp_path: Path, name: str, environ: dict[str, str], what: str
) -> None:
    for file in ("a.png", "a.desktop"):
        (tmp_path / file).write_bytes(b"")
    with pytest.raises(LocalError) as caught:
        open_with_system(tmp_path / name, environ)
    assert caught.value.what == what.format(tmp_path / name)
