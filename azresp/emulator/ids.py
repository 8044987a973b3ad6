"""Ids as the service makes them: a prefix and 50 hex digits."""

from __future__ import annotations

import secrets
import string
import time
import uuid


def new_id(prefix: str) -> str:
    """`resp_0…`: time-ordered hex then random, as long as the recorded ones."""
    return f"{prefix}_{0:02x}{int(time.time()):08x}{secrets.token_hex(20)}"


def call_id() -> str:
    """The id that a call and its output share."""
    return "call_" + "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(24))


def request_id() -> str:
    """An apim-request-id."""
    return str(uuid.uuid4())
