"""`azresp run` between other programs: what goes in, what comes out, and how it ends."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from azresp.core.events import Fault
from azresp.core.session import Exchange
from azresp.core.turn import Turn
from azresp.emulator import Emulator
from azresp.store.store import Store
from azresp.ui.endings import next_step
from tests.cli import forked
from tests.cli.conftest import COMMAND, Azresp
from tests.cli.sitting import Sitting

LONG = "write 3000 words about tides"
WORDS = "Most people who work with tides"
"""How the emulator's answer to LONG begins."""


class Shell:
    """Runs `azresp run` with bytes in and out, in an isolated home with the emulator configured."""

    def __init__(self, folder: Path, env: dict[str, str], emulator: Emulator) -> None:
        self.folder = folder
        self.env = env
        self.emulator = emulator
        emulator.faults.clear()
        emulator.journal.clear()

    def run(
        self, *words: str, stdin: bytes = b"", env: dict[str, str | None] | None = None, **streams: Any
    ) -> subprocess.CompletedProcess[bytes]:
        """One run to its end."""
        merged: dict[str, str | None] = {**self.env, **(env or {})}
        kept = {key: value for key, value in merged.items() if value is not None}
        if streams:
            streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams}
            argv = [*COMMAND, "run", *words]
            done = subprocess.run(
                argv, input=stdin, env=kept, cwd=self.folder, timeout=60, check=False, **streams
            )
        else:
            done = forked.run(["run", *words], env=kept, cwd=self.folder, stdin=stdin)
        assert b"Traceback" not in (done.stderr or b"")
        return done

    def shell(self, script: str) -> subprocess.CompletedProcess[bytes]:
        """A line of sh in which `azresp` is the program."""
        program = " ".join(f"'{word}'" for word in COMMAND)
        script = script.replace("azresp ", f"{program} ")
        return subprocess.run(
            ["sh", "-c", script], env=self.env, cwd=self.folder, capture_output=True, timeout=60, check=False
        )

    @contextmanager
    def started(self, *words: str) -> Iterator[subprocess.Popen[bytes]]:
        """A run that goes on meanwhile."""
        pipe = subprocess.PIPE
        with subprocess.Popen(
            [*COMMAND, "run", *words], stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, env=self.env
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    @property
    def bodies(self) -> list[Any]:
        """The bodies of all POST requests."""
        return [seen.body for seen in self.emulator.journal.requests if seen.method == "POST"]

    def said(self) -> str:
        """The last thing the service was asked."""
        return str(self.bodies[-1]["input"][-1]["content"][0]["text"])

    def kept(self) -> list[Exchange]:
        """The exchanges of the latest session."""
        store = Store(self.folder / "data" / "azresp" / "store.db")
        try:
            session = store.latest()
            assert session is not None
            return store.all_exchanges(session.id)
        finally:
            store.close()


@pytest.fixture
def shell(tmp_path: Path, configured: dict[str, str], emulator: Emulator) -> Shell:
    return Shell(tmp_path, configured, emulator)


# What goes in


def test_a_prompt_is_followed_by_piped_text(shell: Shell) -> None:
    done = shell.run("review", "this", stdin=b"+ a line\n- another\n")
    assert (done.returncode, done.stderr) == (0, b"")
    assert shell.said() == "review this\n\n+ a line\n- another"
    shell.run(stdin="\ufeffjust naïve text\n".encode())
    assert shell.said() == "just naïve text"


def test_a_prompt_may_come_from_a_file_and_nothing_but_a_file(shell: Shell) -> None:
    (shell.folder / "prompt.md").write_bytes(b"\xef\xbb\xbffrom a file\xff\n")
    done = shell.run("@prompt.md", stdin=b"and more")
    assert shell.said() == "from a file\ufffd\n\nand more"
    assert b"prompt.md: 1 invalid" in done.stderr
    os.mkfifo(shell.folder / "fifo")
    for place in ("missing", "/", "/dev/zero", "fifo", ""):
        done = shell.run(f"@{place}")
        assert (done.returncode, done.stdout) == (2, b"")
    assert len(shell.bodies) == 1


def test_nothing_to_say_is_a_usage_error_and_asks_nobody(shell: Shell) -> None:
    for stdin in (b"", b" \n\t\n"):
        done = shell.run(stdin=stdin)
        assert (done.returncode, done.stdout) == (2, b"")
        assert done.stderr.startswith(b"azresp: there is no prompt\n")
    assert shell.bodies == []


def test_odd_bytes_are_replaced_and_told(shell: Shell) -> None:
    done = shell.run(stdin=b"repeat after me: a\xff\xfeb \0c")
    assert done.returncode == 0
    assert done.stdout.decode() == "a\ufffd\ufffdb ␀c\n"
    assert b"2 invalid UTF-8 sequences" in done.stderr


def test_a_hundred_megabytes_are_refused_in_little_memory(shell: Shell) -> None:
    done = shell.shell("head -c 100000000 /dev/zero | { ulimit -v 700000; azresp run; }")
    assert done.returncode == 2
    assert b"more than 1,048,576 characters" in done.stderr
    some = shell.run(stdin=b"word " * 60_000)
    assert (some.returncode, b"Add --yes" in some.stderr) == (2, True)
    assert shell.bodies == []
    assert shell.run("--yes", stdin=b"word " * 60_000).returncode == 0


# What comes out


def test_a_reader_that_leaves_ends_it_in_silence_and_the_text_is_kept(shell: Shell) -> None:
    with shell.started(LONG) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        head = os.read(process.stdout.fileno(), 64)
        process.stdout.close()
        assert (process.wait(60), process.stderr.read()) == (141, b"")
    assert shell.kept()[0].turn.text.startswith(head.decode())
    assert len(shell.bodies) == 1


def test_a_full_disk_is_told_and_the_text_is_kept(shell: Shell) -> None:
    with Path("/dev/full").open("wb") as full:
        done = shell.run("hi", stdout=full)
        as_json = shell.run("hi", "--json", stdout=full)
    assert (done.returncode, as_json.returncode) == (7, 7)
    assert done.stderr == as_json.stderr == b"azresp: stdout: No space left on device\n  Is the disk full?\n"
    assert shell.kept()[0].turn.text.startswith("Hello!")
    assert len(shell.bodies) == 2


def test_streams_that_are_closed_are_no_trouble_but_stdout(shell: Shell) -> None:
    done = shell.shell("azresp run hi >&-")
    assert (done.returncode, done.stderr.split(b"\n")[0]) == (7, b"azresp: stdout is closed")
    assert shell.bodies == []
    done = shell.shell("azresp run hi <&- 2>&-")
    assert (done.returncode, done.stdout[:6]) == (0, b"Hello!")
    done = shell.shell("azresp run <&- 2>&-")
    assert (done.returncode, done.stdout) == (2, b"")


def test_what_stdout_can_not_encode_is_escaped(shell: Shell) -> None:
    words = "repeat after me: naïve 🚆 —"
    latin = shell.run(words, env={"PYTHONIOENCODING": "latin-1", "PYTHONUTF8": None})
    assert latin.stdout == b"na\xefve \\U0001f686 \\u2014\n"
    ascii_only: dict[str, str | None] = {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "C"}
    plain = shell.run(words, env=ascii_only)
    assert plain.stdout == b"na\\xefve \\U0001f686 \\u2014\n"
    assert shell.said() == words
    assert shell.run(words, env={"LANG": "C", "PYTHONUTF8": None}).stdout.decode() == "naïve 🚆 —\n"


@pytest.mark.parametrize("home", [None, "/proc/1", "/dev/null/x", "a b/c"])
def test_without_a_usable_home_it_answers_and_says_what_is_not_kept(shell: Shell, home: str | None) -> None:
    if home == "a b/c":
        home = str(shell.folder / home)
    # Without HOME the account's own would be found: the XDG folders keep the test out of it.
    xdg: dict[str, str | None] = {key: None for key in shell.env if home and key.startswith("XDG_")}
    done = shell.run("hi", env={**xdg, "HOME": home})
    assert (done.returncode, done.stdout[:6]) == (0, b"Hello!")
    if home in ("/proc/1", "/dev/null/x"):
        assert done.stderr.startswith(b"warning: ")
        assert b"this session is not kept" in done.stderr
    else:
        assert done.stderr == b""


def test_a_terminal_gets_rendered_markdown_and_a_dumb_one_no_escapes(shell: Shell) -> None:
    ask = "repeat after me: **bold** and `code`"
    with Sitting(shell.folder, shell.env, "run", ask) as sitting:
        assert sitting.status() == 0
        assert sitting.rows == ["bold and code"]
        assert "\x1b[" in sitting.written
    with Sitting(shell.folder, shell.env | {"NO_COLOR": "1"}, "run", "show me markdown") as sitting:
        assert sitting.status() == 0
        assert re.search(r"\x1b\[[0-9;]*3[0-7]", sitting.written) is None
    with Sitting(shell.folder, shell.env, "run", ask, term="dumb") as sitting:
        assert sitting.status() == 0
        assert "\x1b" not in sitting.written
        assert sitting.rows == ["**bold** and `code`"]


# Signals


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_signal_ends_it_and_what_was_heard_is_kept(shell: Shell, number: int, status: int) -> None:
    shell.emulator.fault(after=12, then="stall")
    with shell.started(LONG) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        head = os.read(process.stdout.fileno(), 8)
        process.send_signal(number)
        rest, told = process.communicate(timeout=60)
    assert process.returncode == status
    assert told == b"azresp: stopped; what was heard is kept\n"
    [exchange] = shell.kept()
    assert WORDS.startswith((head + rest).decode().strip())
    assert exchange.turn.text == (head + rest).decode().rstrip("\n")
    assert exchange.turn.status == "interrupted"


# Forms of output


def test_json_is_the_response_or_one_error_object(shell: Shell) -> None:
    found = json.loads(shell.run("hi", "--json").stdout)
    assert (found["object"], found["status"]) == ("response", "completed")
    assert found["output"][-1]["content"][0]["text"].startswith("Hello!")
    shell.emulator.fault(status=401)
    refused = shell.run("hi", "--json")
    error = json.loads(refused.stdout)["error"]
    assert (refused.returncode, error["exit"]) == (4, 4)
    assert error["message"].startswith("Access denied")
    shell.emulator.fault(after=12, then="close")
    broken = shell.run("hi", "--json")
    assert (broken.returncode, json.loads(broken.stdout)["status"]) == (3, "interrupted")


def test_events_come_as_json_lines_as_they_are(shell: Shell) -> None:
    done = shell.run("hi", "--events")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    assert (events[0]["type"], events[-1]["type"]) == ("response.created", "response.completed")
    both = shell.run("hi", "--events", "--json")
    assert (both.returncode, both.stdout) == (2, b"")


def test_two_at_signs_send_one_and_a_dash_is_stdin(shell: Shell) -> None:
    (shell.folder / "ada").write_text("a file")
    for words, stdin, said in (
        (["@@ada"], b"", "@ada"),
        (["@@ada hello"], b"", "@ada hello"),
        (["@ada"], b"", "a file"),
        (["-"], b"piped", "piped"),
        (["a", "-"], b"piped", "a -\n\npiped"),
    ):
        assert shell.run(*words, stdin=stdin).returncode == 0
        assert shell.bodies[-1]["input"][-1]["content"] in (said, [{"type": "input_text", "text": said}])
    assert shell.run("-").returncode == 2


def test_continue_and_session_exclude_each_other(shell: Shell) -> None:
    done = shell.run("hi", "--continue", "--session", "a")
    assert (done.returncode, done.stdout, shell.emulator.journal.count("POST")) == (2, b"", 0)
    assert b"--continue and --session exclude each other" in done.stderr


def test_debug_is_told_in_the_help_and_shows_no_traceback_for_what_the_user_got_wrong(
    azresp: Azresp, configured: dict[str, str], emulator: Emulator
) -> None:
    assert "--debug" in azresp("--help").stdout
    for words in (["run", "@nothing"], ["run", "hi", "--temperature", "hot"], ["config", "set", "x", "y"]):
        done = azresp(*words, "--debug", env=configured)
        assert done.returncode == 2
        assert "Traceback" not in done.stderr
    emulator.fault(status=401)
    done = azresp("run", "hi", "--debug", env=configured)
    assert done.returncode == 4
    assert "Traceback" in done.stderr and "SignInError" in done.stderr
    emulator.fault(after=12, then="reset")
    done = azresp("run", "hi", "--debug", env=configured)
    assert "Errno 104" in done.stderr and ": the connection broke\n" in done.stderr


def test_a_failed_answer_of_azure_is_sent_to_its_support_but_one_for_the_quota_is_not() -> None:
    def step(code: str, message: str = "no", **place: bool) -> str:
        return next_step(Turn(id="resp_1", status="failed", fault=Fault(code, message)), **place)

    assert step("server_error") == "Ask again; if it stays, report resp_1 to Azure support."
    assert step("server_error", azure=False) == "Ask again."
    for limited in (step("rate_limit_exceeded"), step("too_many_requests"), step("x", "Rate limit reached")):
        assert "Wait" in limited and "quota" in limited and "support" not in limited


@pytest.mark.parametrize(
    ("words", "told", "step"),
    [
        (
            "run --endpint x",
            "No such option: --endpint (Possible options: --e",
            "`azresp run --help` lists the options.",
        ),
        (
            "run --session",
            "Option '--session' requires an argument.",
            "`azresp run --help` lists the options.",
        ),
        ("run --again hi", "--again is for --batch only", "Give the file: --batch prompts.jsonl."),
        ("run --parallel 8 hi", "--parallel is for --batch only", "Give the file: --batch prompts.jsonl."),
        ("rnu hi", "No such command 'rnu'. Did you mean 'run'?", "`azresp --help` lists the commands."),
        (
            "sessions lsit",
            "No such command 'lsit'. Did you mean 'list'?",
            "`azresp sessions --help` lists the commands.",
        ),
        ("sessions show", "Missing argument 'NAME'.", "`azresp sessions show --help` lists the options."),
        (
            "sessions list -n x",
            "Invalid value for '--limit' / '-n'",
            "`azresp sessions list --help` lists the options.",
        ),
        ("--bogus", "No such option: --bogus", "`azresp --help` lists the commands."),
    ],
)
def test_a_mistyped_command_line_is_told_like_every_error(
    azresp: Azresp, words: str, told: str, step: str
) -> None:
    done = azresp(*words.split())
    first, second = done.stderr.splitlines()
    assert (done.returncode, done.stdout, second) == (2, "", f"  {step}")
    assert first.startswith(f"azresp: {told}")


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        (
            {"type": "object", "properties": {"a": {"type": "strin"}}},
            b"properties/a/type: 'strin' is not valid",
        ),
        ({"type": "object", "required": "a"}, b"required: 'a' is not of type 'array'"),
        ({"type": "array"}, b'"type": "object" only, got "array"'),
        ({"properties": {}}, b"got no type"),
        ({"type": "object", "$schema": ["x"]}, b'"$schema" must be a text'),
        ({"name": "n", "schema": {"type": 7}}, b"not a JSON schema: type: 7 is not valid"),
    ],
)
def test_a_wrong_schema_is_told_before_anything_is_sent(shell: Shell, schema: object, told: bytes) -> None:
    (shell.folder / "wrong.json").write_text(json.dumps(schema))
    done = shell.run("hi", "--schema", "wrong.json")
    assert (done.returncode, done.stdout, shell.emulator.journal.count("POST")) == (2, b"", 0)
    assert told in done.stderr and b"Nothing was sent." in done.stderr


