"""`azresp doctor`: one line for each thing, what to do about it, and nothing secret."""

from __future__ import annotations

import json
import socket
import sqlite3
import ssl
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import wcwidth

from azresp.azure.connection import Connection, EntraSignIn, KeySignIn
from azresp.cli.checks.finding import Mark, without_user
from azresp.cli.checks.trust import authorities, proxy
from azresp.core.secrets import Secret
from azresp.emulator import Emulator
from tests.cli.conftest import COMMAND, Azresp
from tests.cli.terminal import Terminal

Report = dict[tuple[str, str], dict[str, str]]


def examined(azresp: Azresp, env: dict[str, str], *words: str) -> tuple[int, Report]:
    """Exit status and findings of `azresp doctor --json`, by section and name."""
    done = azresp("doctor", "--json", *words, env=env)
    report: dict[str, Any] = json.loads(done.stdout)
    assert report["exit"] == done.returncode
    assert "Traceback" not in done.stderr
    return done.returncode, {(one["section"], one["name"]): one for one in report["findings"]}


def test_a_healthy_set_up_is_ok_in_every_line(
    azresp: Azresp, configured: dict[str, str], emulator: Emulator
) -> None:
    azresp("run", "hello", env=configured)
    status, found = examined(azresp, configured)
    assert status == 0
    assert {one["mark"] for one in found.values()} == {"ok"}
    assert emulator.base_url in found["endpoint", "endpoint"]["text"]
    assert "AZRESP_ENDPOINT" in found["endpoint", "endpoint"]["text"]
    assert "gpt-5-mini (AZRESP_DEPLOYMENT)" in found["endpoint", "deployment"]["text"]
    assert "env:AZRESP_API_KEY is accepted" in found["network", "sign-in"]["text"]
    assert "GET models answered: " in found["network", "request"]["text"]
    assert "1 session, 1 exchange" in found["store", "content"]["text"]
    assert "WAL" in found["store", "integrity"]["text"]
    assert "mode 0600" in found["store", "file"]["text"]


def test_the_report_tells_what_is_in_force_and_shows_no_secret(
    azresp: Azresp, configured: dict[str, str], emulator: Emulator
) -> None:
    env = configured | {"HTTPS_PROXY": "http://me:canary-pass@proxy.example:8080"}
    emulator.fault(status=401)
    for words in ((), ("--json",), ("--offline", "--endpoint", "https://contoso.openai.azure.com")):
        done = azresp("doctor", *words, env=env)
        assert "canary" not in done.stdout + done.stderr
    # The last of them tells what is in force, and where each came from.
    assert "https://contoso.openai.azure.com/openai/v1/ (Azure; --endpoint)" in done.stdout
    assert "http://***@proxy.example:8080 (HTTPS_PROXY)" in done.stdout
    assert "env:AZRESP_API_KEY is set" in done.stdout
    assert "CA           the system's store" in done.stdout
    assert "file         none yet" in done.stdout


def test_nothing_configured_names_what_is_missing_and_asks_nobody(
    azresp: Azresp, isolated: dict[str, str]
) -> None:
    status, found = examined(azresp, isolated)
    assert status == 2
    assert found["endpoint", "endpoint"]["mark"] == "FAIL"
    assert "azresp init" in found["endpoint", "endpoint"]["todo"]
    assert found["network", "network"]["mark"] == "skip"


def test_offline_asks_nobody(azresp: Azresp, configured: dict[str, str], emulator: Emulator) -> None:
    before = emulator.journal.counts
    status, found = examined(azresp, configured, "--offline")
    assert status == 0
    assert found["network", "service"]["mark"] == "skip"
    assert emulator.journal.counts == before
    assert examined(azresp, configured, "--network")[0] == 0
    assert emulator.journal.counts != before


