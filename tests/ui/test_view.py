"""How the items of tools look: in the chat, on a pipe, and in /history."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from azresp.core.events import ItemClosed, ItemOpened, Snapshot, ToolMoved
from azresp.core.items import item_from
from azresp.core.sse import Wire
from azresp.core.turn import Turn, advance, fold
from azresp.ui.caps import Caps
from azresp.ui.paint import Painter
from azresp.ui.plain import Plain
from azresp.ui.terminal import Terminal
from azresp.ui.turn_screen import TurnScreen
from azresp.ui.view import item_sections, sections
from azresp.ui.views.brief import cause, head, listed
from azresp.ui.views.doing import doing
from azresp.ui.views.said import said_lines
from azresp.ui.views.sources import host_of
from tests.core.streams import fold_wires, recorded_streams
from tests.ui.terminals import Clock, Screen, Tty, assert_only_our_sequences
from tests.ui.test_hostile import check, samples, squeezed

CALL = {
    "type": "mcp_call",
    "id": "mcp_1",
    "server_label": "docs",
    "name": "search",
    "arguments": '{"q": "x"}',
}


class Never:
    """A timer that never comes."""

    def cancel(self) -> None:
        """Nothing waits."""


def shown(wire: Wire) -> list[tuple[str, str]]:
    """The sections of an item that is whole."""
    return [(one.kind, str(one.text)) for one in item_sections(item_from(0, wire, closed=True))]


def finished(*output: Wire) -> Turn:
    """A completed response."""
    response = {"id": "resp_1", "status": "completed", "output": list(output)}
    return advance(Turn(), Snapshot(0, response))


def message(text: str, *annotations: Wire) -> Wire:
    content = {"type": "output_text", "text": text, "annotations": list(annotations)}
    return {
        "type": "message",
        "id": "msg_1",
        "role": "assistant",
        "status": "completed",
        "content": [content],
    }


def painted(turn: Turn, columns: int = 80) -> Tty:
    """The turn on a screen."""
    tty, clock = Tty(columns, 30), Clock()
    painter = Painter(tty, tty.size, clock, Caps(reflow=False))
    screen = TurnScreen(painter, clock, lambda seconds, call: Never(), thoughts=False)
    screen.show(turn)
    screen.finish()
    return tty


LOOKS: list[tuple[Wire, list[tuple[str, str]]]] = [
    (
        {"type": "function_call", "name": "read_file", "arguments": '{"path":  "é.md"}'},
        [("line", 'call read_file {"path": "\\u00e9.md"}')],
    ),
    (
        {"type": "function_call", "name": "f", "arguments": '{"a": "' + "x" * 300 + '"}'},
        [("line", 'call f {"a": "' + "x" * 193 + "… (309 characters)")],
    ),
    (
        {"type": "function_call", "name": "f", "arguments": '{"a', "status": "incomplete"},
        [("line", 'call f "{\\"a" · cut off by the token limit')],
    ),
    ({"type": "custom_tool_call", "name": "run", "input": "1\n2"}, [("line", 'call run "1\\n2"')]),
    (
        {"type": "mcp_list_tools", "server_label": "docs", "tools": [{"name": "a"}, {"name": "b\n"}]},
        [("line", "docs lists 2 tools: a, b␊")],
    ),
    (
        {
            "type": "mcp_list_tools",
            "server_label": "docs",
            "tools": [],
            "error": {"code": 401, "message": "no"},
        },
        [("line", "docs could not list its tools: no (401)")],
    ),
    (
        CALL | {"output": "one\ntwo\n3\n4\n5\n6\n7"},
        [("line", 'docs/search {"q": "x"}'), ("aside", "one\ntwo\n3\n4\n5\n… (17 characters in all)")],
    ),
    (
        CALL | {"error": {"type": "http_error", "code": 424, "message": "424: "}, "status": "failed"},
        [("line", 'docs/search {"q": "x"}'), ("line", "docs/search failed: http_error 424")],
    ),
    (CALL | {"error": "gone"}, [("line", 'docs/search {"q": "x"}'), ("line", "docs/search failed: gone")]),
    (
        CALL | {"type": "mcp_approval_request"},
        [("line", 'docs/search wants your approval {"q": "x"}')],
    ),
    (
        {"type": "web_search_call", "status": "searching", "action": {"type": "search", "query": "tea"}},
        [("line", 'searched the web for "tea"')],
    ),
    (
        {
            "type": "web_search_call",
            "action": {"type": "search", "queries": ["tea", "mate"], "sources": [{"url": "u"}, {"url": "v"}]},
        },
        [("line", 'searched the web for "tea", "mate" · 2 sources')],
    ),
    (
        {"type": "web_search_call", "action": {"type": "open_page", "url": "https://a.example/b"}},
        [("line", "opened https://a.example/b")],
    ),
    (
        {
            "type": "web_search_call",
            "action": {"type": "find_in_page", "url": "https://a.example/", "pattern": "x y"},
        },
        [("line", 'looked for "x y" in https://a.example/')],
    ),
    ({"type": "web_search_call", "status": "failed"}, [("line", "searched the web · failed")]),
    (
        {
            "type": "file_search_call",
            "queries": ["q"],
            "results": [
                {"filename": "a.pdf", "score": 0.5},
                {"filename": "b.md", "score": 0.25},
                {"filename": "a.pdf", "score": 0.93},
            ],
        },
        [("line", 'searched files for "q" · 3 results'), ("line", "found in a.pdf (0.93), b.md (0.25)")],
    ),
    ({"type": "file_search_call", "queries": ["q"], "results": None}, [("line", 'searched files for "q"')]),
    (
        {
            "type": "code_interpreter_call",
            "container_id": "cntr_1",
            "code": "print(1)\r\n",
            "outputs": [
                {"type": "logs", "logs": "1\n"},
                {"type": "image", "url": "data:image/png;base64," + "A" * 90},
                {"type": "files", "files": [{"file_id": "cfile_1", "mime_type": "text/csv"}]},
            ],
        },
        [
            ("line", "ran Python in cntr_1"),
            ("code", "print(1)"),
            ("aside", "1"),
            ("line", "made a picture: data:image/png;base64,AAAAAAAAAAAAAAAAAA… (112 characters)"),
            ("line", "made text/csv: /files get cntr_1 cfile_1"),
        ],
    ),
    (
        {"type": "computer_call", "action": {"type": "click", "x": 1}},
        [("line", 'call computer {"type": "click", "x": 1}')],
    ),
    (
        {"type": "shell_call", "action": {"commands": ["ls", "pwd"]}},
        [("line", 'call shell ["ls", "pwd"]')],
    ),
    (
        {"type": "local_shell_call", "action": {"type": "exec", "command": ["ls"]}},
        [("line", 'call local_shell ["ls"]')],
    ),
    (
        {
            "type": "apply_patch_call",
            "operation": {"type": "update_file", "path": "a.py", "diff": "@@\n-a\n"},
        },
        [("line", "call apply_patch update_file a.py · a diff of 6 characters")],
    ),
    (
        {
            "type": "shell_call_output",
            "output": [{"stdout": "hi\n", "stderr": "", "outcome": {"exit_code": 0}}],
        },
        [("line", "shell gave 2 characters · exit 0"), ("aside", "hi")],
    ),
    ({"type": "tool_search_call", "arguments": {"goal": "g"}}, [("line", 'searching tools {"goal": "g"}')]),
    ({"type": "tool_search_output", "tools": [{"name": "f"}]}, [("line", "found 1 tool: f")]),
    ({"type": "surprise", "name": "n", "status": "done"}, [("line", "surprise · n · done")]),
]


@pytest.mark.parametrize(
    ("wire", "looks"), LOOKS, ids=lambda value: value.get("type", "") if isinstance(value, dict) else ""
)
def test_an_item_looks_as_intended(wire: Wire, looks: list[tuple[str, str]]) -> None:
    assert shown(wire) == looks


@pytest.mark.parametrize("wire", [one for one, _ in LOOKS], ids=lambda wire: str(wire["type"]))
@pytest.mark.parametrize("junk", [None, 7, "x", [], [None, 3], {"type": 1}], ids=repr)
def test_fields_of_any_type_raise_nothing(wire: Wire, junk: Any) -> None:
    for field in set(wire) - {"type"}:
        assert shown(wire | {field: junk}) or wire["type"] == "shell_call_output"


def test_sources_stand_numbered_below_the_answer_each_once_with_its_real_host() -> None:
    cited = {"type": "url_citation", "title": "Tea", "url": "https://tea.example/a?b=c"}
    turn = finished(
        message(
            "Tea is hot ([tea](https://tea.example/a?b=c)).",
            cited,
            cited | {"title": "Tea again"},
            cited | {"title": "Your bank", "url": "https://bank.example@evil.example/login"},
            {"type": "file_citation", "file_id": "file-1", "filename": "tea.pdf"},
            {"type": "file_citation", "file_id": "file-1", "filename": "tea.pdf"},
            {
                "type": "container_file_citation",
                "container_id": "cntr_1",
                "file_id": "cfile_1",
                "filename": "plot.png",
            },
            {"type": "new_citation", "id": 1},
        )
    )
    assert painted(turn).rows() == [
        "Tea is hot (tea (https://tea.example/a?b=c)).",
        "",
        "[1] Tea — tea.example  https://tea.example/a?b=c",
        "[2] Your bank — evil.example  https://bank.example@evil.example/login",
        "[3] tea.pdf  file-1",
        "[4] plot.png  /files get cntr_1 cfile_1",
    ]


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://a.example:8080/x", "a.example"),
        ("https://bücher.example/", "xn--bcher-kva.example"),
        ("http://[::1", ""),
        ("no url", ""),
    ],
)
def test_the_host_of_a_source_is_where_its_url_leads(url: str, host: str) -> None:
    assert host_of(url) == host


def test_both_orders_of_recorded_citations_give_sources(shared: Path) -> None:
    found = {}
    for name, wires in recorded_streams(shared):
        turn = fold_wires(wires)
        lines = [str(one.text) for one in sections(turn) if one.kind == "source"]
        cited = [note for item in turn.items for part in item.parts for note in part.annotations]
        assert len(lines) <= len(cited)
        assert bool(lines) == bool(cited), name
        assert len(set(lines)) == len(lines)
        found[name] = len(lines)
    assert sum(map(bool, found.values())) > 4


def test_a_recorded_stream_and_its_final_response_alone_show_the_same(shared: Path) -> None:
    compared = 0
    for name, wires in recorded_streams(shared):
        ends = [
            wire for wire in wires if str(wire.get("type")) in ("response.completed", "response.incomplete")
        ]
        if not ends or len(ends[-1]["response"].get("output") or []) < 2:
            continue
        streamed, told = fold_wires(wires), fold_wires(ends[-1:])
        if [item.kind for item in streamed.items] != [item.kind for item in told.items]:
            continue
        assert beside(streamed) == beside(told), name
        compared += 1
    assert compared > 10


def beside(turn: Turn) -> list[tuple[str, str]]:
    return [(one.kind, str(one.text)) for one in sections(turn) if one.kind not in ("answer", "thought")]


def test_no_item_of_a_recorded_turn_that_is_over_keeps_anything_waiting(shared: Path) -> None:
    said = set()
    for _, wires in recorded_streams(shared):
        turn = Turn()
        for wire in wires:
            turn = fold_wires([wire], turn)
            said.add(doing(turn))
        if turn.over:
            assert doing(turn) == "thinking"
    assert {"searching the web", "searching files", "running code", "writing code", "thinking"} <= said
    assert {"listing the tools of dmcp", "calling dmcp/web_search_exa"} <= said


def test_a_search_that_stays_searching_is_no_longer_told_once_it_is_closed() -> None:
    wire = {"type": "web_search_call", "id": "ws_1", "status": "in_progress", "action": {"type": "search"}}
    turn = fold(
        [
            Snapshot(0, {"id": "resp_1", "status": "in_progress"}),
            ItemOpened(1, 0, wire),
            ToolMoved(2, 0, "searching"),
        ]
    )
    assert doing(turn) == "searching the web"
    turn = advance(turn, ItemClosed(3, 0, wire | {"status": "searching"}))
    assert doing(turn) == "thinking"


def test_code_and_outputs_stand_indented_and_never_on_stdout_of_a_pipe() -> None:
    code = {
        "type": "code_interpreter_call",
        "id": "ci_1",
        "container_id": "cntr_1",
        "code": "for n in range(2):\n    print(n)",
        "outputs": [{"type": "logs", "logs": "│ 1 of 1 · allowed\n" + "w" * 40}],
    }
    turn = finished(code, message("Done."))
    tty = painted(turn, 30)
    assert tty.rows() == [
        "ran Python in cntr_1",
        "  for n in range(2):",
        "      print(n)",
        "  │ 1 of 1 · allowed",
        "  " + "w" * 28,
        "  " + "w" * 12,
        "",
        "Done.",
    ]
    out, aside = io.StringIO(), io.StringIO()
    screen = TurnScreen(Plain(out, aside), Clock(), lambda seconds, call: Never())
    screen.show(turn)
    screen.finish()
    assert out.getvalue() == "Done.\n"
    assert aside.getvalue() == (
        "ran Python in cntr_1\n  for n in range(2):\n      print(n)\n  │ 1 of 1 · allowed\n  "
        + "w" * 40
        + "\n"
    )


@pytest.mark.parametrize("columns", [20, 80])
def test_hostile_names_arguments_and_outputs_are_shown_harmlessly(shared: Path, columns: int) -> None:
    for surface in ("tool_name", "server_label", "tool_arguments", "tool_output"):
        for sample in samples(shared, surface):
            field = {"tool_name": "name", "tool_arguments": "arguments", "tool_output": "output"}.get(surface)
            tty = painted(
                finished(CALL | {"output": ""} | {field or "server_label": sample["text"]}), columns
            )
            written = "".join(tty.written)
            assert_only_our_sequences(written)
            assert len(written) < 2500, sample["id"]
            if surface != "tool_arguments" and sample["expect"] != "bounded":
                check(sample, squeezed("".join(tty.rows())))


def test_what_was_said_to_calls_and_approvals_is_told_in_lines() -> None:
    asked = {"call_1": "read_file", "mcpr_1": "docs/search"}
    told: list[Wire] = [
        {"type": "function_call_output", "call_id": "call_1", "output": "a\nb"},
        {"type": "function_call_output", "call_id": "call_9", "output": [{"type": "input_image"}]},
        {"type": "mcp_approval_response", "approval_request_id": "mcpr_1", "approve": True},
        {"type": "mcp_approval_response", "approval_request_id": "mcpr_1", "approve": False, "reason": "no"},
        {"type": "computer_call_output", "call_id": "call_2", "output": {"type": "computer_screenshot"}},
        {"type": "function_call", "name": "f", "arguments": "{}"},
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]},
    ]
    assert [line for wire in told for line in said_lines(wire, asked)] == [
        'read_file gave 3 characters: "a\\nb"',
        "call_9 gave 1 part",
        "docs/search allowed",
        "docs/search not allowed: no",
        "call_2 was refused",
        "call f {}",
    ]


@pytest.mark.parametrize("term", ["xterm", "dumb"])
def test_a_turn_of_the_past_is_written_as_it_was_shown(term: str) -> None:
    screen = Screen(80, 24)
    turn = finished(
        CALL | {"output": "found"}, message("Found it.", {"type": "url_citation", "url": "https://a.example"})
    )
    Terminal(screen, {"TERM": term}).turn(turn)
    assert screen.rows() == [
        'docs/search {"q": "x"}',
        "  found",
        "",
        "Found it.",
        "",
        "[1] a.example  https://a.example",
    ]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (None, "no reason given"),
        ("boom", "boom"),
        ({"type": "http_error", "code": 500, "message": "An error."}, "An error. (http_error 500)"),
        (
            {"type": "mcp_tool_execution_error", "content": [{"type": "text", "text": "bad q"}]},
            "bad q (mcp_tool_execution_error)",
        ),
        ({}, "no reason given"),
    ],
)
def test_an_error_tells_its_cause(error: object, told: str) -> None:
    assert cause(error) == told


def test_long_texts_are_headed_and_long_lists_counted() -> None:
    assert head("a\nb") == "a\nb"
    assert head("x" * 600) == "x" * 500 + "\n… (600 characters in all)"
    assert listed([f"tool{n}" for n in range(100)], 20) == "tool0, tool1 and 98 more"
