"""What the built-in brain can do, in the order in which it looks for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from . import attached, memory, samples
from .deeds import report
from .memory import quoted, short, told
from .sized import Size, asked_size, cut, endless, topic_of
from .sums import find_sum
from .talk import Talk

Intent = Callable[[Talk], Iterator[str] | str | None]


class NotWanted(Exception):
    """The answer is a refusal; the text says so to the user."""


_HELP = """\
I'm azresp's **built-in emulator**, not a model: I have no weights, and I answer the same conversation the same way
every time. I'm here so that you can try the client and test programs without an account.

Things to ask me:

| Ask | You get |
|:--|:--|
| `write 500 words about tides` | Markdown of exactly that size; also tokens, lines, paragraphs |
| `a table of 12 rows about trains` | a table; also `a list of 20 items` |
| `count to 300` | just that: a long answer to leave and come back to |
| `show me code in rust` | a snippet; python, javascript, typescript, go, c, java, bash, sql, html, json, diff |
| `show me markdown`, `links`, `wide text` | everything there is to render |
| `my name is Ada`, later `what is my name?` | an answer from the conversation, so you see chaining work |
| `what did I say first?`, `how many turns?` | the same |
| `what is 12 * (3 + 4)?` | the sum |
| `repeat after me: …` | your words |
| `what are your instructions?` | the instructions I was given with this request |
| a picture or a file with your message | what I can see in it: size, colours, pages, words |
| `draw a red cat`, then `make it blue` | a picture, with the image_generation tool (`/image-mode on`) |
| anything, with the file_search tool | the passages of your files that share its words |
| `refuse` | a refusal |
| a deployment named `o3`, `o4-mini`, `gpt-5…` | reasoning, with a summary if you ask for one |
| a JSON schema as the text format | JSON that conforms to it |
| `call NAME {"a": 1}`, `weather in Paris and Rome` | calls of the tools that came with the request |
| `read the file README.md` | such a call, after `/tool on read_file` |
| `search the docs for tides` | a remote call, after `/mcp add docs https://mcp.example.com/mcp`; I play that server |

