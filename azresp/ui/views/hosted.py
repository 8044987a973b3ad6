"""The tools that run at the service: what they looked for, ran and found."""

from __future__ import annotations

from collections.abc import Iterator

from azresp.core.events import dicts
from azresp.core.items import Item
from azresp.core.sse import Wire
from azresp.core.text import Grown
from azresp.ui.counting import counted
from azresp.ui.view import Section, closed, line, view
from azresp.ui.views.brief import head, listed, shortened, word

CODE_ROWS = 60
CODE_CHARS = 4000
LOG_ROWS = 20
LOG_CHARS = 2000


@view("web_search_call")
@closed
def _web_search(item: Item) -> Iterator[Section]:
    action = item.wire.get("action")
    yield from line(item, f"{_web_action(action if isinstance(action, dict) else {})}{_failed(item)}")


def _web_action(action: Wire) -> str:
    match action:
        case {"type": "open_page"}:
            return f"opened {word(action, 'url') or 'a page'}"
        case {"type": "find_in_page"}:
            return f"looked for {_quoted([word(action, 'pattern')])} in {word(action, 'url') or 'a page'}"
    queries = _strings(action.get("queries")) or [one for one in [word(action, "query")] if one]
    wanted = f" for {_quoted(queries)}" if queries else ""
    count = len(dicts(action.get("sources")))
    found = f" · {counted(count, 'source')}" if count else ""
    return f"searched the web{wanted}{found}"


@view("file_search_call")
@closed
def _file_search(item: Item) -> Iterator[Section]:
    results = dicts(item.wire.get("results"))
    queries = _strings(item.wire.get("queries"))
    wanted = f" for {_quoted(queries)}" if queries else ""
    found = f" · {counted(len(results), 'result')}" if results else ""
    yield from line(item, f"searched files{wanted}{found}{_failed(item)}")
    if results:
        yield from line(item, f"found in {listed(_scored(results))}", 1)


def _scored(results: tuple[Wire, ...]) -> list[str]:
    """The files with their best scores."""
    best: dict[str, float] = {}
    for one in results:
        name = word(one, "filename") or word(one, "file_id")
        score = one.get("score")
        best[name] = max(best.get(name, 0.0), score if isinstance(score, int | float) else 0.0)
    return [f"{name} ({score:.2f})" if score else name for name, score in best.items()]


@view("code_interpreter_call")
@closed
def _code_interpreter(item: Item) -> Iterator[Section]:
    container = word(item.wire, "container_id")
    yield from line(item, f"ran Python{f' in {container}' if container else ''}{_failed(item)}")
    if code := item.text("code").replace("\r\n", "\n").strip("\n"):
        yield Section((item.index, "code", 0), "code", Grown(head(code, CODE_ROWS, CODE_CHARS)))
    for number, output in enumerate(dicts(item.wire.get("outputs")), 1):
        if logs := word(output, "logs").strip("\n"):
            yield Section((item.index, "aside", number), "aside", Grown(head(logs, LOG_ROWS, LOG_CHARS)))
        for at, made in enumerate(_made(output, container)):
            yield from line(item, made, number * 1000 + at)


def _made(output: Wire, container: str) -> Iterator[str]:
    """The picture and files of one output, and how to get them."""
    if url := word(output, "url"):
        yield f"made a picture: {url if not url.startswith('data:') else shortened(url, 40)}"
    for made in (output, *dicts(output.get("files"))):
        if file := word(made, "file_id"):
            yield f"made {word(made, 'filename') or word(made, 'mime_type') or 'a file'}: {get_line(container, file)}"


def get_line(container: str, file: str) -> str:
    """How to save a file of a container."""
    return f"/files get {container} {file}"


def _failed(item: Item) -> str:
    failed = "failed" in (item.status, item.phase) or item.status == "incomplete"
    return f" · {item.status or item.phase}" if failed else ""


def _strings(value: object) -> list[str]:
    return [one for one in value if isinstance(one, str) and one] if isinstance(value, list) else []


def _quoted(texts: list[str]) -> str:
    return ", ".join(f'"{shortened(text)}"' for text in texts)
