"""azresp for pictures: `python -m docs.actor chat …` is azresp without chance and without a clock.

It paints after each event, and the built-in emulator answers at full speed; all else is as always.
"""

from __future__ import annotations

import asyncio
import os
import random
import secrets
import time
import uuid
from collections.abc import AsyncIterator
from itertools import count
from types import SimpleNamespace
from typing import Any

NOON = 1_767_268_800.0
"""1 January 2026, 12:00 UTC."""
TAKE = "AZRESP_PICTURE_TAKE"
"""The number of the process, in the environment: each starts a minute after the one before it, with its own chance."""


def rehearsed() -> None:
    """Take chance and time out of the program."""
    from azresp.azure.gateway import Gateway
    from azresp.cli import connect
    from azresp.cli.clock import SystemClock
    from azresp.emulator import ids
    from azresp.ui import paint, terminal

    take = int(os.environ.pop(TAKE, "0"))
    noon = NOON + 60 * take
    chance = random.Random(take)  # noqa: S311 - nothing secret comes of it
    ticks, began = count(), time.monotonic()
    start = connect._start_emulator
    heard = Gateway.open

    async def one_by_one(self: Any, *words: Any) -> AsyncIterator[list[Any]]:
        async for batch in heard(self, *words):
            for event in batch:
                yield [event]
                await asyncio.sleep(0.002)  # what was put off is painted

    for module, name, value in (
        (time, "time", lambda: noon + time.monotonic() - began),
        (ids, "time", SimpleNamespace(time=lambda: noon)),
        (secrets, "token_hex", lambda size=32: chance.randbytes(size).hex()),
        (secrets, "choice", chance.choice),
        (uuid, "uuid4", lambda: uuid.UUID(bytes=chance.randbytes(16), version=4)),
        (SystemClock, "now", lambda self: noon + next(ticks) / 5),
        (
            SystemClock,
            "ident",
            lambda self: f"{int(noon) * 1000 + next(ticks):011x}{chance.randbytes(5).hex()}",
        ),
        (
            connect,
            "_start_emulator",
            lambda **more: start(**{"tokens_per_s": 0.0, "first_token_s": 0.0, **more}),
        ),
        (Gateway, "open", one_by_one),
        (terminal, "time", SimpleNamespace(monotonic=lambda: 0.0)),
        (paint, "FRAME_S", 0.0),
    ):
        setattr(module, name, value)


if __name__ == "__main__":
    from azresp.__main__ import main

    rehearsed()
    main()
