"""Answers from the conversation's own context: what was told, asked, said before."""

from __future__ import annotations

import re

from .talk import Talk

_TELLS = re.compile(
    r"\bmy (?P<what>[a-z][a-z ]{0,30}?) (?:is|are) (?P<value>[^.!?\n]+)|\bI am called (?P<name>[^.!?\n]+)",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"\b(?:what(?:'s| is| are| was)|who is|do you (?:know|remember)|tell me)\s+my (?P<what>[a-z ]+?)\s*[?.!]*$",
    re.IGNORECASE,
)
_REMEMBER = re.compile(r"\bremember\b(?: that| this)?\s*:?\s*(?P<fact>[^?]+?)\s*[.!]?$", re.IGNORECASE)
_RECALL = re.compile(
    r"\b(?:ask(?:ed)?|told|tell) you to remember|what do you remember|do you remember\??$", re.IGNORECASE
)
_FIRST = re.compile(r"\bwhat (?:did|was).{0,20}\b(?:I|my)\b.{0,30}\b(first|start|begin)", re.IGNORECASE)
_LAST = re.compile(
    r"\bwhat (?:did|was).{0,20}\b(?:I|my)\b.{0,30}\b(last|before|previous(?:ly)?|just)\b", re.IGNORECASE
)
_YOU_SAID = re.compile(r"\bwhat did you (?:just )?(?:say|answer)\b", re.IGNORECASE)
_COUNT = re.compile(
    r"\bhow (?:many (?:turns|messages|questions)|long is (?:this|our) conversation)\b", re.IGNORECASE
)
_SUMMARY = re.compile(
    r"\b(?:summari[sz]e|recap|summary of)\b.{0,30}\b(?:conversation|chat|so far|talk)\b", re.IGNORECASE
)


def told(talk: Talk) -> dict[str, str]:
    """What the user said about themselves: the latest value of each thing."""
    facts: dict[str, str] = {}
    for text in (*talk.earlier, talk.said):
        for found in _TELLS.finditer(text):
            if found["name"]:
                facts["name"] = found["name"].strip()
            elif not text.lower()[: found.start()].rstrip().endswith(("what is", "what are", "what's")):
                facts[found["what"].lower().strip()] = found["value"].strip()
    return facts


def recall(talk: Talk) -> str | None:
    """What is my …?"""
    found = _ASKS.search(talk.said)
    if found is None:
        return None
    what = found["what"].lower().strip()
    value = told(talk).get(what)
    if value is None:
        return f"You haven't told me your {what} in this conversation."
    return f"Your {what} is **{value}**; you told me so in this conversation."


def tell(talk: Talk) -> str | None:
    """My … is …"""
    found = _TELLS.search(talk.said)
    if found is None or talk.said.rstrip().endswith("?"):
        return None
    what, value = (found["what"] or "name").lower(), (found["value"] or found["name"]).strip()
    greeting = f"Nice to meet you, {value}!" if what == "name" else f"Noted: your {what} is **{value}**."
    return f"{greeting} Ask me later and I'll look it up in the conversation."


def remembered(talk: Talk) -> str | None:
    """Remember …, and what was it?"""
    if _RECALL.search(talk.said):
        facts = [found["fact"] for text in talk.earlier if (found := _REMEMBER.search(text))]
        if not facts:
            return "You haven't asked me to remember anything in this conversation."
        return "You asked me to remember:\n\n" + "".join(f"- {fact}\n" for fact in facts)
    found = _REMEMBER.search(talk.said)
    return f"I'll find it in the conversation again: {found['fact']}." if found else None


def about_the_talk(talk: Talk) -> str | None:
    """Who said what, and how often."""
    said = talk.said
    if _COUNT.search(said):
        return (
            f"This is turn {talk.turn}: you have sent {talk.turn} message{'s' * (talk.turn > 1)} and I have answered "
            f"{len(talk.answers)}."
        )
    if _YOU_SAID.search(said):
        return f"I said:\n\n{quoted(talk.answers[-1])}" if talk.answers else "I haven't said anything yet."
    for pattern, index, when in ((_FIRST, 0, "first"), (_LAST, -1, "before that")):
        if pattern.search(said):
            if not talk.earlier:
                return "This is the first thing that you said in this conversation."
            return f"What you said {when} was:\n\n{quoted(talk.earlier[index])}"
    if _SUMMARY.search(said):
        lines = [f"{n}. You: {short(text)}\n" for n, text in enumerate((*talk.earlier, said), 1)]
        return f"So far, in {talk.turn} turns:\n\n" + "".join(lines)
    return None


def quoted(text: str) -> str:
    """As a Markdown quote."""
    return "\n".join(f"> {line}" for line in text.splitlines())


def short(text: str) -> str:
    """One line of at most 100 characters."""
    flat = " ".join(text.split())
    return flat if len(flat) <= 100 else flat[:99] + "…"
