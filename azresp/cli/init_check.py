"""The one real request that `azresp init` tries an endpoint with."""

from __future__ import annotations

import time
from dataclasses import dataclass

from azresp.cli.connect import connection_of
from azresp.cli.patience import ports, until_done
from azresp.config.profile import Profile
from azresp.core.events import read
from azresp.core.session import message
from azresp.core.turn import Turn, advance
from azresp.errors import NetworkError, ServiceError
from azresp.ui.endings import ending, next_step
from azresp.waiting import patiently

_LEAST_TOKENS = 16
"""The API takes no lower limit; an answer that it cuts off shows as well that everything works."""


@dataclass(frozen=True, slots=True)
class Tried:
    """How it went well."""

    seconds: float
    credential: str
    """which credential won, or where the key is from"""


def try_profile(profile: Profile) -> Tried:
    """Ask for a few tokens that nobody keeps. Raises ServiceError, SignInError, NetworkError or ConfigError."""
    return until_done(_try(profile))


async def _try(profile: Profile) -> Tried:
    from azresp.azure.gateway import Gateway

    gateway = Gateway(connection_of(profile))
    body = {
        "model": profile.deployment,
        "input": [message("Say ok.")],
        "max_output_tokens": _LEAST_TOKENS,
        "store": False,
        "stream": True,
    }

    async def hear() -> Turn:
        turn = Turn()
        async for wires in gateway.open(body):
            for wire in wires:
                turn = advance(turn, read(wire))
        return turn

    started = time.monotonic()
    try:
        turn = await patiently(hear, ports(gateway), safe=False)
    finally:
        await gateway.close()
    if not turn.over:
        raise NetworkError("the answer broke off before its end", "Try again.")
    if not turn.finished:
        step = next_step(turn, azure=not gateway.connection.loopback)
        raise ServiceError(f"the answer {ending(turn)}", step)
    return Tried(time.monotonic() - started, gateway.credential)
