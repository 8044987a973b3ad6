"""What a chat tells below an answer: how it ended, what to do then, what it took, what is still open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azresp.core.asks import asks
from azresp.core.conversation import conversation_at
from azresp.errors import NetworkError
from azresp.ui.counting import counted
from azresp.ui.endings import ending, next_step
from azresp.ui.usage import usage_line

if TYPE_CHECKING:
    from azresp.core.session import Exchange
    from azresp.core.turn import Turn
    from azresp.ports import Outcome
    from azresp.ui.chat import Chat

_MAY_HAVE = "the service may have got the question, and answered"


def conclude(chat: Chat, outcome: Outcome, heard: list[Exchange], took_s: float) -> None:
    """Tell how an answer ended; `heard`: all that the question took so far, `took_s` its seconds."""
    turn, terminal = outcome.exchange.turn, chat.terminal
    if outcome.stopped and outcome.exchange.running:
        _tell_job(chat, outcome)
    elif outcome.stopped:
        terminal.dim(f"stopped · {_apart(turn)}")
    elif outcome.error is not None:
        chat.show_error(outcome.error)
        again = "/retry asks again, /edit changes the question first"
        seen = isinstance(outcome.error, NetworkError) and outcome.error.reached and not turn.id
        terminal.dim(_apart(turn) if turn.text else f"{_MAY_HAVE} · {again}" if seen else again)
    elif line := ending(turn):
        terminal.strong(line)
        if turn.status in ("incomplete", "failed"):
            terminal.dim(next_step(turn, azure=chat.azure))
        if not turn.finished:
            terminal.dim(_apart(turn))
    if not turn.over and not outcome.exchange.running:
        _tell_conversation(chat, outcome)
    if asks(turn) and outcome.error is None and not outcome.stopped:
        return  # the answer to the question is still to come
    window = chat.tuner.value("context_window")
    if line := usage_line(heard, took_s, chat.gate.prices, window):
        # Directly below a table it would read as one of its rows.
        terminal.gap()
        terminal.dim(line, "Done")
    terminal.gap()


def _tell_conversation(chat: Chat, outcome: Outcome) -> None:
    """Whoever stops hearing does not stop the service: a conversation there goes on with what was answered."""
    ident = conversation_at(outcome.session, chat.service.origin)
    if ident and outcome.exchange.turn.id:
        chat.terminal.dim(f"{ident} at the service may hold it all the same: /conversation items shows it")


def _tell_job(chat: Chat, outcome: Outcome) -> None:
    chat.jobs.look()
    job = chat.jobs.of(outcome.exchange.id)
    number = f"{job.number}" if job is not None else outcome.exchange.turn.id
    chat.terminal.gap()
    chat.terminal.dim(f"it runs on as job {number} · /attach {number} comes back, /cancel {number} ends it")


def tell_open(chat: Chat, outcome: Outcome) -> None:
    """Tell of calls that were left unanswered, and how they are answered."""
    waiting = asks(outcome.exchange.turn)
    if not waiting or outcome.error is not None or outcome.stopped:
        return
    count = counted(len(waiting), "call")
    if len(chat.memory.kept_answers(outcome.exchange.id)) == len(waiting):
        chat.terminal.dim(f"{count} answered; the answers go with your next message, or with /answer")
    else:
        chat.terminal.dim(f"{count} not answered: /answer asks again, your next message says no")
    chat.terminal.gap()


def _apart(turn: Turn) -> str:
    return f"{'kept, but' if turn.text else 'the question is kept, but'} not in the conversation · /retry asks again"
