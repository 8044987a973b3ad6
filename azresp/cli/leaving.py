"""Ctrl-C while a background response is heard: away from it, and with a second one perhaps an end to it."""

from __future__ import annotations

import signal
from collections.abc import Callable

from azresp.cli.confirm import asked, somebody
from azresp.cli.report import note, tell
from azresp.engine import cancel_in_time
from azresp.errors import AzrespError
from azresp.ports import Outcome, Ports
from azresp.ui.stopping import second_ctrl_c
from azresp.ui.typed import AGAIN_S


async def leave(
    ports: Ports, outcome: Outcome, forget: Callable[[str], None], *, detach: bool
) -> tuple[Outcome, int]:
    """What becomes of a response that the user stopped hearing; also 128 + SIGINT where it was ended with that.

    `forget` takes it off the list of jobs.
    `detach`: it is a job and runs on, unless a second Ctrl-C says otherwise. Else it was meant for the foreground
    and ends at the service too, as it would with its connection.
    """
    if not detach:
        outcome = await _cancelled(ports, outcome)
        if not outcome.exchange.running:
            forget(outcome.exchange.id)
        return outcome, 128 + signal.SIGINT
    if not somebody():
        return outcome, 0
    offer = f"left: the job runs on at the service · Ctrl-C again within {AGAIN_S:.0f} s offers to cancel it"
    if not await second_ctrl_c(lambda: note(offer), AGAIN_S) or not _agreed():
        return outcome, 0
    return await _cancelled(ports, outcome), 0


def _agreed() -> bool:
    try:
        return asked("Cancel the job at the service?")
    except KeyboardInterrupt:
        note("")  # the question has no end of line
        return False


async def _cancelled(ports: Ports, outcome: Outcome) -> Outcome:
    try:
        return await cancel_in_time(ports, outcome)
    except AzrespError as error:
        tell(error)
    return outcome
