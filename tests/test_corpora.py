"""The recorded and hostile corpora are run in full: each recording and sample has a test that takes it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from azresp.azure.gateway import Gateway
from azresp.core.sse import Wire
from tests.azure.calls import call, connected
from tests.azure.test_recorded import _ask, _cases
from tests.cli import test_run_hostile
from tests.engine import test_replay
from tests.replay import ReplayServer, recorded

# Where they are run:
#
# recorded streams   tests/core/test_laws.py (the fold), tests/engine/test_replay.py (sockets to screen),
#                    tests/core/test_event_reader.py, tests/core/test_stream_fuzz.py (mutated)
# recorded answers   tests/azure/test_recorded.py; here what has no method of its own in the gateway
# recorded refusals  tests/azure/test_recorded.py
# hostile streams    tests/engine/test_replay.py, tests/cli/test_run_hostile.py; E01 at every byte in tests/torture
# hostile texts      tests/ui/test_hostile.py, test_question.py, test_view.py, tests/cli/test_run_hostile.py, by surface
SURFACES = {
    *("model_output", "tool_name", "tool_arguments", "tool_output"),
    *("server_label", "filename", "error_body", "session_title"),
}


def _rest(shared: Path) -> list[tuple[Path, dict[str, Any]]]:
    """What neither is a stream or a refusal nor goes to a response."""
    return [(folder, case) for folder, case in _cases(shared) if case["status"] < 400 and _ask(case) is None]


def test_recorded_answers_of_other_parts_of_the_service_come_through_as_they_are(shared: Path) -> None:
    for folder, case in _rest(shared):

        async def ask(gateway: Gateway, case: dict[str, Any] = case) -> Wire:
            answer = await gateway._send(case["method"], case["path"].partition("/v1/")[2])
            return await answer.whole()

        with ReplayServer(recorded(folder, piece=1000)) as server:
            got = call(connected(server.base_url), ask)
        assert got == json.loads((folder / "response.json").read_bytes()), folder.name


def test_every_recording_and_every_hostile_sample_is_run_by_a_test(shared: Path) -> None:
    every = {file.parent.name for file in (shared / "recordings").glob("*/case.json")}
    streams = {file.parent.name for file in (shared / "recordings").glob("*/response.sse")}
    others = _cases(shared)
    answers = {folder.name for folder, case in others if _ask(case) is not None and case["status"] == 200}
    refusals = {folder.name for folder, case in others if case["status"] >= 400}
    rest = {folder.name for folder, _ in _rest(shared)}
    assert len(every) == 292
    assert streams | answers | refusals | rest == every
    assert len(streams) + len(answers) + len(refusals) + len(rest) == len(every)  # none counted twice
    hostile = [case["id"] for case in json.loads((shared / "hostile/sse/index.json").read_bytes())["cases"]]
    assert hostile == test_run_hostile.CASES == test_replay.CASES
    lines = (shared / "hostile" / "terminal.jsonl").read_text().splitlines()
    assert {surface for line in lines for surface in json.loads(line)["surface"]} == SURFACES
