"""A program that puts questions at the desk: `python -m tests.ui.desk_program FILE NAME…`; answers go to FILE."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import replace
from pathlib import Path

from azresp.ui.cooked import CookedEditor
from azresp.ui.desk import ScreenDesk
from azresp.ui.prompt import PromptEditor
from azresp.ui.terminal import Terminal
from tests.ui.questions import QUESTIONS


async def put(names: list[str]) -> list[object]:
    """Put each question; the answers."""
    terminal = Terminal(sys.stdout)
    editor = PromptEditor(None, colour=True) if terminal.caps.cursor else CookedEditor(terminal)
    desk = ScreenDesk(terminal, editor)
    given: list[object] = []
    asked = [name for name in names if name != "more"]
    for name in names:
        if name == "more":
            given.append(await desk.more("25 rounds of tool calls"))
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
