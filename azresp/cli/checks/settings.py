"""The program, its configuration, the endpoint and the sign-in, without a word to the network."""

from __future__ import annotations

import os
import platform
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from azresp import __version__
from azresp.cli.checks.finding import Finding, Mark, failure
from azresp.config.credential import resolve
from azresp.config.load import Loaded
from azresp.config.profile import SCOPE, Profile
from azresp.errors import AzrespError, Exit

KEYRING_S = 5.0
"""A keyring that waits for somebody to unlock it must not hold up the report."""


def program() -> Iterator[Finding]:
    """Versions, as an issue needs them."""
    from importlib.metadata import PackageNotFoundError, version

    yield Finding("program", "azresp", Mark.OK, f"{__version__} in {Path(__file__).parents[2]}")
    python = f"{platform.python_implementation()} {platform.python_version()} at {sys.executable}"
    yield Finding("program", "Python", Mark.OK, python)
    yield Finding("program", "platform", Mark.OK, f"{platform.platform()} {platform.machine()}")
    packages = []
    for name in ("openai", "azure-identity", "prompt-toolkit", "typer"):
        try:
            packages.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            packages.append(f"{name} missing")
    missing = any(one.endswith("missing") for one in packages)
    yield Finding(
        "program",
        "packages",
        Mark.FAIL if missing else Mark.OK,
        ", ".join(packages),
        "Install azresp again." if missing else "",
        Exit.LOCAL if missing else Exit.OK,
    )


def configuration(loaded: Loaded) -> Iterator[Finding]:
    """The file, the profile and what loading warned of."""
    if loaded.path is None:
        yield Finding("configuration", "file", Mark.WARN, "there is no home folder", "Set AZRESP_CONFIG.")
    elif not loaded.found:
        yield Finding("configuration", "file", Mark.OK, f"none at {loaded.path} (`azresp init` makes it)")
    else:
        yield Finding("configuration", "file", Mark.OK, f"{loaded.path}{_mode(loaded.path)}")
        profile = loaded.name or "none: the top level of the file"
        others = f" (of {', '.join(loaded.names)})" if len(loaded.names) > 1 else ""
        yield Finding("configuration", "profile", Mark.OK, profile + others)
    for warning in loaded.warnings:
        yield Finding("configuration", "warning", Mark.WARN, warning)


def endpoint(loaded: Loaded) -> Iterator[Finding]:
    """Endpoint, api-version and deployment, each with where it came from."""
    profile, origins = loaded.profile, loaded.origins
    if profile.endpoint is None:
        yield _missing("endpoint", "Run `azresp init`, or set AZRESP_ENDPOINT.")
    else:
        place = "this machine" if profile.endpoint.loopback else "Azure"
        text = f"{profile.base_url} ({place}; {origins['endpoint']})"
        yield Finding("endpoint", "endpoint", Mark.OK, text)
    yield Finding("endpoint", "api-version", Mark.OK, f"{_version_form(profile)} ({origins['api_version']})")
    if profile.deployment is None:
        yield _missing(
            "deployment", "Run `azresp init`, or set AZRESP_DEPLOYMENT to a deployment of the resource."
        )
    else:
        text = f"{profile.deployment} ({origins['deployment']}); a deployment's name, not a model's"
        yield Finding("endpoint", "deployment", Mark.OK, text)


def sign_in(loaded: Loaded) -> Iterator[Finding]:
    """How to sign in, and whether the key that is referred to is there."""
    profile = loaded.profile
    if profile.auth == "entra":
        yield _entra(profile, str(loaded.origins["auth"]))
        return
    if profile.key is None:
        todo = "Set AZRESP_API_KEY, or `key` to env:NAME or keyring:NAME, or use auth entra."
        text = f'auth is "{profile.auth}" ({loaded.origins["auth"]}), but there is no key'
        yield Finding("sign-in", profile.auth, Mark.FAIL, text, todo, Exit.SIGN_IN)
        return
    try:
        resolve(profile.key, timeout_s=KEYRING_S)
    except AzrespError as error:
        yield failure("sign-in", profile.auth, error)
    else:
        yield Finding("sign-in", profile.auth, Mark.OK, f"{profile.key} is set ({loaded.origins['key']})")


def _entra(profile: Profile, origin: str) -> Finding:
    from azresp.azure.credentials import credential_filter

    told = [f"Entra ID ({origin})", f"scope {profile.scope}"]
    told += [f"tenant {profile.tenant}"] if profile.tenant else []
    told += [f"client id {profile.client_id}"] if profile.client_id else []
    told += [f"AZURE_TOKEN_CREDENTIALS={only}"] if (only := credential_filter()) else []
    strange = profile.scope not in (SCOPE, "https://cognitiveservices.azure.com/.default")
    todo = f"The usual scope is {SCOPE}." if strange else ""
    return Finding("sign-in", "entra", Mark.WARN if strange else Mark.OK, ", ".join(told), todo)


def _missing(name: str, todo: str) -> Finding:
    return Finding("endpoint", name, Mark.FAIL, "not configured", todo, Exit.USAGE)


def _version_form(profile: Profile) -> str:
    if profile.dated:
        return f"{profile.api_version}: dated, the older route /openai/responses"
    if profile.api_version == "preview":
        return "preview: /openai/v1/ with ?api-version=preview"
    return "v1: generally available, no api-version in requests"


def _mode(path: Path) -> str:
    if os.name != "posix":
        return ""
    try:
        return f" (mode {stat.S_IMODE(path.stat().st_mode):04o})"
    except OSError:
        return ""
