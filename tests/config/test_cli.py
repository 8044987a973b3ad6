"""`azresp config` and the flags that commands get from the table of settings."""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from azresp.cli.config import config_app
from azresp.cli.flags import setting_flags
from azresp.config.load import load
from azresp.config.profile import SETTINGS
from azresp.errors import AzrespError, ConfigError, LocalError

Run = Callable[..., str]


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in list(os.environ):
        if name.startswith(("AZRESP_", "AZURE_", "OPENAI_")) or name in ("VISUAL", "EDITOR"):
            monkeypatch.delenv(name)
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    return tmp_path / "azresp" / "config.toml"


def run(*words: str, stdin: str = "") -> tuple[str, str, BaseException | None]:
    """Give stdout, stderr and our error, if any, of `azresp config WORDS`."""
    result = CliRunner().invoke(config_app, list(words), input=stdin)
    ours = result.exception if isinstance(result.exception, AzrespError) else None
    if result.exception and not ours:
        raise result.exception
    return result.stdout, result.stderr, ours


def editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *texts: str | None) -> Path:
    """Make $VISUAL a program that writes these texts one after the other; give the file it logs to."""
    log, script = tmp_path / "log.json", tmp_path / "an editor.py"
    script.write_text(
        "import json, os, pathlib, sys\n"
        f"log, texts = pathlib.Path({str(log)!r}), {list(texts)!r}\n"
        "seen = json.loads(log.read_text()) if log.exists() else []\n"
        "path = pathlib.Path(sys.argv[-1])\n"
        "seen.append({'text': path.read_text(), 'mode': path.stat().st_mode & 0o777, 'env': sorted(os.environ)})\n"
        "log.write_text(json.dumps(seen))\n"
        "text = texts[len(seen) - 1]\n"
        "sys.exit(3) if text == 'exit 3' else text is not None and path.write_text(text)\n"
    )
    monkeypatch.setenv("VISUAL", shlex.join([sys.executable, str(script)]))
    return log