def test_without_jsonschema_nothing_is_sent(shell: Shell) -> None:
    (shell.folder / "jsonschema.py").write_text("raise ImportError('no such package')")
    (shell.folder / "any.json").write_text('{"type": "object"}')
    done = shell.run("hi", "--schema", "any.json", env={"PYTHONPATH": str(shell.folder)})
    assert (done.returncode, done.stdout, shell.emulator.journal.count("POST")) == (7, b"", 0)
    assert b"jsonschema is missing" in done.stderr


def test_a_reference_of_a_schema_is_never_fetched(shell: Shell) -> None:
    other = f"{shell.emulator.root_url}/other.json"
    schema = {"type": "object", "properties": {}, "additionalProperties": False, "allOf": [{"$ref": other}]}
    told = {"name": "ref", "strict": False, "schema": schema}
    (shell.folder / "ref.json").write_text(json.dumps(told))
    done = shell.run("a city", "--schema", "ref.json")
    assert done.returncode == 1
    assert b"leads nowhere" in done.stderr
    assert shell.emulator.journal.count("GET") == 0


def test_a_schema_is_asked_for_and_its_answer_checked(shell: Shell) -> None:
    schema = {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    }
    path = shell.folder / "city.json"
    path.write_text(json.dumps(schema))
    done = shell.run("a city", "--schema", "city.json")
    assert done.returncode == 0, done.stderr
    assert list(json.loads(done.stdout)) == ["city"]
    form = shell.bodies[-1]["text"]["format"]
    assert (form["type"], form["name"], form["schema"]) == ("json_schema", "city", schema)
    path.write_text(
        json.dumps({"name": "n", "strict": False, "schema": {"type": "object", "minProperties": 99}})
    )
    wrong = shell.run("a city", "--schema", "city.json")
    assert wrong.returncode == 1
    assert b"does not fit the schema" in wrong.stderr
    for text in ("[]", "{", ""):
        path.write_text(text)
        assert shell.run("a city", "--schema", "city.json").returncode == 2


