"""What `azresp init` wants to know, and what it makes of it: a profile to try and values to write."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from azresp.config import file
from azresp.config.edit import write_profile
from azresp.config.endpoint import Endpoint, read_endpoint
from azresp.config.load import Loaded, load
from azresp.config.origin import check, find, read_text
from azresp.config.profile import SETTINGS, Profile
from azresp.core.secrets import Secret, SecretRef
from azresp.errors import ConfigError

_ASKED = ("endpoint", "deployment", "auth", "key", "api_version")
_OF_CONNECTION = (*_ASKED, "scope", "tenant", "client_id")


@dataclass(slots=True)
class Answers:
    """The answers so far."""

    endpoint: Endpoint | None = None
    deployment: str | None = None
    auth: str = ""
    key: SecretRef | None = None
    secret: Secret | None = None
    """a key that was typed; it goes into the keyring when all is saved"""
    trial: Secret | None = None
    """a key that was typed for the try alone: kept nowhere"""
    api_version: str = ""
    name: str = ""
    """of the profile"""
    others: dict[str, object] = field(default_factory=dict)
    """other settings that flags gave, checked, by key"""

    @classmethod
    def from_flags(cls, flags: Mapping[str, object]) -> Answers:
        """Take what flags say. ConfigError: a wrong value."""
        answers = cls()
        for key, given in flags.items():
            if key == "profile":
                answers.name = profile_name(str(given))
            elif key != "config":
                answers.take(key, given)
        return answers

    def take(self, key: str, given: object) -> None:
        """Take one setting as text, or as TOML has it. ConfigError: a wrong value."""
        setting = find(key, f"--{key}")
        value = (
            read_text(setting, given, setting.flag)
            if isinstance(given, str)
            else check(setting, given, setting.flag)
        )
        match key:
            case "endpoint" if isinstance(value, Endpoint):
                self.take_endpoint(value)
            case "key" if isinstance(value, SecretRef):
                self.key, self.auth = value, self.auth or "key"
            case "deployment" | "auth" | "api_version":
                setattr(self, key, value)
            case _:
                self.others[key] = value

    def take_endpoint(self, endpoint: Endpoint) -> None:
        """Take an endpoint, and the deployment and api-version that its URL told."""
        self.endpoint = endpoint
        self.deployment = self.deployment or endpoint.deployment
        self.api_version = self.api_version or endpoint.api_version or ""

    def missing(self) -> list[str]:
        """The flags of what is not known yet and has no default."""
        wanted = [SETTINGS[key].flag for key in ("endpoint", "deployment") if getattr(self, key) is None]
        if self.auth in ("key", "token") and self.key is None:
            wanted.append("--key")
        return wanted

    def values(self) -> dict[str, object]:
        """What is written into the profile; None takes away what an older one may have."""
        values: dict[str, object] = dict.fromkeys(_OF_CONNECTION)
        endpoint = self.endpoint
        version = self.api_version or "v1"
        values |= {
            key: value if isinstance(value, int | float) else str(value) for key, value in self.others.items()
        }
        values |= {
            "endpoint": endpoint.base_url(version) if endpoint else None,
            "deployment": self.deployment,
            "auth": self.auth or "entra",
            "key": str(self.key) if self.key and self.auth != "entra" else None,
            "api_version": version if version != "v1" else None,
        }
        return values

    def effective(self, path: Path) -> Profile:
        """The profile that would be in force if these answers were saved into `path`; nothing is written there."""
        with TemporaryDirectory(prefix="azresp-init-") as folder:
            draft = Path(folder) / path.name
            file.write(draft, file.read_raw(path))
            write_profile(draft, self.name, self.values())
            given = {key: str(value) for key, value in self.values().items() if value is not None}
            # As flags they count before the environment: the answers themselves are tried.
            loaded = load({**given, "config": draft, "profile": self.name})
        typed = self.secret or self.trial
        return replace(loaded.profile, key=typed) if typed else loaded.profile


def profile_name(text: str) -> str:
    """Check a profile's name."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", text):
        raise ConfigError(
            f"--profile: {text[:80]!r} can't be a profile's name", "Use letters, digits, dots, - and _."
        )
    return text


def overridden(answers: Answers, loaded: Loaded) -> list[str]:
    """The variables of the environment that count before what was saved, as they say something else."""
    saved = answers.values()
    found = []
    for key in _ASKED:
        origin = loaded.origins[key]
        if origin.layer not in ("environment", "usual"):
            continue
        value = getattr(loaded.profile, key)
        told = saved[key]
        if key == "endpoint" and isinstance(told, str):
            told = str(read_endpoint(told).root)
            value = value.root if isinstance(value, Endpoint) else value
        if str(value) != str(told):
            found.append(origin.place)
    return list(dict.fromkeys(found))
