"""`azresp emulator`: served in a process of its own, used by another one."""

from __future__ import annotations

import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.conftest import COMMAND, Azresp

Process = subprocess.Popen[str]


@contextmanager
def serving(env: Mapping[str, str], *words: str) -> Iterator[tuple[Process, str]]:
    """`azresp emulator` on a free port, with the base URL that it tells."""
    command = [*COMMAND, "emulator", "--port", "0", "--tokens-per-second", "0", "--first-token", "0", *words]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=dict(env), stdout=pipe, stderr=pipe, text=True) as process:
        try:
            assert process.stdout is not None
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


def stop(process: Process, how: signal.Signals = signal.SIGINT) -> tuple[int, str]:
    process.send_signal(how)
    _, err = process.communicate(timeout=30)
    return process.returncode, err


def towards(base_url: str) -> dict[str, str | None]:
    return {"AZRESP_ENDPOINT": base_url, "AZRESP_API_KEY": "sesame-1", "AZRESP_DEPLOYMENT": "gpt-5-mini"}


def test_it_tells_its_address_serves_and_ends_with_ctrl_c(isolated: dict[str, str], azresp: Azresp) -> None:
    with serving(isolated, "--log") as (process, base_url):
        assert base_url.endswith("/openai/v1/")
        done = azresp("run", "what is 6 times 7?", env=towards(base_url))
        assert "42" in done.stdout
        status, err = stop(process)
    assert status == 0
    assert f"AZRESP_ENDPOINT={base_url.removesuffix('/openai/v1/')} " in err
    assert "200 POST /openai/v1/responses" in err
    assert "Traceback" not in err


def test_a_store_file_keeps_responses_over_a_restart(
    isolated: dict[str, str], azresp: Azresp, tmp_path: Path
) -> None:
    kept = str(tmp_path / "service.db")
    with serving(isolated, "--store", kept) as (process, base_url):
        azresp("run", "hello", "--session", "s", env=towards(base_url))
        ids = azresp("sessions", "export", "s", "--format", "json").stdout
        assert stop(process)[0] == 0
    import json

    ident = json.loads(ids)["exchanges"][0]["response"]["id"]
    with serving(isolated, "--store", kept) as (_, base_url):
        found = azresp("responses", "get", ident, env=towards(base_url))
    assert json.loads(found.stdout)["id"] == ident
    assert Path(kept).stat().st_mode & 0o077 == 0


def test_only_the_named_keys_are_accepted(isolated: dict[str, str], azresp: Azresp) -> None:
    with serving(isolated | {"DOOR": "sesame-1"}, "--key", "env:DOOR") as (_, base_url):
        right = azresp("run", "hello", env=towards(base_url))
        wrong = azresp("run", "hello", env=towards(base_url) | {"AZRESP_API_KEY": "sesame-2"})
    assert (right.returncode, wrong.returncode) == (0, 4)


def test_a_taken_port_is_told_with_the_way_out(azresp: Azresp) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = azresp("emulator", "--port", port)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"port {port}" in done.stderr
    assert "--port" in done.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--host", "0.0.0.0"), "loopback only"),
        (("--key", "a-real-key"), "env:NAME or keyring:NAME"),
        (("--forward-model", "llama"), "need --forward"),
        (("--forward", "ftp://x/"), "--forward: must be an http(s) URL"),
        (("--store", "notes.txt"), "no file of an emulator"),
    ],
)
def test_what_it_cannot_do_is_said_in_one_sentence(
    azresp: Azresp, tmp_path: Path, words: tuple[str, ...], says: str
) -> None:
    (tmp_path / "notes.txt").write_text("these are my own notes")
    done = azresp("emulator", "--port", "0", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr
    assert "a-real-key" not in done.stderr


def test_a_missing_extra_is_told_with_the_command_to_install_it(azresp: Azresp, tmp_path: Path) -> None:
    (tmp_path / "without").mkdir()
    (tmp_path / "without" / "starlette.py").write_text("raise ModuleNotFoundError('no', name='starlette')")
    done = azresp("emulator", "--port", "0", env={"PYTHONPATH": str(tmp_path / "without")})
    assert done.returncode == 2
    assert "pip install 'azresp[emulator]'" in done.stderr


def test_it_can_let_another_server_answer(isolated: dict[str, str], azresp: Azresp) -> None:
    """Nobody listens where it forwards to: the failure is the answer's, with the server named as its reason."""
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        port = reserved.getsockname()[1]
    with serving(isolated, "--forward", f"http://127.0.0.1:{port}/v1") as (_, base_url):
        done = azresp("run", "hello", env=towards(base_url))
    assert done.returncode == 1
    assert "behind the emulator" in done.stderr
