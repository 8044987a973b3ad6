"""What commands print as JSON: types, for the checker and for the reference page. Nothing loads it when azresp runs."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

from azresp.cli.privacy_work import Local, Remote
from azresp.core.sse import Wire
from azresp.store.deletions import Wanted


class NoResponse(TypedDict):
    """What stands in the place of a response object where no response was heard."""

    error: NoResponseError
    """what happened"""


class NoResponseError(TypedDict):
    """Why there is no response."""

    message: str
    """one sentence"""
    code: str | None
    """the service's, if it sent one"""
    exit: int
    """the exit status that fits"""


class JobRow(TypedDict):
    """A background job."""

    number: int
    """in the list"""
    id: str
    """of the response"""
    status: str
    """the service's word for the response; `lost`: nobody knows how it ended"""
    waits_for_answer: bool
    """it asks for an approval or a function: what lines for people call `asks`"""
    session: str
    """name of its session"""
    model: str
    """the deployment that was asked"""
    endpoint: str
    """base URL; `emulator` for the built-in one"""
    asked_at: float
    """when"""
    usage: Wire | None
    """the tokens, as the service counted them"""
    prompt: str
    """what was asked"""
    response: NotRequired[Wire]
    """the response object as far as heard, pictures included; `jobs show` only"""


class AskRow(TypedDict):
    """Something that waits for a yes or a no."""

    session: str
    """name of the session"""
    response_id: str
    """of the response that asks"""
    id: str
    """of the call or approval request: `azresp approve ID` takes it"""
    tool: str
    """its name"""
    arguments: str
    """as the model sent them"""
    asked_at: float
    """when"""


class SessionRow(TypedDict):
    """A session, without what was said in it."""

    id: str
    """azresp's own"""
    name: str
    """what it is called"""
    changed: float
    """when something last happened in it"""
    exchanges: int
    """how many, on all branches"""
    question: str
    """first line of the last one"""
    tags: list[str]
    """words it is filed under"""


class HitRow(TypedDict):
    """An exchange in which the words were found."""

    session: str
    """name of the session"""
    response_id: str | None
    """null: none was heard"""
    asked_at: float
    """when"""
    question: str
    """the whole of it"""
    snippet: str
    """the place"""


class UsageReport(TypedDict):
    """Sums of tokens and money."""

    by: str
    """`day`, `session`, `model` or `turn`"""
    since: float | None
    """when the sums begin; null: at the beginning"""
    rows: list[UsageRow]
    """one for each"""
    sum: UsageRow
    """of all rows"""


class UsageRow(TypedDict):
    """A sum. Its name is the field that `by` tells; the sum of all has none."""

    day: NotRequired[str]
    """`2026-11-25`, of this machine's time zone"""
    session: NotRequired[str]
    """name of the session"""
    id: NotRequired[str]
    """of the session"""
    model: NotRequired[str]
    """the deployment that was asked"""
    turn: NotRequired[str]
    """when it was asked, and what"""
    requests: int
    """how many"""
    unknown: int
    """those that the service counted nothing for"""
    unpriced: int
    """those with tokens and without a price"""
    input_tokens: int
    """cached ones included"""
    cached_tokens: int
    """of the input"""
    output_tokens: int
    """reasoning included"""
    reasoning_tokens: int
    """of the output"""
    total_tokens: int
    """input and output"""
    cost: dict[str, float]
    """money by currency; a currency without a name is an empty text"""


class DoctorReport(TypedDict):
    """What `azresp doctor` found."""

    azresp: str
    """version"""
    exit: int
    """the exit status: that of the first failure"""
    findings: list[FindingRow]
    """in the order of the lines for people"""


class FindingRow(TypedDict):
    """One finding; secrets are masked."""

    section: str
    """`program`, `configuration`, `endpoint`, `sign-in`, `tools`, `store`, `terminal` or `network`"""
    name: str
    """what was looked at"""
    mark: Literal["ok", "warn", "FAIL", "skip"]
    """how it stands"""
    text: str
    """what was found"""
    todo: str
    """what to do; empty: nothing"""


class ConfigReport(TypedDict):
    """Settings in force."""

    file: str | None
    """the configuration file; null: there is no home folder"""
    found: bool
    """the file is there"""
    profile: str
    """its name; empty: the top level of the file"""
    profiles: list[str]
    """all names in the file"""
    settings: dict[str, SettingRow]
    """by key"""
    tools: list[OfferedRow]
    """configured ones"""
    mcp: list[OfferedRow]
    """configured servers"""
    prices: dict[str, PriceRow]
    """by deployment or model"""
    warnings: list[str]
    """what is odd"""


class SettingRow(TypedDict):
    """A setting's value and its origin."""

    value: str | int | float | bool | Wire | None
    """keys as references; null: not set"""
    layer: str
    """`flag`, `environment`, `file` or `default`"""
    place: str
    """which flag, variable, or table of the file; may be empty"""


class OfferedRow(TypedDict):
    """A configured tool or server."""

    name: str
    """its name or label"""
    on: bool
    """the model may use it"""
    what: str
    """in a few words; secrets as references"""
    place: str
    """where it stands in the file"""


class PriceRow(TypedDict):
    """What a million tokens cost."""

    input: float
    """uncached"""
    cached_input: float
    """from the service's cache"""
    output: float
    """reasoning included"""
    currency: str
    """any word"""


class PrivacyReport(TypedDict):
    """What is kept where."""

    local: list[Local]
    """on this machine"""
    service: list[Remote]
    """at services, as far as is known here"""
    deletions_waiting: list[Wanted]
    """those that failed and are tried again"""
    stores_responses: bool
    """the setting `store`"""
