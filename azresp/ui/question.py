"""A question about a call as rows: who asks, what exactly would run, and what to know before a yes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from azresp.ui.markdown.rows import DIM, STRONG, Row
from azresp.ui.readable import count_line, long_texts, named, reading_lines

if TYPE_CHECKING:
    from azresp.core.approval import Question, Subject
    from azresp.ui.gutter import Gutter


def question_rows(question: Question, gutter: Gutter) -> list[Row]:
    """All that has to be seen before an answer."""
    rows = gutter.line(f"Approval, {origin(question)}" if gutter.spoken else origin(question), STRONG)
    rows += gutter.line("Its arguments:") if gutter.spoken else []
    rows += gutter.exact(question.shown)
    rows += gutter.line(count_line(question.shown), DIM)
    for line in reading_lines(question.shown):
        rows += gutter.foreign(line) if gutter.spoken else gutter.line(line)
    for warning in question.warnings:
        rows += gutter.line(f"Careful: {warning}.", STRONG)
    if question.changes:
        rows += gutter.line("It has changed since you always allowed it:", STRONG)
        for change in question.changes:
            rows += gutter.foreign(change)
    return rows


def origin(question: Question) -> str:
    """Who asks for what."""
    number = f"{question.number} of {question.of} · " if question.of > 1 else ""
    subject = question.subject
    if question.local:
        return f"{number}this machine: {named(subject.tool)} ({_named_source(subject)})"
    return f"{number}{named(subject.label)} at {subject.server} wants to call {named(subject.tool)}"


def _named_source(subject: Subject) -> str:
    """Where a local tool comes from."""
    return subject.server or "built in"


def detail_rows(question: Question, gutter: Gutter) -> list[Row]:
    """What `?` tells: long arguments, the tool in its own words, its last outputs, what a standing yes binds."""
    subject, told = question.subject, question.told or {}
    rows: list[Row] = []
    for what, text in long_texts(question.shown):
        rows += gutter.line(f"{what} reads, line by line:", STRONG)
        rows += gutter.exact(text)
    rows += gutter.line(f"{named(subject.name)} says of itself:", STRONG)
    if question.told is None:
        rows += gutter.line(f"nothing yet: {question.why_not_always}")
    rows += gutter.foreign(str(told.get("description") or "no description"))
    for key in sorted(set(told) - {"description", "name", "type"}):
        rows += gutter.line(f"{key.replace('_', ' ')}:", STRONG)
        rows += gutter.exact(json.dumps(told[key], indent=2))
    for number, text in enumerate(question.before, 1):
        rows += gutter.line(f"earlier call {number} gave:", STRONG)
        rows += gutter.exact(text)
    rows += gutter.line("A standing yes is bound to:", STRONG)
    for line in bound_to(subject):
        rows += gutter.line(line)
    return rows


def bound_to(subject: Subject) -> list[str]:
    """What a standing answer is bound to, a line each."""
    return [
        f"endpoint {subject.origin}",
        f"server {subject.server}" if subject.label else f"this machine, {_named_source(subject)}",
        f"tool {named(subject.name)}",
        f"fingerprint {subject.fingerprint}",
    ]
