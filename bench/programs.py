"""The programs that are compared, as command lines."""

from __future__ import annotations

import subprocess
import sys

from bench.lab import ROOT, Lab

PROMPT_MARK = "›"
"""How the prompts of `azresp chat` and of the plain chat are recognized."""
PASS = (sys.executable, "-c", "pass")
AZRESP = (sys.executable, "-m", "azresp")


def baseline(lab: Lab, name: str, *prompt: str) -> tuple[str, ...]:
    """`raw`, `sdk`, `live` or `repl`, against the laboratory's server."""
    return (sys.executable, str(ROOT / "bench" / "baselines" / f"{name}.py"), str(lab.port), *prompt)


def azresp(lab: Lab, command: str, *words: str) -> tuple[str, ...]:
    """A command of azresp, against the laboratory's server."""
    endpoint = f"http://127.0.0.1:{lab.port}/openai/v1/"
    return (*AZRESP, command, "--endpoint", endpoint, "--deployment", "bench", *words)


def exists(*command: str) -> bool:
    """Whether azresp has this command yet."""
    asked = subprocess.run([*AZRESP, *command, "--help"], capture_output=True, cwd=ROOT, check=False)
    return asked.returncode == 0


def askers(lab: Lab, prompt: str, *names: str) -> dict[str, tuple[str, ...]]:
    """Several programs that ask one thing and end, by name."""
    return {
        name: azresp(lab, "run", prompt) if name == "azresp" else baseline(lab, name, prompt)
        for name in names
    }
