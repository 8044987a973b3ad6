"""`azresp sessions rm`: remove sessions here and, if asked, their responses at the service; say what went where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from azresp.cli.attachments import dropping_attachments
from azresp.cli.confirm import confirmed
from azresp.cli.connect import Reached, reach
from azresp.cli.deletions import Deleter, told_there
from azresp.cli.kept import is_emulated, open_kept, session_named
from azresp.cli.options import emulator_choice
from azresp.cli.patience import until_done
from azresp.cli.report import note
from azresp.config.load import load
from azresp.core.conversation import is_conversation
from azresp.errors import Exit
from azresp.ui.counting import counted

if TYPE_CHECKING:
    from azresp.core.session import Session
    from azresp.store.store import Store


@dataclass(slots=True)
class _Doomed:
    """A session to be removed, and its responses at the service."""

    session: Session
    exchanges: int
    at_service: list[tuple[str, str]]
    """(response id, origin) of those that the service may still have"""
    running: list[str]
    """response ids of jobs that nobody would find again"""
    gone: list[str] = field(default_factory=list)


def remove_sessions(
    names: list[str], flags: Mapping[str, object], emulator: str, *, remote: bool, yes: bool
) -> int:
    """Remove sessions after asking; give the exit status. Nothing is removed if one of the names is unknown."""
    store = open_kept(emulator_choice(emulator), flags)
    try:
        found = {session.id: session for session in (session_named(store, name) for name in names)}
        taken: set[str] = set()
        doomed = [_doomed(store, session, set(found), taken) for session in found.values()]
        # Before the question: a service that can't be reached with these settings is told first.
        reached = reach_for(flags, emulator) if remote else None
        if not confirmed(_question(doomed, reached), yes=yes):
            note("nothing was removed")
            return Exit.OK
        try:
            return _remove(store, doomed, reached)
        finally:
            if reached is not None:
                reached.stop()
    finally:
        store.close()


def reach_for(flags: Mapping[str, object], emulator: str) -> Reached:
    """The service whose responses the store of these flags keeps."""
    mode = "always" if is_emulated(emulator, flags) else "never"
    return reach(load(flags).profile, mode, model=False)


def _doomed(store: Store, session: Session, doomed: set[str], taken: set[str]) -> _Doomed:
    # What a session that is gone already left to several of these goes with the first of them.
    own = [one for one in store.own_exchanges(session.id, doomed) if one.id not in taken]
    taken.update(one.id for one in own)
    known = [(one.turn.id, one.origin) for one in own if one.turn.id and one.stored and not one.deleted]
    talks = [one for one in store.conversations.leaving(doomed) if one.session == session.id]
    known += [(one.response_id, one.origin) for one in talks]
    return _Doomed(session, len(own), known, [one.turn.id for one in own if one.running])


def _question(doomed: list[_Doomed], reached: Reached | None) -> str:
    names = ", ".join(one.session.name for one in doomed[:5]) + (" …" if len(doomed) > 5 else "")
    here = sum(one.exchanges for one in doomed)
    there = told_there(pair for one in doomed for pair in one.at_service)
    which = "session" if len(doomed) == 1 else f"{len(doomed)} sessions"
    what = f"Remove {which} {names}: {counted(here, 'exchange')} here"
    return f"{what} and {there} at {place(reached)}?" if reached else f"{what}?"


def _remove(store: Store, doomed: list[_Doomed], reached: Reached | None) -> int:
    deleter = Deleter(reached, store) if reached is not None else None
    try:
        if deleter is not None:
            until_done(_delete_all(deleter, doomed))
    finally:
        # Also after Ctrl-C: what went at the service is told, and the sessions that it went from stay here.
        for one in doomed:
            _remove_here(store, one, reached)
    return deleter.status if deleter is not None else Exit.OK


def _remove_here(store: Store, one: _Doomed, reached: Reached | None) -> None:
    name, all_of = one.session.name, len(one.at_service)
    if reached is not None and len(one.gone) < all_of:
        note(f"{name}: {len(one.gone)} of {all_of} deleted at the service; the session stays here, try again")
        return
    with dropping_attachments(store) as dropped:
        store.remove(one.session.id)
    told = f"{name}: removed {counted(one.exchanges, 'exchange')}{_also(dropped.count)} here"
    if reached is not None:
        told += f", {all_of} of {all_of} at {place(reached)}"
    elif all_of:
        told += f"; {staying(one.at_service)}"
    note(told)
    for ident in one.running:
        note(f"its job runs on at the service: azresp jobs attach {ident}")


async def _delete_all(deleter: Deleter, doomed: list[_Doomed]) -> None:
    for one in doomed:
        await deleter.delete_all(one.at_service)
        one.gone = [ident for ident, _ in one.at_service if ident in deleter.gone]
    await deleter.retry()


def _also(attachments: int) -> str:
    return f" and {attachments} attachment{'' if attachments == 1 else 's'}" if attachments else ""


def staying(pairs: list[tuple[str, str]]) -> str:
    """What is left at the service without --remote."""
    talks = [ident for ident, _ in pairs if is_conversation(ident)]
    told = []
    if left := len(pairs) - len(talks):
        told.append(
            f"{counted(left, 'response')} {'stays' if left == 1 else 'stay'} at the service for up to 30 days"
        )
    if talks:
        told.append(f"{', '.join(talks)} until `azresp responses delete` gets the id")
    return f"{', '.join(told)} (--remote deletes them too)"


def place(reached: Reached) -> str:
    """Where that is, for people."""
    return "the built-in emulator" if reached.emulated else reached.gateway.connection.host
