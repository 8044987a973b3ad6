"""The example file and the documentation's table come from the settings and are right."""

from __future__ import annotations

import re
from pathlib import Path

from azresp.config.example import example, settings_table
from azresp.config.file import parse
from azresp.config.load import load, validate
from azresp.config.profile import GROUPS, SETTINGS, Profile

ROOT = Path(__file__).resolve().parents[2]


def test_the_example_file_is_up_to_date() -> None:
    written = (ROOT / "config.example.toml").read_text()
    assert written == example(), "run: python -m azresp.config.example > config.example.toml"


def test_the_example_as_it_is_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.touch(0o600)
    path.write_text(example())
    assert load({"config": path}, {}).profile == Profile()


def test_the_example_with_all_its_lines_switched_on_is_right(tmp_path: Path) -> None:
    authorities = tmp_path / "ca.pem"
    authorities.touch()
    active = re.sub(r"^# (?=[a-z_.]+ = |\[)", "", example(), flags=re.MULTILINE)
    active = active.replace("~/contoso-ca.pem", str(authorities))
    table = parse(active, Path("config.example.toml"))
    assert set(table) == {*SETTINGS, "default_profile", "profiles", "prices", "tools", "mcp"}
    validate(table, Path("config.example.toml"))


def test_every_setting_is_in_a_group_and_in_the_table_with_its_flag_and_variable() -> None:
    rows = settings_table().splitlines()
    assert len(rows) == len(SETTINGS) + 2
    for setting, row in zip(SETTINGS.values(), rows[2:], strict=True):
        assert setting.group in GROUPS
        assert len(re.findall(r"(?<!\\)\|", row)) == 7
        assert f"`{setting.key}`" in row
        assert setting.flag in row
        assert setting.env in row
