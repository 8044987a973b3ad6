"""The emulated service without its wire: creates, keeps, finds, pages and forgets responses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any

from . import refusals, tokens
from .approvals import check_approvals
from .attachments import Attachment, Attachments, attached
from .background.jobs import Background
from .background.log import Log
from .background.shelf import LogShelf
from .brain import Brain, BrainError, Prompt
from .compaction import threshold
from .create import Create
from .files.shelf import Shelf
from .files.stores import Stores
from .ids import new_id
from .input_items import resolve
from .pace import Pace
from .pairs import Pairs
from .past import Memory
from .reply import ENDS, Event, Reply
from .response import as_created
from .rounds import converse
from .settings import Settings
from .toolkit import Desk, Worker, workers
from .vault import Record, Vault


@dataclass(frozen=True, slots=True)
class Job:
    """One answer about to be made."""

    create: Create
    prompt: Prompt
    reply: Reply
    own_items: list[dict[str, Any]]
    workers: Sequence[Worker] = ()


class Service:
    """One resource with its deployments and its stored responses; knows nothing of HTTP."""

    def __init__(self, settings: Settings, brain: Brain, vault: Vault, shelf: Shelf, stores: Stores) -> None:
        self._settings = settings
        self._pairs = Pairs()
        self._brain = brain
        self._vault = vault
        self.memory = Memory(settings, vault)
        self._stores = stores
        self.background = Background(settings, LogShelf(vault.db, settings.clock))
        for lost in self.background.orphans():
            body = lost.snapshot(lost.last_due)
            vault.put(Record(body, lost.own_items, body["previous_response_id"], 0, lost.last_due))
        self._attachments = Attachments(shelf, settings.clock, settings.max_input_bytes)

    async def prepare(self, create: Create) -> Job:
        """Resolve the conversation and refuse what does not fit it; nothing is kept or answered yet."""
        create = self._kept_or_not(create)
        past = self.memory.past(create.body)
        before = list(past.items)
        own = self._own(create, before)
        self._pairs.check(own, before)
        tools = create.body.get("tools") or []
        check_approvals(own, before, tools)
        came = await self._came(own, before)
        instructions = create.body.get("instructions")
        spent = self.memory.spent(past, own) + tokens.count(instructions or "")
        spent += sum(one.tokens for one in came if one.fresh)
        self._check_window(create, spent)
        prompt = Prompt(
            self.memory.compactor.window([*before, *own]),
            create.deployment,
            instructions,
            create.body,
            attachments=came,
            stored=self._attachments.stored,
        )
        desk = Desk(
            create, before, own, self._settings, self._vault, self._attachments, self._stores, past.tools
        )
        return Job(create, prompt, self._reply(create, spent, past.tokens), own, workers(tools, desk))

    async def compact(self, create: Create) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        """The items that stand for a conversation from now on, and what it cost to find them."""
        past = self.memory.past(create.body)
        own = self._own(create, list(past.items))
        return self.memory.compactor.compact([*past.items, *own], create.body.get("instructions"))

    def _own(self, create: Create, before: list[dict[str, Any]]) -> list[dict[str, Any]]:
        self.memory.cipher.check(create.body.get("input"))
        return resolve(create.items, before, self.memory.find)

    def _kept_or_not(self, create: Create) -> Create:
        """The request as an organisation without retention treats it."""
        if not self.memory.keeps_nothing or not create.store:
            return create
        if self._settings.zero_retention == "refuse":
            raise refusals.must_not_store()
        return replace(create, body={**create.body, "store": False})

    def _check_window(self, create: Create, spent: int) -> None:
        if spent > self._settings.context_tokens and create.body.get("truncation") != "auto":
            raise refusals.invalid(
                "Your input exceeds the context window of this model. Please adjust your input and try again.",
                "input",
                "context_length_exceeded",
            )

    def _reply(self, create: Create, spent: int, cached: int) -> Reply:
        return Reply(
            as_created(create, new_id("resp"), int(self._settings.clock())),
            input_tokens=spent,
            cached_tokens=cached,
            reasoning=create.reasoning,
            summary=create.summary is not None,
            obfuscate=create.obfuscate,
            clock=self._settings.clock,
            encrypt=self.memory.cipher.seal if create.encrypted else None,
        )

    async def run(self, job: Job, delay_s: float | None = None) -> AsyncGenerator[Event]:
        """The events of the answer at the settings' pace. Abandoned half-way, nothing is stored.

        `delay_s`: how long a streamed answer stays unknown after its end (default: the settings').
        """
        pace = Pace(self._settings)
        self.memory.begin(job.create.body)
        try:
            async with aclosing(self._made(job, pace)) as events:
                async for event in events:
                    if event["type"] in ENDS:
                        self.keep(job, delay_s)  # before anybody can have read the end and ask for it
                    yield event
        finally:
            self.memory.leave(job.create.body)

    def start(self, job: Job, spoil: Callable[[AsyncGenerator[Event]], AsyncGenerator[Event]]) -> Log:
        """Begin a background answer, which goes on by itself; `spoil` may let it fail."""
        now = self._settings.clock()
        opening = job.reply.response | {"output": []}
        log = Log(opening, job.own_items, now, streamed=job.create.stream)
        self.memory.begin(job.create.body)
        self.background.start(
            log, spoil(self._made(job, None)), lambda body, over: self.keep_body(job, body, over)
        )
        return log

    async def _made(self, job: Job, pace: Pace | None) -> AsyncGenerator[Event]:
        reply = job.reply
        for event in reply.begin():
            yield event
        if pace is not None:
            await pace.begin()
        try:
            async with aclosing(converse(self._brain, job.prompt, job.workers, reply)) as events:
                async for event in events:
                    if pace is not None and "delta" in event:
                        await pace.token()
                    yield event
        except BrainError as error:
            for event in reply.fail(error.code, str(error)):
                yield event
            return
        except refusals.Refused as refused:
            if not (job.create.stream or job.create.background):
                raise
            said = refused.body["error"]
            for event in reply.fail(said["code"], said["message"], type_=said["type"]):
                yield event
            return
        limit = threshold(job.create.body, self._settings.context_tokens)
        if (
            limit is not None
            and reply.input_tokens + reply.spent >= limit
            and not (reply.over or reply.asked)
        ):
            for event in self.memory.compactor.end_with(reply, job.prompt.items):
                yield event
        for event in reply.finish():
            yield event

    def keep(self, job: Job, delay_s: float | None = None) -> None:
        """Store the answer; streamed ones become visible after `delay_s` (default: the settings')."""
        delay = self._settings.read_after_write_s if delay_s is None else delay_s
        visible_at = self._settings.clock() + delay if job.create.stream and delay else 0.0
        self.keep_body(job, job.reply.response, visible_at)

    def keep_body(self, job: Job, body: Event, visible_at: float) -> None:
        """Store an answer, to be found from a time on."""
        self._pairs.note(body["output"])
        self.memory.leave(body)
        self.memory.end(body, job.own_items, visible_at if job.create.background else 0.0)
        if not (job.create.store or job.create.background):
            return
        parent = body["previous_response_id"]
        self._vault.put(Record(body, job.own_items, parent, self.memory.weight(body), visible_at))

    def get(self, id_: str) -> Record:
        if (log := self.background.running(id_)) is not None:
            body = log.snapshot(self._settings.clock())
            return Record(body, log.own_items, body["previous_response_id"], 0)
        record = self._vault.get(id_, self._settings.clock())
        if record is None:
            raise refusals.response_not_found(id_)
        return record

    def delete(self, id_: str) -> dict[str, Any]:
        self.get(id_)
        if self.background.running(id_) is not None:
            raise refusals.in_flight()
        self.background.forget(id_)
        self._vault.delete(id_)
        return {"id": id_, "object": "response.deleted", "deleted": True}

    def cancel(self, id_: str) -> dict[str, Any]:
        """Only background responses can be cancelled."""
        self.get(id_)
        log = self.background.find(id_)
        if log is None:
            raise refusals.cannot_cancel()
        ran = not log.over(self._settings.clock())
        body = self.background.cancel(log)
        if ran:
            self.memory.leave(body)
            self.memory.conversations.retract(id_)
            self._vault.delete(id_)  # what it would have become may be there already
            self._vault.put(Record(body, log.own_items, body["previous_response_id"], 0))
        return body

    def stream(self, id_: str, after: int) -> AsyncGenerator[Event]:
        """The events of a background response behind a number."""
        self.get(id_)
        return self.background.stream(id_, after)

    def input_items(self, id_: str) -> list[dict[str, Any]]:
        """What the answer was made from, newest first: its own input, then the conversation before it."""
        record = self.get(id_)
        whole = self.memory.whole(record)
        return whole[: len(whole) - len(record.body["output"])][::-1]

    def close(self) -> None:
        self.background.close()
        self._vault.close()

    async def _came(self, own: list[dict[str, Any]], before: list[dict[str, Any]]) -> list[Attachment]:
        """Pictures and files, read on a thread: they may take a while."""
        if next(attached([*before, *own]), None) is None:
            return []
        return await asyncio.to_thread(self._attachments.read, own, before)