def test_quiet_says_only_what_went_wrong(shell: Shell) -> None:
    shell.emulator.fault(status=429, retry_after_ms="10")
    done = shell.run("-q", stdin=b"hi\xff")
    assert (done.returncode, done.stderr) == (0, b"")
    shell.emulator.fault(status=404)
    assert shell.run("-q", "hi").stderr.startswith(b"azresp: Resource not found")


# Conversations and settings


def test_sessions_chain_by_name_and_by_continue(shell: Shell) -> None:
    first = json.loads(shell.run("my name is Ada", "--session", "me", "--json").stdout)["id"]
    second = shell.run("what is my name?", "--continue")
    assert b"Ada" in second.stdout
    shell.run("something else")
    third = shell.run("what is my name?", "--session", "me")
    assert b"Ada" in third.stdout
    anchors = [body.get("previous_response_id") for body in shell.bodies]
    assert anchors[:3] == [None, first, None]
    assert anchors[3].startswith("resp_")
    assert anchors[3] != first


def test_without_storing_the_conversation_is_sent_in_full(shell: Shell) -> None:
    shell.run("my name is Ada", "--no-store", "--session", "me")
    done = shell.run("what is my name?", "--no-store", "--session", "me")
    assert b"Ada" in done.stdout
    body = shell.bodies[-1]
    assert (body["store"], "previous_response_id" in body) == (False, False)
    assert [item["type"] for item in body["input"]] == ["message", "reasoning", "message", "message"]


