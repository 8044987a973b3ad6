"""Background jobs through the front door: start, leave, come back (B1-B7, C1-C3, N9, N11)."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from azresp.emulator import Emulator
from tests.cli.forked import Forked
from tests.cli.job_house import Hands, JobHouse, settings

# Where the cases of the reliability notes are tested:
#
# B1  here  test_killed_at_any_moment_…; tests/engine/test_resume.py  test_a_job_left_and_come_back_to_…
# B2  tests/engine/test_resume.py  test_a_recorded_background_stream_cut_at_any_event_… (also from zero)
# B3  tests/engine/test_resume.py  test_waits_grow_stay_bounded_and_honour_the_service
# B4  tests/engine/test_resume.py  test_cancelling_twice_or_too_late_…; here  test_a_cancelled_job_says_so_…
# B5  tests/engine/test_resume.py  test_what_is_not_streamed_any_more_…; here  test_what_is_too_old_to_stream_…
# B6  here  test_killed_at_any_moment_… (a closed terminal among the signals)
# B7  here  test_what_a_job_asks_waits_for_the_user_and_nothing_is_approved_by_itself
# N9  tests/engine/test_resume.py  test_waits_grow_…; tests/core/test_retry.py
# N11 tests/azure/test_credentials.py  test_a_refused_token_is_renewed_once (every request signs itself)
# C1  tests/engine/test_resume.py  test_a_post_whose_answer_never_came_…; tests/engine/test_converse.py
# C2  tests/core/test_retry.py, tests/engine/test_converse.py; here  test_a_lost_connection_goes_on_…
# C3  tests/cli/test_batch.py, tests/store/test_damage.py  test_four_processes_on_one_session_…

KILLS = int(os.environ.get("AZRESP_KILLS", "3"))
"""`make torture` asks for more."""
STORY = "tell me a long story about otters"


@pytest.fixture
def house(tmp_path: Path, configured: dict[str, str]) -> Iterator[JobHouse]:
    hands = Hands()
    with Emulator(settings(hands)) as emulator:
        house = JobHouse(tmp_path, configured | {"AZRESP_ENDPOINT": emulator.root_url}, emulator, hands)
        try:
            yield house
        finally:
            house.close()


def test_a_job_is_started_left_looked_at_and_come_back_to(house: JobHouse) -> None:
    started = house.run("run", "--background", STORY)
    ident = started.stdout.strip()
    assert (started.returncode, ident.startswith("resp_")) == (0, True)
    assert f"azresp jobs attach {ident}" in started.stderr
    (job,) = house.jobs()
    assert (job["number"], job["id"], job["status"], job["prompt"]) == (1, ident, "queued", STORY)
    # Nobody waits longer than he said, and the exit status says that it runs.
    waited = house.run("jobs", "wait", "1", "--timeout", "0.2")
    assert (waited.returncode, waited.stdout) == (9, "")
    house.hands.forward(9)
    shown = house.run("jobs", "show", ident[:20])
    assert "in_progress" in shown.stdout
    assert house.run("jobs", "forget", "last").returncode == 2
    house.hands.forward()
    attached = house.run("jobs", "attach", "1")
    assert (attached.returncode, attached.stdout.strip()) == (0, house.told(ident).strip())
    assert house.run("jobs", "cancel", "1", ident).stderr.count("completed already") == 2
    listed = house.run("jobs", "list")
    assert listed.stdout.split()[:2] == ["1", "completed"]
    # Its session goes on from it.
    house.hands.forward(1)
    assert house.session().last is not None
    assert house.posts == 1
    house.run("jobs", "forget", "1")
    assert house.jobs() == []


def test_a_lost_connection_goes_on_where_it_broke_and_nothing_is_asked_twice(house: JobHouse) -> None:
    house.hands.forward()
    house.emulator.fault(method="POST", after=9, then="cut")
    house.emulator.fault(method="GET", path="/responses/resp_", after=20, then="reset")
    house.emulator.fault(method="GET", path="/responses/resp_", after=3, then="end")
    running = house.popen("run", "--wait", "--json", STORY)
    _forward_until_over(house, running)
    out, err = running.communicate(timeout=60)
    answer = json.loads(out)
    text = "".join(part["text"] for item in answer["output"] for part in item.get("content") or ())
    assert (running.returncode, answer["status"]) == (0, "completed"), err
    assert text == house.told(answer["id"])
    assert house.posts == 1
    afters = [
        int(seen.query["starting_after"])
        for seen in house.emulator.journal.requests
        if "starting_after" in seen.query
    ]
    assert afters == sorted(afters)
    assert afters[0] == 8
    assert house.jobs() == []  # heard to its end where it was asked


def test_what_is_too_old_to_stream_is_looked_at(tmp_path: Path, configured: dict[str, str]) -> None:
    hands = Hands()
    with Emulator(settings(hands, resume_window_s=300.0)) as emulator:
        house = JobHouse(tmp_path, configured | {"AZRESP_ENDPOINT": emulator.root_url}, emulator, hands)
        ident = house.run("run", "--background", STORY).stdout.strip()
        hands.forward(301)
        attached = house.run("jobs", "attach", ident)
        assert "more than 5 minutes old" in attached.stderr
        assert (attached.returncode, attached.stdout.strip()) == (0, house.told(ident).strip())
        # Another machine knows nothing but the id.
        elsewhere = house.run("jobs", "attach", ident, env={"XDG_DATA_HOME": str(tmp_path / "other")})
        assert elsewhere.stdout == attached.stdout


def test_a_cancelled_job_says_so_however_often_it_is_cancelled(house: JobHouse) -> None:
    ids = [house.run("run", "--background", f"{STORY} {n}").stdout.strip() for n in range(2)]
    cancelled = house.run("jobs", "cancel", ids[0], ids[0])
    assert (cancelled.returncode, cancelled.stderr.count("cancelled")) == (0, 2)
    house.hands.forward()
    waited = house.run("jobs", "wait", *ids, "--all")
    assert (waited.returncode, sorted(waited.stdout.split())) == (
        8,
        sorted([ids[0], "cancelled", ids[1], "completed"]),
    )


def test_background_without_storing_is_refused_before_anything_is_sent(house: JobHouse) -> None:
    refused = house.run("run", "--background", "--no-store", "hi")
    assert (refused.returncode, house.posts) == (2, 0)
    assert "must be stored" in refused.stderr


def test_killed_at_any_moment_a_job_is_whole_when_somebody_comes_back(house: JobHouse) -> None:
    for number in range(KILLS):
        running = house.popen("run", "--wait", f"{STORY} {number}")
        assert running.stdout is not None
        # As soon as something of the answer is out: then at a moment of chance.
        moment = random.Random(number).randrange(1, 250)
        heard = ""
        _forward_until_over(house, running)
        while len(heard) < moment and (piece := os.read(running.stdout.fileno(), 64)):
            heard += piece.decode()
        running.send_signal((signal.SIGKILL, signal.SIGHUP, signal.SIGKILL)[number % 3])
        running.communicate()
        house.hands.forward()
        attached = house.run("jobs", "attach", "last")
        ident = house.jobs()[-1]["id"]
        assert (attached.returncode, attached.stdout.strip()) == (0, house.told(ident).strip())
        assert house.posts == number + 1


def test_in_chat_a_job_runs_beside_what_is_typed_and_tells_when_it_is_over(house: JobHouse) -> None:
    with house.chat("--resilient", columns=100, lines=40) as chat:
        chat.say(f"/bg {STORY}").wait("job 1 runs at the service").ready()
        chat.wait("1 job ·").put("half a line")
        house.hands.forward()
        chat.wait("job 1 is done").wait("/take 1 goes on from it")
        chat.until(lambda: chat.is_prompt("half a line"), "the half line")
        chat.keys("\x15").ask("/jobs").wait(STORY[:20], count=3)
        chat.ask("/take 1").wait("the conversation goes on from")
        # An answer that may be left: its connection is lost for good, and Ctrl-B gives the prompt back.
        chat.say("and one about seals").wait("Ctrl-B leaves it running")
        chat.keys("typed ahead\x02").wait("it runs on as job 2")
        chat.until(lambda: chat.is_prompt("typed ahead"), "what was typed ahead")
        chat.keys("\x15").say("/attach 2").wait("Ctrl-C leaves it running").keys("\x03")
        chat.wait("Ctrl-C again within 2").keys("\x03").wait("Cancel it at the service? [y/N]").keys("\r")
        chat.ready()
        house.hands.forward()
        chat.wait("job 2 is done").wait("the conversation goes on from it").ready()
        # Ctrl-C ends what was meant for the foreground, at the service too.
        chat.say("one about whales").wait("Ctrl-C stops").keys("\x03").wait("stopped").ready()
        assert chat.leave() == 0
        chat.only_ours()
    first, second = (job["id"] for job in house.jobs())
    assert [body.get("previous_response_id") for body in house.bodies if body][1:] == [first, second]
    assert [job["status"] for job in house.jobs()] == ["completed", "completed"]
    assert house.emulator.journal.count("POST", "/cancel") == 1
    last = house.session()
    assert [one.question for one in last.path()] == [STORY, "and one about seals"]


def test_what_a_job_asks_waits_for_the_user_and_nothing_is_approved_by_itself(house: JobHouse) -> None:
    (house.folder / "tools.py").write_text(
        'def forecast(city: str) -> str:\n    """Tell the weather."""\n    return "rain"\n'
    )
    trusted = house.run("tools", "trust", "tools.py", "--yes")
    assert trusted.returncode == 0, trusted.stderr
    ident = house.run(
        "run", "--background", "--tool", "tools.py", 'call forecast {"city": "Oslo"}'
    ).stdout.strip()
    house.hands.forward()
    with house.chat("--tool", "tools.py", columns=100, lines=40) as chat:
        chat.wait("job 1 waits for you").ready().say("/take 1").wait("Oslo").wait("Allow?").keys("n\r")
        _forward_until_over(house, chat.process)
        chat.ready()
        assert chat.leave() == 0
    outputs = [
        item for body in house.bodies for item in body["input"] if item.get("type") == "function_call_output"
    ]
    assert len(outputs) == 1
    assert "not allow" in outputs[0]["output"]
    assert house.anchors[-1] == ident


def _forward_until_over(house: JobHouse, running: subprocess.Popen[Any] | Forked) -> None:
    """Time passes as long as the program runs."""

    def pass_by() -> None:
        while running.poll() is None:
            house.hands.forward(0.5)
            threading.Event().wait(0.01)

    threading.Thread(target=pass_by, daemon=True).start()
