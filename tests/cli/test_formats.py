"""What programs read has the fields that the reference page tells, no more and no less."""

from __future__ import annotations

import json
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

from azresp.cli import formats as printed
from azresp.core import batch
from azresp.core import formats as kept
from azresp.core.session import Exchange
from azresp.core.turn import Turn
from azresp.ui.screens import EventScreen
from docs.formats import fields_of, is_object
from tests.cli.conftest import Azresp

Seen = set[tuple[str, str]]

BY_CONSTRUCTION = {"Local", "Remote", "Wanted"}
"""Types whose objects are written field by field."""
RARE = {("UsageRow", "turn"), ("UsageRow", "model"), ("UsageRow", "day"), ("BatchResult", "response")}
"""Fields that this sitting does not bring about; `test_cost` and `test_batch` do."""

CONFIG = """
[[tools]]
use = "read_file"

[[mcp]]
label = "docs"
url = "https://mcp.example.com/mcp"
on = false

[prices."gpt-5-mini"]
input = 1
output = 2
"""


def misfits(value: object, hint: Any, seen: Seen, place: str = "") -> Iterator[str]:
    """Where a value is not what its type says."""
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any:
        return
    if origin is types.UnionType:
        tries = [(part, set[tuple[str, str]]()) for part in parts]
        for part, met in tries:
            if not list(misfits(value, part, met)):
                seen |= met
                return
        yield f"{place}: {value!r}"
    elif origin is typing.Literal:
        yield from () if value in parts else [f"{place}: {value!r}"]
    elif origin is list and isinstance(value, list):
        for at, one in enumerate(value):
            yield from misfits(one, parts[0], seen, f"{place}[{at}]")
    elif origin is dict and isinstance(value, dict):
        for key, one in value.items():
            yield from misfits(one, parts[1], seen, f"{place}.{key}")
    elif is_object(hint) and isinstance(value, dict):
        fields = {one.name: one for one in fields_of(hint)}
        yield from (f"{place}.{name} is not documented" for name in value.keys() - fields.keys())
        for name, field in fields.items():
            if name in value:
                seen.add((hint.__name__, name))
                yield from misfits(value[name], field.hint, seen, f"{place}.{name}")
            elif field.needed:
                yield f"{place}.{name} is absent"
    else:
        plain = {int: int, str: str, bool: bool, type(None): type(None)}.get(hint, int | float)
        if not isinstance(value, plain) or (isinstance(value, bool) and hint is not bool):
            yield f"{place}: {value!r}"


def test_what_commands_print_has_the_fields_that_the_reference_page_tells(
    configured: dict[str, str], azresp: Azresp, tmp_path: Path
) -> None:
    folder = tmp_path / "config" / "azresp"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text(CONFIG)
    (folder / "config.toml").chmod(0o600)
    (tmp_path / "notes.txt").write_text("hi\n")
    seen: Seen = set()

    def run(status: int, *words: str) -> CompletedProcess[str]:
        done = azresp(*words, env=configured)
        assert done.returncode == status, done.stderr
        return done

    def check(hint: Any, text: str) -> None:
        assert list(misfits(json.loads(text), hint, seen)) == []

    def lines(hint: Any, text: str) -> None:
        for line in text.splitlines():
            check(hint, line)

    call = 'call read_file {"path": "notes.txt", "first_line": null, "last_line": null}'
    told = json.loads(run(0, "run", "--json", "--session", "one", "hi").stdout)
    assert (told["status"], told["object"]) == ("completed", "response")
    check(printed.NoResponse, run(1, "run", "--json", "--deployment", "nothing", "hi").stdout)
    run(0, "run", "--background", "--session", "job", "say hi")
    check(printed.JobRow, run(0, "jobs", "wait", "1", "--json").stdout)
    check(list[printed.JobRow], run(0, "jobs", "list", "--json").stdout)
    check(printed.JobRow, run(0, "jobs", "show", "1", "--json").stdout)
    for session in ("yes", "no"):
        run(6, "run", "--session", session, call)
    check(list[printed.AskRow], run(0, "approve", "--list", "--json").stdout)
    run(0, "approve", "yes", "--yes")
    run(0, "approve", "no", "--no", "--reason", "not today")
    run(0, "run", "--session", "wrong", 'call read_file {"path": 1}')
    for line in (tmp_path / "data" / "azresp" / "audit.jsonl").read_text().splitlines():
        asked = json.loads(line)["event"] == "answer"
        lines(kept.AuditAnswer if asked else kept.AuditOutcome, line)
    run(0, "sessions", "tag", "one", "zoo")
    check(list[printed.SessionRow], run(0, "sessions", "list", "--json").stdout)
    check(list[printed.HitRow], run(0, "sessions", "search", "hi", "--json").stdout)
    check(kept.SessionRecord, run(0, "sessions", "show", "one", "--json").stdout)
    first, _, rest = run(0, "sessions", "export", "one", "--format", "jsonl").stdout.partition("\n")
    check(kept.SessionRecord, first)
    lines(kept.ExchangeRecord, rest)
    check(printed.UsageReport, run(0, "usage", "--by", "session", "--json").stdout)
    check(printed.DoctorReport, run(0, "doctor", "--offline", "--json").stdout)
    check(printed.ConfigReport, run(0, "config", "show", "--json").stdout)
    check(printed.PrivacyReport, run(0, "privacy", "--json").stdout)
    check(kept.BatchResult, batch_result("completed"))
    check(kept.BatchResult, batch_result("interrupted"))
    check(kept.LookedAt, looked_at({"object": "response", "id": "resp_1", "status": "completed"}))
    assert missing(seen) == set()


def batch_result(status: str) -> str:
    """The result of a line."""
    exchange = Exchange("one", None, (), Turn("resp_1", status), 0.0)
    return json.dumps(batch.result(batch.Line(1, "seven", ()), exchange))


def looked_at(response: dict[str, Any]) -> str:
    """The line of `--events` for a response that was looked at."""
    written: list[str] = []
    EventScreen(written.append, written.append).heard([response])
    return "".join(written)


def missing(seen: Seen) -> Seen:
    """Fields of the page that nothing above had."""
    kinds = [
        one
        for module in (printed, kept)
        for one in vars(module).values()
        if is_object(one) and one.__name__ not in BY_CONSTRUCTION
    ]
    told = {(kind.__name__, field.name) for kind in kinds for field in fields_of(kind)}
    read = {name for name, _ in told if name in ("PromptLine", "RequestLine", "RequestBody")}
    return {one for one in told - seen - RARE if one[0] not in read}


def test_every_field_of_a_format_has_a_meaning() -> None:
    kinds = [one for module in (printed, kept) for one in vars(module).values() if is_object(one)]
    assert [(kind.__name__, one.name) for kind in kinds for one in fields_of(kind) if not one.meaning] == []
