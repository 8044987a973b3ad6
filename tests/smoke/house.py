"""An empty environment that a wheel is installed into, with an empty home, outside the repo."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from email import message_from_bytes
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

Env = Mapping[str, str]
LOCK = Path(__file__).resolve().parents[2] / "requirements-test.txt"


class House:
    """An environment of its own with a program, a home and a folder to work in, all empty at first."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.venv, self.home, self.work = place / "venv", place / "home", place / "work"
        for one in (self.home, self.work):
            one.mkdir(parents=True)
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", self.venv], check=True)
        self.bin = self.venv / "bin"
        self.env = {
            "HOME": str(self.home),
            "PATH": f"{self.bin}:/usr/bin:/bin",
            "TERM": "dumb",
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        }

    def install(self, wheel: Path, *extras: str) -> None:
        """Install the wheel, and what it needs with these extras."""
        needed = self.place / "requirements.txt"
        needed.write_text("".join(_locked(set(_needed(_asked(wheel), extras)))))
        self._pip("install", "--no-compile", "--no-deps", "--require-hashes", "-r", str(needed))
        self._pip("install", "--no-deps", str(wheel))
        self._pip("check")

    def _pip(self, *words: str) -> None:
        # Our pip works on their environment: it has none of its own, and what it needs stays out.
        pip = [
            sys.executable,
            "-m",
            "pip",
            "--python",
            str(self.bin / "python"),
            "--disable-pip-version-check",
        ]
        done = subprocess.run([*pip, *words], capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"pip {' '.join(words)}:\n{done.stdout}{done.stderr}")

    def azresp(
        self, *words: str, says: str = "", status: int = 0, stdin: str = "", env: Env | None = None
    ) -> str:
        """Run the program; it must end with this status and say these words. Gives all that it said."""
        return self.run(["azresp", *words], says=says, status=status, stdin=stdin, env=env)

    def run(
        self,
        words: list[str],
        *,
        says: str = "",
        status: int = 0,
        stdin: str = "",
        env: Env | None = None,
    ) -> str:
        """Run any command in this environment, as `azresp` does."""
        done = subprocess.run(
            [self.bin / words[0] if (self.bin / words[0]).exists() else words[0], *words[1:]],
            input=stdin,
            cwd=self.work,
            env={**self.env, **(env or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            check=False,
            timeout=60,
        )
        if done.returncode != status or says not in done.stdout or "Traceback" in done.stdout:
            told = f"{' '.join(words)}: status {done.returncode}, not {status}, or it does not say {says!r}"
            raise SystemExit(f"{told}:\n{done.stdout}")
        return done.stdout


def _asked(wheel: Path) -> list[Requirement]:
    with zipfile.ZipFile(wheel) as opened:
        (name,) = (one for one in opened.namelist() if one.endswith(".dist-info/METADATA"))
        metadata = message_from_bytes(opened.read(name))
    return [Requirement(line) for line in metadata.get_all("Requires-Dist", [])]


def _needed(asked: Iterable[Requirement], extras: Iterable[str]) -> Iterator[str]:
    """The names of all that these requirements bring along, as the environment of the tests has them."""
    seen: set[tuple[str, str]] = set()
    waiting = [(one, extra) for one in asked for extra in ("", *extras)]
    while waiting:
        requirement, extra = waiting.pop()
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        name = canonicalize_name(requirement.name)
        yield name
        for wanted in ("", *requirement.extras):
            if (name, wanted) not in seen:
                seen.add((name, wanted))
                waiting += [(Requirement(line), wanted) for line in distribution(name).requires or ()]


def _locked(names: set[str]) -> Iterator[str]:
    """The entries of the lock for these names."""
    text = LOCK.read_text(encoding="utf-8")
    for entry in re.findall(r"^[^\s#][^\n]*\n(?:[ \t][^\n]*\n)*", text, re.M):
        if canonicalize_name(re.split(r"[=\s;\[]", entry)[0]) in names:
            yield entry
