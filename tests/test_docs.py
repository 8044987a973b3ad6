"""The documentation says what the code does: generated pages are current, links lead somewhere."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest
import typer

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def test_the_reference_page_is_what_the_code_makes() -> None:
    from docs.reference import TARGET, reference

    assert TARGET.read_text(encoding="utf-8") == reference(), "run `make docs`"


def test_the_reference_page_tells_every_exit_status() -> None:
    page = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    assert "| 0 | Success. |\n| 1 | The service refused the request or the answer failed. |\n" in page
    assert "| 143 | SIGTERM. |" in page
    assert [row for row in re.findall(r"^\| \d+ \| (.*) \|$", page, re.M) if "=" in row] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_to_files_that_exist(page: Path) -> None:
    for target, place in re.findall(r"\]\(([^)#]*)(?:#([^)]*))?\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            there = page.parent / target if target else page
            assert there.exists(), target
            assert not place or place in headings(there), f"{target}#{place}"


def headings(page: Path) -> set[str]:
    """What links name the headings of a page by."""
    found = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in found}


@pytest.mark.parametrize("page", ["SECURITY.md", "docs/how-it-works.md"])
def test_the_tests_that_keep_promises_and_laws_are_there(page: str) -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", (ROOT / page).read_text(encoding="utf-8"))
    assert len(named) >= 14
    for file in {file for file, _ in named}:
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
        there = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        assert {name for one, name in named if one == file} <= there, file


def test_the_drawing_of_the_layers_is_what_the_import_contract_says() -> None:
    page = (ROOT / "docs" / "how-it-works.md").read_text(encoding="utf-8")
    drawing = page.partition("## Who may import whom")[2].split("```")[1]
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    layers = [layer.replace("azresp.", "").split(" | ") for layer in contracts["contracts"][0]["layers"]]
    rows = [set(re.split(r"\s\s+", line)) for line in drawing.splitlines()]
    drawn = [row & {name for names in layers for name in names} for row in rows]
    assert [row for row in drawn if row] == [set(names) for names in layers]


def test_each_of_the_seven_promises_names_a_test() -> None:
    page = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    _, *promises = re.split(r"^\*\*\d\. ", page.partition("## What is not protected")[0], flags=re.MULTILINE)
    assert [promise.count("::test_") > 0 for promise in promises] == [True] * 7


def test_the_readme_names_every_command() -> None:
    from typer.main import get_command

    from azresp.cli.app import build

    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    names = list(getattr(get_command(build()), "commands"))  # noqa: B009 - Typer's type does not tell
    assert [name for name in names if f"azresp {name}" not in readme] == []


def test_the_list_of_commands_says_of_each_what_it_says_itself() -> None:
    from typer.main import get_command

    from azresp.cli.app import build

    def told(application: typer.Typer) -> dict[str, str]:
        found = getattr(get_command(application), "commands")  # noqa: B009 - Typer's type does not tell
        return {name: one.get_short_help_str(500) for name, one in found.items()}

    assert told(build("")) == told(build())


def test_the_man_page_is_what_the_code_makes_and_holds_no_stray_roff() -> None:
    from docs.man import TARGET, man_page

    page = man_page()
    assert TARGET.read_text(encoding="utf-8") == page, "run `make docs`"
    known = re.compile(r'\.(TH|SH|SS|TP|PP|nh|ad l|\\")( |$)|[^.\x27]')
    escape = re.compile(r"\\(?:[-&e]|\(aq|\(dq|f[BIR]|\[u[0-9A-F]{4,5}\])")
    for line in page.splitlines()[1:]:
        assert known.match(line) and line.isascii(), line
        left = escape.sub("", line)
        assert "\\" not in left and ("-" not in left), line


def test_every_variable_of_the_environment_is_in_the_table_of_them() -> None:
    from azresp.config.profile import SETTINGS

    table = (
        (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8").partition("## The environment")[2]
    )
    named = set(re.findall(r"`(AZRESP_[A-Z_]+)`", table)) | {one.env for one in SETTINGS.values()}
    used = {
        name
        for path in (ROOT / "azresp").rglob("*.py")
        for name in re.findall(r"\bAZRESP_[A-Z]+(?:_[A-Z]+)*\b", path.read_text(encoding="utf-8"))
    }
    assert used - named == set()


def test_pictures_are_small_and_load_nothing() -> None:
    from xml.etree import ElementTree

    pictures = sorted((ROOT / "docs").glob("*.svg"))
    assert len(pictures) >= 6
    for path in pictures:
        text = path.read_text(encoding="utf-8")
        assert len(text) < 150_000, path.name
        kinds = {one.tag.rpartition("}")[2] for one in ElementTree.fromstring(text).iter()}
        assert not kinds & {"script", "image", "use", "foreignObject", "a"}, path.name
        # Its namespace is all that looks like an address.
        assert re.findall(r"https?://[\w.]+|url\(|@import", text) == ["http://www.w3.org"], path.name
