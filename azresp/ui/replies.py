"""What may be typed at the question about a call."""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING

from azresp.core.approval import Decision, Verdict

if TYPE_CHECKING:
    from azresp.core.approval import Question


class Reply(Enum):
    """A reply that is no answer yet."""

    DETAILS = "details"
    EDIT = "edit"
    UNKNOWN = "unknown"


_NO = re.compile(r"(?:n|no)(?:\s*[:,]\s*|\s+|$)(?P<reason>.*)", re.IGNORECASE | re.DOTALL)


def read_reply(said: str, question: Question) -> Decision | Reply | str:
    """A typed line as a decision, as a wish, or as a sentence why it can't be had. Case tells `a` from `A`."""
    said = said.strip()
    match said:
        case "":
            return Decision(Verdict.NO, "user")
        case "y" | "Y" | "yes" | "Yes":
            return Decision(Verdict.ONCE, "user")
        case "a" | "A" | "session" | "always":
            verdict = Verdict.SESSION if said in ("a", "session") else Verdict.ALWAYS
            if question.why_not_always:
                return f"No standing answer: {question.why_not_always}."
            return Decision(verdict, "user")
        case "e" | "E" | "edit":
            if question.why_not_edit:
                return f"Not to be changed: {question.why_not_edit}."
            return Reply.EDIT
        case "?" | "details":
            return Reply.DETAILS
    if found := _NO.fullmatch(said):
        return Decision(Verdict.NO, "user", found["reason"].strip())
    return Reply.UNKNOWN


def choices(question: Question, *, spoken: bool = False) -> str:
    """The keys that can be typed, as they stand in the prompt; `spoken`: words, for case can't be heard."""
    if spoken:
        words = ["yes", "no", *([] if question.why_not_always else ["session", "always"])]
        words += [] if question.why_not_edit else ["edit"]
        return f"Type {', '.join(words)} or details."
    keys = ["y", "N", *([] if question.why_not_always else ["a", "A"])]
    return f"[{'/'.join([*keys, *([] if question.why_not_edit else ['e']), '?'])}]"


def legend(question: Question, *, spoken: bool = False) -> str:
    """What the keys, or words, mean."""
    if spoken:
        always = "" if question.why_not_always else " Session allows it in this session, always from now on."
        return f"Yes allows this call. After no you may give the model a reason.{always}"
    words = ["y once", "n no, or n and a reason for the model"]
    words += [] if question.why_not_always else ["a in this session", "A always"]
    words += [] if question.why_not_edit else ["e edit"]
    return " · ".join([*words, "? details"])
