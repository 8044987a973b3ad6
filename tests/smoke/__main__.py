"""What a user gets, tried without the repo: wheel and sdist, an empty environment, an empty home (`make smoke`).

The dependencies come from requirements-test.txt, by hash; only those that the wheel's own metadata asks for.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from pathlib import Path

import pexpect

from azresp import __version__
from tests.media.samples import picture
from tests.smoke.house import House

ROOT = Path(__file__).resolve().parents[2]
BESIDE = {
    "share/man/man1/azresp.1": "docs/azresp.1",
    "share/bash-completion/completions/azresp": "azresp/cli/completions/azresp.bash",
    "share/zsh/site-functions/_azresp": "azresp/cli/completions/_azresp",
    "share/fish/vendor_completions.d/azresp.fish": "azresp/cli/completions/azresp.fish",
    "share/azresp/completions/azresp.ps1": "azresp/cli/completions/azresp.ps1",
}
"""What the wheel puts beside the program, and what that is in the repo."""
NOWHERE = {"AZRESP_ENDPOINT": "http://127.0.0.1:9", "AZRESP_DEPLOYMENT": "gpt-5", "AZRESP_API_KEY": "no-key"}
"""An endpoint that must not be asked: nobody listens there."""
BACKEND = """
from keyring.backend import KeyringBackend


class Keyring(KeyringBackend):
    priority = 1
    get_password = set_password = delete_password = lambda *_: None
