"""`run --batch`: every line is accepted once, whatever the service and the user do."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from pathlib import Path
from typing import Any

from azresp.batching import Batch, Orders
from azresp.core.batch import exchange_ids, read_lines, result
from azresp.core.compose import compose
from azresp.core.session import Exchange, Session
from azresp.core.turn import Turn
from azresp.emulator import Emulator, Settings
from azresp.store.store import Store
from tests.cli.job_house import Hands, JobHouse, settings
from tests.engine.ports import ports

COUNT = 50
SETTINGS = {"deployment": "gpt-5-mini", "background": True}


async def _through(emulator: Emulator, store: Store, text: str, parallel: int = 8) -> list[dict[str, Any]]:
    """The results of a batch, with a clock that moves by itself."""
    lines, session = read_lines(text, "q", 1000), Session("batch-1", "batch", settings={"batch": "q"})
    found: dict[str, Exchange] = {}
    async with ports(emulator.base_url, store, idle_timeout_s=0.3) as own:
        ids = exchange_ids(session.id, lines)
        origin = own.gateway.origin
        asked = [
            Exchange(ident, None, line.said, Turn(), 0.0, "gpt-5-mini", origin, background=True)
            for ident, line in zip(ids, lines, strict=True)
        ]

        def done(exchange: Exchange) -> None:
            assert exchange.id not in found
            found[exchange.id] = exchange

        orders = Orders(
            lambda one: compose(session, one.said, SETTINGS), parallel=parallel, deployment="gpt-5-mini"
        )
        await Batch(own, session, store.batches, orders, done).run(asked)
    return [dict(result(line, found[ident])) for ident, line in zip(ids, lines, strict=True)]


def _accepted(emulator: Emulator) -> list[str]:
    """The prompts that the server took, by its own count."""
    return [
        seen.body["input"][0]["content"][0]["text"]
        for seen in emulator.journal.requests
        if seen.method == "POST" and seen.status == 200 and isinstance(seen.body, dict)
    ]


def test_fifty_jobs_are_each_accepted_once_by_a_service_that_limits_drops_and_stalls() -> None:
    text = "".join(json.dumps(f"what is {n} + {n}?") + "\n" for n in range(COUNT))
    with Emulator(Settings(tokens_per_s=0, first_token_s=0, queued_s=0)) as emulator:
        emulator.fault(method="POST", status=429, retry_after="7", times=12)
        emulator.fault(method="POST", after=1, then="cut", times=6)
        emulator.fault(method="GET", after=0, then="stall", times=3)
        emulator.fault(method="GET", then="reset", times=5)
        emulator.fault(method="GET", status=429, retry_after="2", times=3)
        store = Store(None)
        rows = asyncio.run(_through(emulator, store, text))
        assert [row["status"] for row in rows] == ["completed"] * COUNT
        assert [str(2 * n) in row["text"] for n, row in enumerate(rows)] == [True] * COUNT
        assert sorted(_accepted(emulator)) == sorted(f"what is {n} + {n}?" for n in range(COUNT))
        # A second run sends nothing and tells the same; one session, and nothing in the list of jobs.
        assert asyncio.run(_through(emulator, store, text)) == rows
        assert len(_accepted(emulator)) == COUNT
        assert (store.count(), store.jobs.listed()) == (1, [])
        store.close()


def test_a_request_that_may_have_been_seen_is_never_sent_again_by_itself(tmp_path: Path) -> None:
    with Emulator(Settings(tokens_per_s=0, first_token_s=0, queued_s=0)) as emulator:
        emulator.fault(method="POST", status=500)
        emulator.fault(method="POST", then="hangup")
        emulator.fault(method="POST", status=400)
        store = Store(tmp_path / "store.db")
        rows = asyncio.run(_through(emulator, store, '"one"\n"two"\n"three"', parallel=1))
        assert [row["status"] for row in rows] == ["unknown", "unknown", "failed"]
        # What was refused was not done.
        rows = asyncio.run(_through(emulator, store, '"one"\n"two"\n"three"', parallel=1))
        assert [row["status"] for row in rows] == ["unknown", "unknown", "completed"]
        assert emulator.journal.count("POST", "/responses") == 4
        store.close()


def test_killed_and_left_it_goes_on_without_asking_again(tmp_path: Path, configured: dict[str, str]) -> None:
    hands = Hands()
    with Emulator(settings(hands)) as emulator:
        house = JobHouse(tmp_path, configured | {"AZRESP_ENDPOINT": emulator.root_url}, emulator, hands)
        (tmp_path / "q.jsonl").write_text(
            "".join(f'{{"prompt": "what is {n} + 1?", "id": "p{n}"}}\n' for n in range(8))
        )
        words = ("run", "--batch", "q.jsonl", "--parallel", "4")
        killed = house.popen(*words)
        # One that is killed before it heard an id leaves an unknown outcome: not what is meant here.
        _until(lambda: house.posts >= 4 and _running(house) >= 4)
        killed.kill()
        killed.communicate(timeout=60)
        left = house.popen(*words)
        _until(lambda: any(seen.method == "GET" for seen in emulator.journal.requests))
        left.send_signal(signal.SIGINT)
        _, told = left.communicate(timeout=60)
        assert (left.returncode, house.posts) == (9, 4), told
        assert f"azresp {' '.join(words)}" in told
        hands.forward()
        (tmp_path / "mine.txt").write_text("mine")
        assert house.run(*words, "-o", "mine.txt").returncode == 7
        assert (tmp_path / "mine.txt").read_text() == "mine"
        running = house.popen(*words, "-o", "out.jsonl")
        while running.poll() is None:
            hands.forward(30)
            time.sleep(0.01)
        assert running.communicate()[1].count("azresp:") == running.returncode == 0
        rows = [json.loads(row) for row in (tmp_path / "out.jsonl").read_text().splitlines()]
        assert [(row["line"], row["id"], row["status"]) for row in rows] == [
            (n + 1, f"p{n}", "completed") for n in range(8)
        ]
        assert all(row["text"].strip() == house.told(row["response_id"]).strip() for row in rows)
        assert house.posts == 8
        assert "batch-q: 8 sent, all over" in house.run("jobs", "list").stderr
        assert "is a batch: its answers are no conversation" in house.run("run", "--continue", "and?").stderr


def _running(house: JobHouse) -> int:
    store = Store(house.folder / "data" / "azresp" / "store.db")
    try:
        return max((one.running for one in store.batches.counted()), default=0)
    finally:
        store.close()


def _until(told: Any) -> None:
    deadline = time.monotonic() + 30
    while not told():
        assert time.monotonic() < deadline
        time.sleep(0.02)
