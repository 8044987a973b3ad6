"""The zoo: tools that crash, hang, flood, escape or look for secrets (cases L2-L5)."""

from __future__ import annotations

import asyncio
import os
import resource
import sys
import threading
import time
from pathlib import Path

import pexpect
import pytest

from azresp.toolbox.builtin import builtin_tool
from azresp.toolbox.limits import Limits, Ran
from tests.toolbox.zoo import PATIENT, QUICK, alive, call, tool_of

HEAD = "import ctypes, os, signal, subprocess, sys, threading, time\ndef f() -> str:\n    '''Do.'''\n"


def _body(*lines: str) -> str:
    return HEAD + "".join(f"    {line}\n" for line in lines)


CRASHES = [
    ("sys.exit(3)", "it called sys.exit(3)"),
    ("os._exit(3)", "ended without a result: exit 3"),
    ("os._exit(0)", "ended without a result: exit 0"),
    ("ctypes.string_at(0)", "ended without a result: killed by SIGSEGV"),
    ("os.kill(os.getpid(), signal.SIGKILL)", "ended without a result: killed by SIGKILL"),
    ("os.kill(0, signal.SIGTERM)", "ended without a result: killed by SIGTERM"),
    ("os.closerange(0, 1000)", "ended without a result: exit 1"),
    ("return f()", "RecursionError: maximum recursion depth exceeded"),
    ("return 'x' * 2**40", "MemoryError"),
    ("return 'x' * (17 * 2**20)", "ValueError: the result is too long: 17,825,792 characters"),
]


@pytest.mark.parametrize(("line", "note"), CRASHES, ids=[one for one, _ in CRASHES])
def test_a_crash_is_an_error_result(line: str, note: str, tmp_path: Path) -> None:
    ran = call(tool_of(tmp_path, _body(line)))
    assert not ran.ok
    assert ran.note.startswith(note)
    assert str(ran.output).startswith("The function failed")


HANGS = {
    "a loop": ["while True: pass"],
    "ignoring SIGTERM": ["signal.signal(signal.SIGTERM, signal.SIG_IGN)", "while True: time.sleep(60)"],
    "stopped": ["os.kill(os.getpid(), signal.SIGSTOP)"],
    "a catastrophic regex": ["import re", "re.match('(a+)+$', 'a' * 60 + 'b')"],
    "reading stdin is no hang, sleeping is": ["assert sys.stdin.read() == ''", "time.sleep(60)"],
}


def test_a_tool_that_never_ends_is_ended(tmp_path: Path) -> None:
    async def all_at_once() -> list[Ran]:
        calls = []
        for number, lines in enumerate(HANGS.values()):
            folder = tmp_path / str(number)
            folder.mkdir()
            tool = tool_of(folder, _body(*lines), limits=QUICK)
            calls.append(tool.run(tool.read("{}")))
        return await asyncio.gather(*calls)

    began = time.monotonic()
    ended = asyncio.run(all_at_once())
    assert time.monotonic() - began < 10
    told = {name: (ran.ok, ran.note) for name, ran in zip(HANGS, ended, strict=True)}
    assert told == dict.fromkeys(HANGS, (False, "timed out after 1 s"))


def test_what_was_printed_before_the_time_was_up_is_told(tmp_path: Path) -> None:
    ran = call(tool_of(tmp_path, _body("print('so far')", "time.sleep(60)"), limits=QUICK))
    assert ran.output == "The function failed: timed out after 1 s.\n\nIt printed:\nso far\n"


def test_a_tool_that_closes_its_answer_and_goes_on_is_ended_at_once(tmp_path: Path) -> None:
    ran = call(tool_of(tmp_path, _body("os.closerange(3, 100)", "time.sleep(60)")))
    assert (ran.ok, ran.note) == (False, "ended without a result: killed by SIGTERM")
    assert ran.seconds < 20


def test_threads_left_behind_do_not_hold_up_a_result(tmp_path: Path) -> None:
    lines = ("threading.Thread(target=time.sleep, args=(60,)).start()", "return 'done'")
    began = time.monotonic()
    ran = call(tool_of(tmp_path, _body(*lines)))
    assert (ran.ok, ran.output) == (True, "done")
    assert time.monotonic() - began < 20


def test_a_fork_that_comes_back_does_not_answer_twice(tmp_path: Path) -> None:
    assert call(tool_of(tmp_path, _body("os.fork()", "return 'done'"))).output == "done"


