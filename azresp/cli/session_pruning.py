"""`azresp sessions prune`: old sessions go, here and if asked at the service, all at once; broken off, it goes on."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from azresp.cli.attachments import dropping_attachments
from azresp.cli.confirm import confirmed
from azresp.cli.connect import Reached
from azresp.cli.deletions import Deleter, told_there
from azresp.cli.files_gc import seconds
from azresp.cli.kept import ALL, open_kept
from azresp.cli.options import emulator_choice
from azresp.cli.patience import until_done
from azresp.cli.report import note
from azresp.cli.session_removal import place, reach_for, staying
from azresp.cli.streams import Output
from azresp.errors import Exit
from azresp.ui.counting import counted

if TYPE_CHECKING:
    from azresp.store.exchanges import Leaving
    from azresp.store.sessions import Listed
    from azresp.store.store import Store

SHOWN = 20
"""sessions that are listed before one is asked"""


@dataclass(slots=True)
class _Old:
    """What is to go."""

    sessions: list[Listed]
    leaving: list[Leaving]
    talks: list[Leaving]
    """conversations at the service that they made"""
    busy: int = 0
    """sessions that stay, since a job runs in them"""
    gone: set[str] = field(default_factory=set)
    """responses that went at the service"""

    @property
    def at_service(self) -> list[tuple[str, str]]:
        """(response id, origin) of those that a service may still have."""
        known = (*(one for one in self.leaving if one.response_id and one.at_service), *self.talks)
        return [(one.response_id, one.origin) for one in known]

    def over(self, *, remote: bool) -> list[str]:
        """The ids of the sessions of which nothing is left to delete at the service."""
        known = (*self.leaving, *self.talks)
        left = {one.session for one in known if one.at_service and one.response_id not in self.gone}
        return [one.id for one in self.sessions if not remote or one.id not in left]


def prune_sessions(
    flags: Mapping[str, object], emulator: str, older: str, *, remote: bool, dry_run: bool, yes: bool
) -> int:
    """Remove the sessions that were not used for some time, after asking; give the exit status."""
    before = time.time() - seconds(older)
    store = open_kept(emulator_choice(emulator), flags)
    reached = None
    try:
        old = _found(store, before)
        # Before the question: a service that can't be reached with these settings is told first.
        reached = reach_for(flags, emulator) if remote and not dry_run else None
        waiting = len(store.deletions.waiting(time.time(), reached.gateway.origin)) if reached else 0
        _show(old, older)
        if dry_run or not (old.sessions or waiting):
            note(_told(old, remote=remote) if dry_run and old.sessions else "nothing was removed")
            return Exit.OK
        if old.sessions and not confirmed(_question(old, reached), yes=yes):
            note("nothing was removed")
            return Exit.OK
        return _prune(store, old, reached)
    finally:
        if reached is not None:
            reached.stop()
        store.close()


def _found(store: Store, before: float) -> _Old:
    busy = {job.session for job in store.jobs.listed() if job.exchange.running}
    old = [one for one in store.listed(ALL) if one.changed < before]
    free = [one for one in old if one.id not in busy]
    ids = [one.id for one in free]
    return _Old(free, store.leaving(ids), store.conversations.leaving(ids), len(old) - len(free))


def _show(old: _Old, older: str) -> None:
    from azresp.cli.session_list import as_rows
    from azresp.cli.sessions_work import columns_of

    if old.busy:
        note(f"{counted(old.busy, 'session')} stay: a job runs in them")
    if not old.sessions:
        note(f"no session was left alone for {older}")
        return
    output = Output()
    output.write(as_rows(old.sessions[:SHOWN], time.time(), columns_of(output)))
    if (more := len(old.sessions) - SHOWN) > 0:
        note(f"and {counted(more, 'session')} more")


def _told(old: _Old, *, remote: bool) -> str:
    there = f" and {told_there(old.at_service)} at the service" if remote else ""
    return f"would remove {counted(len(old.sessions), 'session')}: {counted(len(old.leaving), 'exchange')} here{there}"


def _question(old: _Old, reached: Reached | None) -> str:
    what = f"Remove {counted(len(old.sessions), 'session')}: {counted(len(old.leaving), 'exchange')} here"
    return f"{what} and {told_there(old.at_service)} at {place(reached)}?" if reached else f"{what}?"


def _prune(store: Store, old: _Old, reached: Reached | None) -> int:
    deleter = Deleter(reached, store) if reached is not None else None
    try:
        if deleter is not None:
            until_done(_delete(deleter, old))
    finally:
        # Also after Ctrl-C: what is gone at the service goes here, the others are for the next time.
        old.gone = deleter.gone if deleter is not None else set()
        _remove_here(store, old, reached)
    return deleter.status if deleter is not None else Exit.OK


async def _delete(deleter: Deleter, old: _Old) -> None:
    await deleter.delete_all(old.at_service)
    await deleter.retry()


def _remove_here(store: Store, old: _Old, reached: Reached | None) -> None:
    ids = old.over(remote=reached is not None)
    if not old.sessions:
        return
    with dropping_attachments(store) as dropped:
        count = store.remove_all(ids) if ids else 0
    also = f" and {counted(dropped.count, 'attachment')}" if dropped.count else ""
    told = f"removed {counted(len(ids), 'session')} with {counted(count, 'exchange')}{also} here"
    there = len(old.at_service)
    if reached is not None:
        done = sum(ident in old.gone for ident, _ in old.at_service)
        told += f", {done} of {there} at {place(reached)}"
    elif there:
        told += f"; {staying(old.at_service)}"
    note(told)
    if left := len(old.sessions) - len(ids):
        note(
            f"{counted(left, 'session')} stay here: not all of them could be deleted at the service, try again"
        )
