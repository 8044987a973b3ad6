"""Commands about tokens and money: usage, context."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from azresp.core.compose import compose, in_view
from azresp.core.context import Size, shares, size
from azresp.core.sse import Wire
from azresp.core.usage import tallies
from azresp.errors import AzrespError, UsageError
from azresp.ui.commands.registry import Words, command
from azresp.ui.heading import heading
from azresp.ui.spending import remarks, summed, table, told_rows
from azresp.ui.usage import spent_by

if TYPE_CHECKING:
    from azresp.ui.chat import Chat

_BY = ("turn", "session", "model", "day")
_COUNTED_OF = (
    "model", "input", "previous_response_id", "conversation", "instructions", "tools", "tool_choice",
    "parallel_tool_calls", "text", "reasoning", "truncation",
)  # fmt: skip
"""What `/responses/input_tokens` takes of a create body (OASPEC TokenCountsBody)."""


def _kinds(chat: Chat, before: tuple[str, ...]) -> list[str]:
    return list(_BY)


@command("usage")
async def usage(
    chat: Chat,
    by: Annotated[str, Words(_kinds)] = "turn",
    since: Annotated[str, Words(lambda *_: ["7d"])] = "",
) -> None:
    """Show tokens and money: of this conversation by turn, or of all by session, model or day, SINCE 7d."""
    if by not in _BY:
        raise UsageError(f"/usage takes {', '.join(_BY)}, got {by!r}", "Usage: /usage [BY] [SINCE]")
    if by == "turn":
        if since:
            raise UsageError("/usage turn tells of this conversation, all of it", "Leave the time out.")
        path = chat.session.path()
        spent = [
            spent_by(one, str(n), f"{n} {heading(one) or '(no question)'}") for n, one in enumerate(path, 1)
        ]
    else:
        from azresp.ui.since import since_when

        start = since_when(since, chat.clock.now()) if since else 0.0
        spent = list(chat.library.spending.sums(by, start))
    rows = tallies(spent, chat.gate.prices)
    if not rows:
        chat.terminal.dim("nothing was asked yet")
        return
    columns, _ = chat.terminal.size()
    if chat.terminal.caps.reader:
        chat.terminal.pairs(list(told_rows(rows)))
    else:
        for line in table(rows, columns):
            chat.terminal.say(line)
    for line in remarks(summed(rows), priced=bool(chat.gate.prices)):
        chat.terminal.dim(line)


@command("context")
async def context(chat: Chat) -> None:
    """Show what the model has before it: tokens by kind, and how much of its window they take."""
    from azresp.ui.context_view import largest, share_rows, size_told, window_bar

    settings = {**chat.tuner.request(), **chat.tools.request()}
    path = in_view(chat.session.path(), chat.service.origin)
    columns = 0 if chat.terminal.caps.reader else chat.terminal.size()[0]
    whole, source = size(path, settings), "counted by the service for the last turn"
    if (counted := await _counted(chat, settings)) is not None:
        whole, source = Size(counted, True), "counted by the service"
    window = chat.tuner.value("context_window")
    chat.terminal.pairs([("context", size_told(whole, source))])
    if isinstance(window, int):
        chat.terminal.say(window_bar(whole, window, columns))
    rows = list(share_rows(shares(path, settings), whole, columns))
    if found := largest(path):
        number, tokens = found
        rows.append(("largest turn", f"{number}, ~{tokens:,}: {heading(path[number - 1])}"))
    chat.terminal.pairs([*rows, ("truncation", _truncation(chat))])
    if not isinstance(window, int):
        chat.terminal.dim("/set context_window TOKENS draws a bar against the model's window")


def _truncation(chat: Chat) -> str:
    chosen = chat.tuner.value("truncation")
    if chosen is None:
        last = chat.session.last
        used = last.turn.response.get("truncation") if last is not None else None
        return f"not set{f'; the service used {used}' if isinstance(used, str) else ''}"
    full = "the service drops items" if chosen == "auto" else "the request is refused"
    return f"{chosen}: when the context is full {full}"


async def _counted(chat: Chat, settings: dict[str, object]) -> int | None:
    """What the service counts for the next request without anything said in it; None where it does not."""
    body = compose(chat.session, (), settings, origin=chat.service.origin)
    asked: Wire = {key: body[key] for key in _COUNTED_OF if body.get(key)}
    if not asked.keys() & {"input", "previous_response_id", "conversation", "instructions"}:
        return None
    try:
        filled = await chat.gallery.turn(chat.session).fill(asked)
        told = await chat.stoppable(chat.service.count(filled))
    except AzrespError:  # many endpoints don't have it
        return None
    found = told.get("input_tokens")
    return found if isinstance(found, int) and not isinstance(found, bool) and found > 0 else None