def test_flags_of_settings_reach_the_request(shell: Shell) -> None:
    words = "hi --deployment o3 --instructions Briefly! --reasoning-effort low --reasoning-summary auto "
    words += "--verbosity low --max-output-tokens 900 --truncation auto --metadata team=a --metadata job=b"
    assert shell.run(*words.split()).returncode == 0
    body = shell.bodies[-1]
    assert {key: value for key, value in body.items() if key not in ("input", "stream")} == {
        "model": "o3",
        "instructions": "Briefly!",
        "reasoning": {"effort": "low", "summary": "auto"},
        "text": {"verbosity": "low"},
        "max_output_tokens": 900,
        "truncation": "auto",
        "metadata": {"team": "a", "job": "b"},
        "store": True,
    }
    shell.run("hi", "--deployment", "gpt-4o", "--temperature", "0.2", "--top-p", "0.9")
    assert (shell.bodies[-1]["temperature"], shell.bodies[-1]["top_p"]) == (0.2, 0.9)


# Refusals and failures of the service


@pytest.mark.parametrize(
    ("fault", "status", "posts", "told", "step"),
    [
        ({"status": 401}, 4, 1, "HTTP 401", "doctor"),
        ({"status": 403}, 4, 1, "HTTP 403", "network"),
        ({"status": 404, "code": "DeploymentNotFound"}, 1, 1, "HTTP 404", "deployment"),
        ({"status": 429, "retry_after": "1000"}, 1, 1, "HTTP 429", "quota"),
        ({"status": 500}, 1, 1, "HTTP 500", "A fault at the server on this machine: try again"),
        ({"status": 500, "html": True}, 1, 1, "HTTP 500", "try again"),
        ({"html": True}, 5, 1, "not the Responses API", "endpoint"),
        ({"redirect": "https://elsewhere.example/"}, 5, 1, "redirects to elsewhere.example", "endpoint"),
        ({"then": "hangup"}, 5, 1, "the connection broke", "It was sent once"),
        ({"after": 12, "then": "reset"}, 3, 1, "the connection broke", "What was heard is kept"),
        ({"after": 12, "then": "end"}, 3, 1, "broke off before its end", "Ask again"),
        ({"after": 12, "then": "fail"}, 1, 1, "failed: ", "Wait a little and ask again."),
        ({"after": 12, "then": "fail", "code": "too_many_requests"}, 1, 1, "failed: ", "Wait a little"),
        (
            {"after": 12, "then": "fail", "code": "server_error", "message": "Too much"},
            1,
            1,
            "failed: Too much",
            "Ask again",
        ),
        (
            {"after": 12, "then": "fail-openai", "code": "server_error", "message": "Too much"},
            1,
            1,
            "failed: Too much",
            "Ask again",
        ),
        ({"status": 429, "retry_after_ms": "20"}, 0, 2, "rate limit: try 2 of", ""),
    ],
    ids=lambda value: "-".join(map(str, value.values())) if isinstance(value, dict) else "",
)
def test_bad_news_is_one_sentence_and_a_next_step(
    shell: Shell, fault: dict[str, Any], status: int, posts: int, told: str, step: str
) -> None:
    shell.emulator.fault(**fault)
    done = shell.run(LONG)
    lines = done.stderr.decode().splitlines()
    assert done.returncode == status, lines
    assert len(shell.bodies) == posts
    assert told in lines[0]
    assert step in " ".join(lines[1:])
    ids = [line for line in lines if line.startswith("  apim-request-id ")]
    assert lines[2:] == ids, "a refusal's ids stand below the step"
    assert len(lines) - len(ids) == (2 if step else 1)
    assert "canary" not in done.stderr.decode()
    assert "Azure support" not in done.stderr.decode()  # it is no service of Azure's
    assert "connection broke" not in lines[0] or lines[0].endswith(": the connection broke")
    if status == 3:
        assert WORDS.startswith(done.stdout.decode().strip())
        assert len(done.stdout) > 1
