"""The talk between the model and its tools in one response: round after round until nothing is left to do here."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace

from .brain import Brain, Call, Prompt
from .reply import Event, Reply
from .toolkit import Worker
from .toolkit.choice import permitted

_MOST_ROUNDS = 16
"""A model that calls tools of the service for ever is told no more after so many rounds."""


async def converse(
    brain: Brain, prompt: Prompt, workers: Sequence[Worker], reply: Reply
) -> AsyncGenerator[Event]:
    """Events from the first list of tools to the last word, without the response's beginning and end."""
    for worker in workers:
        async with aclosing(worker.open(reply)) as opening:
            async for event in opening:
                yield event
    budget = _Budget(prompt)
    for number in range(_MOST_ROUNDS):
        asked = _asked(
            prompt, workers, reply, last=number == _MOST_ROUNDS - 1 or budget.spent, first=number == 0
        )
        called = False
        reply.round()
        async with aclosing(brain.answer(asked)) as pieces:
            async for piece in pieces:
                if not isinstance(piece, Call):
                    for event in reply.take(piece):
                        yield event
                elif (doer := _worker_of(piece, workers)) is not None and budget.takes(doer):
                    called = True
                    async with aclosing(doer.run(piece, reply)) as running:
                        async for event in running:
                            yield event
                if reply.over or (called and not budget.parallel):
                    break
        if reply.over or reply.asked or not called:
            return


class _Budget:
    """How many calls a request allows: max_tool_calls for those that run here, one a turn without parallel calls."""

    def __init__(self, prompt: Prompt) -> None:
        self.parallel = prompt.request.get("parallel_tool_calls") is not False
        self._left: int | None = prompt.request.get("max_tool_calls")

    @property
    def spent(self) -> bool:
        return self._left == 0

    def takes(self, worker: Worker) -> bool:
        """Whether a call may be made; counts it. Calls beyond the limit are ignored, as the contract says."""
        if not worker.hosted or self._left is None:
            return True
        if self._left == 0:
            return False
        self._left -= 1
        return True


def _asked(prompt: Prompt, workers: Sequence[Worker], reply: Reply, *, last: bool, first: bool) -> Prompt:
    """The prompt of one round. A forced choice holds for the first only, or calls that run here would never end."""
    choice = prompt.request.get("tool_choice")
    offers, must_call = permitted(choice, [offer for worker in workers for offer in worker.offers()])
    if last:
        offers = [offer for offer in offers if offer.type in ("function", "custom")]
    items = [*prompt.items, *reply.response["output"]]
    return replace(prompt, items=items, offers=offers, must_call=must_call and first)


def _worker_of(call: Call, workers: Sequence[Worker]) -> Worker | None:
    return next((worker for worker in workers if call.offer in worker.offers()), None)
