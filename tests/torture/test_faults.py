"""Each call on a command's way fails, or is where a signal comes: no traceback, nothing lost, sent twice or leaked.

`make torture` lets every single one fail; a usual run takes a sample.
"""

from __future__ import annotations

import os
import re
import signal
from collections import Counter
from pathlib import Path

import pytest

from azresp.emulator import Emulator, Settings
from tests.examples import chance
from tests.torture.house import Played, Scenario, TortureHouse, library, told_of

SAMPLE = int(os.environ.get("AZRESP_FAULTS", "4"))
"""How many calls fail in each of a few scenarios; 0: every call of all of them, in each way."""
FOR_GOOD = -1
HOW = (0, FOR_GOOD, int(signal.SIGKILL), int(signal.SIGINT))
"""Once, for good; or nothing fails, but kill -9 or a Ctrl-C comes at that moment."""

TOOL = '''def forecast(city: str) -> str:
    """Tell the weather."""
    return "rain in " + city
'''


def _picture(house: TortureHouse, played: Played) -> str:
    path = house.folder / "sun.png"
    return "" if path.exists() and path.read_bytes()[:4] == b"\x89PNG" else "no picture"


def _pruned(house: TortureHouse, played: Played) -> str:
    return "a session is left" if house.kept() else ""


def _exported(house: TortureHouse, played: Played) -> str:
    path = house.folder / "out.md"
    return "" if path.exists() and "Hello" in path.read_text() else "no export"


def _set(house: TortureHouse, played: Played) -> str:
    return "" if "gpt-5-nano" in (house.folder / "config/azresp/config.toml").read_text() else "not set"


def _imported(house: TortureHouse, played: Played) -> str:
    return "" if len(house.kept()) == 2 else "not imported"


def _added(house: TortureHouse, played: Played) -> str:
    return "" if "mcp.example" in (house.folder / "config/azresp/config.toml").read_text() else "not added"


def _called(house: TortureHouse, played: Played) -> str:
    why = re.search("could not be started|ended without|no function", played.err)
    ran = "rain in Oslo" in played.out or why
    return "" if ran else "neither the tool's result nor why there is none"


HI = ("run", "hi")
SCENARIOS = {
    "run": Scenario(HI, prepare=(("run", "what is two and two?"),)),
    "first run": Scenario(HI),
    "json": Scenario(("run", "--json", "hi"), answers=False),
    "tool": Scenario(
        ("run", "--tool", "tools.py", "--approve", "allow:forecast", 'call forecast {"city": "Oslo"}'),
        prepare=(("tools", "trust", "tools.py", "--yes"),),
        files={"tools.py": TOOL},
        posts=2,
        answers=False,
        done=_called,
    ),
    "job": Scenario(
        ("jobs", "attach", "1"),
        prepare=(("run", "--background", "tell me about tides"),),
        posts=0,
        patient=True,
    ),
    "picture": Scenario(
        ("run", "-o", "sun.png", "draw a sun"),
        env={"AZRESP_IMAGE_DEPLOYMENT": "gpt-image-1"},
        answers=False,
        done=_picture,
    ),
    "prune": Scenario(
        ("sessions", "prune", "--older", "0h", "--yes", "--remote"),
        prepare=(HI, ("run", "another")),
        posts=0,
        answers=False,
        removes=True,
        done=_pruned,
    ),
    "export": Scenario(
        ("sessions", "export", "hi", "-o", "out.md"), prepare=(HI,), posts=0, answers=False, done=_exported
    ),
    "config": Scenario(
        ("config", "set", "deployment", "gpt-5-nano"),
        files={"config/azresp/config.toml": 'verbosity = "low"\n'},
        posts=0,
        answers=False,
        done=_set,
    ),
    "attached": Scenario(
        ("run", "-f", "notes.txt", "what does it say?"), files={"notes.txt": "Remember the milk."}
    ),
    "upload": Scenario(
        ("files", "upload", "notes.txt"), files={"notes.txt": "Remember the milk."}, posts=0, answers=False
    ),
    "import": Scenario(
        ("sessions", "import", "talk.json"),
        prepare=(HI, ("sessions", "export", "hi", "--format", "json", "-o", "talk.json")),
        posts=0,
        answers=False,
        done=_imported,
    ),
    "server": Scenario(
        ("mcp", "add", "docs", "https://mcp.example/", "--header", "X-Key=env:LENT"),
        files={"config/azresp/config.toml": 'verbosity = "low"\n'},
        posts=0,
        answers=False,
        done=_added,
    ),
    "doctor": Scenario(("doctor",), prepare=(HI,), posts=0, answers=False),
    "chat": Scenario(("chat",), prepare=(HI,), keys=("hi there\r", "\x04")),
}


@pytest.mark.parametrize("name", ("run", "tool", "chat", "config") if SAMPLE else SCENARIOS)
def test_each_call_fails_once(name: str, tmp_path: Path) -> None:
    with Emulator(Settings(tokens_per_s=0, first_token_s=0, queued_s=0)) as emulator:
        house = TortureHouse(tmp_path, emulator, SCENARIOS[name], library(tmp_path))
        clean = house.play()
        assert clean.status == 0, told_of(clean)
        assert [*house.complaints(clean)] == [], told_of(clean)
        wrong = []
        for call, number, how in _chosen(clean.calls, SCENARIOS[name]):
            played = house.play(call, number, how)
            if found := [*house.complaints(played)]:
                wrong.append((call, number, how, found, told_of(played)))
    assert wrong == [], "\n".join(map(str, wrong))


def _chosen(calls: list[str], scenario: Scenario) -> list[tuple[str, int, int]]:
    """Calls, which ones of them, and how they fail; SQLite waits ten seconds and more for a lock it never gets."""
    dear = re.compile("^lock|socket|^connect" if scenario.patient else "^lock")
    every = [
        (call, number, how)
        for call, count in Counter(calls).items()
        for number in range(1, count + 1)
        for how in HOW
        if how != FOR_GOOD or not dear.search(call)
    ]
    return chance().sample(every, min(SAMPLE, len(every))) if SAMPLE else every
