"""A program that puts questions at the desk: `python -m tests.ui.desk_program FILE NAME…`; answers go to FILE."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from azresp.ui.cooked import CookedEditor
from azresp.ui.desk import ScreenDesk
from azresp.ui.prompt import PromptEditor
from azresp.ui.terminal import Terminal
from tests.ui.questions import QUESTIONS


@dataclass(frozen=True)
class Ran:
    """How a call went."""

    ok: bool
    output: str
    note: str
    seconds: float


async def more(desk: ScreenDesk) -> object:
    """The budget is used up."""
    return await desk.more("25 rounds of tool calls")


async def run(desk: ScreenDesk) -> object:
    """Two calls run; one ends, the other goes on until Ctrl-C."""
    first, second = QUESTIONS["local"].ask, replace(QUESTIONS["local"].ask, name="grep")
    with desk.running(["read_file", "grep"]):
        desk.ran(first, Ran(True, "x" * 1234, "", 0.2))
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            desk.ran(second, Ran(False, "", "exit 3", 0.1))
            return "cancelled"
    return "ended"


SPECIAL = {"more": more, "run": run}


async def put(names: list[str]) -> list[object]:
    """Put each question; the answers."""
    terminal = Terminal(sys.stdout)
    editor = PromptEditor(None) if terminal.caps.cursor else CookedEditor(terminal)
    desk = ScreenDesk(terminal, editor)
    given: list[object] = []
    asked = [name for name in names if name not in SPECIAL]
    for name in names:
        if name in SPECIAL:
            given.append(await SPECIAL[name](desk))
            continue
        question = replace(QUESTIONS[name], number=asked.index(name) + 1, of=len(asked))
        one = await desk.decide(question)
        given.append([one.verdict.value, one.reason, one.arguments, one.halt])
    return given


def main() -> None:
    """Put the questions named on the command line."""
    file, *names = sys.argv[1:]
    answers = asyncio.run(put(names))
    Path(file).write_text(json.dumps(answers))


if __name__ == "__main__":
    main()
