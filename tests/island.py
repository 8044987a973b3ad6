"""The emulator's own tests, from a copy in an empty environment: `make island`, or python -m tests.island [WORDS…].

The copy is a package of its own: azresp/emulator below an empty azresp, its tests, and what it needs of the lock.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TAKEN = ("__init__.py", "conftest.py", "examples.py", "mcp_server.py", "emulator")
"""What of tests/ goes along."""
TESTS_NEED = {"pytest", "pytest-xdist", "hypothesis", "jsonschema", "openai"}
"""openai: a client that is not ours."""


def main(words: list[str]) -> int:
    """Copy, install, test; gives pytest's exit status."""
    with tempfile.TemporaryDirectory(prefix="island-") as name:
        island = Path(name)
        copy(island)
        python = island / ".venv/bin/python"
        _run(sys.executable, "-m", "venv", str(island / ".venv"), cwd=island)
        pip = (
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--require-hashes",
            "--no-deps",
        )
        _run(str(python), *pip, "-r", "requirements.txt", cwd=island)
        tested = subprocess.run([python, "-m", "pytest", *words], cwd=island, env=_env(), check=False)
        return tested.returncode


def copy(island: Path) -> None:
    """Put the emulator, its tests, its settings and its part of the lock into an empty folder."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "azresp/emulator", island / "azresp/emulator", ignore=ignored)
    (island / "azresp/__init__.py").touch()
    (island / "tests").mkdir()
    for name in TAKEN:
        source, target = ROOT / "tests" / name, island / "tests" / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=ignored)
        else:
            shutil.copy(source, target)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    options = project["tool"]["pytest"]["ini_options"]
    warnings = "\n  ".join(options["filterwarnings"])
    (island / "pytest.ini").write_text(
        f"[pytest]\naddopts = {options['addopts']}\nfilterwarnings =\n  {warnings}\n"
    )
    roots = {_name(one) for one in project["project"]["optional-dependencies"]["emulator"]} | TESTS_NEED
    lock = (ROOT / "requirements-test.txt").read_text(encoding="utf-8")
    (island / "requirements.txt").write_text("".join(needed(lock, roots)))


def needed(lock: str, roots: set[str]) -> Iterator[str]:
    """The entries of a lock by `uv pip compile` that these packages need, themselves included."""
    entries = {_name(entry): entry for entry in re.split(r"^(?=\w)", lock, flags=re.MULTILINE) if entry}
    via = {
        name: set(re.findall(r"^ +# (?:via| ) +(\S+)", entry, re.MULTILINE))
        for name, entry in entries.items()
    }
    chosen = set(roots)
    while more := {name for name, parents in via.items() if parents & chosen} - chosen:
        chosen |= more
    return (entry for name, entry in entries.items() if name in chosen)


def _name(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    return found[0].lower().replace("_", "-") if found else ""


def _run(*words: str, cwd: Path) -> None:
    subprocess.run(words, cwd=cwd, env=_env(), check=True)


def _env() -> dict[str, str]:
    """This one's environment, with no way back to the repository but the shared samples."""
    env = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "VIRTUAL_ENV")}
    return env | {"AZRESP_SHARED": os.environ.get("AZRESP_SHARED", str(ROOT.parent / "shared"))}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
