"""What was said without being a message, in lines: outputs of calls and answers to approvals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from azresp.core.asks import answered
from azresp.core.events import dicts
from azresp.core.items import item_from
from azresp.core.pictures import kept_from
from azresp.core.sse import Wire
from azresp.ui.album import size_told
from azresp.ui.counting import counted
from azresp.ui.view import item_sections
from azresp.ui.views.brief import shortened, value_line, word


def with_it(wire: Wire) -> Iterator[str]:
    """A line for each picture and file that a message takes along."""
    for part in dicts(wire.get("content")):
        if word(part, "type") in ("input_image", "input_file"):
            yield _attached(part)


def _attached(part: Wire) -> str:
    noun = "picture" if word(part, "type") == "input_image" else word(part, "filename") or "file"
    where = word(part, "image_url") or word(part, "file_url")
    if where and not where.startswith("data:"):
        return f"with {noun} {where}"
    if ident := word(part, "file_id"):
        return f"with {noun} {ident}"
    kept = kept_from(part.get("image_url") or part.get("file_data"))
    facts = [kept.mime, size_told(kept.bytes)] if kept is not None else []
    return " · ".join([f"with {'a picture' if noun == 'picture' else noun}", *filter(None, facts)])


def said_lines(wire: Wire, asked: Mapping[str, str]) -> Iterator[str]:
    """An input item that is no message; `asked` has the tools that were asked for, by id."""
    kind = word(wire, "type")
    who = asked.get(answered(wire)) or answered(wire)
    if kind == "mcp_approval_response":
        reason = f": {shortened(word(wire, 'reason'))}" if word(wire, "reason") else ""
        yield f"{who} {'allowed' if wire.get('approve') is True else 'not allowed'}{reason}"
    elif kind in ("function_call_output", "custom_tool_call_output"):
        yield f"{who} gave {_given(wire.get('output'))}"
    elif answered(wire) and kind.endswith("_output"):
        yield f"{who} was refused"
    else:
        # A conversation that was fetched from the service says calls and listings too.
        sections = item_sections(item_from(0, wire, closed=True))
        yield from (str(section.text) for section in sections if section.kind == "line")


def _given(output: object) -> str:
    if isinstance(output, list):
        return counted(len(output), "part")
    text = output if isinstance(output, str) else ""
    return f"{counted(len(text), 'character')}: {value_line(text)}" if text else "nothing"
