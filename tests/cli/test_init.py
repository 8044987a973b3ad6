"""`azresp init`, as somebody types it and as a script runs it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from azresp.emulator import Emulator
from tests.cli.conftest import Azresp
from tests.cli.terminal import Terminal

RING = """
import json, pathlib
from keyring.backend import KeyringBackend

class Ring(KeyringBackend):
    priority = 5
    file = pathlib.Path(__file__).with_name("ring.json")

    def _all(self):
        return json.loads(self.file.read_text()) if self.file.exists() else {}

    def get_password(self, service, username):
        return self._all().get(f"{service}/{username}")

    def set_password(self, service, username, password):
        self.file.write_text(json.dumps({**self._all(), f"{service}/{username}": password}))
"""
ENTRA, VARIABLE, KEYRING = "1", "2", "3"
KEY = "canary-key-0002"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "config" / "azresp" / "config.toml"


@pytest.fixture
def ring(tmp_path: Path, isolated: dict[str, str]) -> dict[str, str]:
    """The isolated environment with a keyring that is a file."""
    (tmp_path / "rings").mkdir()
    (tmp_path / "rings" / "filering.py").write_text(RING)
    return isolated | {"PYTHONPATH": str(tmp_path / "rings"), "PYTHON_KEYRING_BACKEND": "filering.Ring"}


def begin(folder: Path, env: dict[str, str], *words: str, columns: int = 80) -> Terminal:
    return Terminal(folder, env, "init", *words, columns=columns)


def answer(terminal: Terminal, *pairs: tuple[str, str]) -> None:
    """Wait for each prompt and type the answer."""
    for prompt, text in pairs:
        terminal.expect(prompt)
        terminal.say(text)


@pytest.mark.parametrize("columns", [40, 80])
def test_a_newcomer_gets_from_nothing_to_a_chat_in_four_answers(
    isolated: dict[str, str], emulator: Emulator, tmp_path: Path, config: Path, columns: int, azresp: Azresp
) -> None:
    env = isolated | {"MY_KEY": KEY}
    before = emulator.journal.count("POST")
    with begin(tmp_path, env, columns=columns) as terminal:
        answer(
            terminal,
            ("Endpoint: ", emulator.root_url),
            ("Deployment: ", "gpt-5-mini"),
            ("Choose", VARIABLE),
            ("Variable", "MY_KEY"),
        )
        assert terminal.status() == 0
    assert "Signed in with env:MY_KEY" in " ".join(terminal.text.split())
    assert max(len(line) for line in terminal.text.splitlines() if str(tmp_path) not in line) <= columns
    assert emulator.journal.count("POST") == before + 1
    asked = emulator.journal.requests[-1].body
    assert (asked["store"], asked["max_output_tokens"]) == (False, 16)
    assert config.stat().st_mode & 0o777 == 0o600
    assert tomllib.loads(config.read_text()) == {
        "default_profile": "default",
        "profiles": {
            "default": {
                "endpoint": emulator.base_url,
                "deployment": "gpt-5-mini",
                "auth": "key",
                "key": "env:MY_KEY",
            }
        },
    }
    assert azresp("run", "what is 6 times 7?", env={"MY_KEY": KEY}).stdout.count("42")


def test_a_pasted_url_is_taken_apart(
    isolated: dict[str, str], emulator: Emulator, tmp_path: Path, config: Path
) -> None:
    pasted = f"{emulator.root_url}/openai/deployments/gpt-4.1/chat/completions?api-version=2025-04-01-preview"
    with begin(tmp_path, isolated | {"K": KEY}) as terminal:
        answer(terminal, ("Endpoint: ", pasted), ("Choose", VARIABLE), ("Variable", "K"))
        assert terminal.status() == 0
    assert "Taken from the URL: deployment gpt-4.1 and api-version 2025-04-01-preview" in terminal.text
    written = tomllib.loads(config.read_text())["profiles"]["default"]
    assert written["endpoint"] == f"{emulator.root_url}/openai/"
    assert (written["deployment"], written["api_version"]) == ("gpt-4.1", "2025-04-01-preview")
    assert emulator.journal.requests[-1].path == "/openai/responses"


def test_a_typed_key_goes_into_the_keyring_and_nowhere_else(
    ring: dict[str, str], emulator: Emulator, tmp_path: Path, config: Path, azresp: Azresp
) -> None:
    with begin(tmp_path, ring, "--endpoint", emulator.root_url, "--deployment", "gpt-5-mini") as terminal:
        answer(terminal, ("Choose", KEYRING), ("Name in the keyring", "work"), ("hidden", KEY))
        assert terminal.status() == 0
    assert KEY not in terminal.text
    assert tomllib.loads(config.read_text())["profiles"]["default"]["key"] == "keyring:work"
    holders = [
        path.name
        for path in tmp_path.rglob("*")
        if path.is_file() and KEY in path.read_text(errors="replace")
    ]
    assert holders == ["ring.json"]
    assert azresp("run", "hello", env=ring).returncode == 0


def test_a_key_that_no_variable_holds_yet_can_be_tried_and_is_kept_nowhere(
    isolated: dict[str, str], emulator: Emulator, tmp_path: Path, config: Path
) -> None:
    with begin(tmp_path, isolated, "--endpoint", emulator.root_url, "--deployment", "gpt-5-mini") as terminal:
        answer(terminal, ("Choose", VARIABLE), ("Variable", "LATER"), ("hidden", KEY))
        assert terminal.status() == 0
    shown = " ".join(terminal.text.split())
    assert "Signed in with the key that you typed" in shown
    assert "Now: export LATER=…, then azresp chat" in shown
    assert KEY not in terminal.text
    assert tomllib.loads(config.read_text())["profiles"]["default"]["key"] == "env:LATER"
    assert not [
        one for one in tmp_path.rglob("*") if one.is_file() and KEY in one.read_text(errors="replace")
    ]


def test_a_key_typed_where_a_name_is_wanted_is_not_kept(
    isolated: dict[str, str], emulator: Emulator, tmp_path: Path, config: Path
) -> None:
    with begin(
        tmp_path, isolated | {"K": KEY}, "--endpoint", emulator.root_url, "--deployment", "gpt-5"
    ) as terminal:
        answer(terminal, ("Choose", VARIABLE), ("Variable", "sk-12345!"), ("Variable", "K"))
        assert terminal.status() == 0
    assert "no variable's name" in terminal.text
    assert "sk-12345" not in config.read_text()


@pytest.mark.parametrize("key", ["c", "d"])
def test_ctrl_c_and_the_end_of_input_leave_everything_as_it_was(
    isolated: dict[str, str], emulator: Emulator, tmp_path: Path, config: Path, key: str
) -> None:
    with begin(tmp_path, isolated) as terminal:
        answer(terminal, ("Endpoint: ", emulator.root_url))
        terminal.expect("Deployment: ")
        terminal.press_until_over(key)
        assert terminal.status() == 130
    assert "nothing was changed" in terminal.text
    assert not config.exists()


def test_a_failed_try_shows_the_next_step_and_lets_an_answer_be_changed(
    isolated: dict[str, str], emulator: Emulator, tmp_path: Path, config: Path
) -> None:
    with begin(tmp_path, isolated | {"K": KEY}) as terminal:
        answer(
            terminal,
            ("Endpoint: ", ""),
            ("An endpoint is needed", ""),
            ("Endpoint: ", "https://contoso.example.com/"),
            ("Endpoint: ", "https://ai.azure.com/x?id=/accounts/contoso"),
            ("Endpoint [https://contoso.openai.azure.com]: ", emulator.root_url),
            ("Deployment: ", ""),
            ("A deployment is needed", "no-such"),
            ("Choose", VARIABLE),
            ("Variable", "K"),
            ("Choose [2]", ""),
            ("Endpoint", ""),
            ("Deployment [no-such]", "gpt-5"),
            ("Choose [2]", ""),
            ("Variable [K]", ""),
        )
        assert terminal.status() == 0
    shown = " ".join(terminal.text.split())
    assert "DeploymentNotFound" in shown
    assert "is no deployment of this resource" in shown
    assert "must be on a host of the Azure OpenAI service" in shown
    assert tomllib.loads(config.read_text())["profiles"]["default"]["deployment"] == "gpt-5"


def test_after_a_failed_try_one_may_save_all_the_same_or_leave(
    isolated: dict[str, str], emulator: Emulator, tmp_path: Path, config: Path
) -> None:
    words = ("--endpoint", emulator.root_url, "--deployment", "no-such", "--key", "env:K")
    env = isolated | {"K": KEY}
    with begin(tmp_path, env, *words) as terminal:
        answer(terminal, ("Choose", "4"))
        assert terminal.status() == 0
    assert not config.exists()
    with begin(tmp_path, env, *words) as terminal:
        answer(terminal, ("Choose", "3"))
        assert terminal.status() == 0
    assert config.exists()


def test_a_second_profile_asks_before_it_replaces_and_keeps_comments_and_other_settings(
    isolated: dict[str, str], emulator: Emulator, tmp_path: Path, config: Path
) -> None:
    config.parent.mkdir(parents=True)
    config.write_text(
        "# mine\n[profiles.work] # the office\n"
        'endpoint = "https://contoso.openai.azure.com"\ndeployment = "old"\ninstructions = "Be brief."\n'
    )
    config.chmod(0o600)
    words = ("--endpoint", emulator.root_url, "--deployment", "gpt-5", "--key", "env:K")
    with begin(tmp_path, isolated | {"K": KEY}, *words) as terminal:
        answer(
            terminal,
            ("Name of this profile", "work"),
            ("Replace the connection of work?", "n"),
            ("Name of this profile", "work"),
            ("Replace the connection of work?", "y"),
        )
        assert terminal.status() == 0
    text = config.read_text()
    assert text.startswith("# mine\n[profiles.work] # the office\n")
    work = tomllib.loads(text)["profiles"]["work"]
    assert (work["instructions"], work["deployment"], work["endpoint"]) == (
        "Be brief.",
        "gpt-5",
        emulator.base_url,
    )


def test_a_further_profile_does_not_take_over_unasked(
    azresp: Azresp, emulator: Emulator, config: Path
) -> None:
    words = ("--endpoint", emulator.root_url, "--key", "env:K")
    azresp("init", *words, "--deployment", "gpt-5", env={"K": KEY})
    done = azresp("init", *words, "--deployment", "gpt-4o", "--profile", "other", env={"K": KEY})
    assert done.returncode == 0
    assert "azresp chat --profile other" in done.stderr
    assert tomllib.loads(config.read_text())["default_profile"] == "default"


def test_without_a_terminal_what_is_missing_is_named(azresp: Azresp, config: Path) -> None:
    done = azresp("init", "--key", "env:K")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--endpoint and --deployment are missing" in done.stderr
    assert not config.exists()


def test_without_a_terminal_a_failed_try_saves_nothing_unless_told(
    azresp: Azresp, emulator: Emulator, config: Path
) -> None:
    words = ("init", "--endpoint", emulator.root_url, "--deployment", "no-such", "--key", "env:K")
    done = azresp(*words, env={"K": KEY})
    assert done.returncode == 1
    assert "--no-check" in done.stderr
    assert not config.exists()
    assert azresp(*words, "--no-check").returncode == 0
    assert tomllib.loads(config.read_text())["profiles"]["default"]["deployment"] == "no-such"
    again = azresp(*words, "--no-check")
    assert again.returncode == 2
    assert "--yes" in again.stderr
    assert azresp(*words, "--no-check", "--yes").returncode == 0


def test_a_key_itself_is_refused_and_not_shown(azresp: Azresp, emulator: Emulator) -> None:
    done = azresp("init", "--endpoint", emulator.root_url, "--deployment", "gpt-5", "--key", KEY)
    assert done.returncode == 2
    assert KEY not in done.stdout + done.stderr


def test_a_variable_that_counts_before_the_file_is_told(
    azresp: Azresp, configured: dict[str, str], emulator: Emulator
) -> None:
    words = ("--endpoint", emulator.root_url, "--deployment", "gpt-4o", "--key", "env:AZRESP_API_KEY")
    done = azresp("init", *words, env=configured)
    assert done.returncode == 0
    assert "AZRESP_DEPLOYMENT is set in this shell" in done.stderr
    assert "AZRESP_ENDPOINT is set" not in done.stderr
    assert "AZRESP_API_KEY is set" not in done.stderr


def test_a_broken_file_is_not_touched(azresp: Azresp, emulator: Emulator, config: Path) -> None:
    config.parent.mkdir(parents=True)
    config.write_text("[profiles.work\n")
    done = azresp("init", "--endpoint", emulator.root_url, "--deployment", "gpt-5", "--no-check")
    assert done.returncode == 2
    assert "not TOML" in done.stderr
    assert config.read_text() == "[profiles.work\n"
