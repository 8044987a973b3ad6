"""Following docs/extending.md: its code goes into a copy of the program, and does there what the page says."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from azresp.emulator import Emulator, Settings
from tests.cli.sitting import Sitting
from tests.emulator.contract import Contract

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "extending.md"
_BLOCK = re.compile(r"^```(python|diff|toml)\n(.*?)^```$", re.DOTALL | re.MULTILINE)

PROBE = """
import json, os, sys, tomllib, urllib.error, urllib.request
import ticker
from azresp.cli.app import build
from azresp.config.tools import read_tools
from azresp.core.events import read
from azresp.core.turn import fold
from azresp.emulator import Emulator, Settings
from azresp.errors import AzrespError
from azresp.ui import commands
from azresp.ui.commands.registry import bind, complete, find
from azresp.ui.terminal import Terminal
from azresp.cli.streams import Output

told = {"completed": [word for word, _, _ in complete(None, "/translate Ger")]}

def attempt(work):
    try:
        return work()
    except AzrespError as error:
        return f"{error.what} {error.hint}"

told["unsaid"] = attempt(lambda: bind(find("translate"), ""))
tables = tomllib.loads(sys.argv[1])["tools"]
told["tool"] = attempt(lambda: read_tools(tables, "tools")[0].tool.to_wire())
told["wrong option"] = attempt(lambda: read_tools([tables[0] | {"size": 1}], "tools"))

done = {"type": "response.completed", "response": {"id": "r", "status": "completed", "output": json.loads(sys.argv[2])}}
Terminal(Output(), aside=sys.stderr).turn(fold([read(done)]))

with Emulator(Settings(tokens_per_s=0, first_token_s=0)) as emulator:
    def get(path):
        request = urllib.request.Request(emulator.base_url + path, headers={"api-key": "k"})
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)["error"]["message"]

    told["batches"], told["batch"] = get("batches"), get("batches/batch_1")
    os.environ |= {"AZRESP_ENDPOINT": emulator.root_url, "AZRESP_DEPLOYMENT": "gpt-5-mini", "AZRESP_API_KEY": "k"}
    told["ticked"] = ticker.main("write 300 words about tides")
    run = build()
    attempt(lambda: run(["run", "--tool", "shell", "--service-tier", "flex", "hi"], standalone_mode=False))
    told["body"] = emulator.journal.requests[-1].body
    set_it = ["config", "set", "service_tier", "fast"]
    told["wrong setting"] = attempt(lambda: run(set_it, standalone_mode=False))
sys.stderr.write("TOLD:" + json.dumps(told))
"""
CALL = {
    "type": "shell_call",
    "id": "sh_1",
    "status": "completed",
    "action": {"commands": ["ls -l", "\x1b[2J"]},
}


@dataclass(frozen=True)
class Copy:
    """The program with the page's code in it."""

    folder: Path
    env: dict[str, str]


def blocks() -> list[tuple[str, str]]:
    """The page's code: language and text."""
    return [(one[1], one[2]) for one in _BLOCK.finditer(PAGE.read_text(encoding="utf-8"))]


def follow(language: str, text: str, folder: Path) -> None:
    """Do what a block says."""
    first, _, rest = text.partition("\n")
    if language == "diff":
        path = folder / first.removeprefix("--- ")
        old = "".join(f"{line[1:]}\n" for line in rest.splitlines() if not line.startswith("+"))
        new = "".join(f"{line[1:]}\n" for line in rest.splitlines())
        whole = path.read_text(encoding="utf-8")
        assert whole.count(old) == 1, f"{path}: the page shows lines that are not there once:\n{old}"
        path.write_text(whole.replace(old, new), encoding="utf-8")
        return
    place, _, name = first.removeprefix("# ").rpartition(" ")
    assert place in ("new file", "at the end of"), first
    with (folder / name).open("x" if place == "new file" else "a", encoding="utf-8") as file:
        file.write(rest)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copy]:
    """A copy that followed the page."""
    folder = tmp_path_factory.mktemp("copy")
    shutil.copytree(ROOT / "azresp", folder / "azresp")
    (folder / "tests" / "emulator").mkdir(parents=True)
    shutil.copy(ROOT / "tests" / "emulator" / "test_contract.py", folder / "tests" / "emulator")
    for language, text in blocks():
        if language != "toml":
            follow(language, text, folder)
    home = {name: str(folder / "home") for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")}
    env = {**home, "PATH": os.environ["PATH"], "PYTHONPATH": str(folder), "PYTHONUTF8": "1"}
    (folder / "home").mkdir(mode=0o700)
    yield Copy(folder, env)


@pytest.fixture(scope="module")
def told(copy: Copy) -> dict[str, Any]:
    """What the copy does."""
    (table,) = (text for language, text in blocks() if language == "toml")
    done = subprocess.run(
        [sys.executable, "-P", "-c", PROBE, table, json.dumps([CALL])],
        env=copy.env,
        cwd=copy.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    notes, mark, text = done.stderr.rpartition("TOLD:")
    assert mark, done.stderr
    return {**json.loads(text), "out": done.stdout, "notes": notes}


def test_the_pages_code_does_what_the_page_says(told: dict[str, Any]) -> None:
    assert told["completed"] == ["German"]
    assert told["unsaid"].startswith("/translate needs LANGUAGE Usage: /translate LANGUAGE · ")
    tool = {"type": "shell", "environment": {"type": "container_auto", "memory_limit": "4g"}}
    assert told["tool"] == tool
    assert told["wrong option"].startswith("tools[1]: unknown key 'size'")
    assert told["body"]["tools"] == [{"type": "shell", "environment": {"type": "container_auto"}}]
    assert told["body"]["service_tier"] == "flex"
    assert told["wrong setting"].startswith("service_tier: must be one of auto, default, flex, priority")
    assert "ran ls -l\nran ␛[2J\n" in told["notes"]  # where stdout is no terminal only the answer goes there
    assert "\x1b" not in told["notes"] + told["out"]
    assert told["batch"] == [404, "No batch found with id 'batch_1'."]
    assert told["ticked"] == 0
    assert "500 characters\n1000 characters\n" in told["notes"]
    assert told["out"].startswith("Most people who work with tides")


def test_the_pages_command_runs_in_a_chat(copy: Copy) -> None:
    with Emulator(Settings(tokens_per_s=0, first_token_s=0)) as emulator:
        reach = {
            "AZRESP_ENDPOINT": emulator.root_url,
            "AZRESP_DEPLOYMENT": "gpt-5-mini",
            "AZRESP_API_KEY": "k",
        }
        with Sitting(copy.folder, copy.env | reach, "chat", "--tool", "shell") as chat:
            sit_through(chat)


def sit_through(chat: Sitting) -> None:
    """What somebody does who tries the page."""
    chat.ask("/help translate").wait("/translate LANGUAGE").wait("Any language will do")
    chat.ask("/tools").wait("shell").wait("run shell commands in a container")
    chat.ask("/tool off shell")
    chat.ask("/translate Polish").wait("› Translate your last answer into Polish.")
    assert chat.leave() == 0


def test_the_pages_route_keeps_the_contract(told: dict[str, Any], shared: Path) -> None:
    status, body = told["batches"]
    assert status == 200
    Contract(shared / "contract").check("ListBatchesResponse", body)
