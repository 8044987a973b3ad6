"""From a brain's pieces to the service's events and the final response object: the one place that knows their order.

No I/O and no clock but the one handed in. Event orders: contract/facts.md 4.2, 4.3, 4.8.
"""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from . import tokens
from .brain import Call, Cite, Piece, Refuse, Say, Spent, Thought
from .files.search import Hit
from .ids import call_id, new_id
from .output import Message, Reasoning, Written

Event = dict[str, Any]

ENDS = frozenset({"response.completed", "response.incomplete", "response.failed"})
"""Event types after which a response changes no more."""

_PADDING = "".join(random.Random(0).choices(string.ascii_letters + string.digits, k=4096))  # noqa: S311 - filler


class Reply:
    """One answer in the making: feed it pieces, it hands back numbered events."""

    def __init__(
        self,
        response: dict[str, Any],
        *,
        input_tokens: int,
        cached_tokens: int,
        reasoning: bool,
        summary: bool,
        obfuscate: bool,
        clock: Callable[[], float],
        encrypt: Callable[[str], str] | None = None,
    ) -> None:
        """`response` is the object as created; `summary` whether thoughts are shown, not only counted."""
        self.response = response
        self.spent = 0
        """Output tokens so far, reasoning included."""
        self.over = False
        """Whether max_output_tokens is used up: no further piece is heard."""
        self.asked = False
        """Whether the client has to answer something before this can go on: a call, an approval."""
        self.found: dict[str, Sequence[Hit]] = {}
        """What searches found, by the id of their item: for the brain, whatever the item shows."""
        self._input_tokens = input_tokens
        self._cached_tokens = cached_tokens
        self._summary = summary
        self._obfuscate = obfuscate
        self._clock = clock
        self._number = 0
        self._padding = random.Random(response["id"])  # noqa: S311 - filler, not a secret
        self._open: Reasoning | Message | Written | None = None
        self._placed = ""
        self._spent_before = 0
        self._reasoning_tokens = 0
        self._thinks = reasoning
        self._due = False
        self._encrypt = encrypt

    @property
    def input_tokens(self) -> int:
        return self._input_tokens

    def begin(self) -> Iterator[Event]:
        """created and in_progress, with queued between them in the background."""
        yield self._lifecycle("created")
        if self.response["background"]:
            yield self._lifecycle("queued")
            self.response["status"] = "in_progress"
        yield self._lifecycle("in_progress")

    def round(self) -> None:
        """The model is asked (again): what a reasoning model puts out next begins with a reasoning item."""
        self._due = self._thinks
        self._spent_before = self.spent

    def take(self, piece: Piece) -> Iterator[Event]:
        """The events of one piece, a delta a token; stops at max_output_tokens."""
        match piece:
            case Thought(text, part):
                yield from self._think(text, part)
            case Say(text):
                yield from self._speak(text, "output_text")
            case Cite(annotation):
                if isinstance(self._open, Message) and self._open.kind == "output_text" and not self.over:
                    yield self._number_one(self._open.cite(annotation))
            case Refuse(text):
                yield from self._speak(text, "refusal")
            case Spent(input_tokens, output_tokens):
                self._input_tokens, self.spent = input_tokens, self._spent_before + output_tokens
            case Call():
                raise TypeError("a call is carried out by the worker of its tool")

    def call(self, call: Call) -> Iterator[Event]:
        """Write out a call for the client, a delta a token."""
        yield from self._ensure_reasoning()
        yield from self._shut("completed")
        custom = call.offer.type == "custom"
        id_ = new_id("ctc" if custom else "fc")
        written = Written(id_, len(self.response["output"]), call_id(), call.offer.name, custom=custom)
        self._open = written
        yield from self._numbered(written.begin())
        for token in tokens.split(call.arguments):
            if not self._charge():
                return
            yield self._number_one(written.grow(token))
        yield from self._shut("completed")

    def place(self, item: Mapping[str, Any]) -> Iterator[Event]:
        """Begin an item of a tool that runs here: `item` as it looks now, its id in it. Closes what was open."""
        yield from self._ensure_reasoning()
        yield from self._shut("completed")
        self._placed = str(item["id"])
        yield self._event(
            "response.output_item.added", item=dict(item), output_index=len(self.response["output"])
        )

    def about(self, what: str, **fields: Any) -> Event:
        """Something about the placed item: `what` without the leading `response.`."""
        place = {"item_id": self._placed, "output_index": len(self.response["output"])}
        return self._event(f"response.{what}", **place, **fields)

    def settle(self, item: Mapping[str, Any]) -> Iterator[Event]:
        """The placed item is done and looks like this; it becomes part of the output."""
        yield self._event(
            "response.output_item.done", item=dict(item), output_index=len(self.response["output"])
        )
        self.response["output"].append(dict(item))

    def spend(self, text: str) -> None:
        """Count text that the model wrote though no delta showed it token by token."""
        self.spent += tokens.count(text)

    def ask(self) -> None:
        """The client has to answer what was just put out: this response ends after this round."""
        self.asked = True

    def finish(self) -> Iterator[Event]:
        """Close what is open, then the terminal event: completed, or incomplete when the budget ran out."""
        status = "incomplete" if self.over else "completed"
        yield from self._ensure_reasoning()
        if not (self._open or self.over or self.asked or self._has_message()):
            yield from self._ensure_message("output_text")
        yield from self._shut(status)
        self._settle(status)
        yield self._lifecycle(status)

    def fail(
        self, code: str, message: str, order: str = "azure", type_: str = "server_error"
    ) -> Iterator[Event]:
        """A failure after HTTP 200: Azure sends a bare response.failed, then the error; OpenAI the reverse."""
        error = {"type": type_, "code": code, "message": message, "param": None}
        self.response.update(status="failed", usage=None)
        if order == "azure":
            yield self._lifecycle("failed")
            yield self._event("error", error=error | {"headers": {"x-ms-fe-error": "true"}})
            self.response["error"] = {"code": code, "message": message}
        else:
            yield self._event("error", error=error)
            self.response["error"] = {"code": code, "message": message}
            yield self._lifecycle("failed")

    def rewind(self, event: Event) -> None:
        """Take back the number of an event that was made but not sent."""
        self._number = event["sequence_number"]

    def keepalive(self) -> Event:
        return self._event("keepalive")

    def _think(self, text: str, part: int) -> Iterator[Event]:
        yield from self._ensure_reasoning()
        reasoning = self._open
        if not isinstance(reasoning, Reasoning):
            return  # thoughts after speech have no place in this protocol
        for token in tokens.split(text):
            if not self._charge():
                return
            self._reasoning_tokens += 1
            if self._summary:
                yield from self._numbered(reasoning.grow(token, part))

    def _speak(self, text: str, kind: str) -> Iterator[Event]:
        yield from self._ensure_message(kind)
        message = self._open
        assert isinstance(message, Message)  # noqa: S101 - _ensure_message has just opened it
        for token in tokens.split(text):
            if not self._charge():
                return
            yield self._number_one(message.grow(token))

    def _charge(self) -> bool:
        limit = self.response["max_output_tokens"]
        if self.over or (limit is not None and self.spent >= limit):
            self.over = True
            return False
        self.spent += 1
        return True

    def _ensure_reasoning(self) -> Iterator[Event]:
        if self._open is None and self._due:
            self._due = False
            self._open = Reasoning(new_id("rs"), len(self.response["output"]), self._encrypt)
            yield from self._numbered(self._open.begin())

    def _ensure_message(self, kind: str) -> Iterator[Event]:
        yield from self._ensure_reasoning()
        if isinstance(self._open, Message) and self._open.kind == kind:
            return
        if isinstance(self._open, Message):
            yield from self._numbered(self._open.turn(kind))
            return
        yield from self._shut("completed")
        self._open = Message(new_id("msg"), len(self.response["output"]), kind)
        yield from self._numbered(self._open.begin())

    def _has_message(self) -> bool:
        return any(item["type"] == "message" for item in self.response["output"])

    def _shut(self, status: str) -> Iterator[Event]:
        if self._open is None:
            return
        yield from self._numbered(self._open.end(status))
        self.response["output"].append(self._open.item(status))
        self._open = None

    def _settle(self, status: str) -> None:
        completed = status == "completed"
        self.response.update(
            status=status,
            completed_at=int(self._clock()) if completed else None,
            content_filters=_content_filters(self._input_tokens, self.spent),
            incomplete_details=None if completed else {"reason": "max_output_tokens"},
            service_tier="default",
            usage=self._usage(),
        )
        if self._encrypt is not None:
            for item in self.response["output"]:
                if item["type"] == "reasoning":
                    item["encrypted_content"] = self._encrypt(item["id"])

    def _usage(self) -> dict[str, Any]:
        return {
            "input_tokens": self._input_tokens,
            "input_tokens_details": {"cache_write_tokens": 0, "cached_tokens": self._cached_tokens},
            "output_tokens": self.spent,
            "output_tokens_details": {"reasoning_tokens": self._reasoning_tokens},
            "total_tokens": self._input_tokens + self.spent,
        }

    def _lifecycle(self, phase: str) -> Event:
        return self._event(
            f"response.{phase}", response=dict(self.response, output=list(self.response["output"]))
        )

    def _event(self, type_: str, **fields: Any) -> Event:
        return self._number_one({"type": type_, **fields})

    def _numbered(self, events: Iterator[Event]) -> Iterator[Event]:
        for event in events:
            yield self._number_one(event)

    def _number_one(self, event: Mapping[str, Any]) -> Event:
        numbered = dict(event)
        if self._obfuscate and "delta" in numbered:
            start = self._padding.randrange(4000)
            numbered["obfuscation"] = _PADDING[start : start + 1 + start % 16]
        numbered["sequence_number"] = self._number
        self._number += 1
        return numbered


def _content_filters(prompt: int, completion: int) -> list[dict[str, Any]]:
    """Azure's verdicts on the prompt and the completion: all safe. Offsets are in characters, here estimated."""
    harms = {
        name: {"filtered": False, "severity": "safe"} for name in ("hate", "sexual", "violence", "self_harm")
    }
    unseen = {"detected": False, "filtered": False}
    material = {"protected_material_text": unseen, "protected_material_code": unseen}

    def verdict(source: str, results: dict[str, Any], end: int) -> dict[str, Any]:
        offsets = {"start_offset": 0, "end_offset": end, "check_offset": 0}
        return {
            "blocked": False,
            "source_type": source,
            "content_filter_raw": [],
            "content_filter_results": results,
            "content_filter_offsets": offsets,
        }

    return [
        verdict("prompt", {**harms, "jailbreak": unseen}, 4 * prompt),
        verdict("completion", {**material, **harms}, 4 * completion),
    ]
