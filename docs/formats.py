"""The reference page's part about what programs read: JSON, JSON Lines and CSV, from the types in the code."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import textwrap
import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from azresp.cli import formats as printed
from azresp.core import formats as kept


@dataclass(frozen=True, slots=True)
class Format:
    """One form that something is written in."""

    title: str
    """the commands that write or read it, as Markdown"""
    told: str
    """what the types can't say"""
    types: tuple[type, ...] = ()
    """the outer ones; those of their fields follow by themselves"""


INTRODUCTION = (
    "What programs may read. Texts are JSON-escaped to ASCII, so nothing in them acts on a terminal. Moments "
    "are seconds since 1970 in UTC. On a terminal a value is indented, elsewhere it stands on one line; exports "
    "are indented always. Fields may be added; those here keep their meaning. *May be absent* stands where a "
    "field is not always there."
)

FORMATS = (
    Format(
        "`run --json`, `jobs attach --json`, `approve --json`",
        "The service's response object at the end of the last round, with the API's own fields and pictures "
        "inside. `status` is the service's, or `interrupted` where its end was not heard; with `--background` "
        "it is the response as it was when it had an id. Where no response was heard at all:",
        (printed.NoResponse,),
    ),
    Format(
        "`run --events`, `jobs attach --events`",
        "JSON Lines: each event as the service sent it, unknown ones too, with its `type` and "
        "`sequence_number`, as it comes. The only line that azresp makes itself stands for a background "
        "response that was looked at as a whole because the service does not stream it (any more):",
        (kept.LookedAt,),
    ),
    Format(
        "`run --batch FILE`: what it reads",
        "JSON Lines: each line is a JSON string, which is the prompt, or one of these objects. Other fields "
        "are refused.",
        (kept.PromptLine, kept.RequestLine),
    ),
    Format(
        "`run --batch FILE`: what it writes",
        "JSON Lines, in the order of the lines of the input.",
        (kept.BatchResult,),
    ),
    Format(
        "`jobs list --json`, `jobs show --json`, `jobs wait --json`",
        "A list, one object, and JSON Lines (one when a job is over).",
        (printed.JobRow,),
    ),
    Format("`approve --list --json`", "A list.", (printed.AskRow,)),
    Format("`sessions list --json`", "A list, the last changed first.", (printed.SessionRow,)),
    Format("`sessions search --json`", "A list, the best places first.", (printed.HitRow,)),
    Format(
        "`sessions export --format json`, `--format jsonl`, `sessions show --json`, `/export json`, `/export "
        "jsonl`",
        "One object; as JSON Lines the session stands in the first line, without `exchanges`, and each "
        "exchange in one of its own. An export has its pictures and attachments inside as base64. In "
        "`sessions show --json` an object stands in the place of each: `saved` (its file, or null), `bytes`, "
        "`sha256`, `mime`, and a `remark` why there is none.",
        (kept.SessionRecord,),
    ),
    Format(
        "`sessions export --format items`, `/export items`",
        "A list of input items of the API: the conversation to its head. `azresp run --input FILE` sends it.",
    ),
    Format("`usage --json`", "One object.", (printed.UsageReport,)),
    Format(
        "`usage --csv`",
        "A header, then a line for each row: `day`, `session`, `model` or `turn`, then `requests`, `unknown`, "
        "`unpriced`, `input_tokens`, `cached_tokens`, `output_tokens`, `reasoning_tokens`, and for each "
        "currency a column `cost_CURRENCY` (`cost` for one without a name). There is no line for the sum.",
    ),
    Format("`doctor --json`", "One object.", (printed.DoctorReport,)),
    Format("`config show --json`", "One object.", (printed.ConfigReport,)),
    Format("`privacy --json`", "One object.", (printed.PrivacyReport,)),
    Format("`tools check --json`", "A list of the API's function tools, as a request would have them."),
    Format(
        "`files list --json`, `files show --json`, `files upload --json`, `responses get`, `responses items`, "
        "`responses delete`",
        "The service's own objects, one a line where several were asked for. Lists are whole, not pages: "
        "`has_more` is true only where `--limit` cut them.",
    ),
    Format(
        "`audit.jsonl` beside the store",
        "JSON Lines, one for each answer to an ask and one for each local call that ended.",
        (kept.AuditAnswer, kept.AuditOutcome),
    ),
)


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a type."""

    name: str
    hint: Any
    needed: bool
    meaning: str


def fields_of(kind: type) -> list[Field]:
    """The fields of a TypedDict, dataclass or named tuple, with the docstrings that stand under them."""
    hints = typing.get_type_hints(kind, include_extras=True)
    meanings = _meanings(kind)
    return [
        Field(name, _bare(hint), typing.get_origin(hint) is not typing.NotRequired, meanings.get(name, ""))
        for name, hint in hints.items()
    ]


def is_object(hint: Any) -> bool:
    """It is written as an object whose fields are known."""
    known = typing.is_typeddict(hint) or dataclasses.is_dataclass(hint) or hasattr(hint, "_fields")
    return isinstance(hint, type) and known


def formats() -> Iterator[str]:
    """The part of the page, in paragraphs."""
    yield INTRODUCTION
    for one in FORMATS:
        yield f"### {one.title}"
        yield one.told
        for number, kind in enumerate(_all_of(one.types)):
            if number:
                yield f"*{kind.__name__}*: {_first_line(kind)}"
            yield _rows(kind)


def _rows(kind: type) -> str:
    lines = ["| Field | Type | Meaning |", "| --- | --- | --- |"]
    for one in fields_of(kind):
        absent = "" if one.needed else "; may be absent"
        lines.append(f"| `{one.name}` | {shown(one.hint)}{absent} | {one.meaning} |")
    return "\n".join(lines)


def _all_of(kinds: tuple[type, ...]) -> list[type]:
    found: dict[type, None] = {}

    def add(hint: Any) -> None:
        if is_object(hint) and hint not in found:
            found[hint] = None
            for one in fields_of(hint):
                add(one.hint)
        for part in typing.get_args(hint):
            add(part)

    for kind in kinds:
        add(kind)
    return list(found)


_NAMES = {str: "text", int: "number", float: "number", bool: "true or false", type(None): "null", Any: "any"}


def shown(hint: Any) -> str:
    """A type in words."""
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Literal:
        return ", ".join(f"`{one}`" for one in parts)
    if origin is types.UnionType:
        return " or ".join(dict.fromkeys(shown(one) for one in parts))
    if origin is list:
        return f"list of {shown(parts[0])}"
    if origin is dict:
        return "object" if parts[1] is Any else f"object of {shown(parts[1])}"
    return f"*{hint.__name__}*" if is_object(hint) else _NAMES[hint]


def _bare(hint: Any) -> Any:
    return typing.get_args(hint)[0] if typing.get_origin(hint) is typing.NotRequired else hint


def _first_line(kind: type) -> str:
    return (inspect.getdoc(kind) or "").split("\n")[0]


def _meanings(kind: type) -> dict[str, str]:
    """The text under each field."""
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    assert isinstance(tree, ast.ClassDef)  # noqa: S101 - it is the source of one
    found = {}
    for one, following in zip(tree.body, [*tree.body[1:], None], strict=True):
        if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name):
            text = following.value if isinstance(following, ast.Expr) else None
            found[one.target.id] = (
                text.value if isinstance(text, ast.Constant) and isinstance(text.value, str) else ""
            )
    return found