def test_show_tells_each_value_and_where_it_came_from(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("set", "endpoint", "contoso.openai.azure.com", "--profile", "work")
    monkeypatch.setenv("AZRESP_API_KEY", "hunter2")
    out, err, _ = run("show", "--temperature", "0.5", "--no-store")
    rows = {line.split()[0]: " ".join(line.split()[1:]) for line in out.splitlines() if line}
    assert rows["file"] == str(config)
    assert rows["profile"] == "work"
    assert (
        rows["endpoint"]
        == '"https://contoso.openai.azure.com/openai/v1/" config.toml: profiles.work.endpoint'
    )
    assert rows["key"] == '"env:AZRESP_API_KEY" AZRESP_API_KEY'
    assert rows["temperature"] == "0.5 --temperature"
    assert rows["store"] == "false --store"
    assert rows["top_p"] == "not set default"
    assert set(SETTINGS) <= set(rows)
    assert "hunter2" not in out + err


def test_show_as_json_holds_everything(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZRESP_METADATA", "a=b, c=d")
    shown = json.loads(run("show", "--json")[0])
    assert shown["file"] == str(config)
    assert shown["found"] is False
    assert set(shown["settings"]) == set(SETTINGS)
    assert shown["settings"]["metadata"] == {
        "value": {"a": "b", "c": "d"},
        "layer": "environment",
        "place": "AZRESP_METADATA",
    }


def test_foreign_text_in_a_value_cannot_act_on_the_terminal(config: Path) -> None:
    run("set", "instructions", "a\x1b]52;c;eA\x07\u202eb")
    out, err, _ = run("show")
    assert not set("\x1b\x07\u202e") & set(out + err)


def test_path_is_told_whether_the_file_is_there_or_not(config: Path) -> None:
    assert run("path")[0] == f"{config}\n"
    assert run("path", "--config", "/x/y.toml")[0] == "/x/y.toml\n"


@pytest.mark.parametrize("key", list(SETTINGS))
def test_set_default_removes_every_kind_of_setting(config: Path, key: str) -> None:
    values = {
        "endpoint": "contoso.openai.azure.com",
        "key": "env:A_KEY",
        "metadata": "a=b",
        "ca_file": __file__,
    }
    words = SETTINGS[key].rule.words
    example = values.get(key) or (words[0] if words else SETTINGS[key].example.strip('"'))
    run("set", key, example)
    assert key in config.read_text()
    _, err, wrong = run("set", key, "default")
    assert wrong is None
    assert err == f"{config}: {key} removed\n"
    assert key not in config.read_text()


def test_set_tells_a_profile_that_is_new(config: Path) -> None:
    run("set", "store", "off", "--profile", "work")
    _, err, _ = run("set", "store", "off", "--profile", "wrok")
    assert err.startswith("new profile wrok (there was work)\n")
    _, err, _ = run("set", "store", "on", "--profile", "work")
    assert "new profile" not in err
    before = config.read_text()
    _, _, wrong = run("set", "store", "default", "--profile", "typo")
    assert isinstance(wrong, ConfigError) and "typo" in wrong.what
    assert config.read_text() == before


def test_set_writes_and_removes_a_value_in_the_profile_in_force(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZRESP_TEMPERATURE", "hot")  # wrong elsewhere, so of no concern here
    run("set", "store", "off", "--profile", "work")
    run("set", "verbosity", "low")
    assert config.read_text() == '[profiles.work]\nstore = false\nverbosity = "low"\n'
    run("set", "store", "default")
    assert config.read_text() == '[profiles.work]\nverbosity = "low"\n'
    _, _, wrong = run("set", "top_p", "2")
    assert isinstance(wrong, ConfigError)
    assert wrong.what == "top_p: must be a number from 0 to 1, got 2"


def test_edit_begins_with_the_example_and_saves_what_is_right(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZRESP_API_KEY", "hunter2")
    log = editor(tmp_path, monkeypatch, "verbosity = 'low'\n")
    _, err, wrong = run("edit")
    assert wrong is None
    assert "Saved" in err
    assert config.read_text() == "verbosity = 'low'\n"
    assert config.stat().st_mode & 0o777 == 0o600
    seen = json.loads(log.read_text())
    assert "# Configuration of azresp" in seen[0]["text"]
    assert seen[0]["mode"] == 0o600
    assert "AZRESP_API_KEY" not in seen[0]["env"]
    assert [one.name for one in config.parent.iterdir()] == ["config.toml"]


def test_edit_offers_to_mend_a_wrong_text_and_keeps_the_old_file_until_it_is_right(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config.parent.mkdir()
    config.touch(0o600)
    config.write_text("verbosity = 'low'\n")
    log = editor(tmp_path, monkeypatch, "verbosity = 'blue'\n", "verbosity = 'high'\n")
    _, err, wrong = run("edit", stdin="y\n")
    assert wrong is None
    assert "config.toml: verbosity: must be one of low, medium, high, got 'blue'" in err
    assert [one["text"] for one in json.loads(log.read_text())] == [
        "verbosity = 'low'\n",
        "verbosity = 'blue'\n",
    ]
    assert config.read_text() == "verbosity = 'high'\n"


@pytest.mark.parametrize("stdin", ["n\n", ""])
def test_edit_changes_nothing_when_a_wrong_text_is_given_up(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stdin: str
) -> None:
    config.parent.mkdir()
    config.touch(0o600)
    config.write_text("verbosity = 'low'\n")
    editor(tmp_path, monkeypatch, "verbosity = = 1\n")
    _, _, wrong = run("edit", stdin=stdin)
    assert isinstance(wrong, ConfigError)
    assert config.read_text() == "verbosity = 'low'\n"
    assert [one.name for one in config.parent.iterdir()] == ["config.toml"]


@pytest.mark.parametrize(("text", "fails"), [(None, False), ("exit 3", True)])
def test_edit_saves_nothing_when_the_editor_did_nothing_or_failed(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str | None, fails: bool
) -> None:
    editor(tmp_path, monkeypatch, text)
    _, _, wrong = run("edit")
    assert isinstance(wrong, LocalError) is fails
    assert not config.exists()


def test_a_missing_editor_is_told(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDITOR", "no-such-editor-here")
    _, _, wrong = run("edit")
    assert isinstance(wrong, LocalError)
    assert "VISUAL or EDITOR" in wrong.hint


def test_a_command_gets_a_flag_for_every_setting_and_only_what_was_given(config: Path) -> None:
    app, got = typer.Typer(), []

    @app.command()
    @setting_flags()
    def ask(prompt: str, *, flags: Mapping[str, object], quiet: bool = False) -> None:
        got.append((prompt, quiet, flags))

    def ask_with(*words: str) -> None:
        result = CliRunner().invoke(app, list(words))
        if result.exception:
            raise result.exception

    ask_with("hello")
    ask_with(
        "hello", "--quiet", "--no-store", "--temperature", "1", "--metadata", "a=b,c", "--metadata", "d=e=f"
    )
    assert got == [
        ("hello", False, {}),
        ("hello", True, {"store": False, "temperature": "1", "metadata": {"a": "b,c", "d": "e=f"}}),
    ]
    loaded = load(got[1][2])
    assert loaded.profile.metadata == {"a": "b,c", "d": "e=f"}
    assert loaded.profile.store is False
    with pytest.raises(ConfigError, match="--metadata: must be KEY=VALUE"):
        ask_with("hello", "--metadata", "a")
    shown = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "200", "TERM": "dumb"}).stdout
    for setting in SETTINGS.values():
        assert setting.flag in shown


def test_a_command_may_take_some_groups_only() -> None:
    app = typer.Typer()

    @app.command()
    @setting_flags("screen")
    def draw(*, flags: Mapping[str, object]) -> None:
        raise AssertionError(flags)

    assert CliRunner().invoke(app, ["--endpoint", "x"]).exit_code == 2


def test_words_of_a_setting_are_completed() -> None:
    app = typer.Typer()

    @app.command()
    @setting_flags("request")
    def ask(*, flags: Mapping[str, object]) -> None:
        raise AssertionError(flags)

    env = {"_ROOT_COMPLETE": "complete_bash", "COMP_WORDS": "root --verbosity m", "COMP_CWORD": "2"}
    shown = CliRunner().invoke(app, [], env=env, prog_name="root")
    assert shown.stdout.split() == ["medium"]


@pytest.mark.parametrize("columns", [40, 80])
def test_show_breaks_no_word_where_lines_are_short(
    config: Path, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    text = "Answer in plain words and be brief, " * 4 + "always."
    run("set", "instructions", text, "--profile", "work")
    whole, _, _ = run("show")
    monkeypatch.setenv("COLUMNS", str(columns))
    out, _, _ = run("show")
    assert out.split() == whole.split()
    assert all(len(line) <= columns or " " not in line.strip() for line in out.splitlines())
