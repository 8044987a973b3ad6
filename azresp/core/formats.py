"""What azresp writes as JSON and only the core knows: types, for the checker and for the reference page."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

from azresp.core.sse import Wire


class LookedAt(TypedDict):
    """A line for a response that was looked at as a whole."""

    type: Literal["azresp.response"]
    """what it is"""
    response: Wire
    """the response object, over by now"""


class PromptLine(TypedDict):
    """A line of a batch."""

    prompt: NotRequired[str]
    """the text to ask; excludes `input`"""
    input: NotRequired[str | list[Wire]]
    """the same, or input items of the API"""
    id: NotRequired[str | int]
    """your name for it"""
    custom_id: NotRequired[str | int]
    """goes before `id`"""
    instructions: NotRequired[str]
    """for this line alone"""
    model: NotRequired[str]
    """the deployment that answers this line"""


class RequestLine(TypedDict):
    """A line of a batch as OpenAI's batch files have it."""

    custom_id: NotRequired[str | int]
    """your name for it"""
    id: NotRequired[str | int]
    """the same"""
    method: NotRequired[Literal["POST"]]
    """nothing else"""
    url: NotRequired[str]
    """ends in `responses`"""
    body: RequestBody
    """the request"""


class RequestBody(TypedDict):
    """What the body of such a line may hold, as in the API; the other settings are the profile's."""

    input: str | list[Wire]
    """a text or input items"""
    instructions: NotRequired[str]
    """for this line alone"""
    model: NotRequired[str]
    """the deployment that answers this line"""
    reasoning: NotRequired[Any]
    """as in the API, and so are all that follow"""
    text: NotRequired[Any]
    """format and verbosity"""
    temperature: NotRequired[Any]
    """0 to 2"""
    top_p: NotRequired[Any]
    """0 to 1"""
    max_output_tokens: NotRequired[Any]
    """the longest answer"""
    metadata: NotRequired[Any]
    """stored with the response"""
    truncation: NotRequired[Any]
    """`auto` or `disabled`"""
    include: NotRequired[Any]
    """what the response holds in addition"""


class BatchResult(TypedDict):
    """What became of a line."""

    line: int
    """its number in the file, from 1"""
    id: str | None
    """your name for it"""
    response_id: str | None
    """null: the service took no request"""
    status: str
    """the service's word; `unknown`: it was sent, and nothing was heard; `lost`: the service has it no more"""
    text: str
    """the answer"""
    usage: Wire | None
    """the tokens, as the service counted them"""
    error: BatchError | None
    """null: nothing is wrong"""
    response: NotRequired[Wire]
    """the whole response object; with `--json` only"""


class BatchError(TypedDict):
    """What is wrong with a result."""

    code: str
    """the service's, or `outcome_unknown`, `refusal`, `asks`, `schema`, or the status"""
    message: str
    """may be empty"""


class SessionRecord(TypedDict):
    """A session."""

    type: Literal["session"]
    """what it is"""
    version: int
    """of this format: 1"""
    id: str
    """azresp's own"""
    name: str
    """what it is called"""
    head: str | None
    """`id` of the exchange that the next one builds on"""
    settings: dict[str, Any]
    """what `/set` and the like changed in it"""
    exchanges: NotRequired[list[ExchangeRecord]]
    """the way to the head first, then all other branches; as JSON Lines each is a line of its own"""


class ExchangeRecord(TypedDict):
    """What was said, and the response to it."""

    type: Literal["exchange"]
    """what it is"""
    id: str
    """azresp's own"""
    parent: str | None
    """`id` of the exchange before it"""
    in_conversation: bool
    """it is on the way to the head"""
    asked_at: float
    """when"""
    deployment: str
    """which one was asked"""
    origin: str
    """the endpoint's base URL; `emulator` for the built-in one"""
    stored: bool
    """the service was asked to keep the response"""
    deleted: bool
    """the response was deleted there"""
    said: list[Wire]
    """input items, as sent"""
    status: str
    """the service's word for the response, or `interrupted`: its end was not heard"""
    text: str
    """the answer"""
    response: Wire
    """the response object"""
    heard: Heard
    """what the response object does not tell: for `azresp sessions import`"""


class Heard(TypedDict):
    """How a response was heard."""

    cursor: int
    """the last `sequence_number`; -1: none"""
    fault: Wire | None
    """what went wrong"""
    told: Wire
    """`id` and `status` as the service sent them"""
    items: list[Wire]
    """the state of each output item"""


class AuditAnswer(TypedDict):
    """An ask was answered."""

    event: Literal["answer"]
    """what it is"""
    at: float
    """when"""
    ask: str
    """id of the call or approval request"""
    session: NotRequired[str]
    """`id` of the session; like the four that follow it is absent where azresp refused by itself"""
    response: NotRequired[str]
    """id of the response that asks"""
    endpoint: NotRequired[str]
    """base URL of the service"""
    server: NotRequired[str]
    """URL of the MCP server; empty: a local function"""
    fingerprint: NotRequired[str]
    """of all that the yes is bound to"""
    tool: str
    """its name"""
    arguments: str
    """as they were shown"""
    answer: str
    """`once`, `session`, `always`, `no`; `later`: nobody was there"""
    by: str
    """who or what gave it"""
    why: NotRequired[str]
    """the reason, if there is one"""


class AuditOutcome(TypedDict):
    """A local call ended."""

    event: Literal["outcome"]
    """what it is"""
    at: float
    """when"""
    ask: str
    """id of the call"""
    session: str
    """`id` of the session"""
    response: str
    """id of the response that asked"""
    endpoint: str
    """base URL of the service"""
    server: str
    """empty: a local function"""
    tool: str
    """its name"""
    fingerprint: str
    """of all that decided what ran"""
    outcome: Outcome
    """what came of it"""


class Outcome(TypedDict):
    """How a local call ended."""

    ok: bool
    """it gave an output"""
    seconds: NotRequired[float]
    """how long it ran"""
    note: NotRequired[str]
    """what went wrong"""