"""


def main() -> None:
    """Build, install and try all."""
    with tempfile.TemporaryDirectory(prefix="azresp-smoke-") as folder:
        place = Path(folder)
        step = _Steps()
        _build(ROOT, place / "dist")
        (wheel,), (sdist,) = (place / "dist").glob("*.whl"), (place / "dist").glob("*.tar.gz")
        wheel_holds_what_belongs(wheel)
        step("wheel and sdist are built, with what belongs in them")
        sdist_is_whole(sdist, wheel, place / "source")
        step("the sdist makes the same wheel, and tests run in it")
        house = House(place / "house")
        house.install(wheel)
        step("the wheel is installed, without extras")
        without_extras(house)
        step("what needs an extra names it")
        house.install(wheel, "images", "keyring")
        with_some_extras(house)
        step("and so with some extras")
        house.install(wheel, "emulator", "images", "keyring", "mcp")
        with_all_extras(house)
        step("all works with all of them")
        files_beside(house)
        step("the man page and the completions are there")


class _Steps:
    """Tells each step with what it took."""

    def __init__(self) -> None:
        self._since = time.monotonic()

    def __call__(self, told: str) -> None:
        now = time.monotonic()
        print(f"{now - self._since:5.1f} s  {told}", flush=True)
        self._since = now


def _build(source: Path, into: Path, *targets: str) -> None:
    words = [sys.executable, "-m", "hatchling", "build", "-d", str(into)]
    for one in targets:
        words += ["-t", one]
    subprocess.run(words, cwd=source, check=True, capture_output=True)


def wheel_holds_what_belongs(wheel: Path) -> None:
    """The package, what stands beside it, and its metadata: nothing else."""
    with zipfile.ZipFile(wheel) as opened:
        names = set(opened.namelist())
    found = [path for path in (ROOT / "azresp").rglob("*") if path.is_file() and path.suffix != ".pyc"]
    ours = {name for name in names if name.startswith("azresp/")}
    assert ours == {path.relative_to(ROOT).as_posix() for path in found}
    beside = {name.partition(".data/data/")[2] for name in names - ours if ".data/" in name}
    assert beside == set(BESIDE)
    about = {name.partition(".dist-info/")[2] for name in names - ours if ".data/" not in name}
    assert about == {"METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE"}


def sdist_is_whole(sdist: Path, wheel: Path, place: Path) -> None:
    """The wheel made of it is the same to the byte, and tests run in it."""
    with tarfile.open(sdist) as opened:
        opened.extractall(place, filter="data")
    (source,) = place.iterdir()
    _build(source, place / "again", "wheel")
    assert (place / "again" / wheel.name).read_bytes() == wheel.read_bytes()
    for name in ("Makefile", ".ci/run", "requirements-test.txt", "bench/__main__.py"):
        assert (source / name).is_file(), name
    tests = ["tests/test_docs.py", "tests/core/test_turn.py", "tests/config/test_example.py"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-n", "0", *tests],
        cwd=source,
        env=os.environ | {"PYTHONPATH": str(source)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def without_extras(house: House) -> None:
    """What needs no extra works; what needs one names it, and asks nobody."""
    house.azresp("--version", says=f"azresp {__version__}\n")
    assert {"chat", "run", "jobs", "doctor"} <= set(house.azresp("--help").split())
    house.azresp("config", "path", says=str(house.home))
    house.azresp("config", "set", "verbosity", "low", says="verbosity")
    house.azresp("config", "show", says="low")
    house.azresp("doctor", "--offline", says=str(house.venv), status=2)
    house.azresp("sessions", "list", says="no sessions yet")
    for words in (["run", "--emulator", "always", "hi"], ["emulator"]):
        house.azresp(*words, says="pip install 'azresp[emulator]'", status=2)
    chat = pexpect.run(
        f"{house.bin}/azresp chat --emulator always",
        env=house.env,
        cwd=house.work,
        encoding="utf-8",
        timeout=60,
    )
    assert "pip install 'azresp[emulator]'" in chat, chat
    drawn = house.place / "drawn.png"
    drawn.write_bytes(picture("PNG", (200, 100)))
    small = ("run", "-i", str(drawn), "--image-max-side", "64", "what is it?")
    house.azresp(*small, says="pip install 'azresp[images]'", status=2, env=NOWHERE)
    kept = {**NOWHERE, "AZRESP_API_KEY": "", "AZRESP_KEY": "keyring:work"}
    house.azresp("run", "hi", says="pip install 'azresp[keyring]'", status=4, env=kept)
    house.azresp("mcp", "add", "docs", "https://mcp.example.com/mcp")
    house.azresp("mcp", "login", "docs", says="pip install 'azresp[keyring]'", status=2)


def with_some_extras(house: House) -> None:
    """The one that is missing still is named."""
    (house.place / "a_keyring.py").write_text(BACKEND)
    own = {"PYTHONPATH": str(house.place), "PYTHON_KEYRING_BACKEND": "a_keyring.Keyring"}
    house.azresp("mcp", "login", "docs", says="pip install 'azresp[mcp]'", status=2, env=own)
    house.azresp("mcp", "remove", "docs")
    house.azresp("run", "--emulator", "always", "hi", says="pip install 'azresp[emulator]'", status=2)


def with_all_extras(house: House) -> None:
    """One-shots, pipes, pictures, jobs and sessions, with the embedded emulator."""
    always = {"AZRESP_EMULATOR": "always"}
    house.azresp("run", "-q", "Hello, my name is Ada.", "--session", "first", says="Ada", env=always)
    house.azresp("run", "-q", "--session", "first", stdin="What is my name?", says="Ada", env=always)
    house.azresp("sessions", "show", "first", says="What is my name?", env=always)
    house.azresp("sessions", "list", says="first", env=always)
    drawn = house.place / "drawn.png"
    house.azresp("run", "-q", "-i", str(drawn), "--image-max-side", "64", "what is it?", env=always)
    house.azresp("run", "--background", "-q", "hi", says="resp_", env=always)
    house.azresp("privacy", says="~/.local/share/azresp/", env=always)
    assert list(house.work.iterdir()) == [], "something was left where it ran"
    where = house.run(["python", "-P", "-c", "import azresp; print(azresp.__file__)"])
    assert where.startswith(str(house.venv)), where


def files_beside(house: House) -> None:
    """The man page and the completions, as in the repo and as the program shows them."""
    for placed, source in BESIDE.items():
        assert (house.venv / placed).read_bytes() == (ROOT / source).read_bytes(), placed
    for shell, placed in zip(("bash", "zsh", "fish", "pwsh"), list(BESIDE)[1:], strict=True):
        assert house.azresp("--show-completion", shell) == (house.venv / placed).read_text()
    script = house.venv / "share/bash-completion/completions/azresp"
    asked = (
        'COMP_WORDS=(azresp run --verbosity = l) COMP_CWORD=4; _azresp_completion azresp; echo "$COMPREPLY"'
    )
    house.run(["bash", "-c", f"source {script}; {asked}"], says="low\n")


if __name__ == "__main__":
    main()
