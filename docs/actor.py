"""azresp for pictures: `python -m docs.actor chat …` is azresp whose clock stands still and whose ids are the same each time.

It paints every event as it comes, and the built-in emulator answers evenly; all else is as always.
"""

from __future__ import annotations

import os
import random
import secrets
import time
import uuid
from itertools import count
from types import SimpleNamespace

NOON = 1_767_268_800.0
"""1 January 2026, 12:00 UTC."""
PACE = "AZRESP_PICTURE_PACE"
"""Tokens a second of the emulator, in the environment; 0 is full speed."""


def rehearsed() -> None:
    """Take chance and time out of the program."""
    from azresp.cli import connect
    from azresp.cli.clock import SystemClock
    from azresp.emulator import ids
    from azresp.ui import paint

    chance = random.Random(6)  # noqa: S311 - nothing secret comes of it
    ticks, began = count(), time.monotonic()
    start = connect.start_emulator
    pace = float(os.environ.pop(PACE, "0"))
    for module, name, value in (
        (time, "time", lambda: NOON + time.monotonic() - began),
        (ids, "time", SimpleNamespace(time=lambda: NOON)),
        (secrets, "token_hex", lambda size=32: chance.randbytes(size).hex()),
        (secrets, "choice", chance.choice),
        (uuid, "uuid4", lambda: uuid.UUID(bytes=chance.randbytes(16), version=4)),
        (SystemClock, "now", lambda self: NOON + next(ticks) / 5),
        (SystemClock, "ident", lambda self: f"{next(ticks):021x}"),
        (connect, "start_emulator", lambda **more: start(**{"tokens_per_s": pace, "first_token_s": 0.0, **more})),
        (paint, "FRAME_S", 0.0),
    ):
        setattr(module, name, value)


if __name__ == "__main__":
    from azresp.__main__ import main

    rehearsed()
    main()
