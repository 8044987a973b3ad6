"""Loading: the order of the sources, where each value came from, and what is said about a wrong one."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azresp.config.endpoint import read_endpoint
from azresp.config.load import Loaded, change, load
from azresp.config.profile import SETTINGS, Profile
from azresp.core.secrets import Secret, SecretRef
from azresp.errors import ConfigError, Exit

Load = Callable[..., Loaded]

FILE = """
default_profile = "work"
endpoint = "https://top.openai.azure.com"
temperature = 0.1
verbosity = "low"

[profiles.work]
endpoint = "https://work.openai.azure.com"
deployment = "gpt-5"
auth = "entra"
metadata = { team = "docs" }

[profiles.home]
key = "keyring:home"
"""


@pytest.fixture
def loading(tmp_path: Path) -> Load:
    def loading(text: str = "", env: dict[str, str] | None = None, **flags: object) -> Loaded:
        path = tmp_path / "azresp" / "config.toml"
        path.parent.mkdir(exist_ok=True, mode=0o700)
        path.touch(0o600)
        path.write_text(text)
        return load(flags, {"XDG_CONFIG_HOME": str(tmp_path), **(env or {})})

    return loading


def test_flags_win_over_environment_over_usual_names_over_profile_over_top_level_over_defaults(
    loading: Load,
) -> None:
    env: dict[str, str] = {}
    seen = []

    def look(**flags: object) -> None:
        loaded = loading(FILE, env, **flags)
        assert loaded.profile.endpoint is not None
        seen.append((loaded.profile.endpoint.root.split(".")[0][8:], loaded.origins["endpoint"].layer))

    look(profile="home")
    look()
    env["AZURE_OPENAI_ENDPOINT"] = "https://usual.openai.azure.com"
    look()
    env["AZRESP_ENDPOINT"] = "https://own.openai.azure.com"
    look()
    look(endpoint="https://flag.openai.azure.com")
    layers = [("top", "file"), ("work", "file"), ("usual", "usual"), ("own", "environment"), ("flag", "flag")]
    assert seen == layers
    assert load({}, {"AZRESP_CONFIG": "/dev/null"}).profile == Profile()


def test_every_value_knows_where_it_came_from(loading: Load) -> None:
    loaded = loading(FILE, {"AZRESP_TOP_P": "0.5"}, max_output_tokens="99")
    assert set(loaded.origins) == set(SETTINGS)
    assert {key: str(origin) for key, origin in loaded.origins.items() if origin.layer != "default"} == {
        "endpoint": "config.toml: profiles.work.endpoint",
        "deployment": "config.toml: profiles.work.deployment",
        "auth": "config.toml: profiles.work.auth",
        "temperature": "config.toml: temperature",
        "verbosity": "config.toml: verbosity",
        "metadata": "config.toml: profiles.work.metadata",
        "top_p": "AZRESP_TOP_P",
        "max_output_tokens": "--max-output-tokens",
    }
    assert loaded.profile.request() == {
        "verbosity": "low",
        "temperature": 0.1,
        "top_p": 0.5,
        "max_output_tokens": 99,
        "store": True,
        "metadata": {"team": "docs"},
    }
    # The service has no word for it.
    assert "reasoning_summary" not in replace(loaded.profile, reasoning_summary="none").request()


def test_the_profile_is_chosen_by_flag_environment_file_or_because_it_is_the_only_one(loading: Load) -> None:
    assert loading(FILE).name == "work"
    assert loading(FILE, {"AZRESP_PROFILE": "home"}).name == "home"
    assert loading(FILE, {"AZRESP_PROFILE": "home"}, profile="work").name == "work"
    assert loading("[profiles.only]\nverbosity = 'low'").profile.verbosity == "low"
    several = loading("[profiles.a]\n[profiles.b]")
    assert several.name == ""
    assert "default_profile" in several.warnings[0]


@pytest.mark.parametrize("key", sorted(set(SETTINGS) - {"ca_file"}))
def test_every_setting_can_come_from_the_environment_and_from_a_flag(loading: Load, key: str) -> None:
    import tomllib

    setting = SETTINGS[key]
    value = tomllib.loads(f"x = {setting.example}")["x"]
    text = ",".join(f"{k}={v}" for k, v in value.items()) if isinstance(value, dict) else str(value).lower()
    text = value if isinstance(value, str) else text
    right = getattr(loading(f"{key} = {setting.example}").profile, key)
    assert right is not None
    assert getattr(loading("", {setting.env: text}).profile, key) == right
    assert getattr(loading("", {}, **{key: text}).profile, key) == right
    assert getattr(change(Profile(), key, text), key) == right


def test_a_key_means_signing_in_with_it_in_the_source_that_names_it(loading: Load) -> None:
    home = loading(FILE, profile="home").profile
    assert (home.auth, home.key) == ("key", SecretRef("keyring", "home"))
    own = loading(FILE, {"AZRESP_API_KEY": "hunter2"})
    assert (own.profile.auth, own.profile.key) == ("key", SecretRef("env", "AZRESP_API_KEY"))
    assert str(own.origins["auth"]) == "AZRESP_API_KEY"
    assert "hunter2" not in repr(own)
    assert loading(FILE, {"AZRESP_API_KEY": "hunter2"}, auth="entra").profile.auth == "entra"
    given = loading(FILE, key=Secret("hunter2")).profile
    assert (given.auth, given.key) == ("key", Secret("hunter2"))


def test_the_usual_azure_names_are_read_the_token_first(loading: Load) -> None:
    env = {
        "AZURE_OPENAI_ENDPOINT": "https://c.openai.azure.com/",
        "AZURE_OPENAI_API_KEY": "hunter2",
        "OPENAI_API_VERSION": "2025-04-01-preview",
    }
    profile = loading("", env).profile
    assert (profile.auth, profile.key) == ("key", SecretRef("env", "AZURE_OPENAI_API_KEY"))
    assert profile.base_url == "https://c.openai.azure.com/openai/"
    assert profile.query == {"api-version": "2025-04-01-preview"}
    profile = loading("", env | {"AZURE_OPENAI_AD_TOKEN": "ey"}).profile
    assert (profile.auth, profile.key) == ("token", SecretRef("env", "AZURE_OPENAI_AD_TOKEN"))


def test_a_usual_name_that_overrides_the_file_is_pointed_out(loading: Load) -> None:
    loaded = loading(FILE, {"AZURE_OPENAI_API_KEY": "hunter2"})
    assert loaded.profile.auth == "key"
    assert loaded.warnings == (
        "AZURE_OPENAI_API_KEY of the environment is used for auth, not config.toml: profiles.work.auth; "
        "unset it or set AZRESP_AUTH",
    )
    assert loading(FILE, {"AZURE_OPENAI_ENDPOINT": "https://work.openai.azure.com/"}).warnings == ()


def test_an_old_version_meant_for_other_programs_is_ignored_with_a_word(loading: Load) -> None:
    loaded = loading("", {"OPENAI_API_VERSION": "2024-10-21"})
    assert loaded.profile.api_version == "v1"
    assert "OPENAI_API_VERSION" in loaded.warnings[0]
    url = "https://c.openai.azure.com/openai/deployments/gpt/chat/completions?api-version=2024-10-21"
    loaded = loading("", endpoint=url)
    assert (loaded.profile.api_version, loaded.profile.deployment) == ("v1", "gpt")
    assert "2024-10-21" in loaded.warnings[0]


def test_what_a_pasted_url_names_is_as_strong_as_the_url(loading: Load) -> None:
    file = 'api_version = "v1"\ndeployment = "file"'
    url = "https://c.openai.azure.com/openai/deployments/url/responses?api-version=2025-04-01-preview"
    profile = loading(file, endpoint=url).profile
    assert (profile.api_version, profile.deployment) == ("2025-04-01-preview", "url")
    profile = loading(file, {"AZURE_OPENAI_ENDPOINT": url}, deployment="flag", api_version="preview").profile
    assert (profile.api_version, profile.deployment) == ("preview", "flag")


@pytest.mark.parametrize(
    ("version", "url", "query"),
    [
        ("v1", "https://c.openai.azure.com/openai/v1/", {}),
        ("preview", "https://c.openai.azure.com/openai/v1/", {"api-version": "preview"}),
        ("2025-03-01-preview", "https://c.openai.azure.com/openai/", {"api-version": "2025-03-01-preview"}),
    ],
)
def test_the_api_version_decides_the_route(
    loading: Load, version: str, url: str, query: dict[str, str]
) -> None:
    profile = loading("", endpoint="https://c.openai.azure.com", api_version=version).profile
    assert (profile.base_url, profile.query, profile.dated) == (url, query, version.startswith("2"))


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("temperature = 'hot'", "temperature: must be a number from 0 to 2, got 'hot'"),
        ("temperature = '0.5'", "temperature: must be a number from 0 to 2, got '0.5'"),
        ("temperature = true", "temperature: must be a number from 0 to 2, got True"),
        ("temperature = nan", "temperature: must be a number from 0 to 2, got nan"),
        ("top_p = 1.01", "top_p: must be a number from 0 to 1, got 1.01"),
        ("max_output_tokens = 15", "max_output_tokens: must be a whole number, at least 16, got 15"),
        ("max_output_tokens = 16.5", "max_output_tokens: must be a whole number, at least 16, got 16.5"),
        ("store = 1", "store: must be true or false, got 1"),
        ("verbosity = 'loud'", "verbosity: must be one of low, medium, high, got 'loud'"),
        ("connect_timeout_s = 0", "connect_timeout_s: must be a number of seconds from 0.1 to 600, got 0"),
        ("deployment = 'a b'", "deployment: must be a deployment's name, got 'a b'"),
        ("ca_file = '/no/such/file'", "ca_file: must be the full path of a file that exists"),
        ("ca_file = 'relative.pem'", "ca_file: must be the full path of a file that exists"),
        ("metadata = { a = 1 }", "metadata: must be a table of at most 16 pairs of text"),
        (
            "api_version = '2024-10-21'",
            "api_version: must be v1, preview, or a date like 2025-03-01-preview or later",
        ),
        (
            "endpoint = 'https://x.example'",
            "endpoint: must be on a host of the Azure OpenAI service, got 'https://x.example'",
        ),
        ("endpoint = 3", "endpoint: must be the https address of an Azure OpenAI resource, got 3"),
        ("temprature = 1", "temprature: unknown setting 'temprature'"),
    ],
)
def test_a_wrong_value_is_told_by_file_key_path_rule_and_value(loading: Load, line: str, says: str) -> None:
    for prefix, text in (("", line), ("profiles.work.", f"[profiles.work]\n{line}")):
        with pytest.raises(ConfigError) as wrong:
            loading(text)
        assert wrong.value.what.startswith(f"config.toml: {prefix}{says}")
        assert wrong.value.exit is Exit.USAGE


def test_a_misspelt_key_profile_or_variable_is_answered_with_the_nearest(loading: Load) -> None:
    with pytest.raises(ConfigError) as wrong:
        loading("temprature = 1")
    assert "Did you mean temperature?" in wrong.value.hint
    with pytest.raises(ConfigError, match=r"config.toml: default_profile: unknown profile 'wrok'") as wrong:
        loading("default_profile = 'wrok'\n[profiles.work]\n[profiles.home]")
    assert "Did you mean work?" in wrong.value.hint
    with pytest.raises(ConfigError, match="--profile: unknown profile 'x'"):
        loading(FILE, profile="x")
    assert (
        "AZRESP_TEMPERATURE" in loading("", {"AZRESP_TEMPRATURE": "1", "AZRESP_OTHER_THING": "1"}).warnings[0]
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("profiles = 3", "config.toml: profiles: must be tables"),
        ("[profiles]\nwork = 3", "config.toml: profiles.work: must be a table"),
        ("default_profile = 3", "config.toml: default_profile: must be the name of a profile"),
        ("a = ", "config.toml: not TOML: Invalid value (at end of document)"),
        ("a = 1\nb = = 2", "config.toml: not TOML: Invalid value (at line 2, column 5)"),
        ("a = " + "[" * 5000, "config.toml: not TOML"),
        ("a = " + "1" * 5000, "config.toml: not TOML"),
    ],
)
def test_a_wrong_file_is_told_by_place_and_rule(loading: Load, text: str, says: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(says)):
        loading(text)


def test_wrong_flags_and_variables_are_told_by_their_names(loading: Load) -> None:
    with pytest.raises(ConfigError, match=r"^--temperature: must be a number from 0 to 2, got 'hot'"):
        loading("", temperature="hot")
    with pytest.raises(ConfigError, match=r"^AZRESP_STORE: must be true or false, got 'maybe'"):
        loading("", {"AZRESP_STORE": "maybe"})
    with pytest.raises(ConfigError, match=r"^AZURE_OPENAI_ENDPOINT: must be on a host"):
        loading("", {"AZURE_OPENAI_ENDPOINT": "https://x.example"})
    other = {"AZURE_OPENAI_ENDPOINT": "https://x.example"}  # another program's, and not used here
    own = "https://own.openai.azure.com"
    assert str(loading("", other, endpoint=read_endpoint(own)).origins["endpoint"]) == "--endpoint"
    assert str(loading("", other | {"AZRESP_ENDPOINT": own}).origins["endpoint"]) == "AZRESP_ENDPOINT"


@pytest.mark.parametrize("line", ["key = 'sk-hunter2'", "proxy = 'http://me:hunter2@proxy:80'"])
def test_a_secret_in_the_file_is_refused_and_not_shown(loading: Load, line: str) -> None:
    with pytest.raises(ConfigError) as wrong:
        loading(line)
    assert "hunter2" not in wrong.value.what + wrong.value.hint


def test_default_as_a_word_goes_back_to_the_default(loading: Load) -> None:
    loaded = loading(FILE, temperature="default", store="default")
    assert loaded.profile.temperature is None
    assert loaded.profile.store is True
    assert change(loaded.profile, "deployment", "default").deployment == "default"
    assert change(loaded.profile, "deployment", "").deployment is None
    with pytest.raises(ConfigError, match="must be true or false"):
        change(loaded.profile, "store", "x")
    with pytest.raises(ConfigError, match="unknown setting 'colour'"):
        change(loaded.profile, "colour", "x")


def test_what_is_missing_for_a_request_is_told_with_the_ways_to_give_it(loading: Load) -> None:
    with pytest.raises(ConfigError, match="no endpoint and no deployment configured") as wrong:
        loading().profile.require()
    assert "azresp init" in wrong.value.hint
    with pytest.raises(ConfigError, match="no endpoint"):
        _ = loading().profile.base_url
    with pytest.raises(ConfigError, match='auth is "key", but no key is given'):
        loading(FILE, auth="key").profile.require()
    loading(FILE).profile.require()


toml = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


@given(st.sampled_from(sorted(SETTINGS)), toml | st.text())
def test_any_value_is_taken_or_refused_with_a_sentence(key: str, value: object) -> None:
    try:
        profile = load({key: value}, {"AZRESP_CONFIG": "/dev/null"}).profile
    except ConfigError as wrong:
        assert wrong.what.startswith(f"{SETTINGS[key].flag}: must ")
    else:
        json.dumps(profile.request())