@pytest.mark.parametrize(
    ("change", "status", "where", "says"),
    [
        (
            {"AZRESP_API_KEY": "", "AZRESP_KEY": "env:NOT_THERE"},
            4,
            ("sign-in", "key"),
            "no key in env:NOT_THERE",
        ),
        ({"AZRESP_API_KEY": "", "AZRESP_AUTH": "key"}, 4, ("sign-in", "key"), "there is no key"),
        ({"AZRESP_ENDPOINT": "http://127.0.0.1:1"}, 5, ("network", "connection"), "refused"),
        ({"AZRESP_ENDPOINT": "contoso"}, 2, ("configuration", "settings"), "AZRESP_ENDPOINT"),
        ({"AZRESP_STORE_FILE": "/dev/null/store.db"}, 7, ("store", "file"), "can't be"),
    ],
)
def test_the_first_failure_gives_the_exit_status(
    azresp: Azresp,
    configured: dict[str, str],
    change: dict[str, str],
    status: int,
    where: tuple[str, str],
    says: str,
) -> None:
    got, found = examined(azresp, configured | change)
    assert got == status
    assert found[where]["mark"] == "FAIL"
    assert says in found[where]["text"]


def test_a_refused_key_is_a_matter_of_sign_in_and_a_busy_service_is_a_warning(
    azresp: Azresp, configured: dict[str, str], emulator: Emulator
) -> None:
    emulator.fault(status=401)
    status, found = examined(azresp, configured)
    assert (status, found["network", "sign-in"]["mark"]) == (4, "FAIL")
    assert found["network", "sign-in"]["todo"] == (
        "Check that env:AZRESP_API_KEY is a key of this resource (portal: Keys and Endpoint)."
    )
    emulator.fault(status=429)
    status, found = examined(azresp, configured)
    assert (status, found["network", "request"]["mark"]) == (0, "warn")