def test_a_gigabyte_of_output_is_cut_in_bounded_memory(tmp_path: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    ran = call(
        tool_of(tmp_path, _body("for _ in range(1024): os.write(1, b'x' * 2**20)", "raise OSError('no')"))
    )
    assert (ran.ok, ran.note) == (False, "OSError: no")
    printed = f"{'x' * 32768}\n[1,073,676,288 of 1,073,741,824 bytes left out here]\n{'x' * 32768}"
    assert str(ran.output).endswith(f"\n\nIt printed:\n{printed}")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 * 1024  # kilobytes on Linux


def test_an_endless_flood_of_a_command_is_ended(tmp_path: Path) -> None:
    ran = call(builtin_tool("run_command", tmp_path, QUICK), argv=["yes"])
    assert (ran.ok, ran.note) == (False, "timed out after 1 s")
    assert len(str(ran.output)) < 70_000


OUTPUTS = [
    (r"\0\1\2", "[binary output, 3 bytes: not shown]"),
    (r"\033[31mred\377", "\033[31mred�"),
    (r"", "[no output]"),
    (r"no newline", "no newline"),
    (r"\211PNG\r\n\032\n\0", [{"type": "input_image", "image_url": "data:image/png;base64,iVBORw0KGgoA"}]),
]


@pytest.mark.parametrize(("output", "told"), OUTPUTS, ids=[one for one, _ in OUTPUTS])
def test_what_a_command_writes_is_told(output: str, told: object, tmp_path: Path) -> None:
    ran = call(builtin_tool("run_command", tmp_path, PATIENT), argv=["printf", output])
    assert (ran.ok, ran.output) == (True, told)


# Children


def test_a_grandchild_that_holds_the_pipes_does_not_hold_us_up(tmp_path: Path) -> None:
    began = time.monotonic()
    ran = call(builtin_tool("run_command", tmp_path, PATIENT), argv=["sh", "-c", "sleep 60 & echo $!"])
    assert ran.ok
    assert time.monotonic() - began < 20
    assert not alive(int(str(ran.output)))


ESCAPES = {
    "in the group": "subprocess.Popen(['sleep', '60']).pid",
    "in a session of its own": "subprocess.Popen(['sleep', '60'], start_new_session=True).pid",
    "with no pipe of ours": (
        "subprocess.Popen(['sleep', '60'], start_new_session=True, stdin=-3, stdout=-3, stderr=-3).pid"
    ),
}


@pytest.mark.parametrize("name", ESCAPES)
def test_no_child_is_left_after_a_result(name: str, tmp_path: Path) -> None:
    ran = call(tool_of(tmp_path, _body(f"return str({ESCAPES[name]})")))
    assert ran.ok
    assert not alive(int(str(ran.output)))


def test_a_modest_fork_bomb_is_ended(tmp_path: Path) -> None:
    lines = (
        "first = os.getpid()",
        "for _ in range(7): os.fork()",
        "os.setsid() if os.getpid() % 2 and os.getpid() != first else None",
        "time.sleep(60)",
    )
    tool = tool_of(tmp_path, _body(*lines), limits=QUICK)
    ran = call(tool)
    assert (ran.ok, ran.note) == (False, "timed out after 1 s")
    here = str(tmp_path)
    left = [pid for pid in _pids() if _cwd(pid) == here and alive(pid)]
    assert left == []


def _pids() -> list[int]:
    return [int(one.name) for one in Path("/proc").glob("[0-9]*")]


def _cwd(pid: int) -> str:
    try:
        return str(Path(f"/proc/{pid}/cwd").readlink())
    except OSError:
        return ""


@pytest.mark.parametrize("stubborn", [False, True])
def test_children_are_dead_before_a_cancellation_goes_on(stubborn: bool, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "ready")
    lines = (
        *(["signal.signal(signal.SIGTERM, signal.SIG_IGN)"] if stubborn else []),
        "child = subprocess.Popen(['sleep', '60'], start_new_session=True)",
        "open('ready', 'w').write(f'{os.getpid()} {child.pid}')",
        "time.sleep(60)",
    )
    tool = tool_of(tmp_path, _body(*lines))

    async def cancel() -> list[int]:
        task = asyncio.ensure_future(tool.run({}))
        pids = (await asyncio.to_thread((tmp_path / "ready").read_text)).split()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return list(map(int, pids))

    began = time.monotonic()
    pids = asyncio.run(cancel())
    assert [pid for pid in pids if alive(pid)] == []
    assert time.monotonic() - began < 20


def test_a_cancelled_call_answers_quickly_even_if_asked_again_and_again(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "ready")
    lines = (
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)",
        "open('ready', 'w').close()",
        "time.sleep(60)",
    )
    tool = tool_of(tmp_path, _body(*lines))

    async def cancel() -> float:
        task = asyncio.ensure_future(tool.run({}))
        await asyncio.to_thread((tmp_path / "ready").read_text)
        began = time.monotonic()
        for _ in range(3):
            task.cancel()
            await asyncio.sleep(0)
        with pytest.raises(asyncio.CancelledError):
            await task
        return time.monotonic() - began

    assert asyncio.run(cancel()) < 3


def test_twelve_calls_run_at_the_same_time(tmp_path: Path) -> None:
    """Each waits until all have come: one after the other, none would ever end."""
    lines = (
        "os.mkdir(f'here-{os.getpid()}')",
        "while len([one for one in os.listdir() if one.startswith('here-')]) < 12: time.sleep(0.01)",
        "return 'met'",
    )
    tool = tool_of(tmp_path, _body(*lines))

    async def all_of_them() -> list[object]:
        return [ran.output for ran in await asyncio.gather(*(tool.run({}) for _ in range(12)))]

    assert asyncio.run(all_of_them()) == ["met"] * 12


# Terminal and environment