Faults can be asked for with the `x-emulator-fault` header.
"""

_REFUSED = re.compile(
    r"^\s*(please\s+)?refuse\b"
    r"|\b(build|make|making|synthesi[sz]e)\b.{0,30}\b(bomb|explosive|nerve gas|fentanyl|malware|ransomware)\b",
    re.IGNORECASE,
)
_REPEAT = re.compile(
    r"^\s*(?:please\s+)?(?:repeat(?: after me| this| exactly)?|echo|say exactly)\s*[:,]?\s+(?P<words>.+)",
    re.IGNORECASE | re.DOTALL,
)
_GREETING = re.compile(
    r"^\s*(hi|hello|hey|good (morning|evening|day)|hallo|hola|ping)\b[\s!.,?]*$", re.IGNORECASE
)
_ASKS_HELP = re.compile(
    r"^\s*/?help\b|\bwhat (can|do) you do\b|\bwho are you\b|\bwhat are you\b(?! instr)|^\s*\?\s*$",
    re.IGNORECASE,
)
_INSTRUCTIONS = re.compile(r"\b(?:your|system) (?:instructions|prompt)\b", re.IGNORECASE)
_ALIASES = {
    "js": "javascript",
    "ts": "typescript",
    "py": "python",
    "sh": "bash",
    "shell": "bash",
    "golang": "go",
}
_LANGUAGE = re.compile(
    r"\b(?:" + "|".join(sorted([*samples.CODE, *_ALIASES], key=len, reverse=True)) + r")\b(?!\s*schema)",
    re.IGNORECASE,
)
_PROSE = re.compile(
    r"^\s*(?:please\s+)?(?:write|tell me|explain|describe|compose)\b.*"
    r"\b(?:about|story|essay|poem|article|text|letter)\b",
    re.IGNORECASE,
)
_COUNT = re.compile(r"\bcount (?:from (?P<first>\d{1,9}) )?(?:up )?to (?P<last>\d{1,9})\b", re.IGNORECASE)
_CODE = re.compile(r"\b(?:code|function|program|script|snippet|fibonacci|hello world|class)\b", re.IGNORECASE)


def answer(talk: Talk) -> Iterator[str]:
    """The answer in chunks; NotWanted before the first of them where it is a refusal."""
    for intent in _INTENTS:
        found = intent(talk)
        if found is not None:
            yield from [found] if isinstance(found, str) else found
            return


def _refusal(talk: Talk) -> None:
    if _REFUSED.search(talk.said):
        raise NotWanted("I'm sorry, but I can't help with that. (The emulator refuses this on request.)")


def _tool_outputs(talk: Talk) -> str | None:
    """What the tools answered, and what can be seen in the pictures and files among it."""
    if all(deed.text is None for deed in talk.deeds):
        return None
    seen = attached.about(talk) if any(one.fresh for one in talk.attachments) else None
    return report(talk.deeds) + (f"\nWhat came with it:\n\n{seen}\n" if seen else "")


def _repeat(talk: Talk) -> str | None:
    found = _REPEAT.match(talk.said)
    return found["words"] if found else None


def _help(talk: Talk) -> str | None:
    return _HELP if _ASKS_HELP.search(talk.said) else None


def _greeting(talk: Talk) -> str | None:
    if not _GREETING.match(talk.said) and talk.said.strip():
        return None
    name = told(talk).get("name")
    return (
        f"Hello{', ' + name if name else ''}! I'm azresp's built-in emulator, not a model, deployed as "
        f"`{talk.deployment}`. Ask for `help` to see what I can do."
    )


def _instructions(talk: Talk) -> str | None:
    if not _INSTRUCTIONS.search(talk.said):
        return None
    if not talk.instructions:
        return "I was given no instructions with this request."
    return f"The instructions that came with this request:\n\n{quoted(talk.instructions)}"


def _sum(talk: Talk) -> str | None:
    if len(talk.said) > 200 or (found := find_sum(talk.said)) is None:
        return None
    written, value = found
    shown = f"{int(value):,}" if value == int(value) and abs(value) < 1e15 else f"{value:.10g}"
    return f"{written} = **{shown}**"


def _count(talk: Talk) -> Iterator[str] | None:
    found = _COUNT.search(talk.said)
    if found is None:
        return None
    first, last = int(found["first"] or 1), int(found["last"])
    return (f"{n}{', ' if n < last else '.'}" for n in range(first, last + 1))


def _sized(talk: Talk) -> Iterator[str] | None:
    size = asked_size(talk.said)
    kind = _kind(talk.said, size)
    if size is None and kind is None:
        return None
    size = size or Size(8, "chunk", "item")
    if kind is None:
        kind = {"sentence": "paragraph", "paragraph": "paragraphs", "word": "paragraphs"}.get(
            size.asked, "document"
        )
    return cut(endless(kind, topic_of(talk.said), _language(talk.said)), size)


def _prose(talk: Talk) -> Iterator[str] | None:
    if len(talk.said) > 300 or not _PROSE.search(talk.said):
        return None
    return cut(endless("paragraphs", topic_of(talk.said), "python"), Size(3, "chunk", "paragraph"))


def _kind(said: str, size: Size | None) -> str | None:
    text = said.lower()
    if "table" in text.split() or "table" in text or (size and size.asked == "row"):
        return "table"
    if re.search(r"\b(?:list|bullets?)\b", text) or (
        size and size.asked in ("item", "bullet", "point", "entr")
    ):
        return "list"
    if size and (re.search(r"\bcode\b", text) or (size.asked == "line" and _LANGUAGE.search(text))):
        return "code"
    if size and re.search(r"\b(?:one|single|a) (?:\S+ )?paragraph\b|\bparagraph of\b", text):
        return "paragraph"
    return None


def _language(said: str) -> str:
    found = _LANGUAGE.search(said)
    name = found.group().lower() if found else "python"
    return _ALIASES.get(name, name)


def _code(talk: Talk) -> str | None:
    wanted = _CODE.search(talk.said)
    named = _LANGUAGE.search(talk.said)
    if len(talk.said) > 300 or not (wanted or (named and len(talk.said.split()) < 8)):
        return None
    if named is None and re.search(r"\b(?:languages|several|all)\b", talk.said, re.IGNORECASE):
        return "\n".join(f"**{name}**\n\n```{name}\n{code}```\n" for name, code in samples.CODE.items())
    name = _language(talk.said)
    return f"A little {name} from my drawer:\n\n```{name}\n{samples.CODE[name]}```\n\nI keep one snippet a language."


def _samples(talk: Talk) -> str | None:
    text = talk.said.lower() if len(talk.said) < 300 else ""
    if re.search(r"\b(?:wide|unicode|emojis?|cjk|chinese|japanese|korean|arabic|hebrew|thai|hindi)\b", text):
        return samples.WIDE
    if re.search(r"\blinks?\b|\burls?\b", text):
        return samples.LINKS
    if re.search(r"\bmarkdown\b|\bshowcase\b|\bdemo\b|\beverything\b", text):
        return samples.SHOWCASE
    return None


def _fallback(talk: Talk) -> str:
    lines, words = talk.said.count("\n") + 1, len(talk.said.split())
    parts = [
        "I'm azresp's built-in emulator, not a model, so I can't really answer that. "
        f"What I can tell: your message has {words} word{'s' * (words != 1)} in {lines} line{'s' * (lines != 1)}"
        f" and this is turn {talk.turn} of our conversation."
    ]
    if lines > 3:
        first, last = talk.said.strip().splitlines()[0], talk.said.strip().splitlines()[-1]
        parts.append(f"It begins with\n\n{quoted(short(first))}\n\nand ends with\n\n{quoted(short(last))}")
    parts.append("Ask for `help` to see what I can do, or put a real model behind me.")
    return "\n\n".join(parts)


_INTENTS: tuple[Intent, ...] = (
    _tool_outputs,
    _refusal,
    _repeat,
    attached.about,
    _greeting,
    _help,
    memory.about_the_talk,
    memory.recall,
    memory.tell,
    memory.remembered,
    _instructions,
    _sum,
    _count,
    _sized,
    _samples,
    _code,
    _prose,
    _fallback,
)