def test_a_broken_file_does_not_hide_the_rest(
    azresp: Azresp, isolated: dict[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "config" / "azresp" / "config.toml"
    file.parent.mkdir()
    file.write_text("endpoint = 3\n")
    status, found = examined(azresp, isolated)
    assert status == 2
    assert "endpoint" in found["configuration", "settings"]["text"]
    assert ("store", "file") in found
    assert ("terminal", "encoding") in found


def test_open_files_and_a_damaged_store_are_told_and_left_as_they_are(
    azresp: Azresp, configured: dict[str, str], tmp_path: Path
) -> None:
    config, store = tmp_path / "config" / "azresp" / "config.toml", tmp_path / "data" / "azresp" / "store.db"
    config.parent.mkdir()
    config.write_text("[profiles.work]\n[profiles.home]\n")
    config.chmod(0o644)
    azresp("run", "hello", env=configured)
    store.chmod(0o644)
    status, found = examined(azresp, configured, "--offline")
    assert status == 0
    assert found["store", "file"]["mark"] == "warn"
    assert found["configuration", "warning"]["mark"] == "warn"
    junk = b"this is not a database at all" * 200
    store.write_bytes(junk)
    status, found = examined(azresp, configured, "--offline")
    assert (status, found["store", "integrity"]["mark"]) == (7, "FAIL")
    assert store.read_bytes() == junk


def test_a_store_of_a_newer_version_is_told(
    azresp: Azresp, configured: dict[str, str], tmp_path: Path
) -> None:
    azresp("run", "hello", env=configured)
    with closing(sqlite3.connect(tmp_path / "data" / "azresp" / "store.db")) as db, db:
        db.execute("pragma user_version = 99")
    status, found = examined(azresp, configured, "--offline")
    assert (status, found["store", "version"]["mark"]) == (7, "FAIL")


def test_ctrl_c_ends_a_check_that_hangs_with_what_was_found_so_far(
    configured: dict[str, str], tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        env = configured | {"AZRESP_ENDPOINT": f"http://127.0.0.1:{silent.getsockname()[1]}"}
        with Terminal(tmp_path, env, "doctor") as terminal:
            terminal.expect("ok connection")
            terminal.press("c")
            assert terminal.status() == 130
    assert "quick_check" in terminal.text or "none yet" in terminal.text


@pytest.mark.parametrize("columns", [40, 80])
def test_the_report_fits_the_terminal(
    configured: dict[str, str], tmp_path: Path, columns: int, emulator: Emulator
) -> None:
    with Terminal(tmp_path, configured, "doctor", columns=columns) as terminal:
        assert terminal.status() == 0
    for row in terminal.text.splitlines():
        words = row.split()
        assert wcwidth.wcswidth(row) <= columns or len(words) == 1 or len(max(words, key=len)) > columns - 30


def test_foreign_text_in_settings_cannot_act(azresp: Azresp, configured: dict[str, str]) -> None:
    env = configured | {"AZRESP_DEPLOYMENT": "gpt\u202e5", "TERM": "x\x1b[2Jterm"}
    done = azresp("doctor", "--offline", env=env)
    assert not set("\x1b\u202e") & set(done.stdout)


def test_a_certificate_that_nobody_trusts_is_a_network_failure(
    azresp: Azresp, configured: dict[str, str], tmp_path: Path
) -> None:
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    request = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext"
    words = [*request.split(), "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate)]
    made = subprocess.run(words, capture_output=True, check=False)
    if made.returncode:
        pytest.skip("openssl can't make a certificate here")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        context.wrap_socket(server, server_side=True) as secure,
    ):
        env = configured | {"AZRESP_ENDPOINT": f"https://localhost:{secure.getsockname()[1]}"}
        with subprocess.Popen(
            [*COMMAND, "doctor", "--json"], env=env, stdout=subprocess.PIPE, text=True
        ) as process:
            with pytest.raises(ssl.SSLError):
                secure.accept()
            out, _ = process.communicate(timeout=60)
    found = {(one["section"], one["name"]): one for one in json.loads(out)["findings"]}
    assert process.returncode == 5
    assert "TLS failed" in found["network", "connection"]["text"]
    assert "ca_file" in found["network", "connection"]["todo"]


AZURE = "https://contoso.openai.azure.com/openai/v1/"


def test_loopback_is_never_asked_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    key = KeySignIn(lambda: Secret("x"), "env:X")
    monkeypatch.setenv("HTTPS_PROXY", "http://u:p@proxy:1")
    monkeypatch.setenv("NO_PROXY", "")
    assert "HTTPS_PROXY is left aside" in proxy(Connection("http://127.0.0.1:1/", key)).text
    assert proxy(Connection(AZURE, key)).text == "http://***@proxy:1 (HTTPS_PROXY)"
    assert proxy(Connection(AZURE, key, proxy="none")).text == "none (the setting `proxy`)"
    monkeypatch.setenv("NO_PROXY", "openai.azure.com")
    assert "NO_PROXY exempts" in proxy(Connection(AZURE, key)).text


def test_two_stacks_that_trust_different_authorities_are_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = ssl.get_default_verify_paths().cafile
    if not bundle:
        pytest.skip("this machine has no bundle of certificates")
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    entra = Connection(AZURE, EntraSignIn())
    env = {"SSL_CERT_FILE": bundle}
    marks = {one.name: one.mark for one in authorities(entra, env)}
    assert marks == {"CA": Mark.OK, "CA sign-in": Mark.WARN}
    both = env | {"REQUESTS_CA_BUNDLE": bundle}
    assert {one.mark for one in authorities(entra, both)} == {Mark.OK}
    one_file = Connection(AZURE, EntraSignIn(), ca_file=bundle)
    assert {one.mark for one in authorities(one_file, env)} == {Mark.OK}
    missing = Connection(AZURE, EntraSignIn(), ca_file=str(tmp_path / "none.pem"))
    assert {one.mark for one in authorities(missing, {})} == {Mark.FAIL}


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://user:secret@proxy:80", "http://***@proxy:80"),
        ("user:secret@proxy:80", "***@proxy:80"),
        ("http://a:b@c@proxy/", "http://***@proxy/"),
        ("http://proxy:80/", "http://proxy:80/"),
    ],
)
def test_user_names_and_passwords_are_masked(url: str, shown: str) -> None:
    assert without_user(url) == shown
