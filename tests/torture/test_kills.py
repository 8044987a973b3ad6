"""kill -9 at some moment of a streamed answer: what was shown a second before is kept, and the next start says so.

`make torture KILLS=` kills more often. Jobs are killed in tests/cli/test_jobs.py, the store's writer in
tests/store/test_damage.py.
"""

from __future__ import annotations

import os
import random
import re
import select
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from azresp.core.session import Exchange
from azresp.core.turn import INTERRUPTED
from azresp.emulator import Emulator, Settings
from tests.cli.forked import Forked, can_fork
from tests.cli.test_chat import House

KILLS = int(os.environ.get("AZRESP_KILLS", "1"))
KEPT_WITHIN_S = 1.0
"""The promise. What is heard is written every half second."""
ASK = "write 600 words about tides"


@pytest.fixture
def house(tmp_path: Path, configured: dict[str, str]) -> Iterator[House]:
    with Emulator(Settings(tokens_per_s=200, first_token_s=0)) as emulator:
        yield House(tmp_path, configured | {"AZRESP_ENDPOINT": emulator.root_url}, emulator)


def _check(house: House, shown: str) -> None:
    """The last exchange is marked, whole as far as it goes, and has what was shown."""
    with house.chat() as chat:
        chat.ready().wait("1 answer broke off when azresp last ended")
        assert chat.leave() == 0
    exchange = _last(house)
    assert exchange.turn.status == INTERRUPTED
    assert exchange.question == ASK
    assert _letters(exchange.turn.text).startswith(_letters(shown))
    assert len(house.bodies) == 1
    house.emulator.journal.clear()


def _letters(text: str) -> str:
    """Without what Markdown and wrapping change."""
    return re.sub(r"[\s*_`#]", "", text)


def _last(house: House) -> Exchange:
    return house.exchanges()[-1]


def test_a_run_killed_at_any_moment_keeps_what_it_showed(house: House) -> None:
    if not can_fork(house.env):
        pytest.skip("needs the process itself, not its parent")
    for number in range(KILLS):
        out, theirs = os.pipe()
        null = os.open(os.devnull, os.O_RDWR)
        words = ["run", ASK]
        with Forked(words, env=house.env, cwd=house.folder, streams=[null, theirs, null]) as running:
            os.close(theirs)
            os.close(null)
            seen = _read(out, random.Random(number).uniform(0, 2.0))
            killed = time.monotonic()
            os.kill(running.pid, signal.SIGKILL)
            assert running.wait(30) == -signal.SIGKILL
        os.close(out)
        _check(house, "".join(text for at, text in seen if at < killed - KEPT_WITHIN_S))


def _read(source: int, seconds: float) -> list[tuple[float, str]]:
    """What comes in, each piece with its time, until so long after the first."""
    first = os.read(source, 4096).decode()
    seen = [(time.monotonic(), first)]
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if select.select([source], [], [], left)[0] and (piece := os.read(source, 4096)):
            seen.append((time.monotonic(), piece.decode()))
    return seen


def test_a_chat_killed_at_any_moment_keeps_what_it_showed(house: House) -> None:
    for number in range(KILLS):
        with house.chat(columns=120, lines=60) as chat:
            chat.say(ASK).wait("Most people")
            seen = [(time.monotonic(), _answer(chat.text))]
            end = time.monotonic() + random.Random(number).uniform(0, 2.0)
            while time.monotonic() < end:
                chat._read(0.05)
                seen.append((time.monotonic(), _answer(chat.text)))
            killed = time.monotonic()
            chat.signal(signal.SIGKILL)
            assert chat.status() == -signal.SIGKILL
        _check(house, max((text for at, text in seen if at < killed - KEPT_WITHIN_S), key=len, default=""))


def _answer(shown: str) -> str:
    """The answer's words so far: marks of Markdown are not shown, nor is the line that still changes."""
    words = shown.rpartition("Most people")[2].partition("writing ·")[0].split()
    return "Most people " + " ".join(words[:-2]) if len(words) > 2 else ""