def test_a_tool_has_no_terminal(tmp_path: Path) -> None:
    lines = (
        "told = [os.isatty(fd) for fd in range(3)]",
        "try: os.open('/dev/tty', os.O_RDWR)",
        "except OSError as error: return f'{told} {os.getsid(0) == os.getpid()} {error.strerror}'",
        "return 'it has one'",
    )
    ran = call(tool_of(tmp_path, _body(*lines)))
    assert ran.output == "[False, False, False] True No such device or address"


SECRETS = (
    "AZURE_OPENAI_API_KEY",
    "OPENAI_API_KEY",
    "AZRESP_API_KEY",
    "GITHUB_TOKEN",
    "LC_API_KEY",
    "MY_SECRET",
    "SSH_AUTH_SOCK",
    "PYTHONPATH",
    "LD_PRELOAD_X",
    "HTTPS_PROXY",
)
ENVIRON = "return chr(10).join(f'{name}={value}' for name, value in sorted(os.environ.items()))"


@pytest.fixture
def _secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SECRETS:
        monkeypatch.setenv(name, "canary-7f3a")
    monkeypatch.setenv("LC_TIME", "C")


@pytest.mark.usefixtures("_secrets")
def test_no_secret_is_in_the_environment_of_a_function_or_command(tmp_path: Path) -> None:
    function = str(call(tool_of(tmp_path, _body(ENVIRON))).output)
    command = str(call(builtin_tool("run_command", tmp_path), argv=["env"]).output)
    for told in (function, command):
        assert "canary" not in told
        assert f"PATH={os.environ['PATH']}" in told
        assert "LC_TIME=C" in told


@pytest.mark.usefixtures("_secrets")
def test_a_variable_that_the_user_named_is_there(tmp_path: Path) -> None:
    told = str(call(tool_of(tmp_path, _body(ENVIRON), env=("GITHUB_TOKEN",))).output)
    assert [line for line in told.splitlines() if "canary" in line] == ["GITHUB_TOKEN=canary-7f3a"]


@pytest.mark.usefixtures("_secrets")
def test_no_secret_is_in_the_arguments_of_any_process(tmp_path: Path) -> None:
    line = "return open('/proc/self/cmdline').read().replace(chr(0), ' ')"
    told = str(call(tool_of(tmp_path, _body(line))).output)
    assert "-I -u -B -X utf8" in told
    assert "def f" not in told


def test_our_descriptors_are_not_passed_on(tmp_path: Path) -> None:
    with (tmp_path / "ours").open("w") as ours:
        os.set_inheritable(ours.fileno(), True)
        links = call(
            tool_of(
                tmp_path,
                _body(
                    "return ' '.join(os.readlink(f'/proc/self/fd/{n}') for n in range(20)"
                    " if os.path.exists(f'/proc/self/fd/{n}'))"
                ),
            )
        )
    assert "ours" not in str(links.output)


def test_limits_of_time_hold_for_the_loading_of_a_file_too(tmp_path: Path) -> None:
    source = "import time\ntime.sleep(60)\n" + HEAD + "    return ''\n"
    assert (
        call(tool_of(tmp_path, source, limits=Limits(time_s=0.5, grace_s=0.1))).note
        == "timed out after 0.5 s"
    )


TERMINAL = """
import asyncio, os
from pathlib import Path
from azresp.toolbox.builtin import builtin_tool
os.close(os.open("/dev/tty", os.O_RDWR))
argv = ["sh", "-c", "echo taken over > /dev/tty || echo no terminal"]
ran = asyncio.run(builtin_tool("run_command", Path.cwd()).run({"argv": argv}))
print("OUTPUT", str(ran.output).splitlines()[0])
"""


def test_a_tool_of_a_program_on_a_terminal_does_not_reach_it(tmp_path: Path) -> None:
    root = str(Path(__file__).resolve().parents[2])
    env = dict(os.environ) | {"PYTHONPATH": root}
    child = pexpect.spawn(
        sys.executable, ["-c", TERMINAL], cwd=str(tmp_path), env=env, encoding="utf-8", timeout=60
    )
    said = child.read()
    child.close()
    assert said.strip() == "OUTPUT no terminal"


@pytest.mark.skipif(sys.platform != "linux", reason="the limit is one of Linux")
def test_a_function_gets_no_more_memory_than_its_limit(tmp_path: Path) -> None:
    tool = tool_of(tmp_path, _body("return str(len(bytearray(2**29)))"), limits=Limits(memory_bytes=2**28))
    assert (call(tool).ok, call(tool).note) == (False, "MemoryError")


def test_calls_leave_no_descriptor_and_no_thread_behind(tmp_path: Path) -> None:
    tool = builtin_tool("run_command", tmp_path, QUICK)
    call(tool, argv=["true"])

    def held() -> tuple[int, int]:
        for thread in threading.enumerate():
            if thread.name.startswith("tool"):
                thread.join(10)
        return len(list(Path("/proc/self/fd").iterdir())), threading.active_count()

    before = held()
    for argv in (["true"], ["nowhere"], ["sh", "-c", "sleep 60 & echo"], ["sleep", "60"]):
        call(tool, argv=argv)
    assert held() == before
