"""The file: where it is looked for, what is refused, and that nobody else can read what is written."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from azresp.config import file
from azresp.config.edit import write_profile
from azresp.config.load import load
from azresp.config.origin import Origin
from azresp.core.secrets import Secret, SecretRef
from azresp.errors import ConfigError, LocalError


def test_the_file_is_named_by_flag_variable_xdg_or_the_platform(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    both = {"AZRESP_CONFIG": "/b/c.toml", "XDG_CONFIG_HOME": "/x"}
    assert file.locate(both, "/a/c.toml") == (Path("/a/c.toml"), True)
    assert file.locate(both) == (Path("/b/c.toml"), True)
    assert file.locate({"XDG_CONFIG_HOME": "/x"}) == (Path("/x/azresp/config.toml"), False)
    home, named = file.locate({"XDG_CONFIG_HOME": "relative/is/ignored"})
    assert home is not None
    assert home.is_relative_to(tmp_path)
    assert not named


def test_without_a_home_folder_everything_else_still_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platformdirs.user_config_path", lambda *_, **__: Path("~/.config/azresp"))
    loaded = load({}, {"AZRESP_TEMPERATURE": "1"})
    assert loaded.profile.temperature == 1
    assert loaded.path is None
    assert "no home folder" in loaded.warnings[0]


def test_a_missing_file_is_fine_unless_it_was_named(tmp_path: Path) -> None:
    assert not load({}, {"XDG_CONFIG_HOME": str(tmp_path)}).found
    with pytest.raises(ConfigError, match="no such file"):
        load({"config": str(tmp_path / "x.toml")}, {})


def test_a_file_open_to_others_is_pointed_out(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text("verbosity = 'low'")
    path.chmod(0o644)
    loaded = load({"config": path}, {})
    assert loaded.profile.verbosity == "low"
    assert f"chmod 600 {path}" in loaded.warnings[0]
    path.chmod(0o600)
    assert load({"config": path}, {}).warnings == ()


def test_a_file_of_somebody_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "c.toml"
    path.write_text("")
    path.chmod(0o600)
    if os.geteuid() == 0:
        os.chown(path, 12345, 12345)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(ConfigError, match="must belong to you"):
        load({"config": path}, {})


@pytest.mark.parametrize("kind", ["folder", "fifo", "huge", "latin-1", "nul"])
def test_what_is_no_plain_text_file_is_refused_without_hanging(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "c.toml"
    match kind:
        case "folder":
            path.mkdir()
        case "fifo":
            os.mkfifo(path)
        case "huge":
            path.write_text("#" * (2 << 20))
        case "latin-1":
            path.write_bytes("instructions = 'grüß'".encode("latin-1"))
        case _:
            path = tmp_path / "a\0b"
    with pytest.raises(ConfigError):
        load({"config": path}, {})


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_bytes("\ufeffverbosity = 'low'\r\n".encode())
    assert load({"config": path}, {}).profile.verbosity == "low"


def test_what_is_written_only_its_owner_can_read_whatever_the_umask(tmp_path: Path) -> None:
    path = tmp_path / "new" / "azresp" / "config.toml"
    before = os.umask(0)
    try:
        file.write(path, "verbosity = 'low'\n")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert (
        stat.S_IMODE(path.parent.stat().st_mode) == stat.S_IMODE(path.parent.parent.stat().st_mode) == 0o700
    )
    assert [one.name for one in path.parent.iterdir()] == ["config.toml"]
    path.chmod(0o666)
    file.write(path, "")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_link_stays_a_link_and_its_target_is_replaced(tmp_path: Path) -> None:
    target, link = tmp_path / "dotfiles.toml", tmp_path / "config.toml"
    target.write_text("verbosity = 'low'")
    link.symlink_to(target)
    file.write(link, "verbosity = 'high'")
    assert link.is_symlink()
    assert target.read_text() == "verbosity = 'high'"


def test_a_folder_that_can_not_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "flat").write_text("")
    with pytest.raises(LocalError, match="can't be written"):
        file.write(tmp_path / "flat" / "config.toml", "")


OLD = """\
# mine, keep it
default_profile = "home"  # for now
temperature = 0.5

# at home
[profiles.home]
deployment = "old"  # the first one
top_p = 0.9

[profiles.other]
verbosity = "low"
"""


def test_writing_a_profile_keeps_comments_and_everything_else(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.touch(0o600)
    path.write_text(OLD)
    key = SecretRef("env", "HOME_KEY")
    write_profile(path, "home", {"deployment": "new", "key": key, "top_p": None, "metadata": {"a": "b"}})
    write_profile(path, "work", {"endpoint": "c.openai.azure.com", "store": False}, make_default=True)
    write_profile(path, "", {"verbosity": "low"})
    text = path.read_text()
    for kept in (
        "# mine, keep it",
        "# for now",
        "# at home",
        "# the first one",
        '[profiles.other]\nverbosity = "low"',
    ):
        assert kept in text
    home = load({"config": path, "profile": "home"}, {}).profile
    assert (home.deployment, home.key, home.top_p, home.metadata) == ("new", key, None, {"a": "b"})
    work = load({"config": path}, {})
    assert work.name == "work"
    assert (work.profile.store, work.profile.verbosity, work.profile.temperature) == (False, "low", 0.5)
    assert work.origins["verbosity"] == Origin("file", "config.toml: verbosity")


def test_a_profile_is_written_to_a_new_file(tmp_path: Path) -> None:
    path = tmp_path / "azresp" / "config.toml"
    write_profile(path, "work", {"deployment": "gpt-5"}, make_default=True)
    assert path.read_text() == 'default_profile = "work"\n\n[profiles.work]\ndeployment = "gpt-5"\n'


@pytest.mark.parametrize(
    "values",
    [{"key": Secret("hunter2")}, {"key": "hunter2"}, {"temperature": 3}, {"colour": 1}, {"store": "yes"}],
)
def test_nothing_wrong_and_no_secret_is_ever_written(tmp_path: Path, values: dict[str, object]) -> None:
    path = tmp_path / "config.toml"
    with pytest.raises(ConfigError) as wrong:
        write_profile(path, "work", values)
    assert "hunter2" not in wrong.value.what
    assert not path.exists()


def test_a_broken_file_is_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.touch(0o600)
    path.write_text("a = = 1")
    with pytest.raises(ConfigError, match="not TOML"):
        write_profile(path, "work", {"verbosity": "low"})
    assert path.read_text() == "a = = 1"
